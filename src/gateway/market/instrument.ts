import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Decimal } from 'decimal.js';
import type { GatewayConfig, InstrumentConfig } from '../config.ts';
import { GatewayError, type GatewayLog } from '../errors.ts';
import { type Bar, TIMEFRAME_MS, type Timeframe } from './bar.ts';
import type { Session } from './calendar/calendar.ts';
import { calendarOf } from './calendar/exchanges.ts';
import { readBarFile, type SourceRow } from './csv.ts';
import { type Halt, haltsOf } from './halts.ts';
import { type TickPath, tickPath } from './path.ts';
import { minTickOf, type PriceGrid } from './price-grid.ts';
import { hash } from './random.ts';
import { type DaySlots, syntheticRows, weekdaySlots } from './synthetic.ts';
import { addDays, daysBetween, instantOf, parseTimeOfDay } from './zone.ts';

/** A trading day of one instrument: the liquid hours and the time that its bars cover. */
export interface TradingDay {
  date: string;
  liquidOpen: number;
  liquidClose: number;
  playedFrom: number;
  playedTo: number;
}

/** An instrument with its whole past and future, in market time. Immutable. */
export interface Instrument {
  config: InstrumentConfig;
  conId: number;
  longName: string;
  /** The smallest increment of its price, as contract details tell it. */
  minTick: Decimal;
  grid: PriceGrid;
  multiplier: Decimal;
  timeframe: Timeframe;
  bars: readonly Bar[];
  days: readonly TradingDay[];
  path(bar: Bar): TickPath;
  /** When trading stops within a day. */
  halts(day: TradingDay): readonly Halt[];
}

/** Hours as ms since midnight. */
export function hoursOf(text: string): { open: number; close: number } {
  const [open = '', close = ''] = text.split('-');
  return { open: parseTimeOfDay(open) ?? 0, close: parseTimeOfDay(close) ?? 0 };
}

/**
 * Loads every instrument of the configuration. Dates of a file are shifted by whole weeks, so weekdays stay what they
 * were, such that the instrument's `start` falls into the week of the market's start: instruments of different years
 * play on one clock.
 */
export function loadInstruments(config: GatewayConfig, seed: number, log: GatewayLog): Instrument[] {
  const instruments = config.instruments.map((each) => loadInstrument(each, config, seed, log));
  const ids = new Map<number, string>();
  for (const { conId, config: each } of instruments) {
    const other = ids.get(conId);
    if (other !== undefined)
      throw new GatewayError(
        'BAD_CONFIG',
        `instruments ${other} and ${each.symbol} have the same conId ${conId}`,
      );
    ids.set(conId, each.symbol);
  }
  return instruments;
}

function loadInstrument(
  spec: InstrumentConfig,
  config: GatewayConfig,
  seed: number,
  log: GatewayLog,
): Instrument {
  const source = openSource(spec, config, seed, log);
  const grid = gridOf(spec);
  const rows = source.rows.map((row) => ({ ...row, date: addDays(row.date, source.shiftDays) }));
  const bars = rows.map((row) => toBar(row, spec, source.timeframe, source.stamp));
  // Whoever plays or answers history asks for the same few bars again; old ones are made anew.
  const paths = new Map<Bar, TickPath>();
  return {
    config: spec,
    conId: spec.conId ?? 10_000_000 + (hash(`${spec.symbol}|${spec.secType}|${spec.currency}`) % 900_000_000),
    longName: source.synthetic ? `${spec.longName} (synthetic)`.trim() : spec.longName,
    minTick: new Decimal(minTickOf(grid)),
    grid,
    multiplier: new Decimal(spec.multiplier ?? 1),
    timeframe: source.timeframe,
    bars,
    days: tradingDays(spec, rows, bars),
    halts: source.synthetic ? haltsOf(spec, seed) : () => [],
    path(bar) {
      const known = paths.get(bar);
      if (known !== undefined) return known;
      const made = tickPath(bar, spec.symbol, seed, grid);
      const [oldest] = paths.keys();
      if (oldest !== undefined && paths.size >= 8) paths.delete(oldest);
      paths.set(bar, made);
      return made;
    },
  };
}

function gridOf({ minTick, priceIncrements }: InstrumentConfig): PriceGrid {
  const [first, ...others] = priceIncrements;
  return first === undefined ? [{ lowEdge: 0, increment: minTick }] : [first, ...others];
}

interface OpenSource {
  rows: SourceRow[];
  timeframe: Timeframe;
  stamp: 'start' | 'end';
  shiftDays: number;
  synthetic: boolean;
}

function openSource(
  spec: InstrumentConfig,
  config: GatewayConfig,
  seed: number,
  log: GatewayLog,
): OpenSource {
  const wanted = spec.source;
  if ('file' in wanted) {
    const path = config.dataFolders.map((folder) => join(folder, wanted.file)).find((p) => existsSync(p));
    if (path !== undefined) {
      const file = readBarFile(path);
      for (const complaint of file.refused.slice(0, 20)) log.warn(`bar refused: ${complaint}`);
      if (file.refused.length > 20) log.warn(`${path}: ${file.refused.length - 20} more bars refused`);
      const from = spec.start ?? config.marketStart;
      const shiftDays = (spec.shiftWeeks ?? Math.round(daysBetween(from, config.marketStart) / 7)) * 7;
      const shifted = shiftDays === 0 ? 'dates as in the file' : `dates shifted by ${shiftDays / 7} weeks`;
      log.info(`${spec.symbol}: ${file.rows.length} bars of ${wanted.timeframe} from ${path}, ${shifted}`);
      return { ...wanted, rows: file.rows, shiftDays, synthetic: false };
    }
    const places = config.dataFolders.length === 0 ? 'no data folder is set' : config.dataFolders.join(', ');
    if (spec.fallback === 'none')
      throw new GatewayError(
        'BAD_DATA',
        `${spec.symbol}: file "${wanted.file}" not found, looked in: ${places}`,
      );
    log.warn(
      `${spec.symbol}: file "${wanted.file}" not found in ${places}: playing a SYNTHETIC market instead`,
    );
  }
  const timeframe = 'file' in wanted ? wanted.timeframe : wanted.synthetic.timeframe;
  const market = 'file' in wanted ? spec.synthetic : wanted.synthetic;
  const slotsOf = daySlots(spec, timeframe);
  const slotsPerDay = timeframe === '1d' ? 1 : Math.max(1, slotsIn(fullDay(spec), timeframe).length);
  const intraday = timeframe !== '1d';
  // A year of 5-minute bars is plenty; a decade would only cost memory.
  const days = intraday ? Math.min(market.days, 300) : market.days;
  const historyDays = intraday ? Math.min(market.historyDays, 20) : market.historyDays;
  const firstDate = addDays(config.marketStart, -Math.round((historyDays * 7) / 5));
  const made = { ...market, days, seed };
  const rows = syntheticRows(made, spec.symbol, firstDate, slotsOf, slotsPerDay, gridOf(spec));
  return { rows, timeframe, stamp: 'start', shiftDays: 0, synthetic: true };
}

/** The regular hours of a date: the calendar's, or the same every day. */
function regularHours(spec: InstrumentConfig, date: string): Session {
  const calendar = spec.calendar === undefined ? undefined : calendarOf(spec.calendar);
  return calendar?.day(date)?.liquid[0] ?? fullDay(spec);
}

function fullDay(spec: InstrumentConfig): Session {
  const calendar = spec.calendar === undefined ? undefined : calendarOf(spec.calendar);
  // No exchange closes in the middle of March of this year.
  return calendar?.day('2024-03-13')?.liquid[0] ?? hoursOf(spec.liquidHours);
}

function slotsIn({ open, close }: Session, timeframe: Timeframe): number[] {
  const slots: number[] = [];
  for (let at = open; at < close; at += TIMEFRAME_MS[timeframe]) slots.push(at);
  return slots;
}

function daySlots(spec: InstrumentConfig, timeframe: Timeframe): DaySlots {
  if (spec.calendar === undefined) return weekdaySlots(slotsIn(hoursOf(spec.liquidHours), timeframe));
  const calendar = calendarOf(spec.calendar);
  return (date) => {
    const session = calendar.day(date)?.liquid[0];
    if (session === undefined) return undefined;
    return timeframe === '1d' ? [session.open] : slotsIn(session, timeframe);
  };
}

function toBar(row: SourceRow, spec: InstrumentConfig, timeframe: Timeframe, stamp: 'start' | 'end'): Bar {
  const { open, high, low, close, volume } = row;
  if (row.timeOfDay === undefined || timeframe === '1d') {
    const hours = regularHours(spec, row.date);
    const start = instantOf(spec.timeZone, row.date, hours.open);
    return { start, end: start + (hours.close - hours.open), open, high, low, close, volume };
  }
  const at = instantOf(spec.timeZone, row.date, row.timeOfDay);
  const start = stamp === 'end' ? at - TIMEFRAME_MS[timeframe] : at;
  return { start, end: start + TIMEFRAME_MS[timeframe], open, high, low, close, volume };
}

function tradingDays(spec: InstrumentConfig, rows: readonly SourceRow[], bars: readonly Bar[]): TradingDay[] {
  const days: TradingDay[] = [];
  for (const [index, row] of rows.entries()) {
    const bar = bars[index];
    if (bar === undefined) continue;
    const current = days.at(-1);
    if (current?.date === row.date) {
      current.playedTo = bar.end;
      continue;
    }
    const { open, close } = regularHours(spec, row.date);
    const liquidOpen = instantOf(spec.timeZone, row.date, open);
    days.push({
      date: row.date,
      liquidOpen,
      liquidClose: liquidOpen + (close - open),
      playedFrom: bar.start,
      playedTo: bar.end,
    });
  }
  return days;
}

/** The first day that ends after a moment; `days.length` when there is none. Binary search. */
export function dayIndexAt(days: readonly TradingDay[], at: number): number {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const day = days[middle];
    if (day !== undefined && Math.max(day.playedTo, day.liquidClose) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first bar that ends after a moment; `bars.length` when there is none. Binary search. */
export function barIndexAt(bars: readonly Bar[], at: number): number {
  let low = 0;
  let high = bars.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const bar = bars[middle];
    if (bar !== undefined && bar.end <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
