import type { GatewayConfig } from '../config.ts';
import type { GatewayLog } from '../errors.ts';
import type { ContractQuery } from '../messages/contract.ts';
import { MarketClock, mergeStretches } from './clock.ts';
import { Feed, type Trade } from './feed.ts';
import { type Instrument, loadInstruments } from './instrument.ts';
import { DueQueue } from './queue.ts';
import { instantOf } from './zone.ts';

/** All instruments on one clock. */
export class Market {
  readonly instruments: readonly Instrument[];
  readonly clock: MarketClock;
  readonly #feeds = new Map<number, Feed>();
  /** The feeds by their next trade; of trades at one moment the instrument named first goes first. */
  readonly #queue = new DueQueue<Feed>();
  readonly #log: GatewayLog;
  #overSaid = false;

  /** `at` is where the clock stood when the process ended; undefined starts at the configured market start. */
  constructor(options: {
    config: GatewayConfig;
    seed: number;
    speed: number;
    at: number | undefined;
    log: GatewayLog;
  }) {
    const { config, seed, speed, log } = options;
    this.#log = log;
    this.instruments = loadInstruments(config, seed, log);
    const zone = this.instruments[0]?.config.timeZone ?? 'UTC';
    const now = options.at ?? instantOf(zone, config.marketStart, 0);
    const stretches = this.instruments.flatMap((instrument) =>
      instrument.days
        .filter((day) => day.playedTo > now)
        .map((day) => ({ from: day.playedFrom, to: day.playedTo })),
    );
    this.clock = new MarketClock({
      now,
      speed,
      stretches: mergeStretches(stretches),
      skipClosed: config.skipClosed,
    });
    for (const [order, instrument] of this.instruments.entries()) {
      const feed = new Feed(instrument, now);
      this.#feeds.set(instrument.conId, feed);
      this.#queue.add(feed, { at: feed.nextTime(), order });
    }
  }

  get now(): number {
    return this.clock.now;
  }

  feed(conId: number): Feed | undefined {
    return this.#feeds.get(conId);
  }

  /** The instruments that a client's description fits; several only when it is vague. */
  find(query: ContractQuery): Instrument[] {
    return this.instruments.filter((instrument) => fits(instrument, query));
  }

  /** Plays every trade up to a moment, of all instruments in the order of time, the clock standing at each. */
  playTo(to: number, onTrade: (feed: Feed, trade: Trade) => void): void {
    for (;;) {
      const next = this.#queue.first;
      if (next === undefined || next.due.at > to) break;
      this.clock.moveTo(next.due.at);
      onTrade(next.value, next.value.step());
      this.#queue.updateFirst(next.value.nextTime());
    }
    this.clock.moveTo(to);
    for (const feed of this.#feeds.values())
      if (feed.ranOut())
        this.#log.warn(
          `${feed.instrument.config.symbol}: the source has run out, its market is closed for good`,
        );
    if (!this.#overSaid && this.clock.isOver) {
      this.#overSaid = true;
      this.#log.warn(
        'every source has run out: the market is closed for good; without its state file it plays from the start again',
      );
    }
  }
}

function fits(instrument: Instrument, query: ContractQuery): boolean {
  const { config } = instrument;
  if (query.conId > 0) return query.conId === instrument.conId;
  if (query.symbol === '' && query.localSymbol === '') return false;
  if (query.symbol !== '' && query.symbol !== config.symbol) return false;
  if (query.localSymbol !== '' && query.localSymbol !== localSymbol(instrument)) return false;
  if (query.secType !== '' && query.secType !== config.secType) return false;
  if (query.currency !== '' && query.currency !== config.currency) return false;
  const expiry = config.expiry?.replaceAll('-', '') ?? '';
  if (query.lastTradeDate !== '' && !expiry.startsWith(query.lastTradeDate)) return false;
  return query.exchange === '' || exchangesOf(instrument).includes(query.exchange);
}

/** Where an instrument can be traded, best route first. */
export function exchangesOf(instrument: Instrument): string[] {
  const { exchange, primaryExchange, validExchanges } = instrument.config;
  return [...new Set([exchange, primaryExchange, ...validExchanges].filter((name) => name !== ''))];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/** Shares are called by their symbol, futures by symbol, month and year. */
export function localSymbol({ config }: Instrument): string {
  if (config.secType === 'CASH') return `${config.symbol}.${config.currency}`;
  if (config.secType !== 'FUT' || config.expiry === undefined) return config.symbol;
  return `${config.symbol} ${MONTHS[Number(config.expiry.slice(5, 7)) - 1] ?? ''} ${config.expiry.slice(2, 4)}`;
}
