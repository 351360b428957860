import { inLiquidHours } from './history.ts';
import { barIndexAt, type Instrument } from './instrument.ts';
import { quoteAround } from './price-grid.ts';

/** One trade of the past and the quote that it left. Time is market time, epoch ms. */
export interface PastTick {
  time: number;
  price: number;
  volume: number;
  bid: number;
  ask: number;
}

export interface TickWindow {
  /** Either the first moment, or the last; never later than now. */
  from: number | undefined;
  to: number;
  count: number;
  useRth: boolean;
}

/**
 * Up to `count` trades of a window, oldest first: the first ones after `from`, or without it the last ones before
 * `to`. They are the trades that were streamed, made anew from the same paths. All trades of the last second are
 * answered, so that the next request can begin with the second after, as with IBKR.
 */
export function pastTicks(instrument: Instrument, window: TickWindow): PastTick[] {
  return window.from === undefined ? backward(instrument, window) : forward(instrument, window, window.from);
}

function forward(instrument: Instrument, window: TickWindow, from: number): PastTick[] {
  const out: PastTick[] = [];
  for (let i = barIndexAt(instrument.bars, from); i < instrument.bars.length; i += 1) {
    for (const tick of ticksOfBar(instrument, i, window.useRth)) {
      if (tick.time < from) continue;
      const isNextSecond = second(tick.time) !== second(out.at(-1)?.time ?? tick.time);
      if (tick.time > window.to || (out.length >= window.count && isNextSecond)) return out;
      out.push(tick);
    }
  }
  return out;
}

function backward(instrument: Instrument, window: TickWindow): PastTick[] {
  let out: PastTick[] = [];
  const last = Math.min(barIndexAt(instrument.bars, window.to), instrument.bars.length - 1);
  for (let i = last; i >= 0 && out.length < window.count; i -= 1) {
    const ticks = ticksOfBar(instrument, i, window.useRth).filter(({ time }) => time <= window.to);
    out = [...ticks, ...out];
  }
  if (out.length <= window.count) return out;
  const cut = out[out.length - window.count];
  return cut === undefined ? out : out.filter(({ time }) => second(time) >= second(cut.time));
}

function ticksOfBar(instrument: Instrument, index: number, useRth: boolean): PastTick[] {
  const bar = instrument.bars[index];
  if (bar === undefined) return [];
  const { times, prices, volumes } = instrument.path(bar);
  const out: PastTick[] = [];
  for (const [at, time] of times.entries()) {
    if (useRth && !inLiquidHours(instrument, { start: time })) continue;
    const price = prices[at] ?? 0;
    out.push({
      ...{ time, price, volume: volumes[at] ?? 0 },
      ...quoteAround(price, instrument.grid, instrument.config.spreadTicks),
    });
  }
  return out;
}

const second = (time: number): number => Math.floor(time / 1000);
