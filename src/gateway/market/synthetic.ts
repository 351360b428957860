import type { SourceRow } from './csv.ts';
import { onGrid } from './path.ts';
import { normal, seededRandom } from './random.ts';
import { addDays, weekday } from './zone.ts';

export interface SyntheticMarket {
  seed: number;
  startPrice: number;
  /** 0.2 is 20 % a year. */
  annualVolatility: number;
  annualDrift: number;
  averageDailyVolume: number;
  /** Weekdays to make. */
  days: number;
}

/**
 * A seeded random walk as rows of a file: weekdays without holidays, log-normal steps, volume that swells with the
 * range. `slots` are the bar start times of one day (ms since midnight); one slot makes daily bars.
 */
export function syntheticRows(
  market: SyntheticMarket,
  symbol: string,
  firstDate: string,
  slots: readonly number[],
  minTick: number,
): SourceRow[] {
  const random = seededRandom(market.seed, 'synthetic', symbol);
  const rows: SourceRow[] = [];
  const barsPerYear = 252 * slots.length;
  const sigma = market.annualVolatility / Math.sqrt(barsPerYear);
  const drift = market.annualDrift / barsPerYear - (sigma * sigma) / 2;
  let price = market.startPrice;
  let date = firstDate;
  for (let day = 0; day < market.days; date = addDays(date, 1)) {
    const w = weekday(date);
    if (w === 0 || w === 6) continue;
    day += 1;
    for (const slot of slots) {
      const open = grid(price * Math.exp(normal(random) * sigma * 0.2), minTick);
      const close = grid(open * Math.exp(drift + normal(random) * sigma), minTick);
      const up = Math.abs(normal(random)) * sigma * 0.5;
      const down = Math.abs(normal(random)) * sigma * 0.5;
      const high = grid(Math.max(open, close) * Math.exp(up), minTick);
      const low = grid(Math.min(open, close) * Math.exp(-down), minTick);
      const swell = 0.5 + random() + (Math.log(high / low) / sigma) * 0.2;
      const volume = Math.round((market.averageDailyVolume / slots.length) * swell);
      rows.push({
        date,
        timeOfDay: slots.length === 1 ? undefined : slot,
        open,
        high: Math.max(high, open, close),
        low: Math.min(low, open, close),
        close,
        volume,
        line: rows.length + 1,
      });
      price = close;
    }
  }
  return rows;
}

const grid = (price: number, minTick: number): number => Math.max(minTick, onGrid(price, minTick));
