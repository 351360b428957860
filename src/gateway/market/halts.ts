import type { InstrumentConfig } from '../config.ts';
import type { TradingDay } from './instrument.ts';
import { seededRandom } from './random.ts';

/** A stretch of market time without trading, [from, to). */
export interface Halt {
  readonly from: number;
  readonly to: number;
}

/** A limit-up limit-down pause lasts five minutes. https://www.luldplan.com */
const HALT_MS = 5 * 60_000;
const NONE: readonly Halt[] = [];

/** The halts of each day of a market of the kind `halted`: a function of seed, symbol and date. */
export function haltsOf(spec: InstrumentConfig, seed: number): (day: TradingDay) => readonly Halt[] {
  const market = 'file' in spec.source ? spec.synthetic : spec.source.synthetic;
  if (market.kind !== 'halted') return () => NONE;
  return (day) => {
    const random = seededRandom(seed, 'halts', spec.symbol, day.date);
    const width = day.liquidClose - day.liquidOpen - 2 * HALT_MS;
    // Whole ones, and one more by chance, so that the average comes out.
    const count = Math.floor(market.haltsPerDay) + (random() < market.haltsPerDay % 1 ? 1 : 0);
    const halts: Halt[] = [];
    for (let n = 0; n < count && width > 0; n += 1) {
      const from = Math.round(day.liquidOpen + HALT_MS + random() * width);
      halts.push({ from, to: from + HALT_MS });
    }
    return halts;
  };
}
