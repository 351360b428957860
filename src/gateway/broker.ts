import type { GatewayConfig } from './config.ts';
import type { GatewayLog } from './errors.ts';
import type { Quote, Trade } from './market/feed.ts';
import type { Instrument } from './market/instrument.ts';
import { Market } from './market/market.ts';
import { type DeskListener, OrderDesk } from './matching/desk.ts';
import type { BrokerExecution, BrokerOrder } from './matching/order.ts';
import { BrokerState } from './state.ts';

/** Somebody who follows an instrument: hears every trade, and is told when to pass on what it has gathered. */
export interface TradeStream {
  trade(trade: Trade): void;
  flush(quote: Quote): void;
}

/** A connected client, as far as the broker must reach it. */
export interface Client extends DeskListener {
  readonly clientId: number;
  /** About once a wall second: money and positions may have new values. */
  second(): void;
}

export interface BrokerOptions {
  config: GatewayConfig;
  speed: number;
  seed: number;
  stateFile: string | undefined;
  log: GatewayLog;
}

/** The simulated broker behind the wire: market, order desk and memory on one clock, and who is connected. */
export class Broker {
  readonly config: GatewayConfig;
  readonly log: GatewayLog;
  readonly market: Market;
  readonly state: BrokerState;
  readonly desk: OrderDesk;
  readonly clients = new Map<number, Client>();
  readonly #streams = new Map<number, Set<TradeStream>>();
  #sinceSecondMs = 0;

  constructor(options: BrokerOptions) {
    this.config = options.config;
    this.log = options.log;
    this.state = new BrokerState(options.stateFile, options.config.account.id);
    this.market = new Market({ ...options, at: this.state.clock });
    this.desk = new OrderDesk({
      market: this.market,
      state: this.state,
      config: options.config,
      listener: this.#tellClients(),
    });
  }

  /** Lets so much wall time pass. The new time is stored before anything that happens in it is told. */
  pass(wallMs: number): void {
    const to = this.market.clock.after(wallMs);
    this.state.saveClock(to);
    const moved = new Set<number>();
    this.market.playTo(to, (feed, trade) => {
      const { conId } = feed.instrument;
      moved.add(conId);
      for (const stream of this.#streams.get(conId) ?? [])
        this.#safely(() => {
          stream.trade(trade);
          if (trade.isKey) stream.flush(feed.quote);
        });
      this.desk.onTrade(feed, trade);
    });
    for (const conId of moved) {
      const quote = this.market.feed(conId)?.quote;
      if (quote === undefined) continue;
      for (const stream of this.#streams.get(conId) ?? []) this.#safely(() => stream.flush(quote));
    }
    this.desk.onTime();
    this.#sinceSecondMs += wallMs;
    if (this.#sinceSecondMs < 1000) return;
    this.#sinceSecondMs = 0;
    for (const client of this.clients.values()) this.#safely(() => client.second());
  }

  /** Follows an instrument until the answered function is called. */
  follow(instrument: Instrument, stream: TradeStream): () => void {
    const streams = this.#streams.get(instrument.conId) ?? new Set();
    this.#streams.set(instrument.conId, streams.add(stream));
    return () => streams.delete(stream);
  }

  /** The instrument of an order or execution that this broker has recorded. */
  instrument(conId: number): Instrument | undefined {
    return this.market.feed(conId)?.instrument;
  }

  /** Orders and executions belong to the client that placed them (and the master); positions concern everybody. */
  #tellClients(): DeskListener {
    const master = this.config.masterClientId;
    const hearers = (of: { clientId: number }): Client[] =>
      [...this.clients.values()].filter(({ clientId }) => clientId === of.clientId || clientId === master);
    return {
      orderChanged: (order: BrokerOrder) => {
        for (const client of hearers(order)) this.#safely(() => client.orderChanged(order));
      },
      executed: (execution: BrokerExecution) => {
        for (const client of hearers(execution)) this.#safely(() => client.executed(execution));
      },
      // Messages carry the order id only, which means something to its owner alone.
      orderMessage: (order, code, text) => {
        this.#safely(() => this.clients.get(order.clientId)?.orderMessage(order, code, text));
      },
      orderBound: (order) => {
        this.#safely(() => this.clients.get(order.clientId)?.orderBound(order));
      },
      commissionCharged: (execution) => {
        for (const client of this.clients.values()) this.#safely(() => client.commissionCharged(execution));
      },
    };
  }

  /** What fails while one client is told must reach neither the market nor the other clients. */
  #safely(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.log.error(`a client could not be told: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
