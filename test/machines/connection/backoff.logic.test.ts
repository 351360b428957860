import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelayMs } from '../../../machines/connection/backoff.logic.ts';

const policy = { minMs: 250, maxMs: 15_000, factor: 2, jitterFraction: 0.2 };

describe('backoffDelayMs', () => {
  it.each([
    [0, 250],
    [1, 500],
    [2, 1_000],
    [5, 8_000],
    [6, 15_000],
    [5_000, 15_000],
  ])('attempt %i waits %i ms without jitter', (attempt, expected) => {
    expect(backoffDelayMs({ ...policy, attempt }, () => 0.5)).toBe(expected);
  });

  it('spreads a delay over both sides of its value', () => {
    expect(backoffDelayMs({ ...policy, attempt: 2 }, () => 0)).toBe(800);
    expect(backoffDelayMs({ ...policy, attempt: 2 }, () => 0.999_999)).toBe(1_200);
  });

  it('stays within the jitter around the least and never beyond the most', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, random) => {
        const delay = backoffDelayMs({ ...policy, attempt }, () => random);
        expect(delay).toBeGreaterThanOrEqual(200);
        expect(delay).toBeLessThanOrEqual(15_000);
      }),
    );
  });
});
