import type { Bar, Timeframe } from '../domain/bar.ts';
import { failureMessage } from '../domain/failure.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { Quote } from '../domain/quote.ts';
import type { StreamNews, WatchedTimeframes } from './feed.events.ts';
import {
  barsInGap,
  barsToRequest,
  isOver,
  liquidSpans,
  type Series,
  takeEnd,
  takeHistory,
  takeUpdate,
} from './feed.logic.ts';
import type { BarStorePort, MarketDataPort } from './feed.ports.ts';
import type { Timers } from './quote.bus.ts';

/** Quotes are told to the machine at most this often; listeners of the bus get them all, conflated. */
const pulseMs = 1_000;
/** How long a bar whose time is over may wait for the update that closes it, wall clock. */
const closePatienceMs = 5_000;

export interface StreamsRequest {
  readonly instrument: Instrument;
  readonly timeframes: WatchedTimeframes;
  /** Newest bars passed on before, by bar size. */
  readonly newest: Readonly<Partial<Record<Timeframe, number>>>;
}

export interface StreamsDeps {
  readonly broker: Pick<MarketDataPort, 'streamBars' | 'streamQuote' | 'history'>;
  readonly store: Pick<BarStorePort, 'last'>;
  readonly clock: Timers;
  /** Wall clock, epoch ms. */
  now(): number;
  /** Market time of anything, epoch ms; null when nobody told it. */
  marketTime(): number | null;
  publishQuote(quote: Quote): void;
}

export interface OpenStreams {
  setTimeframes(timeframes: WatchedTimeframes): void;
  tellMarketTime(marketTime: number): void;
  close(): void;
}

/** Cancels a stream; one that died with its connection may complain, and nothing is left to be done then. */
function quietly(cancel: (() => void) | null): void {
  try {
    cancel?.();
  } catch {
    // The stream is gone, which is what was wanted.
  }
}

interface OpenSeries {
  series: Series;
  /** False until the first history of the series in this process. */
  readonly wasKnown: boolean;
  cancel: (() => void) | null;
  endTimer: unknown;
  closed: boolean;
  /** Bars that closed while a gap before them is being asked about; null while none is. */
  held: Bar[] | null;
  gapAskedAt: number;
}

/**
 * Opens the quote stream and one bar stream per bar size of an instrument on the present connection.
 * Forming bars stay inside; what is told are closed bars, pulses of the quote, and one failure, after which it is mute.
 */
export function openStreams(
  request: StreamsRequest,
  deps: StreamsDeps,
  tell: (news: StreamNews) => void,
): OpenStreams {
  const { instrument } = request;
  const open = new Map<Timeframe, OpenSeries>();
  // A bar size that is watched anew begins with a fresh history, not with a gap.
  const known = { ...request.newest };
  let cancelQuote: (() => void) | null = null;
  let lastPulse = Number.NEGATIVE_INFINITY;
  let muted = false;

  const dropSeries = (timeframe: Timeframe): void => {
    const entry = open.get(timeframe);
    if (entry === undefined) return;
    entry.closed = true;
    if (entry.endTimer !== null) deps.clock.clearTimeout(entry.endTimer);
    open.delete(timeframe);
    delete known[timeframe];
    quietly(entry.cancel);
  };
  const close = (): void => {
    muted = true;
    for (const timeframe of [...open.keys()]) dropSeries(timeframe);
    quietly(cancelQuote);
    cancelQuote = null;
  };
  const fail = (message: string): void => {
    if (muted) return;
    close();
    tell({ type: 'stream.failed', message });
  };

  function pass(timeframe: Timeframe, entry: OpenSeries, step: ReturnType<typeof takeUpdate>): void {
    entry.series = step.series;
    if (step.closed.length === 0) return;
    if (entry.held !== null) entry.held.push(...step.closed);
    else tell({ type: 'stream.bars', timeframe, bars: step.closed, late: false, isHistory: false });
  }

  /** Asks for what may lie between two bars; what closes meanwhile waits, so that bars stay in order. */
  function fillGap(timeframe: Timeframe, entry: OpenSeries, from: Bar, to: Bar, count: number): void {
    entry.held = [];
    entry.gapAskedAt = deps.now();
    const between = (bar: Bar): boolean => bar.time > from.time && bar.time < to.time;
    deps.broker.history({ instrument, timeframe, count, before: to.time }).then(
      (bars) => {
        if (entry.closed || muted) return;
        const found = bars.filter(between);
        const held = entry.held ?? [];
        entry.held = null;
        const news = { type: 'stream.bars', timeframe, isHistory: false } as const;
        if (found.length > 0) tell({ ...news, bars: found, late: true });
        if (held.length > 0) tell({ ...news, bars: held, late: false });
      },
      // The next subscription begins with everything since the last bar that was passed on.
      (error: unknown) => {
        if (!entry.closed) fail(`bars ${timeframe}: a gap could not be filled: ${failureMessage(error)}`);
      },
    );
  }

  function update(timeframe: Timeframe, entry: OpenSeries, bar: Bar): void {
    const { forming } = entry.series;
    pass(timeframe, entry, takeUpdate(entry.series, bar));
    if (entry.held !== null) return;
    const sinceAskedMs = deps.now() - entry.gapAskedAt;
    const count = barsInGap(forming, bar, timeframe, { sinceAskedMs, spans: liquidSpans(instrument) });
    if (count > 0 && forming !== null) fillGap(timeframe, entry, forming, bar, count);
  }

  /** Arms, once per bar, the timer that closes a bar which no later one closes. */
  function watchEnds(marketTime: number): void {
    for (const [timeframe, entry] of open) {
      if (entry.endTimer !== null || !isOver(entry.series, timeframe, marketTime)) continue;
      const over = entry.series.forming?.time;
      entry.endTimer = deps.clock.setTimeout(() => {
        entry.endTimer = null;
        if (!entry.closed && entry.series.forming?.time === over)
          pass(timeframe, entry, takeEnd(entry.series));
      }, closePatienceMs);
    }
  }

  async function openSeries(timeframe: Timeframe, wanted: number): Promise<void> {
    const newest = known[timeframe] ?? null;
    const entry: OpenSeries = {
      series: { forming: null, newest },
      wasKnown: newest !== null,
      cancel: null,
      endTimer: null,
      closed: false,
      held: null,
      gapAskedAt: Number.NEGATIVE_INFINITY,
    };
    open.set(timeframe, entry);
    const stored = await deps.store.last(instrument.id, timeframe, 1);
    if (entry.closed) return;
    const newestStored = newest ?? stored.at(-1)?.time ?? null;
    const count = barsToRequest({ timeframe, newestStored, now: deps.marketTime() ?? deps.now(), wanted });
    const cancel = deps.broker.streamBars(
      { instrument, timeframe, count },
      {
        onHistory(bars) {
          if (entry.closed) return;
          const step = takeHistory(entry.series, bars);
          entry.series = step.series;
          const news = { timeframe, bars: step.closed, late: entry.wasKnown, isHistory: true };
          tell({ type: 'stream.bars', ...news });
        },
        onUpdate(bar) {
          if (!entry.closed) update(timeframe, entry, bar);
        },
        onError(message) {
          if (!entry.closed) fail(`bars ${timeframe}: ${message}`);
        },
      },
    );
    if (entry.closed) quietly(cancel);
    else entry.cancel = cancel;
  }

  const addSeries = (timeframe: Timeframe, wanted: number): void => {
    openSeries(timeframe, wanted).catch((error: unknown) => fail(failureMessage(error)));
  };
  const setTimeframes = (timeframes: WatchedTimeframes): void => {
    if (muted) return;
    for (const timeframe of [...open.keys()]) {
      if (timeframes[timeframe] === undefined) dropSeries(timeframe);
    }
    for (const [timeframe, wanted] of Object.entries(timeframes) as [Timeframe, number][]) {
      if (!open.has(timeframe)) addSeries(timeframe, wanted);
    }
  };

  try {
    const cancel = deps.broker.streamQuote(instrument, {
      onQuote(quote) {
        if (muted) return;
        deps.publishQuote(quote);
        if (quote.marketTime !== null) watchEnds(quote.marketTime);
        // A quote that says that there is none proves nothing.
        if (quote.quality === 'none') return;
        const now = deps.now();
        if (now - lastPulse < pulseMs) return;
        lastPulse = now;
        tell({ type: 'stream.quote', marketTime: quote.marketTime });
      },
      onInterrupted: (message) => {
        if (!muted) tell({ type: 'stream.interrupted', message });
      },
      onError: (message) => fail(`quotes: ${message}`),
    });
    if (muted) quietly(cancel);
    else cancelQuote = cancel;
  } catch (error) {
    fail(failureMessage(error));
  }
  setTimeframes(request.timeframes);
  return { setTimeframes, tellMarketTime: watchEnds, close };
}
