import type { Bar } from './bar.ts';
import { onGrid, type PriceGrid } from './price-grid.ts';
import { seededRandom } from './random.ts';

/** The trades inside one bar, in columns. Times ascend within [bar.start, bar.end). */
export interface TickPath {
  times: Float64Array;
  prices: Float64Array;
  volumes: Float64Array;
  /** 1 where a subscriber must see the tick even when ticks are thinned out: open, both extremes, close, two between. */
  keys: Uint8Array;
}

/** How many trades a bar is made of: one per 15 s of a day, 5 s of five minutes, 3 s of a minute. At least 20. */
export function tradesInBar(bar: Bar): number {
  const seconds = (bar.end - bar.start) / 1000;
  const step = seconds <= 120 ? 3 : seconds <= 1800 ? 5 : 15;
  return Math.max(20, Math.round(seconds / step));
}

/**
 * The trades of a bar, a function of seed, symbol and bar alone, so that what is streamed, what history answers
 * later and what another run plays are the same: open, one extreme, the other extreme, close, with a noisy walk
 * between them that never leaves the bar. The first price is exactly the open, the last exactly the close, high and
 * low are reached exactly, and the volumes sum up exactly, so bars rebuilt from the trades equal the bar.
 * Prices between lie on the grid; the four given prices are used as they are.
 */
export function tickPath(bar: Bar, symbol: string, seed: number, grid: PriceGrid): TickPath {
  const random = seededRandom(seed, symbol, bar.start);
  const count = tradesInBar(bar);
  const last = count - 1;
  // Both extremes lie inside the bar, in an order that the nearer extreme to the open makes more likely.
  const towardsHigh = bar.high - bar.open;
  const towardsLow = bar.open - bar.low;
  const lowFirst = random() * (towardsHigh + towardsLow) >= towardsLow;
  const firstAt = 1 + Math.floor((0.1 + 0.35 * random()) * (last - 3));
  const secondAt = Math.max(firstAt + 1, 1 + Math.floor((0.55 + 0.35 * random()) * (last - 3)));
  const anchors: [number, number][] = [
    [0, bar.open],
    [firstAt, lowFirst ? bar.low : bar.high],
    [secondAt, lowFirst ? bar.high : bar.low],
    [last, bar.close],
  ];
  const times = new Float64Array(count);
  const prices = new Float64Array(count);
  const keys = new Uint8Array(count);
  const width = bar.end - bar.start;
  for (let i = 0; i < count; i += 1) times[i] = bar.start + Math.floor((i * width) / count);
  const noise = (bar.high - bar.low) * 0.06;
  for (let leg = 0; leg < 3; leg += 1) {
    const [fromAt, from] = anchors[leg] as [number, number];
    const [toAt, to] = anchors[leg + 1] as [number, number];
    for (let i = fromAt + 1; i < toAt; i += 1) {
      const ideal = from + ((to - from) * (i - fromAt)) / (toAt - fromAt) + (random() - 0.5) * 2 * noise;
      prices[i] = insideBar(onGrid(ideal, grid), bar);
    }
  }
  for (const [at, price] of anchors) {
    prices[at] = price;
    keys[at] = 1;
  }
  keys[Math.floor((firstAt + secondAt) / 2)] = 1;
  keys[Math.floor((secondAt + last) / 2)] = 1;
  return { times, prices, volumes: spreadVolume(bar.volume, count, random), keys };
}

function insideBar(price: number, bar: Bar): number {
  return price > bar.high ? bar.high : price < bar.low ? bar.low : price;
}

/** Whole shares per trade, uneven, summing up to the bar's volume; a fractional rest goes to the last trade. */
function spreadVolume(volume: number, count: number, random: () => number): Float64Array {
  const out = new Float64Array(count);
  if (volume <= 0) return out;
  let weightSum = 0;
  for (let i = 0; i < count; i += 1) {
    const weight = 0.5 + random();
    out[i] = weight;
    weightSum += weight;
  }
  let spent = 0;
  for (let i = 0; i < count; i += 1) {
    const share = Math.floor(((out[i] ?? 0) / weightSum) * volume);
    out[i] = share;
    spent += share;
  }
  out[count - 1] = (out[count - 1] ?? 0) + (volume - spent);
  return out;
}
