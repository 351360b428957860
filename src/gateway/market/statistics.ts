import { barIndexAt, type Instrument } from './instrument.ts';
import { DAY_MS, localDate } from './zone.ts';

const WEEK_MS = 7 * DAY_MS;

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Lowest and highest price of the last so many weeks before a moment; undefined when nothing traded then. */
export function rangeOfWeeks(instrument: Instrument, at: number, weeks: number): Range | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const from = at - weeks * WEEK_MS;
  for (let i = barIndexAt(instrument.bars, at) - 1; i >= 0; i -= 1) {
    const bar = instrument.bars[i];
    if (bar === undefined || bar.start < from) break;
    low = Math.min(low, bar.low);
    high = Math.max(high, bar.high);
  }
  return low <= high ? { low, high } : undefined;
}

interface Day {
  close: number;
  volume: number;
}

/** The last so many days that are over, newest first. */
function lastDays(instrument: Instrument, at: number, count: number): Day[] {
  const out: Day[] = [];
  let date = '';
  for (let i = barIndexAt(instrument.bars, at) - 1; i >= 0; i -= 1) {
    const bar = instrument.bars[i];
    if (bar === undefined) break;
    const its = localDate(instrument.config.timeZone, bar.start);
    const day = out.at(-1);
    if (its === date && day !== undefined) day.volume += bar.volume;
    else if (out.length === count) break;
    else {
      date = its;
      out.push({ close: bar.close, volume: bar.volume });
    }
  }
  return out;
}

/** Shares a day, over the last 90 days that traded; undefined without any. */
export function averageVolume(instrument: Instrument, at: number): number | undefined {
  const days = lastDays(instrument, at, 90);
  return days.length === 0
    ? undefined
    : Math.round(days.reduce((sum, { volume }) => sum + volume, 0) / days.length);
}

/**
 * Historical volatility: standard deviation of the daily log returns of the last 30 trading days, a year's worth
 * (252 days). Undefined with fewer than three days.
 */
export function historicalVolatility(instrument: Instrument, at: number): number | undefined {
  const days = lastDays(instrument, at, 31);
  const returns = days.slice(1).map((day, i) => Math.log((days[i]?.close ?? day.close) / day.close));
  if (returns.length < 2) return undefined;
  const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length;
  const variance = returns.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (returns.length - 1);
  return Math.sqrt(variance * 252);
}
