import { describe, expect, it } from 'vitest';
import {
  codeGroups,
  codesOf,
  consequenceOf,
  orderConsequenceOf,
} from '../../machines/domain/broker-codes.ts';

describe('consequenceOf', () => {
  it.each([
    [1100, 'linkDown'],
    [2110, 'linkDown'],
    [1101, 'linkRestoredDataLost'],
    [1102, 'linkRestored'],
    [2104, 'farmOk'],
    [2106, 'farmOk'],
    [2158, 'farmOk'],
    [2107, 'farmInactive'],
    [2108, 'farmInactive'],
    [2119, 'farmInactive'],
    [2103, 'farmBroken'],
    [2105, 'farmBroken'],
    [2157, 'farmBroken'],
    [326, 'clientIdHeld'],
    [502, 'socketEnds'],
    [503, 'socketEnds'],
    [506, 'socketEnds'],
    [1300, 'socketEnds'],
    [10197, 'dataInterrupted'],
    [10167, 'dataDelayed'],
    [162, 'requestEnds'],
    [200, 'requestEnds'],
    [354, 'requestEnds'],
    [10089, 'requestEnds'],
    [10168, 'requestEnds'],
    [10225, 'requestEnds'],
    [100, 'paced'],
    [399, 'notice'],
    [10090, 'notice'],
    [4711, 'unknown'],
  ] as const)('%i is %s', (code, consequence) => {
    expect(consequenceOf(code)).toBe(consequence);
  });

  it('has one consequence for each code, and says what is done about it and where IBKR says so', () => {
    const codes = codeGroups.flatMap(({ consequence }) => codesOf(consequence));
    expect(new Set(codes).size).toBe(codes.length);
    for (const { does, source, codes: words } of codeGroups) {
      expect(does).toMatch(/\.$/);
      expect(source).toMatch(/^https:/);
      for (const word of Object.values(words)) expect(word).not.toBe('');
    }
  });
});

describe('orderConsequenceOf', () => {
  it.each([
    [201, 'rejected'],
    [110, 'rejected'],
    [203, 'rejected'],
    [321, 'rejected'],
    [387, 'rejected'],
    [460, 'rejected'],
    [200, 'rejected'],
    [202, 'cancelled'],
    [135, 'cancelRefused'],
    [161, 'cancelRefused'],
    [10147, 'cancelRefused'],
    [10148, 'cancelRefused'],
    [399, 'notice'],
    [404, 'notice'],
    [10349, 'notice'],
  ] as const)('%i leaves the order %s', (code, consequence) => {
    expect(orderConsequenceOf(code)).toBe(consequence);
  });

  it.each([103, 104, 105, 329, 1100, 354, 100, 4711])('%i says nothing that may settle an order', (code) => {
    expect(orderConsequenceOf(code)).toBe('unknown');
  });
});
