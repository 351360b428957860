import { SMA } from 'trading-signals';
import { z } from 'zod';
import type { Bar } from '../domain/bar.ts';
import type { Signal } from '../domain/decision.ts';
import { BarOutput, figure, type StrategyKind, type StrategyOutput, warmingUp } from './strategy.kind.ts';

const parameters = z
  .strictObject({
    fast: z.int().min(1).max(1_000).default(10).describe('Bars in the fast average'),
    slow: z.int().min(2).max(2_000).default(30).describe('Bars in the slow average; more than the fast one'),
    exitOnly: z
      .boolean()
      .default(false)
      .describe('A downward crossing only closes; off, it asks for a short position'),
  })
  .refine((p) => p.fast < p.slow, { path: ['fast'], message: 'a number below "slow"' });
export type SmaParameters = z.infer<typeof parameters>;

const warmup = (p: SmaParameters): number => p.slow + 1;

/** Crossing means that the sign of (fast - slow) differs from its last non-zero sign; a touch alone is none. */
function start(p: SmaParameters) {
  const fast = new SMA(p.fast);
  const slow = new SMA(p.slow);
  const needed = warmup(p);
  let seen = 0;
  let side = 0;

  return {
    update(bar: Bar): StrategyOutput {
      seen += 1;
      const f = fast.add(bar.close);
      const s = slow.add(bar.close);
      const before = side;
      if (f !== null && s !== null && f !== s) side = f > s ? 1 : -1;
      const values = { fast: f, slow: s };
      if (f === null || s === null || seen < needed) return warmingUp(values, seen, needed);

      const crossed = before !== 0 && side !== before;
      const signal: Signal = crossed ? (side > 0 ? 'long' : p.exitOnly ? 'flat' : 'short') : 'hold';
      const above = side > 0;
      return new BarOutput(signal, values, null, true, () => {
        const where = `SMA(${p.fast}) ${figure(f)} ${above ? 'above' : 'below'} SMA(${p.slow}) ${figure(s)}`;
        return crossed ? `Crossed: ${where} now.` : `No crossing: ${where}, as before.`;
      });
    },
  };
}

/** Crossover of two simple moving averages of the close. */
export const smaKind: StrategyKind<SmaParameters> = {
  kind: 'sma',
  title: 'SMA crossover',
  description:
    'Buys when the fast average of closes crosses above the slow one; closes, or goes short, when it crosses below.',
  parameters,
  warmup,
  start,
};
