import type { SourceRow } from './csv.ts';
import { extraReturn, type KindParameters, nightReturn } from './kinds.ts';
import { minTickOf, onGrid, type PriceGrid } from './price-grid.ts';
import { normal, seededRandom } from './random.ts';
import { addDays, weekday } from './zone.ts';

export interface SyntheticMarket extends KindParameters {
  seed: number;
  startPrice: number;
  /** 0.2 is 20 % a year. */
  annualVolatility: number;
  annualDrift: number;
  averageDailyVolume: number;
  /** Trading days to make. */
  days: number;
}

/** The bars of a market's day: their start times, ms since midnight; undefined on a day without trading. */
export type DaySlots = (date: string) => readonly number[] | undefined;

/**
 * A seeded random walk, or another kind of market, as rows of a file: the days that `slotsOf` opens, log-normal
 * steps, volume that swells with the range. `slotsPerDay` is a full day's count; with 1 the bars are daily.
 */
export function syntheticRows(
  market: SyntheticMarket,
  symbol: string,
  firstDate: string,
  slotsOf: DaySlots,
  slotsPerDay: number,
  prices: PriceGrid,
): SourceRow[] {
  const random = seededRandom(market.seed, 'synthetic', symbol);
  const rows: SourceRow[] = [];
  const barsPerYear = 252 * slotsPerDay;
  const sigma = market.annualVolatility / Math.sqrt(barsPerYear);
  const drift = market.annualDrift / barsPerYear - (sigma * sigma) / 2;
  let price = market.startPrice;
  let before = 0;
  let date = firstDate;
  for (let day = 0; day < market.days; date = addDays(date, 1)) {
    const slots = slotsOf(date);
    if (slots === undefined) continue;
    day += 1;
    for (const [index, slot] of slots.entries()) {
      const distance = Math.log(price / market.startPrice);
      const step = { distance, before, slotsPerDay, isFirstOfDay: index === 0, sigma };
      const night = nightReturn(market, step, random);
      const open = grid(price * Math.exp(normal(random) * sigma * 0.2 + night), prices);
      const extra = extraReturn(market, step, random);
      const close = grid(open * Math.exp(drift + extra + normal(random) * sigma), prices);
      const up = Math.abs(normal(random)) * sigma * 0.5;
      const down = Math.abs(normal(random)) * sigma * 0.5;
      const high = grid(Math.max(open, close) * Math.exp(up), prices);
      const low = grid(Math.min(open, close) * Math.exp(-down), prices);
      const swell = 0.5 + random() + (Math.log(high / low) / sigma) * 0.2;
      const volume = Math.round((market.averageDailyVolume / slotsPerDay) * swell);
      rows.push({
        date,
        timeOfDay: slotsPerDay === 1 ? undefined : slot,
        open,
        high: Math.max(high, open, close),
        low: Math.min(low, open, close),
        close,
        volume,
        line: rows.length + 1,
      });
      before = Math.log(close / price);
      price = close;
    }
  }
  return rows;
}

/** Weekdays, holidays not known: every day has the same bars. */
export const weekdaySlots =
  (slots: readonly number[]): DaySlots =>
  (date) =>
    weekday(date) % 6 === 0 ? undefined : slots;

const grid = (price: number, prices: PriceGrid): number => Math.max(minTickOf(prices), onGrid(price, prices));
