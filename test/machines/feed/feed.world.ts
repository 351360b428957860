import { type AnyActorRef, createActor } from 'xstate';
import { type Bar, mergeBars, type Timeframe } from '../../../machines/domain/bar.ts';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import { type Instrument, type InstrumentKey, instrumentId } from '../../../machines/domain/instrument.ts';
import { singleBand } from '../../../machines/domain/price-bands.ts';
import type { Quote } from '../../../machines/domain/quote.ts';
import type { BarStreamListener } from '../../../machines/feed/feed.ports.ts';
import { createMarketDataHub } from '../../../machines/feed/hub.ts';
import type { Turns } from '../../../machines/feed/turns.ts';
import { createQueueClock, settle } from '../../support/clock.ts';

export const minute = 60_000;
/** 2026-01-05 15:00 UTC, a Monday, 10:00 in New York. */
export const start = Date.UTC(2026, 0, 5, 15, 0);
export const oracle: InstrumentKey = { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' };
export const gold: InstrumentKey = { ...oracle, symbol: 'GLD' };
export const oracleId = instrumentId(oracle);

export class FakeStoreError extends Error {
  override readonly name = 'StoreError';
}

/** The bar that begins `n` minutes after the start; its close tells it apart. */
export const bar = (n: number, close = n): Bar => ({
  time: start + n * minute,
  open: close,
  high: close,
  low: close,
  close,
  volume: 1,
});
export const bars = (from: number, to: number): Bar[] =>
  Array.from({ length: to - from + 1 }, (_, at) => bar(from + at));
export const minutes = (list: readonly Bar[]): number[] => list.map((one) => (one.time - start) / minute);

export const quote = (key: InstrumentKey, n: number, last = n): Quote => ({
  instrumentId: instrumentId(key),
  bid: last,
  ask: last,
  last,
  bidSize: 1,
  askSize: 1,
  lastSize: 1,
  open: null,
  high: null,
  low: null,
  previousClose: null,
  volume: null,
  quality: 'live',
  marketTime: start + n * minute,
  receivedAt: 0,
});

export const details = (key: InstrumentKey): Instrument => ({
  ...key,
  id: instrumentId(key),
  conId: 1,
  longName: key.symbol,
  minTick: '0.01',
  priceBands: singleBand('0.01'),
  multiplier: '1',
  timeZone: 'America/New_York',
  tradingHours: '',
  liquidHours: '20260105:0930-20260105:1600;20260106:0930-20260106:1600;20260107:0930-20260107:1600',
});

interface OpenBarStream {
  readonly id: string;
  readonly timeframe: Timeframe;
  readonly count: number;
  readonly listener: BarStreamListener;
}

/** A hub over a faked broker and database, with its actor running on a clock of its own. */
/** All at once, so that what is told can be looked at. */
const allAtOnce = (onFault: (error: unknown) => void): Turns => ({
  run: (work) => {
    try {
      work();
    } catch (error) {
      onFault(error);
    }
  },
  next: () => Promise.resolve(),
});

export function createWorld({ lines, ...options }: { readonly lines?: number; readonly turns?: Turns } = {}) {
  const clock = createQueueClock(start);
  const barStreams = new Set<OpenBarStream>();
  const quoteStreams = new Map<string, (quote: Quote) => void>();
  const interrupters = new Map<string, (message: string) => void>();
  const rows = new Map<string, readonly Bar[]>();
  const log: string[] = [];
  const world = {
    clock,
    log,
    rows,
    barStreams,
    quoteStreams,
    interrupters,
    details: new Map<string, Instrument | Error>(),
    asked: [] as string[],
    storeFails: null as Error | null,
    appended: 0,
    quoteSubscriptions: 0,
    older: [] as readonly Bar[],
    olderFails: null as Error | null,
    historyAsked: [] as { count: number; before: number | undefined }[],
    faults: [] as unknown[],
    alarms: [] as string[],
  };
  const hub = createMarketDataHub({
    ...(lines === undefined ? {} : { lines }),
    turns: options.turns ?? allAtOnce((error) => world.faults.push(error)),
    now: () => clock.now(),
    clock,
    onFault: (error) => world.faults.push(error),
    onAlarm: (message) => world.alarms.push(message),
    store: {
      saveInstrument: async () => {},
      async append(id, timeframe, list) {
        if (world.storeFails !== null) throw world.storeFails;
        world.appended += 1;
        rows.set(`${id}|${timeframe}`, mergeBars(rows.get(`${id}|${timeframe}`) ?? [], list));
        log.push(`stored ${minutes(list).join(',')}`);
      },
      async last(id, timeframe, count) {
        if (world.storeFails !== null) throw world.storeFails;
        return (rows.get(`${id}|${timeframe}`) ?? []).slice(-count);
      },
    },
    broker: {
      async instrument(key) {
        world.asked.push(instrumentId(key));
        const found = world.details.get(instrumentId(key)) ?? details(key);
        if (found instanceof Error) throw found;
        return found;
      },
      async history({ count, before }) {
        world.historyAsked.push({ count, before });
        if (world.olderFails !== null) throw world.olderFails;
        return world.older;
      },
      streamBars({ instrument, timeframe, count }, listener) {
        const stream = { id: instrument.id, timeframe, count, listener };
        barStreams.add(stream);
        return () => barStreams.delete(stream);
      },
      streamQuote(instrument, listener) {
        quoteStreams.set(instrument.id, listener.onQuote);
        interrupters.set(instrument.id, listener.onInterrupted);
        world.quoteSubscriptions += 1;
        return () => quoteStreams.delete(instrument.id);
      },
    },
  });
  const errors: unknown[] = [];
  const spawn = () => {
    const actor = createActor(hub.logic, { clock });
    actor.subscribe({ error: (error) => errors.push(error) });
    return actor.start();
  };
  const first = spawn();
  return Object.assign(world, {
    hub,
    errors,
    spawn,
    actor: first,
    feed: (key: InstrumentKey): AnyActorRef | undefined => first.getSnapshot().children[instrumentId(key)],
    async pass(ms = 0) {
      await settle();
      await clock.advanceSettled(ms);
      await settle();
    },
    /** The one open stream of this size. */
    stream(timeframe: Timeframe = '1m', key = oracle): OpenBarStream {
      const found = [...barStreams].filter((s) => s.timeframe === timeframe && s.id === instrumentId(key));
      const [only] = found;
      if (only === undefined || found.length > 1)
        throw new Error(`found ${found.length} streams, expected 1`);
      return only;
    },
    tick: (n: number, key = oracle) => quoteStreams.get(instrumentId(key))?.(quote(key, n)),
    /** Opens the 1-minute series and writes down what is told. */
    listen(name: string, count = 200, timeframe: Timeframe = '1m') {
      return hub.openBars(oracle, timeframe, count, {
        onHistory: (list) => log.push(`${name} history ${minutes(list).join(',')}`),
        onBar: (one, late) => log.push(`${name} bar ${minutes([one]).join('')}${late ? ' late' : ''}`),
        onWaiting: (cause) => log.push(`${name} waiting: ${cause}`),
        onLive: () => log.push(`${name} live`),
      });
    },
    notFound: new BrokerError('refused', 'No security definition has been found', 200),
  });
}
