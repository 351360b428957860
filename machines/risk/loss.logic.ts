/**
 * Limits on losses of an account: a pure fold over what the broker tells of it. A level counts only when it was passed in
 * several readings in a row: one bad tick halts nothing.
 */
import { Decimal, type DecimalString, decimal, decimalString } from '../domain/decimal.ts';
import type { Level } from './limits.ts';

/**
 * - `dailyLoss`: what IBKR calls the daily P&L of the account, as a loss, in its base currency.
 * - `drawdown`: how far net liquidation is below the highest one that was seen, in percent of that.
 * @see https://interactivebrokers.github.io/tws-api/pnl.html
 */
export const lossNames = ['dailyLoss', 'drawdown'] as const;
export type LossName = (typeof lossNames)[number];

export interface LossLimits {
  readonly levels: Readonly<Partial<Record<LossName, Level>>>;
  /** How many readings in a row must pass a level. */
  readonly confirm: number;
  /** What a hard level does. */
  readonly action: 'reduce' | 'halt';
}

/** What was told of an account at a moment; null: not told, which says nothing. */
export interface LossReading {
  readonly dailyPnl: DecimalString | null;
  readonly netLiquidation: DecimalString | null;
}

/** What the fold remembers of an account. Plain data: it outlives the process. */
export interface LossMemory {
  /** The highest net liquidation; null before the first. */
  readonly peak: DecimalString | null;
  /** Readings in a row that passed a level, by `limit.level`. */
  readonly passed: Readonly<Record<string, number>>;
}
export const nothingLost: LossMemory = { peak: null, passed: {} };

/** A level that is confirmed. */
export interface LossBreach {
  readonly limit: LossName;
  readonly level: 'soft' | 'hard';
  readonly found: DecimalString;
  readonly allowed: DecimalString;
}

/** How much is lost; null: not told. */
function lossOf(limit: LossName, reading: LossReading, peak: Decimal | null): Decimal | null {
  if (limit === 'dailyLoss') return reading.dailyPnl === null ? null : decimal(reading.dailyPnl).neg();
  if (reading.netLiquidation === null || peak === null || !peak.gt(0)) return null;
  return peak.minus(reading.netLiquidation).div(peak).mul(100);
}

function peakOf(memory: LossMemory, { netLiquidation }: LossReading): Decimal | null {
  const before = memory.peak === null ? null : decimal(memory.peak);
  if (netLiquidation === null) return before;
  return before === null ? decimal(netLiquidation) : Decimal.max(before, netLiquidation);
}

/**
 * Takes in one reading; answers the levels that are confirmed by it, the soft ones first. A level that stays passed is
 * answered with every reading: whoever resumes with the loss still there is stopped again.
 */
export function noteReading(
  memory: LossMemory,
  reading: LossReading,
  limits: LossLimits,
): { readonly memory: LossMemory; readonly breaches: readonly LossBreach[] } {
  const peak = peakOf(memory, reading);
  const passed: Record<string, number> = {};
  const breaches: LossBreach[] = [];
  for (const level of ['soft', 'hard'] as const) {
    for (const limit of lossNames) {
      const allowed = limits.levels[limit]?.[level] ?? null;
      if (allowed === null) continue;
      const key = `${limit}.${level}`;
      const loss = lossOf(limit, reading, peak);
      const before = memory.passed[key] ?? 0;
      // What was not told neither confirms nor takes back.
      const count = loss === null ? before : loss.gt(allowed) ? before + 1 : 0;
      if (count > 0) passed[key] = Math.min(count, limits.confirm);
      if (loss?.gt(allowed) && count >= limits.confirm) {
        breaches.push({ limit, level, found: decimalString(loss), allowed });
      }
    }
  }
  return { memory: { peak: peak === null ? null : decimalString(peak), passed }, breaches };
}

const words: Readonly<Record<LossName, string>> = {
  dailyLoss: 'The loss of the day',
  drawdown: 'The drawdown from the highest net liquidation in percent',
};

/** A confirmed level in one sentence with the figures. */
export function lossWords({ limit, level, found, allowed }: LossBreach, account: string): string {
  const kind = level === 'soft' ? 'warned of above' : 'allowed up to';
  const figure = decimal(found).toDecimalPlaces(2).toFixed();
  return `${words[limit]} is ${figure}, ${kind} ${allowed} for account ${account} (${limit}).`;
}
