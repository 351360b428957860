import { RSI } from 'trading-signals';
import { z } from 'zod';
import type { Bar } from '../domain/bar.ts';
import type { Signal } from '../domain/decision.ts';
import { BarOutput, figure, type StrategyKind, type StrategyOutput, warmingUp } from './strategy.kind.ts';

const parameters = z
  .strictObject({
    // The library keeps as many prices as the period has bars and needs two: a period of 1 never gives a value.
    period: z.int().min(2).max(500).default(14).describe('Bars of the RSI'),
    oversold: z.number().min(1).max(99).default(30).describe('Coming back above this level buys'),
    overbought: z.number().min(1).max(99).default(70).describe('Coming back below this level sells short'),
    exitLevel: z
      .number()
      .min(1)
      .max(99)
      .default(55)
      .describe('A long position closes at this level, a short one at 100 minus it'),
    exitOnly: z
      .boolean()
      .default(false)
      .describe('Coming back below overbought only closes; off, it asks for a short position'),
  })
  .refine((p) => p.oversold < p.overbought, { path: ['oversold'], message: 'a number below "overbought"' })
  .refine((p) => p.exitLevel > p.oversold, { path: ['exitLevel'], message: 'a number above "oversold"' });
export type RsiParameters = z.infer<typeof parameters>;

const warmup = (p: RsiParameters): number => p.period + 2;

/** `stance` is what the signals so far amount to, whether or not anyone could act on them. */
function start(p: RsiParameters) {
  const rsi = new RSI(p.period);
  const needed = warmup(p);
  let seen = 0;
  let previous: number | null = null;
  let stance: Signal = 'flat';

  function next(before: number, now: number): Signal {
    if (before < p.oversold && now >= p.oversold && stance !== 'long') return 'long';
    if (before > p.overbought && now <= p.overbought) {
      if (p.exitOnly) return stance === 'long' ? 'flat' : 'hold';
      if (stance !== 'short') return 'short';
    }
    if (stance === 'long' && now >= p.exitLevel) return 'flat';
    if (stance === 'short' && now <= 100 - p.exitLevel) return 'flat';
    return 'hold';
  }

  return {
    update(bar: Bar): StrategyOutput {
      seen += 1;
      const before = previous;
      const now = rsi.add(bar.close);
      previous = now;
      const values = { rsi: now };
      if (now === null || before === null || seen < needed) return warmingUp(values, seen, needed);

      const held = stance;
      const signal = next(before, now);
      if (signal !== 'hold') stance = signal;
      return new BarOutput(signal, values, null, true, () => {
        const name = `RSI(${p.period}) went from ${figure(before)} to ${figure(now)}`;
        if (signal === 'long') return `${name}: back above oversold ${p.oversold}.`;
        if (signal === 'short') return `${name}: back below overbought ${p.overbought}.`;
        if (signal === 'flat') {
          return now <= p.overbought && before > p.overbought
            ? `${name}: back below overbought ${p.overbought}, the ${held} position closes.`
            : `${name}: the exit level ${held === 'long' ? p.exitLevel : 100 - p.exitLevel} of a ${held} position is reached.`;
        }
        return `${name}: no crossing of ${p.oversold} or ${p.overbought}, no exit level reached.`;
      });
    },
  };
}

/** Mean reversion on the relative strength index (Wilder's smoothing). */
export const rsiKind: StrategyKind<RsiParameters> = {
  kind: 'rsi',
  title: 'RSI reversal',
  description:
    'Buys when the RSI comes back above oversold, sells short when it comes back below overbought, closes at an exit level.',
  parameters,
  warmup,
  start,
};
