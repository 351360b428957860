import { BarSizeSetting, WhatToShow } from '@stoqey/ib';
import { type Bar, isDaily, type Timeframe, timeframeMs } from '../../../machines/domain/bar.ts';
import { parseTradingHours } from '../../../machines/domain/calendar.ts';
import type { Instrument } from '../../../machines/domain/instrument.ts';
import type { HistoricalBar } from './link.ts';
import { parseBarTime } from './times.ts';

/** @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#hist-bar-size (read 2026-11) */
export const barSizes: Readonly<Record<Timeframe, BarSizeSetting>> = {
  '5s': BarSizeSetting.SECONDS_FIVE,
  '10s': BarSizeSetting.SECONDS_TEN,
  '15s': BarSizeSetting.SECONDS_FIFTEEN,
  '30s': BarSizeSetting.SECONDS_THIRTY,
  '1m': BarSizeSetting.MINUTES_ONE,
  '2m': BarSizeSetting.MINUTES_TWO,
  '3m': BarSizeSetting.MINUTES_THREE,
  '5m': BarSizeSetting.MINUTES_FIVE,
  '10m': BarSizeSetting.MINUTES_TEN,
  '15m': BarSizeSetting.MINUTES_FIFTEEN,
  '20m': BarSizeSetting.MINUTES_TWENTY,
  '30m': BarSizeSetting.MINUTES_THIRTY,
  '1h': BarSizeSetting.HOURS_ONE,
  '2h': BarSizeSetting.HOURS_TWO,
  '3h': BarSizeSetting.HOURS_THREE,
  '4h': BarSizeSetting.HOURS_FOUR,
  '8h': BarSizeSetting.HOURS_EIGHT,
  '1d': BarSizeSetting.DAYS_ONE,
  '1w': BarSizeSetting.WEEKS_ONE,
  '1M': BarSizeSetting.MONTHS_ONE,
};

/** Pairs without trades are shown by their midpoint. */
export function whatToShow(secType: Instrument['secType']): WhatToShow {
  if (secType === 'CASH' || secType === 'CFD') return WhatToShow.MIDPOINT;
  return secType === 'CRYPTO' ? WhatToShow.AGGTRADES : WhatToShow.TRADES;
}

/** The longest history of small bars that IBKR answers in one request, in seconds. */
const smallBarSeconds: Partial<Record<Timeframe, number>> = {
  '5s': 3_600,
  '10s': 14_400,
  '15s': 14_400,
  '30s': 28_800,
};

/**
 * A duration that holds at least `count` bars: too long rather than too short, as the surplus is cut off.
 * Weekends, holidays and the hours of the instrument's kind are allowed for.
 * @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#hist-duration (read 2026-11)
 */
export function durationFor(timeframe: Timeframe, count: number, secType: Instrument['secType']): string {
  const small = smallBarSeconds[timeframe];
  const length = timeframeMs[timeframe];
  if (small !== undefined) {
    return `${Math.min(small, Math.max(60, Math.ceil(count * (length / 1_000) * 1.5)))} S`;
  }
  if (timeframe === '1M') return `${Math.ceil((count + 1) / 12)} Y`;
  const calendarDays = isDaily(timeframe)
    ? Math.ceil((count + 1) * (timeframe === '1d' ? 365 / 251 : 7) + 7)
    : Math.ceil((count / barsPerDay(length, secType)) * (7 / 5)) + 4;
  return calendarDays <= 365 ? `${calendarDays} D` : `${Math.ceil(calendarDays / 365)} Y`;
}

function barsPerDay(lengthMs: number, secType: Instrument['secType']): number {
  const sessionMs = secType === 'STK' || secType === 'IND' ? 6.5 * 3_600_000 : 20 * 3_600_000;
  return Math.max(1, Math.floor(sessionMs / lengthMs));
}

/** The marker after the last bar of a history starts with this. */
export const isHistoryEnd = (time: string): boolean => time.startsWith('finished');

/** A bar of the wire. @throws RangeError */
export function toBar([, time, open, high, low, close, volume]: HistoricalBar): Bar {
  const prices = { open, high, low, close };
  for (const [name, price] of Object.entries(prices)) {
    if (!Number.isFinite(price))
      throw new RangeError(`bar ${time}: found ${name} "${price}", expected a number`);
  }
  // Indices and pairs have no volume: IBKR says -1.
  return { time: parseBarTime(time), ...prices, volume: volume === undefined || volume < 0 ? 0 : volume };
}

/**
 * Tells whether a bar is final at a moment of market time.
 * A day ends with its liquid hours where they are known, and else at midnight of the instrument's zone.
 */
export function isClosedAt(
  bar: Bar,
  timeframe: Timeframe,
  instrument: Pick<Instrument, 'timeZone' | 'liquidHours'>,
  marketTime: number,
): boolean {
  if (timeframe !== '1d') return bar.time + timeframeMs[timeframe] <= marketTime;
  const today = tradeDate(marketTime, instrument.timeZone);
  if (bar.time !== today) return bar.time < today;
  const ends = spansOf(instrument)
    .filter((span) => tradeDate(span.from, instrument.timeZone) === today)
    .map((span) => span.to);
  return ends.length > 0 && marketTime >= Math.max(...ends);
}

/** The date in a zone, as epoch ms of 00:00 UTC. */
function tradeDate(at: number, timeZone: string): number {
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  return Date.UTC(date.year, date.month - 1, date.day);
}

function spansOf(instrument: Pick<Instrument, 'timeZone' | 'liquidHours'>) {
  try {
    return parseTradingHours(instrument.liquidHours, instrument.timeZone);
  } catch {
    // Hours that cannot be read are unknown hours: the day ends at midnight.
    return [];
  }
}
