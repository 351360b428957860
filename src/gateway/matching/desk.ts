import type { Decimal } from 'decimal.js';
import { Account } from '../account/account.ts';
import type { WhatIf } from '../account/what-if.ts';
import type { GatewayConfig } from '../config.ts';
import type { Feed, Trade } from '../market/feed.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Market } from '../market/market.ts';
import type { OrderTicket } from '../messages/place-order.ts';
import type { BrokerState } from '../state.ts';
import { Amendments } from './amendments.ts';
import { changed, refusalOfChange, ticketOrder } from './entry.ts';
import { Floor } from './floor.ts';
import { type BrokerExecution, type BrokerOrder, isLive } from './order.ts';
import { OrderFile } from './order-file.ts';
import { type Complaint, validateTicket } from './rules.ts';

/** What the desk tells the world, in the order in which TWS does. Everything told is already stored. */
export interface DeskListener {
  /** The order as a whole is worth repeating (TWS: openOrder, then orderStatus). */
  orderChanged(order: BrokerOrder): void;
  /** TWS: execDetails, before the status that it leads to. */
  executed(execution: BrokerExecution): void;
  /** TWS: commissionReport, after the status. */
  commissionCharged(execution: BrokerExecution): void;
  /** A message about an order that nobody asked for right now. */
  orderMessage(order: BrokerOrder, code: number, text: string): void;
  /** An order placed by hand has got an order id (TWS: orderBound, then openOrder). */
  orderBound(order: BrokerOrder): void;
}

export interface Placement {
  clientId: number;
  orderId: number;
  exchange: string;
  ticket: OrderTicket;
  instrument: Instrument;
}

/** Orders placed in TWS itself belong to this client, unbound (order id 0) until it asks for them. */
export const MANUAL_CLIENT_ID = 0;

/** Takes, changes and cancels orders; the floor trades them. The only way to the broker's orders. */
export class OrderDesk {
  readonly account: Account;
  /** Whether orders placed by hand are bound to client 0 as they come (reqAutoOpenOrders). */
  autoBind = false;
  readonly #market: Market;
  readonly #state: BrokerState;
  readonly #config: GatewayConfig;
  readonly #listener: DeskListener;
  readonly #file: OrderFile;
  readonly #floor: Floor;
  readonly #amendments: Amendments;
  /** Faults may have a refusal for an order that is right. */
  refusalOf: (placement: Placement) => Complaint | undefined = () => undefined;

  constructor(options: {
    market: Market;
    state: BrokerState;
    config: GatewayConfig;
    listener: DeskListener;
  }) {
    this.#market = options.market;
    this.#state = options.state;
    this.#config = options.config;
    this.#listener = options.listener;
    this.#file = new OrderFile(options.state);
    this.account = new Account({ ...options, openOrders: () => this.#file.allLive() });
    this.#file.changed = (order) => this.account.reserve(order);
    for (const order of this.#file.allLive()) this.account.reserve(order);
    this.#floor = new Floor({ ...options, file: this.#file, account: this.account });
    this.#amendments = new Amendments({
      ...options,
      ...{ file: this.#file, floor: this.#floor, account: this.account },
    });
  }

  orders(): BrokerOrder[] {
    return this.#file.all();
  }

  /** Faults may have it that the exchanges do not answer. */
  set confirms(ask: () => boolean) {
    this.#floor.confirms = ask;
  }

  openCount(): number {
    return this.#file.allLive().length;
  }

  executions(): BrokerExecution[] {
    return [...this.#state.executions.values()];
  }

  /** The newest order of a client under an id. */
  find(clientId: number, orderId: number): BrokerOrder | undefined {
    return this.#file.find(clientId, orderId);
  }

  /** Places a new order, or changes the live one under the same id. Answers the refusal, if any. */
  place(placement: Placement): Complaint | undefined {
    return this.#state.atomically(() => this.#place(placement));
  }

  #place(placement: Placement): Complaint | undefined {
    const { clientId, orderId, ticket, instrument } = placement;
    const known = this.#file.find(clientId, orderId);
    if (known !== undefined && !isLive(known)) return { code: 103, text: 'Duplicate order id' };
    const complaint = validateTicket(ticket, instrument, this.#config, this.#market.now);
    if (complaint !== undefined) return complaint;
    const refusal = this.refusalOf(placement);
    if (refusal !== undefined) return this.#refuse(placement, refusal);
    if (known !== undefined) return this.#modify(known, placement);
    const parent = ticket.parentId === 0 ? undefined : this.#file.find(clientId, ticket.parentId);
    if (ticket.parentId !== 0 && (parent === undefined || (!isLive(parent) && parent.status !== 'Filled')))
      return { code: 135, text: `Can't find order with ID =${ticket.parentId}` };
    this.#enter(placement, parent);
    return undefined;
  }

  /** What an order would do to the account; nothing is placed. */
  whatIf(placement: Placement): Complaint | { order: BrokerOrder; figures: WhatIf } {
    const { ticket, instrument } = placement;
    const complaint = validateTicket(ticket, instrument, this.#config, this.#market.now);
    const feed = this.#market.feed(instrument.conId);
    if (complaint !== undefined) return complaint;
    if (feed === undefined) throw new Error(`no market for contract ${instrument.conId}`);
    // It exists only in its answer: permId 0.
    const order = ticketOrder({ ...placement, permId: 0, parent: undefined, feed, now: this.#market.now });
    return { order: { ...order, status: 'PreSubmitted' }, figures: this.account.whatIf(order, instrument) };
  }

  /** Places an order as a person does in TWS itself: it belongs to client 0, without an order id until it is bound. */
  placeManual(order: Omit<Placement, 'clientId' | 'orderId'>): Complaint | BrokerOrder {
    const complaint = validateTicket(order.ticket, order.instrument, this.#config, this.#market.now);
    if (complaint !== undefined) return complaint;
    const orderId = this.autoBind ? this.#nextBoundId() : 0;
    const placement = { ...order, clientId: MANUAL_CLIENT_ID, orderId };
    const entered = this.#state.atomically(() => this.#enter(placement, undefined));
    if (orderId !== 0) this.#listener.orderBound(entered);
    return entered;
  }

  /** Gives the open orders that were placed by hand ids of client 0. */
  bindManual(): void {
    for (const order of this.#file.allLive()) {
      if (order.clientId !== MANUAL_CLIENT_ID || order.orderId !== 0) continue;
      const bound = { ...order, orderId: this.#nextBoundId() };
      this.#file.save(bound);
      this.#listener.orderBound(bound);
    }
  }

  /** Cancels a live order of a client. */
  cancel(clientId: number, orderId: number): Complaint | undefined {
    const order = this.#file.find(clientId, orderId);
    if (order === undefined)
      return { code: 10147, text: `OrderId ${orderId} that needs to be cancelled is not found.` };
    if (!isLive(order))
      return {
        code: 10148,
        text: `OrderId ${orderId} that needs to be cancelled cannot be cancelled, state: ${order.status}.`,
      };
    this.#state.atomically(() => {
      this.#floor.cancel(order);
    });
    return undefined;
  }

  /** Cancels everything, of every client and by hand. */
  cancelAll(): void {
    this.#state.atomically(() => {
      for (const { permId } of this.#file.allLive()) {
        const order = this.#file.live(permId);
        if (order !== undefined) this.#floor.cancel(order);
      }
    });
  }

  /** A trade has moved a quote: fresh size on both sides, then the working orders in order of age. */
  onTrade(feed: Feed, trade: Trade): void {
    this.#state.atomically(() => this.#floor.onTrade(feed, trade));
  }

  /** Time has passed: orders whose time is over end, and a new market day begins. */
  onTime(): void {
    this.#state.atomically(() => {
      this.#floor.onTime();
      this.account.beginDayIfNew();
    });
  }

  /** A cancelled order is filled after all. */
  fillAfterCancel(permId: number): void {
    this.#state.atomically(() => this.#amendments.fillAfterCancel(permId));
  }

  /** A part of a live order is filled. */
  fillPart(permId: number, fraction: number): void {
    this.#state.atomically(() => this.#amendments.fillPart(permId, fraction));
  }

  /** An execution gets another price. */
  correct(execId: string, price: Decimal): void {
    this.#amendments.correct(execId, price);
  }

  /** An execution is taken back. */
  bust(execId: string): void {
    this.#amendments.bust(execId);
  }

  /** A rejection (201) leaves an Inactive order behind, as TWS's does; the others leave nothing. */
  #refuse(placement: Placement, refusal: Complaint): Complaint | undefined {
    const feed = this.#market.feed(placement.instrument.conId);
    if (refusal.code !== 201 || feed === undefined) return refusal;
    if (this.#file.find(placement.clientId, placement.orderId) !== undefined) return refusal;
    const permId = this.#state.permIdBase + this.#state.orderCount;
    const order = ticketOrder({ ...placement, permId, parent: undefined, feed, now: this.#market.now });
    const rejected = this.#floor.reject(order);
    this.#listener.orderMessage(rejected, refusal.code, refusal.text);
    this.#listener.orderChanged(rejected);
    return undefined;
  }

  #enter(placement: Placement, parent: BrokerOrder | undefined): BrokerOrder {
    const { clientId, orderId, instrument } = placement;
    const feed = this.#market.feed(instrument.conId);
    if (feed === undefined) throw new Error(`no market for contract ${instrument.conId}`);
    const order = ticketOrder({
      ...placement,
      permId: this.#state.permIdBase + this.#state.orderCount,
      parent,
      feed,
      now: this.#market.now,
    });
    const reason = this.account.cannotCarry(order, instrument);
    if (reason !== undefined) {
      const rejected = this.#floor.reject(order);
      this.#listener.orderMessage(rejected, 201, `Order rejected - reason:${reason}`);
      this.#listener.orderChanged(rejected);
      return rejected;
    }
    this.#floor.submit(order);
    if (order.ticket.transmit) this.#transmitFamily(clientId, orderId, order);
    this.#floor.advance(order.permId);
    return this.#file.get(order.permId) ?? order;
  }

  /** The last order of a family that is transmitted takes the held ones along. */
  #transmitFamily(clientId: number, orderId: number, order: BrokerOrder): void {
    const parentPermId = order.parentPermId === 0 ? order.permId : order.parentPermId;
    const family = [this.#file.live(parentPermId), ...this.#file.children(parentPermId)];
    for (const each of family) {
      if (each === undefined || each.ticket.transmit || each.clientId !== clientId) continue;
      if (each.orderId === orderId) continue;
      this.#floor.submit({ ...each, ticket: { ...each.ticket, transmit: true }, status: 'PreSubmitted' });
      this.#floor.advance(each.permId);
    }
  }

  #modify(order: BrokerOrder, placement: Placement): Complaint | undefined {
    const refusal = refusalOfChange(order, placement);
    if (refusal !== undefined) return refusal;
    const feed = this.#market.feed(order.conId);
    if (feed === undefined) throw new Error(`no market for contract ${order.conId}`);
    const next = changed(order, placement, feed, this.#market.now);
    const reason = this.account.cannotCarry(next, placement.instrument);
    if (reason !== undefined) return { code: 201, text: `Order rejected - reason:${reason}` };
    this.#floor.change(next);
    if (next.ticket.transmit && !order.ticket.transmit)
      this.#transmitFamily(order.clientId, order.orderId, next);
    this.#floor.advance(next.permId);
    return undefined;
  }

  /** "Use negative numbers to bind automatic orders" is the default of TWS. */
  #nextBoundId(): number {
    let lowest = 0;
    for (const order of this.#file.all())
      if (order.clientId === MANUAL_CLIENT_ID && order.orderId < lowest) lowest = order.orderId;
    return lowest - 1;
  }
}
