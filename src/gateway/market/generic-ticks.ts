import type { SecType } from '../config.ts';
import type { Feed, Trade } from './feed.ts';
import { averageVolume, historicalVolatility, rangeOfWeeks } from './statistics.ts';

/** A tick that a generic tick type brings: what kind of message it is, its tick type, its value. */
export interface GenericTick {
  readonly as: 'price' | 'size' | 'generic' | 'string';
  readonly type: number;
  readonly value: number | string;
}

/** Generic tick types that TWS takes. https://interactivebrokers.github.io/tws-api/tick_types.html */
const LEGAL: Readonly<Record<SecType, readonly number[]>> = {
  STK: [
    ...[100, 101, 104, 105, 106, 165, 221, 225, 232, 233, 236, 258, 292, 293, 294, 295, 318, 375, 411, 456],
    ...[460, 499, 506, 511, 512, 513, 514, 515, 516, 517, 521, 577, 586, 587, 588, 595, 619],
  ],
  FUT: [100, 101, 162, 165, 221, 225, 232, 233, 292, 293, 294, 295, 318, 375, 411, 460, 588, 595, 619],
  CASH: [106, 165, 221, 232, 411, 619],
};

/** The generic tick types of a request, or what is wrong with its list in TWS's words. `mdoff` is none. */
export function parseGenericTicks(text: string, secType: SecType): number[] | string {
  const legal = LEGAL[secType];
  const wanted: number[] = [];
  for (const part of text.split(',')) {
    const name = part.trim().replace(/:.*$/, '');
    if (name === '' || name.toLowerCase() === 'mdoff') continue;
    const type = Number(name);
    if (!legal.includes(type))
      return `Incorrect generic tick list of ${text}.  Legal ones for (${secType}) are: ${legal.join(',')}`;
    wanted.push(type);
  }
  return wanted;
}

/** What each generic tick type says when it is asked for, and again with the quote; those not listed stay silent. */
const ON_REQUEST: Readonly<Record<number, (feed: Feed, now: number) => GenericTick[]>> = {
  104: (feed, now) => volatility(feed, now, 23),
  411: (feed, now) => volatility(feed, now, 58),
  165: (feed, now) => miscellaneous(feed, now),
  221: (feed) => mark(feed),
  232: (feed) => mark(feed),
  236: ({ instrument }) => {
    const shares = instrument.config.shortableShares;
    // Above 2.5: at least 1,000 shares can be borrowed; above 1.5: on request; below: none.
    const level = shares >= 1000 ? 3 : shares > 0 ? 2 : 1;
    return [
      { as: 'generic', type: 46, value: level },
      { as: 'size', type: 89, value: shares },
    ];
  },
  318: ({ quote }) => (quote.last === undefined ? [] : [{ as: 'price', type: 57, value: quote.last }]),
  // Dividends of the past and the next twelve months, next date and amount: none are paid here.
  456: () => [{ as: 'string', type: 59, value: ',,,' }],
};

export function ticksOnRequest(types: readonly number[], feed: Feed, now: number): GenericTick[] {
  return types.flatMap((type) => ON_REQUEST[type]?.(feed, now) ?? []);
}

function volatility({ instrument }: Feed, now: number, type: number): GenericTick[] {
  const value = historicalVolatility(instrument, now);
  return value === undefined ? [] : [{ as: 'generic', type, value }];
}

function mark({ quote }: Feed): GenericTick[] {
  const price = quote.last ?? quote.previousClose;
  return price === undefined ? [] : [{ as: 'price', type: 37, value: price }];
}

/** 13, 26 and 52 week ranges are tick types 15 to 20, low before high; the average volume is 21. */
function miscellaneous({ instrument }: Feed, now: number): GenericTick[] {
  const out: GenericTick[] = [];
  for (const [weeks, type] of [
    [13, 15],
    [26, 17],
    [52, 19],
  ] as const) {
    const range = rangeOfWeeks(instrument, now, weeks);
    if (range === undefined) continue;
    out.push({ as: 'price', type, value: range.low }, { as: 'price', type: type + 1, value: range.high });
  }
  const volume = averageVolume(instrument, now);
  if (volume !== undefined) out.push({ as: 'size', type: 21, value: volume });
  return out;
}

/** Generic ticks that count trades: RTVolume (233, 375), trade count (293), trade and volume rate (294, 295). */
export class TradeTicks {
  readonly #types: ReadonlySet<number>;
  #count = 0;
  #value = 0;
  #volume = 0;
  #minuteFrom = 0;
  #minuteTrades = 0;
  #minuteVolume = 0;

  constructor(types: readonly number[]) {
    this.#types = new Set(types);
  }

  /** What one trade brings. VWAP counts from the beginning of the subscription. */
  trade(trade: Trade, dayVolume: number): GenericTick[] {
    this.#count += 1;
    this.#volume += trade.volume;
    this.#value += trade.price * trade.volume;
    if (trade.time - this.#minuteFrom >= 60_000) {
      this.#minuteFrom = trade.time;
      this.#minuteTrades = 0;
      this.#minuteVolume = 0;
    }
    this.#minuteTrades += 1;
    this.#minuteVolume += trade.volume;
    const vwap = this.#volume > 0 ? Number((this.#value / this.#volume).toPrecision(10)) : trade.price;
    const rtVolume = `${trade.price};${trade.volume};${trade.time};${dayVolume};${vwap};true`;
    const all: readonly (readonly [number, GenericTick])[] = [
      [233, { as: 'string', type: 48, value: rtVolume }],
      [375, { as: 'string', type: 77, value: rtVolume }],
      [293, { as: 'generic', type: 54, value: this.#count }],
      [294, { as: 'generic', type: 55, value: this.#minuteTrades }],
      [295, { as: 'generic', type: 56, value: this.#minuteVolume }],
    ];
    return all.filter(([type]) => this.#types.has(type)).map(([, tick]) => tick);
  }
}
