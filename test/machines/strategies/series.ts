import fc from 'fast-check';
import type { Bar } from '../../../machines/domain/bar.ts';
import type { StrategyOutput, StrategyRun } from '../../../machines/strategies/strategy.kind.ts';

const minute = 60_000;

/** Bars of closes, each opening at the close before, with a little room above and below. */
export const barsOf = (closes: readonly number[], { room = 0.1, volume = 1_000 } = {}): Bar[] =>
  closes.map((close, i) => {
    const open = closes[i - 1] ?? close;
    return {
      time: i * minute,
      open,
      high: Math.max(open, close) + room,
      low: Math.min(open, close) - room,
      close,
      volume,
    };
  });

export const play = (run: StrategyRun, bars: readonly Bar[]): StrategyOutput[] =>
  bars.map((bar) => run.update(bar));

/** Walks of up to 260 bars, of every temper: flat stretches, jumps, no volume. */
export const anyBars: fc.Arbitrary<Bar[]> = fc
  .record({
    steps: fc.array(fc.oneof(fc.constant(0), fc.double({ min: -0.2, max: 0.2, noNaN: true })), {
      minLength: 200,
      maxLength: 260,
      size: 'max',
    }),
    room: fc.constantFrom(0, 0.05, 2),
    volume: fc.constantFrom(0, 1, 1e9),
    flat: fc.nat({ max: 60 }),
  })
  .map(({ steps, room, volume, flat }) => {
    let close = 100;
    const closes = steps.map((step, i) => {
      if (i >= flat) close = Math.max(0.01, close * (1 + step));
      return close;
    });
    return barsOf(closes, { room, volume });
  });
