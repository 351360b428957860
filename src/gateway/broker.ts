import type { GatewayConfig } from './config.ts';
import type { GatewayLog } from './errors.ts';
import { FaultEngine } from './faults/engine.ts';
import type { FaultyClient } from './faults/ports.ts';
import type { Feed, Quote, Trade } from './market/feed.ts';
import type { Instrument } from './market/instrument.ts';
import { Market } from './market/market.ts';
import { type DeskListener, OrderDesk } from './matching/desk.ts';
import type { BrokerOrder } from './matching/order.ts';
import type { Bulletin } from './messages/reference.ts';
import { BrokerState } from './state.ts';

/** Somebody who follows an instrument: hears every trade, and is told when to pass on what it has gathered. */
export interface TradeStream {
  trade(trade: Trade): void;
  flush(quote: Quote): void;
}

/** A connected client, as far as the broker must reach it. */
export interface Client extends DeskListener, FaultyClient {
  readonly clientId: number;
  bulletin(bulletin: Bulletin): void;
  /** Whether it has not read what it was sent; `now` in wall ms. */
  isBehind(now: number): boolean;
  /** About once a wall second: money and positions may have new values. */
  second(): void;
}

export interface BrokerOptions {
  config: GatewayConfig;
  speed: number;
  seed: number;
  stateFile: string | undefined;
  log: GatewayLog;
  /** @default the seed of the market */
  faultSeed?: number | undefined;
}

/** The simulated broker behind the wire: market, order desk and memory on one clock, and who is connected. */
export class Broker {
  readonly config: GatewayConfig;
  readonly log: GatewayLog;
  readonly market: Market;
  readonly state: BrokerState;
  readonly desk: OrderDesk;
  readonly bulletins: Bulletin[] = [];
  readonly clients = new Map<number, Client>();
  readonly faults: FaultEngine;
  readonly #halted = new Map<number, number>();
  /** What waits for the link to IB, in order. */
  readonly #withheld: (() => void)[] = [];
  readonly #streams = new Map<number, Set<TradeStream>>();
  #sinceSecondMs = 0;

  constructor(options: BrokerOptions) {
    this.config = options.config;
    this.log = options.log;
    this.faults = new FaultEngine(options.faultSeed ?? options.seed);
    this.faults.enter({ broker: this, clients: () => [...this.clients.values()] });
    this.state = new BrokerState(options.stateFile, options.config.account.id);
    this.market = new Market({ ...options, at: this.state.clock });
    this.desk = new OrderDesk({
      market: this.market,
      state: this.state,
      config: options.config,
      listener: this.#tellClients(),
    });
    this.desk.confirms = () => !this.faults.conditions.exchangeSilent.isSo;
    this.desk.refusalOf = (placement) => this.faults.conditions.refusalOf(placement);
  }

  /** Lets so much wall time pass. The new time is stored before anything that happens in it is told. */
  pass(wallMs: number): void {
    const to = this.market.clock.after(wallMs);
    this.state.saveClock(to);
    const moved = new Set<number>();
    this.faults.pass(wallMs);
    this.market.playTo(to, (feed, trade) => {
      const { conId } = feed.instrument;
      this.#showHalt(feed);
      // While it is halted nothing trades: the path goes on unseen.
      if (feed.halted !== 0) return;
      moved.add(conId);
      if (this.#hasData())
        for (const stream of this.#streams.get(conId) ?? [])
          this.#safely(() => {
            stream.trade(trade);
            if (trade.isKey) stream.flush(feed.quote);
          });
      this.desk.onTrade(feed, trade);
    });
    for (const conId of moved) {
      const quote = this.market.feed(conId)?.quote;
      if (quote === undefined || !this.#hasData()) continue;
      for (const stream of this.#streams.get(conId) ?? []) this.#safely(() => stream.flush(quote));
    }
    this.desk.onTime();
    this.#sinceSecondMs += wallMs;
    if (this.#sinceSecondMs < 1000) return;
    this.#sinceSecondMs = 0;
    for (const client of this.clients.values()) this.#safely(() => client.second());
  }

  /** Whether any client has not read what it was sent, so that market time had better wait. `now` in wall ms. */
  isWaitingForClients(now: number): boolean {
    let waits = false;
    // Each is asked, for each has a patience of its own.
    for (const client of this.clients.values()) if (client.isBehind(now)) waits = true;
    return waits;
  }

  /** Halts an instrument (1 by news, 2 by volatility) or lets it trade again (0), and shows it to who follows it. */
  halt(symbol: string, how: 0 | 1 | 2): void {
    for (const { config, conId } of this.market.instruments) {
      const feed = this.market.feed(conId);
      if (config.symbol !== symbol || feed === undefined) continue;
      feed.halt(how);
      this.#showHalt(feed);
    }
  }

  /** Whoever follows an instrument sees at once that it was halted, or trades again. */
  #showHalt(feed: Feed): void {
    const { conId } = feed.instrument;
    if ((this.#halted.get(conId) ?? 0) === feed.halted) return;
    this.#halted.set(conId, feed.halted);
    for (const stream of this.#streams.get(conId) ?? []) this.#safely(() => stream.flush(feed.quote));
  }

  /** TWS has its link to IB again: what was asked and what happened meanwhile goes on its way. */
  linkRestored(): void {
    for (const act of this.#withheld.splice(0)) this.#safely(act);
  }

  /** Does something that needs the link to IB: at once, or when the link is restored. */
  overLink(act: () => void): void {
    if (this.faults.conditions.linkDown.isSo) this.#withheld.push(act);
    else act();
  }

  /** What the account may see now. */
  get dataPermission(): GatewayConfig['marketData']['permission'] {
    return this.faults.conditions.delayedOnly.isSo ? 'delayed' : this.config.marketData.permission;
  }

  #hasData(): boolean {
    const { linkDown, dataFarmDown } = this.faults.conditions;
    return !linkDown.isSo && !dataFarmDown.isSo;
  }

  /** Tells a news bulletin of today to everybody who listens, now and later. */
  postBulletin(bulletin: Omit<Bulletin, 'id'>): void {
    const numbered = { ...bulletin, id: this.bulletins.length + 1 };
    this.bulletins.push(numbered);
    for (const client of this.clients.values()) this.#safely(() => client.bulletin(numbered));
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
    const tell = (each: (client: Client) => void, clients: () => Iterable<Client>): void =>
      this.overLink(() => {
        for (const client of clients()) this.#safely(() => each(client));
      });
    const owner = (order: BrokerOrder): Client[] => {
      const client = this.clients.get(order.clientId);
      return client === undefined ? [] : [client];
    };
    return {
      orderChanged: (order) =>
        tell(
          (client) => client.orderChanged(order),
          () => hearers(order),
        ),
      executed: (execution) =>
        tell(
          (client) => client.executed(execution),
          () => hearers(execution),
        ),
      // Messages carry the order id only, which means something to its owner alone.
      orderMessage: (order, code, text) =>
        tell(
          (client) => client.orderMessage(order, code, text),
          () => owner(order),
        ),
      orderBound: (order) =>
        tell(
          (client) => client.orderBound(order),
          () => owner(order),
        ),
      commissionCharged: (execution) => {
        tell(
          (client) => client.commissionCharged(execution),
          () => this.clients.values(),
        );
        const order = this.state.orders.get(execution.permId);
        this.faults.happened('fill', { client: this.clients.get(execution.clientId), order, execution });
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
