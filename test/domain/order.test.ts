import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  flattenRef,
  isFinal,
  isFlattenRef,
  orderRef,
  orderStates,
  sourceOfRef,
} from '../../machines/domain/order.ts';

const ulid = fc.string({
  unit: fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'),
  minLength: 26,
  maxLength: 26,
});
const sessionId = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789-'),
  minLength: 1,
  maxLength: 40,
});

describe('orderRef', () => {
  it('tells the session from the ref alone', () => {
    fc.assert(
      fc.property(sessionId, ulid, (id, tail) => {
        expect(sourceOfRef(orderRef({ sessionId: id }, tail))).toEqual({
          source: 'autotrader',
          sessionId: id,
        });
        expect(sourceOfRef(orderRef({ sessionId: null }, tail))).toEqual({
          source: 'manual',
          sessionId: null,
        });
      }),
    );
  });

  it.each([
    null,
    '',
    'my order',
    'tw.s',
    'tw.s.a.b',
    'TW.S.A.01ARZ3NDEKTSV4RRFFQ69G5FAV',
    'tw.x.a.01ARZ3NDEKTSV4RRFFQ69G5FAV',
  ])('of someone else (%j) is attributed to IBKR', (ref) => {
    expect(sourceOfRef(ref)).toEqual({ source: 'ibkr', sessionId: null });
  });
});

describe('flattenRef', () => {
  it('is of a person, and told from every other ref', () => {
    const ref = flattenRef('01ARZ3NDEKTSV4RRFFQ69G5FAV');
    expect(sourceOfRef(ref)).toEqual({ source: 'manual', sessionId: null });
    expect(isFlattenRef(ref)).toBe(true);
    for (const origin of [{ sessionId: null }, { sessionId: 'f' }]) {
      expect(isFlattenRef(orderRef(origin, '01ARZ3NDEKTSV4RRFFQ69G5FAV'))).toBe(false);
    }
    expect(isFlattenRef('f')).toBe(false);
  });
});

describe('isFinal', () => {
  it('holds for what the broker settled, and for what was never there', () => {
    expect(orderStates.filter(isFinal)).toEqual(['filled', 'cancelled', 'rejected', 'absent']);
  });
});
