import { type Bar, mergeBars, type Timeframe } from '../domain/bar.ts';
import { failureMessage } from '../domain/failure.ts';
import type { Instrument, InstrumentId } from '../domain/instrument.ts';
import { type BarCheckResult, type BarCheckTiming, createBarCheck } from './bar.check.ts';
import type { BarBatch } from './feed.events.ts';
import { faultBackoffMs } from './feed.logic.ts';
import type { BarStorePort, MarketDataPort } from './feed.ports.ts';
import type { BarNews, BarsListener } from './hub.types.ts';
import type { Timers } from './quote.bus.ts';
import type { Turns } from './turns.ts';

export interface SeriesDeps {
  readonly broker: Pick<MarketDataPort, 'history'>;
  readonly store: Pick<BarStorePort, 'last' | 'append'>;
  readonly clock: Timers;
  instrument(id: InstrumentId): Instrument | null;
  /** Why the feed is not live; null when it is. */
  feedCause(id: InstrumentId): string | null;
  publishBar(news: BarNews): void;
  readonly barChecks: BarCheckTiming;
  now(): number;
  onAlarm(message: string): void;
  readonly turns: Turns;
}

interface Opened {
  readonly count: number;
  readonly listener: BarsListener;
  phase: 'waiting' | 'loading' | 'open';
  /** What was said last: null is live, undefined is nothing. */
  saidCause: string | null | undefined;
  attempts: number;
  timer: unknown;
  released: boolean;
}

/** One series of bars of one instrument: what was announced, and who listens. */
export interface BarSeries {
  readonly timeframe: Timeframe;
  /** Start of the newest bar announced; null before the first history was stored. */
  newest(): number | null;
  announce(batch: BarBatch): void;
  open(count: number, listener: BarsListener): () => void;
  /** The feed's state has changed. */
  feedChanged(): void;
  wanted(): number;
  /** How its bars compare with the history; null before the first comparison. */
  check(): BarCheckResult | null;
  /** Nobody watches it any more. */
  close(): void;
  /** How many listen. */
  listeners(): number;
}

/** Bars kept in memory per series, so that a market that was rewound (a replay) still has its history. */
const maxRecent = 5_000;

/** Announces each stored bar once, and gives listeners a history without hole or overlap. */
export function createBarSeries(id: InstrumentId, timeframe: Timeframe, deps: SeriesDeps): BarSeries {
  let covered = false;
  let newest = Number.NEGATIVE_INFINITY;
  let recent: readonly Bar[] = [];
  const openings = new Set<Opened>();
  const barCheck = createBarCheck(id, timeframe, {
    ...deps,
    timing: deps.barChecks,
    onCorrected(bars) {
      recent = mergeBars(
        recent,
        bars.filter((bar) => recent.some(({ time }) => time === bar.time)),
      );
    },
  });

  /** Each listener in a turn of its own, in the order in which things were said. */
  const say = (opened: Opened, words: (listener: BarsListener) => void): void =>
    deps.turns.run(() => {
      if (!opened.released) words(opened.listener);
    });

  function sayFeed(opened: Opened): void {
    const cause = deps.feedCause(id);
    if (opened.released || opened.saidCause === cause) return;
    // Live is said after the history only.
    if (cause === null && opened.phase !== 'open') return;
    opened.saidCause = cause;
    say(opened, (listener) => (cause === null ? listener.onLive() : listener.onWaiting(cause)));
  }

  /** Database first; the broker is asked for older bars only when both database and stream have too few. */
  async function history(count: number): Promise<readonly Bar[]> {
    const stored = await deps.store.last(id, timeframe, count);
    const known = mergeBars(
      stored.filter((bar) => bar.time <= newest),
      recent,
    );
    const instrument = deps.instrument(id);
    const [oldest] = known;
    if (known.length >= count || instrument === null || oldest === undefined) return known;
    const request = { instrument, timeframe, count: count - known.length, before: oldest.time };
    // What the broker cannot give now is not waited for: the session warms up on what there is.
    const older = await deps.broker.history(request).catch(() => []);
    if (older.length > 0) await deps.store.append(id, timeframe, older);
    return mergeBars(older, known);
  }

  async function load(opened: Opened): Promise<void> {
    opened.phase = 'loading';
    const before = await history(opened.count);
    if (opened.released) return;
    // What was announced while the database was read is part of the history.
    const bars = mergeBars(before, recent).slice(-opened.count);
    opened.phase = 'open';
    say(opened, (listener) => listener.onHistory(bars));
    sayFeed(opened);
  }

  function begin(opened: Opened): void {
    opened.timer = null;
    load(opened).catch((error: unknown) => {
      if (opened.released) return;
      opened.phase = 'waiting';
      opened.attempts += 1;
      opened.saidCause = failureMessage(error);
      say(opened, (listener) => listener.onWaiting(failureMessage(error)));
      opened.timer = deps.clock.setTimeout(
        () => begin(opened),
        Math.min(10_000, faultBackoffMs(opened.attempts, false)),
      );
    });
  }

  return {
    timeframe,
    newest: () => (covered ? newest : null),
    wanted: () => Math.max(0, ...[...openings].map((opened) => opened.count)),
    listeners: () => openings.size,
    check: barCheck.result,
    close: barCheck.close,
    announce(batch) {
      const fresh = batch.bars.filter((bar) => bar.time > newest);
      const isFirst = !covered;
      covered = true;
      newest = fresh.at(-1)?.time ?? newest;
      recent = [...recent, ...fresh].slice(-maxRecent);
      for (const opened of [...openings]) {
        if (opened.phase === 'waiting' && opened.timer === null) begin(opened);
        if (opened.phase !== 'open') continue;
        for (const bar of fresh) say(opened, (listener) => listener.onBar(bar, batch.late));
      }
      if (!batch.isHistory && !batch.late) barCheck.note(fresh);
      if (isFirst) return;
      for (const bar of fresh) deps.publishBar({ instrumentId: id, timeframe, bar, late: batch.late });
    },
    open(count, listener) {
      const opened: Opened = {
        count,
        listener,
        phase: 'waiting',
        saidCause: undefined,
        attempts: 0,
        timer: null,
        released: false,
      };
      openings.add(opened);
      if (covered) begin(opened);
      sayFeed(opened);
      return () => {
        opened.released = true;
        openings.delete(opened);
        if (opened.timer !== null) deps.clock.clearTimeout(opened.timer);
      };
    },
    feedChanged() {
      for (const opened of [...openings]) sayFeed(opened);
    },
  };
}
