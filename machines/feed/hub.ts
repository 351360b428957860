import type { Timeframe } from '../domain/bar.ts';
import type { TradingSpan } from '../domain/calendar.ts';
import { failureMessage } from '../domain/failure.ts';
import {
  type Instrument,
  type InstrumentId,
  type InstrumentKey,
  instrumentId,
} from '../domain/instrument.ts';
import type { Quote } from '../domain/quote.ts';
import { type BarCheckTiming, barCheckTiming } from './bar.check.ts';
import type { FeedState, WatchedTimeframes } from './feed.events.ts';
import { isMarketOpen, liquidSpans } from './feed.logic.ts';
import type { BarStorePort, MarketDataPort } from './feed.ports.ts';
import { type OpenStreams, openStreams } from './feed.streams.ts';
import { type BarSeries, createBarSeries } from './hub.series.ts';
import type { BarNews, FeedStatus, MarketDataHub } from './hub.types.ts';
import { assignLines, usualLines } from './lines.logic.ts';
import { type MarketDataEvent, type MarketDataPorts, withMarketDataPorts } from './marketData.machine.ts';
import { createBus, createConflatedBus, systemTimers, type Timers } from './quote.bus.ts';
import { createTurns, type Turns } from './turns.ts';

export interface HubOptions {
  readonly broker: MarketDataPort;
  readonly store: BarStorePort;
  /** Wall clock, epoch ms. @default Date.now */
  readonly now?: () => number;
  /** @default real timers */
  readonly clock?: Timers;
  /** Shortest time between two quotes of one instrument on the bus, ms. @default 100 */
  readonly quoteIntervalMs?: number;
  /** Market data lines: how many instruments may be subscribed to at once. @default 100 */
  readonly lines?: number;
  /** When live bars are compared with the history. @default `barCheckTiming` */
  readonly barChecks?: Partial<BarCheckTiming>;
  /** Hears what a person should know, in a sentence. @default nobody */
  readonly onAlarm?: (message: string) => void;
  /** In which listeners of bars are told, one by one. @default their own */
  readonly turns?: Turns;
  /** A listener threw; the others were told. @default nothing */
  readonly onFault?: (error: unknown) => void;
}

interface Watched {
  readonly key: InstrumentKey;
  /** How many hold each bar size; the instrument is watched as long as `holders` is above 0. */
  readonly timeframes: Map<Timeframe, number>;
  holders: number;
  readonly series: Map<Timeframe, BarSeries>;
  state: FeedState;
  cause: string | null;
  /** Why bars are not stored; null when they are. */
  storeCause: string | null;
  since: number;
  streams: OpenStreams | null;
  /** It has a market data line: its feed runs. */
  hasLine: boolean;
  /** When somebody last asked for it, epoch ms; 0: it is only watched. */
  usedAt: number;
}

const noLine = (lines: number): string =>
  `All ${lines} market data lines are taken by instruments that are traded, or were used later.`;
const restarting = 'The market data service is restarting.';
/** States of a feed in which its prices are being told, or about to be. */
const telling: readonly FeedState[] = ['subscribing', 'live'];

/**
 * Creates the hub and the logic of the actor that runs its feeds: spawn `logic` under the broker supervisor (systemId
 * `marketData`). The hub keeps who watches what and what was announced, so a restarted actor goes on where it ended.
 */
export function createMarketDataHub(options: HubOptions): MarketDataHub & {
  readonly logic: ReturnType<typeof withMarketDataPorts>;
} {
  const { broker, store } = options;
  const now = options.now ?? Date.now;
  const clock = options.clock ?? systemTimers;
  const onFault = options.onFault ?? (() => {});
  const onAlarm = options.onAlarm ?? (() => {});
  const turns = options.turns ?? createTurns(onFault);
  const lines = options.lines ?? usualLines;
  const watched = new Map<InstrumentId, Watched>();
  const instruments = new Map<InstrumentId, Instrument>();
  const spans = new Map<InstrumentId, readonly TradingSpan[]>();
  const quotes = new Map<InstrumentId, Quote>();
  const bars = createBus<BarNews>(onFault);
  const feeds = createBus<FeedStatus>(onFault);
  const ticks = createBus<Quote>(onFault);
  const quoteBus = createConflatedBus<Quote>({
    key: (quote) => quote.instrumentId,
    intervalMs: options.quoteIntervalMs ?? 100,
    clock,
    onFault,
  });
  let told: number | null = null;
  let toldTimer: unknown = null;
  /** Null when the connection is ready. */
  let brokerCause: string | null = 'The broker is not connected.';
  let send: ((event: MarketDataEvent) => void) | null = null;

  const marketTime = (id?: InstrumentId): number | null => {
    const trades = id === undefined ? [...quotes.values()] : [quotes.get(id)];
    const times = [told, ...trades.map((quote) => quote?.marketTime ?? null)].filter((at) => at !== null);
    return times.length === 0 ? null : Math.max(...times);
  };

  const causeOf = (feed: Watched): string | null =>
    feed.storeCause ?? (feed.state === 'live' ? null : (feed.cause ?? 'The feed is starting.'));
  const statusOf = (id: InstrumentId, feed: Watched): FeedStatus => ({
    instrumentId: id,
    key: feed.key,
    state: feed.state,
    cause: causeOf(feed),
    since: feed.since,
    timeframes: [...feed.timeframes.keys()],
    checks: [...feed.series.values()].flatMap((series) => {
      const check = series.check();
      return check === null ? [] : { timeframe: series.timeframe, ...check };
    }),
  });

  /** Nothing tells this price any more: whatever it was, it is no ground for an order. */
  function ageQuote(id: InstrumentId): void {
    const quote = quotes.get(id);
    if (quote === undefined || quote.quality === 'none' || quote.quality === 'stale') return;
    const aged: Quote = { ...quote, quality: 'stale' };
    quotes.set(id, aged);
    quoteBus.publish(aged);
  }

  function changed(id: InstrumentId, patch: Partial<Pick<Watched, 'state' | 'cause' | 'storeCause'>>): void {
    const feed = watched.get(id);
    if (feed === undefined) return;
    const next = { state: feed.state, cause: feed.cause, storeCause: feed.storeCause, ...patch };
    const isSame =
      next.state === feed.state && next.cause === feed.cause && next.storeCause === feed.storeCause;
    if (isSame) return;
    if (next.state !== feed.state) feed.since = now();
    Object.assign(feed, next);
    if (!telling.includes(next.state)) ageQuote(id);
    for (const series of feed.series.values()) series.feedChanged();
    feeds.publish(statusOf(id, feed));
  }

  const wantedOf = (feed: Watched): WatchedTimeframes =>
    Object.fromEntries(
      [...feed.timeframes.keys()].map((name) => [name, feed.series.get(name)?.wanted() ?? 0]),
    );
  const tellWatch = (feed: Watched): void => {
    if (feed.hasLine) send?.({ type: 'feed.watch', key: feed.key, timeframes: wantedOf(feed) });
  };
  const sessionsOf = (feed: Watched): number =>
    [...feed.series.values()].reduce((sum, series) => sum + series.listeners(), 0);

  /** Hands the market data lines out anew; a feed that loses its line ends, one that gets it begins. */
  function shareLines(): void {
    const claims = [...watched].map(([id, feed]) => ({ ...feed, id, sessions: sessionsOf(feed) }));
    const having = assignLines(claims, lines);
    const lost = [...watched].filter(([id, feed]) => feed.hasLine && !having.has(id));
    const won = [...watched].filter(([id, feed]) => !feed.hasLine && having.has(id));
    // First those that end: the broker never sees more than it allows.
    for (const [id, feed] of lost) {
      feed.hasLine = false;
      send?.({ type: 'feed.unwatch', instrumentId: id });
      feed.streams = null;
    }
    for (const [id, feed] of won) {
      feed.hasLine = true;
      changed(id, { state: send === null ? 'restarting' : 'waitingForBroker', cause: brokerCause });
      tellWatch(feed);
    }
    for (const [id, feed] of watched) {
      if (!feed.hasLine) changed(id, { state: 'waitingForLine', cause: noLine(lines) });
    }
  }

  function seriesOf(id: InstrumentId, feed: Watched, timeframe: Timeframe): BarSeries {
    const known = feed.series.get(timeframe);
    if (known !== undefined) return known;
    const made = createBarSeries(id, timeframe, {
      broker,
      store,
      clock,
      turns,
      instrument: (of) => instruments.get(of) ?? null,
      feedCause: (of) => {
        const current = watched.get(of);
        return current === undefined ? 'Nobody watches the instrument.' : causeOf(current);
      },
      publishBar: (news) => bars.publish(news),
      now,
      onAlarm,
      barChecks: { ...barCheckTiming, ...options.barChecks },
    });
    feed.series.set(timeframe, made);
    return made;
  }

  function hold(key: InstrumentKey, timeframes: readonly Timeframe[]): { feed: Watched; drop: () => void } {
    const id = instrumentId(key);
    const feed: Watched = watched.get(id) ?? {
      key,
      timeframes: new Map(),
      holders: 0,
      series: new Map(),
      state: send === null ? 'restarting' : 'waitingForBroker',
      cause: brokerCause,
      storeCause: null,
      since: now(),
      streams: null,
      hasLine: false,
      usedAt: 0,
    };
    watched.set(id, feed);
    feed.holders += 1;
    for (const name of timeframes) {
      feed.timeframes.set(name, (feed.timeframes.get(name) ?? 0) + 1);
      seriesOf(id, feed, name);
    }
    let held = true;
    const drop = (): void => {
      if (!held) return;
      held = false;
      feed.holders -= 1;
      let isLess = false;
      for (const name of timeframes) {
        const left = (feed.timeframes.get(name) ?? 1) - 1;
        if (left > 0) {
          feed.timeframes.set(name, left);
          continue;
        }
        // A series that is opened anew begins with a fresh history.
        feed.timeframes.delete(name);
        feed.series.get(name)?.close();
        feed.series.delete(name);
        isLess = true;
      }
      if (feed.holders === 0) {
        watched.delete(id);
        quotes.delete(id);
        if (feed.hasLine) send?.({ type: 'feed.unwatch', instrumentId: id });
      } else if (isLess) tellWatch(feed);
      shareLines();
    };
    return { feed, drop };
  }

  const ports: MarketDataPorts = {
    attach(sendToActor) {
      send = sendToActor;
      if (brokerCause === null) sendToActor({ type: 'connection.ready' });
      for (const feed of watched.values()) tellWatch(feed);
      return () => {
        if (send !== sendToActor) return;
        send = null;
        for (const [id, feed] of watched) {
          feed.streams?.close();
          feed.streams = null;
          if (feed.hasLine) changed(id, { state: 'restarting', cause: restarting });
        }
      };
    },
    connectionChanged(cause) {
      brokerCause = cause;
    },
    feedFailed(id, cause) {
      const feed = watched.get(id);
      // A crashed feed's streams live on (XState stops no children of a dead machine): they are closed here.
      feed?.streams?.close();
      changed(id, { state: 'restarting', cause });
    },
    async resolve(key) {
      const instrument = await broker.instrument(key);
      await store.saveInstrument(instrument);
      instruments.set(instrument.id, instrument);
      spans.set(instrument.id, liquidSpans(instrument));
      return instrument;
    },
    openStreams(request, tell) {
      const { id } = request.instrument;
      const feed = watched.get(id);
      feed?.streams?.close();
      const newest = { ...request.newest };
      for (const [name, series] of feed?.series ?? []) {
        const announced = series.newest();
        if (announced !== null) newest[name] = Math.max(announced, newest[name] ?? announced);
      }
      const opened = openStreams(
        { ...request, newest },
        {
          broker,
          store,
          clock,
          now,
          marketTime: () => marketTime(),
          publishQuote(quote) {
            quotes.set(quote.instrumentId, quote);
            ticks.publish(quote);
            quoteBus.publish(quote);
          },
        },
        tell,
      );
      if (feed !== undefined) feed.streams = opened;
      return opened;
    },
    async storeBars(batch) {
      try {
        if (batch.bars.length > 0) await store.append(batch.instrumentId, batch.timeframe, batch.bars);
        changed(batch.instrumentId, { storeCause: null });
      } catch (error) {
        changed(batch.instrumentId, { storeCause: failureMessage(error) });
        throw error;
      }
    },
    announceBars(batch) {
      watched.get(batch.instrumentId)?.series.get(batch.timeframe)?.announce(batch);
    },
    report(report) {
      changed(report.instrumentId, { state: report.state, cause: report.cause });
    },
  };

  return {
    logic: withMarketDataPorts(ports),
    watch(key, timeframes) {
      const { feed, drop } = hold(key, timeframes);
      tellWatch(feed);
      shareLines();
      return drop;
    },
    openBars(key, timeframe, count, listener) {
      const { feed, drop } = hold(key, [timeframe]);
      feed.usedAt = now();
      const close = seriesOf(instrumentId(key), feed, timeframe).open(count, listener);
      tellWatch(feed);
      shareLines();
      return () => {
        close();
        drop();
      };
    },
    use(id) {
      const feed = watched.get(id);
      if (feed === undefined) return;
      feed.usedAt = now();
      shareLines();
    },
    lines() {
      const taken = [...watched.values()].filter((feed) => feed.hasLine).length;
      return { most: lines, taken, waiting: watched.size - taken };
    },
    instrument: (id) => instruments.get(id) ?? null,
    instruments: () => [...watched.keys()].flatMap((id) => instruments.get(id) ?? []),
    quote: (id) => quotes.get(id) ?? null,
    quotes: () => [...quotes.values()],
    marketTime,
    isOpen: (id) => isMarketOpen(spans.get(id) ?? [], marketTime(id)),
    openSpan: (id) => {
      const at = marketTime(id);
      return at === null
        ? null
        : ((spans.get(id) ?? []).find(({ from, to }) => at >= from && at < to) ?? null);
    },
    setMarketTime(at) {
      told = at;
      if (toldTimer !== null) return;
      send?.({ type: 'market.told', marketTime: at });
      toldTimer = clock.setTimeout(() => {
        toldTimer = null;
      }, 1_000);
    },
    onQuote: (listener) => quoteBus.subscribe(listener),
    onTick: (listener) => ticks.subscribe(listener),
    onBar: (listener) => bars.subscribe(listener),
    onFeed: (listener) => feeds.subscribe(listener),
    status: () => [...watched].map(([id, feed]) => statusOf(id, feed)),
    connectionReady() {
      brokerCause = null;
      send?.({ type: 'connection.ready' });
    },
    connectionLost(cause) {
      brokerCause = cause;
      send?.({ type: 'connection.lost', cause });
    },
  };
}
