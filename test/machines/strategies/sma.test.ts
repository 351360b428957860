import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smaKind } from '../../../machines/strategies/sma.ts';
import { barsOf, play } from './series.ts';

const signals = (closes: readonly number[], more: Record<string, unknown> = {}) =>
  play(smaKind.start(smaKind.parameters.parse({ fast: 2, slow: 3, ...more })), barsOf(closes)).map(
    (o) => o.signal,
  );

describe('sma', () => {
  it('signals at the crossing and holds before and after', () => {
    expect(signals([10, 9, 8, 7, 12, 13, 14, 8, 7])).toEqual([
      'hold',
      'hold',
      'hold',
      'hold',
      'long',
      'hold',
      'hold',
      'short',
      'hold',
    ]);
  });

  it('only closes at the downward crossing when told so', () => {
    expect(signals([10, 9, 8, 7, 12, 13, 14, 8, 7], { exitOnly: true })).toContain('flat');
  });

  it('does not take a touch for a crossing', () => {
    // The averages meet at 10 and part again on the side they came from.
    expect(signals([12, 11, 10, 9, 11, 6, 5])).toEqual(Array(7).fill('hold'));
    expect(signals([10, 10, 10, 10, 10])).toEqual(Array(5).fill('hold'));
  });

  it('says both averages', () => {
    const outputs = play(
      smaKind.start(smaKind.parameters.parse({ fast: 2, slow: 3 })),
      barsOf([10, 9, 8, 7, 12]),
    );
    expect(outputs.at(-1)?.reason).toBe('Crossed: SMA(2) 9.5 above SMA(3) 9 now.');
    expect(outputs.at(-1)?.values).toEqual({ fast: 9.5, slow: 9 });
  });

  it('crosses where averages computed from scratch cross', () => {
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 12, maxLength: 80 }), (closes) => {
        let side = 0;
        const expected = closes.map((_, i) => {
          if (i < 4) return 'hold';
          const difference = mean(closes.slice(i - 1, i + 1)) - mean(closes.slice(i - 3, i + 1));
          const before = side;
          if (Math.abs(difference) > 1e-9) side = Math.sign(difference);
          return before !== 0 && side !== before ? (side > 0 ? 'long' : 'short') : 'hold';
        });
        // The side on the last bar of the warm-up is known too.
        const first = mean(closes.slice(2, 4)) - mean(closes.slice(0, 4));
        fc.pre(Math.abs(first) < 1e-9);
        expect(signals(closes, { fast: 2, slow: 4 })).toEqual(expected);
      }),
    );
  });
});
