import { type Bar, type Timeframe, timeframeMs } from '../domain/bar.ts';
import { isOpenAt, knownUntil, parseTradingHours, type TradingSpan } from '../domain/calendar.ts';
import type { Instrument } from '../domain/instrument.ts';

/** Where a series of bars stands: the bar still forming, and the newest closed bar that was passed on. */
export interface Series {
  readonly forming: Bar | null;
  /** Start of the newest closed bar passed on, epoch ms; null before the first. */
  readonly newest: number | null;
}

/**
 * What an update of the forming bar closes. A later time closes the bar before it; the same time changes the forming
 * bar; an earlier time is about a bar that has closed and changes nothing.
 */
export function closedBars(
  previousForming: Bar | null,
  update: Bar,
): { readonly closed: readonly Bar[]; readonly forming: Bar } {
  if (previousForming === null || update.time === previousForming.time)
    return { closed: [], forming: update };
  if (update.time < previousForming.time) return { closed: [], forming: previousForming };
  return { closed: [previousForming], forming: update };
}

interface Step {
  readonly series: Series;
  /** Newly closed bars, ascending, never one that was passed on before. */
  readonly closed: readonly Bar[];
}

function pass(series: Series, forming: Bar | null, candidates: readonly Bar[]): Step {
  let newest = series.newest;
  const closed: Bar[] = [];
  for (const bar of candidates) {
    if (newest !== null && bar.time <= newest) continue;
    newest = bar.time;
    closed.push(bar);
  }
  return { series: { forming, newest }, closed };
}

/**
 * Takes the history with which a stream begins: ascending; all but the last have closed, the last is forming.
 * After a reconnect the same call answers the bars of the gap.
 */
export function takeHistory(series: Series, bars: readonly Bar[]): Step {
  return pass(series, bars.at(-1) ?? null, bars.slice(0, -1));
}

/** Takes an update of the forming bar. */
export function takeUpdate(series: Series, update: Bar): Step {
  const { closed, forming } = closedBars(series.forming, update);
  return pass(series, forming, closed);
}

/** Closes the forming bar because its time is over, though no later bar has begun (end of the trading day). */
export function takeEnd(series: Series): Step {
  return series.forming === null ? { series, closed: [] } : pass(series, series.forming, [series.forming]);
}

/** Nothing could trade in between, by hours that speak of all of it. */
function isClosedBetween(spans: readonly TradingSpan[], from: number, to: number): boolean {
  const [first] = spans;
  const until = knownUntil(spans);
  if (first === undefined || until === null || first.from > from || until < to) return false;
  return !spans.some((span) => span.from < to && span.to > from);
}

/** Small bars of a quiet instrument are missing all the time; their gaps are asked about at most this often. */
const smallGapPauseMs = 60_000;
/** The most bars that are asked for to fill a gap. */
const longestGap = 500;

/**
 * How many bars may lie between a forming bar and the update that follows it: none are due as a rule, for nobody may
 * have traded; but an outage that ends by itself looks the same, and only the broker's history tells. 0: nothing to ask.
 */
export function barsInGap(
  previous: Bar | null,
  update: Bar,
  timeframe: Timeframe,
  known: {
    /** Since a gap of the series was last asked about, wall time. */
    readonly sinceAskedMs: number;
    /** When the instrument trades, as far as it is known. */
    readonly spans: readonly TradingSpan[];
  },
): number {
  if (previous === null || timeframe === '1w' || timeframe === '1M') return 0;
  const length = timeframeMs[timeframe];
  if (length < timeframeMs['1d'] && known.sinceAskedMs < smallGapPauseMs) return 0;
  if (isClosedBetween(known.spans, previous.time + length, update.time)) return 0;
  const between = Math.ceil((update.time - previous.time) / length) - 1;
  return Math.min(longestGap, Math.max(0, between));
}

/**
 * Tells whether a forming bar's time is over at this market time.
 * Weeks and months have no fixed length: they close with the first update of the next one only.
 */
export function isOver(series: Series, timeframe: Timeframe, marketTime: number): boolean {
  const { forming, newest } = series;
  if (forming === null || timeframe === '1w' || timeframe === '1M') return false;
  return (newest === null || forming.time > newest) && marketTime >= forming.time + timeframeMs[timeframe];
}

/** Fewest and most bars that are asked for when a stream is opened. */
const minHistory = 300;
const maxHistory = 5000;

/**
 * How many bars a new stream must begin with: from the newest stored bar until now, and what watchers want.
 * Counted by wall length of the bars, so that nights and weekends only make it larger than needed.
 */
export function barsToRequest(request: {
  readonly timeframe: Timeframe;
  /** Start of the newest stored bar; null when none is stored. */
  readonly newestStored: number | null;
  /** Market time, epoch ms. */
  readonly now: number;
  /** The most that a watcher wants. */
  readonly wanted: number;
}): number {
  const { newestStored, now, timeframe, wanted } = request;
  const gap = newestStored === null ? 0 : Math.ceil((now - newestStored) / timeframeMs[timeframe]) + 2;
  return Math.min(maxHistory, Math.max(minHistory, wanted, gap));
}

/** The instrument's liquid hours; none when they cannot be read, which means closed. */
export function liquidSpans(instrument: Instrument): readonly TradingSpan[] {
  try {
    return parseTradingHours(instrument.liquidHours, instrument.timeZone);
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** Inside liquid hours at this market time; null when the hours of that moment are unknown. */
export function isMarketOpen(spans: readonly TradingSpan[], marketTime: number | null): boolean | null {
  const until = knownUntil(spans);
  if (marketTime === null || until === null || marketTime >= until) return null;
  return isOpenAt(spans, marketTime);
}

const dayMs = 86_400_000;

/** Tells whether the known liquid hours end within a day of market time, so that details must be asked again. */
export function hoursRunOut(instrument: Instrument, marketTime: number): boolean {
  const until = knownUntil(liquidSpans(instrument));
  return until === null || marketTime >= until - dayMs;
}

/** Wait before interrupted prices are subscribed to anew, ms: doubles from 5 s to 60 s. */
export const interruptionBackoffMs = (attempts: number): number =>
  Math.min(60_000, 5_000 * 2 ** Math.max(0, attempts - 1));

/** Wait before a feed tries again, ms: doubles from 1 s to 60 s; an instrument that was refused waits 60 s at once. */
export const faultBackoffMs = (attempts: number, refused: boolean): number =>
  refused ? 60_000 : Math.min(60_000, 1_000 * 2 ** Math.max(0, attempts - 1));
