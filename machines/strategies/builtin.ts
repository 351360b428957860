import type { StrategyDefinition } from '../domain/strategy.ts';
import { parseParameters } from './registry.ts';

function define(name: string, kind: string, raw: Record<string, unknown>, notes: string): StrategyDefinition {
  const parsed = parseParameters(kind, raw);
  if (!parsed.ok) throw new RangeError(`strategy "${name}": ${JSON.stringify(parsed.problems)}`);
  return Object.freeze({ name, kind, parameters: parsed.value, notes, origin: 'builtin' });
}

/** The named strategies that every installation starts with. */
export const builtinStrategies: readonly StrategyDefinition[] = Object.freeze([
  define(
    'sma-10-30',
    'sma',
    { fast: 10, slow: 30 },
    'The classic crossover. Follows trends, loses in sideways markets; trades a few times a year on daily bars.',
  ),
  define(
    'rsi-14',
    'rsi',
    { period: 14 },
    "Wilder's RSI with his levels 30 and 70, entered on the way back. Buys weakness; wants range-bound markets.",
  ),
  define(
    'enhanced-default',
    'enhanced',
    {},
    'Trend, momentum, volatility and volume weighed 40/30/15/15, with a 2.5 ATR stop that trails at 3 ATR.',
  ),
]);
