import type { Bar } from './bar.ts';
import { TIMEFRAME_MS } from './bar.ts';
import { barIndexAt, dayIndexAt, type Instrument } from './instrument.ts';
import { addDays, compactDate, DAY_MS, instantOf, localDate, offsetMs, weekday } from './zone.ts';

/** A bar that is answered to a client: its bucket's start, and the local date for daily and longer bars. */
export interface HistoryBar {
  start: number;
  date: string;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  count: number;
  /** Price times volume, for the weighted average. */
  turnover: number;
}

export type BarSize = { kind: 'intraday'; ms: number } | { kind: 'day' | 'week' | 'month' };

const UNIT_MS: Record<string, number> = { sec: 1000, min: 60_000, hour: 3_600_000 };

/** IBKR's bar sizes: `1 secs` ... `1 month`. Undefined for anything else. */
export function parseBarSize(text: string): BarSize | undefined {
  const match = /^(\d+)\s*(secs?|mins?|hours?|days?|D|weeks?|W|months?|M)$/.exec(text.trim());
  if (match === null) return undefined;
  const count = Number(match[1]);
  const unit = (match[2] ?? '').replace(/s$/, '');
  if (unit === 'day' || unit === 'D') return count === 1 ? { kind: 'day' } : undefined;
  if (unit === 'week' || unit === 'W') return count === 1 ? { kind: 'week' } : undefined;
  if (unit === 'month' || unit === 'M') return count === 1 ? { kind: 'month' } : undefined;
  const allowed: Record<string, number[]> = {
    sec: [1, 5, 10, 15, 30],
    min: [1, 2, 3, 5, 10, 15, 20, 30],
    hour: [1, 2, 3, 4, 8],
  };
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined || !(allowed[unit] ?? []).includes(count)) return undefined;
  return { kind: 'intraday', ms: count * unitMs };
}

export interface Duration {
  count: number;
  unit: 'S' | 'D' | 'W' | 'M' | 'Y';
}

/** `1800 S`, `10 D`, `2 W`, `6 M`, `1 Y`. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^(\d+)\s*([SDWMY])$/.exec(text.trim().toUpperCase());
  if (match === null || Number(match[1]) === 0) return undefined;
  return { count: Number(match[1]), unit: match[2] as Duration['unit'] };
}

/** The moment a duration before `end`; days count trading days of the instrument, as IBKR does. */
export function durationStart(instrument: Instrument, end: number, duration: Duration): number {
  const { count, unit } = duration;
  if (unit === 'S') return end - count * 1000;
  const zone = instrument.config.timeZone;
  if (unit === 'D') {
    // The day in progress counts, and so does a day that has just ended.
    const at = dayIndexAt(instrument.days, end);
    const inProgress = (instrument.days[at]?.playedFrom ?? Number.POSITIVE_INFINITY) < end;
    const first = instrument.days[Math.max(0, at - count + (inProgress ? 1 : 0))];
    return first === undefined ? end : Math.min(first.playedFrom, first.liquidOpen);
  }
  const date = localDate(zone, end);
  const days = unit === 'W' ? count * 7 : 0;
  const months = unit === 'M' ? count : unit === 'Y' ? count * 12 : 0;
  const from = Temporal.PlainDate.from(date).subtract({ months, days }).toString();
  return instantOf(zone, from, 0);
}

/** Puts trades of one instrument into bars of one size. */
export class Bucketer {
  readonly #instrument: Instrument;
  readonly size: BarSize;
  #key = '';
  #until = Number.NEGATIVE_INFINITY;

  constructor(instrument: Instrument, size: BarSize) {
    this.#instrument = instrument;
    this.size = size;
  }

  /** The bucket of a moment: its key, start and local date, and until when no other bucket can begin. */
  bucketOf(at: number): { key: string; start: number; date: string; until: number } {
    const zone = this.#instrument.config.timeZone;
    const date = localDate(zone, at);
    if (this.size.kind === 'intraday') {
      const local = at + offsetMs(zone, at);
      const floor = Math.floor(local / DAY_MS) * DAY_MS;
      const start = floor + Math.floor((local - floor) / this.size.ms) * this.size.ms - offsetMs(zone, at);
      // A bucket that reaches back before the opening is stamped with the opening, as IBKR's 09:30 hourly bar is.
      const day = this.#instrument.days[dayIndexAt(this.#instrument.days, at)];
      const open = day === undefined ? start : at >= day.liquidOpen ? day.liquidOpen : day.playedFrom;
      return {
        key: String(start),
        start: Math.max(start, Math.min(open, at)),
        date,
        until: start + this.size.ms,
      };
    }
    const day = this.#instrument.days[dayIndexAt(this.#instrument.days, at)];
    const start = day?.playedFrom ?? at;
    const until = day?.playedTo ?? at;
    if (this.size.kind === 'day') return { key: date, start, date, until };
    if (this.size.kind === 'month') return { key: date.slice(0, 7), start, date, until };
    return { key: addDays(date, -((weekday(date) + 6) % 7)), start, date, until };
  }

  /** Goes on with a bar that is already in progress. */
  resume(into: HistoryBar[], forming: HistoryBar): void {
    this.#key = this.bucketOf(forming.start).key;
    into.push({ ...forming });
  }

  /** Adds one price or bar to the list, opening a new bar when its bucket is new. Answers whether it did. */
  add(into: HistoryBar[], at: number, piece: Omit<HistoryBar, 'start' | 'date'>): boolean {
    let bar = into.at(-1);
    if (at >= this.#until || bar === undefined) {
      const bucket = this.bucketOf(at);
      this.#until = bucket.until;
      if (bar === undefined || bucket.key !== this.#key) {
        this.#key = bucket.key;
        bar = { ...piece, start: bucket.start, date: bucket.date };
        into.push(bar);
        return true;
      }
      // IBKR dates weekly and monthly bars with their last trading day.
      bar.date = bucket.date;
    }
    bar.high = Math.max(bar.high, piece.high);
    bar.low = Math.min(bar.low, piece.low);
    bar.close = piece.close;
    bar.volume += piece.volume;
    bar.count += piece.count;
    bar.turnover += piece.turnover;
    return false;
  }
}

export interface HistoryWindow {
  from: number;
  to: number;
  useRth: boolean;
}

/**
 * Bars of any size from what had happened by `to`: whole source bars where they fit, trades of the path where the
 * asked size is finer than the source or the bar at `to` is still forming (its last answer is that unfinished bar,
 * as with IBKR).
 */
export function historyBars(instrument: Instrument, size: BarSize, window: HistoryWindow): HistoryBar[] {
  const out: HistoryBar[] = [];
  const bucketer = new Bucketer(instrument, size);
  const finer = size.kind === 'intraday' && size.ms < TIMEFRAME_MS[instrument.timeframe];
  for (let i = barIndexAt(instrument.bars, window.from); i < instrument.bars.length; i += 1) {
    const bar = instrument.bars[i];
    if (bar === undefined || bar.start > window.to) break;
    if (window.useRth && !inLiquidHours(instrument, bar)) continue;
    if (finer || bar.end > window.to || bar.start < window.from)
      addTrades(out, bucketer, instrument, bar, window);
    else bucketer.add(out, bar.start, wholeBar(bar));
  }
  return out;
}

function addTrades(
  out: HistoryBar[],
  bucketer: Bucketer,
  instrument: Instrument,
  bar: Bar,
  w: HistoryWindow,
): void {
  const path = instrument.path(bar);
  for (let i = 0; i < path.times.length; i += 1) {
    const time = path.times[i] ?? 0;
    if (time > w.to) return;
    if (time < w.from) continue;
    bucketer.add(out, time, oneTrade(path.prices[i] ?? 0, path.volumes[i] ?? 0));
  }
}

/** A single trade as a piece of a bar. */
export function oneTrade(price: number, volume: number): Omit<HistoryBar, 'start' | 'date'> {
  return { open: price, high: price, low: price, close: price, volume, count: 1, turnover: price * volume };
}

function wholeBar(bar: Bar): Omit<HistoryBar, 'start' | 'date'> {
  const middle = (bar.high + bar.low + bar.close) / 3;
  const { open, high, low, close, volume } = bar;
  return { open, high, low, close, volume, count: 1, turnover: middle * volume };
}

export function inLiquidHours(instrument: Instrument, bar: { start: number }): boolean {
  const day = instrument.days[dayIndexAt(instrument.days, bar.start)];
  return day !== undefined && bar.start >= day.liquidOpen && bar.start < day.liquidClose;
}

/** How a client wants a bar's time: daily and longer `yyyyMMdd`; shorter by formatDate 1 (local) or 2 (epoch s). */
export function barDate(
  instrument: Instrument,
  size: BarSize,
  bar: HistoryBar,
  formatDate: number,
  withZone: boolean,
) {
  if (size.kind !== 'intraday') return compactDate(bar.date);
  if (formatDate === 2) return String(Math.floor(bar.start / 1000));
  const zone = instrument.config.timeZone;
  const local = new Date(bar.start + offsetMs(zone, bar.start)).toISOString();
  const day = compactDate(local.slice(0, 10));
  return withZone ? `${day} ${local.slice(11, 19)} ${zone}` : `${day}  ${local.slice(11, 19)}`;
}
