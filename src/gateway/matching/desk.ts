import { Decimal } from 'decimal.js';
import { Account } from '../account/account.ts';
import type { GatewayConfig } from '../config.ts';
import type { Feed } from '../market/feed.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Market } from '../market/market.ts';
import { stamp } from '../market/zone.ts';
import type { OrderTicket } from '../messages/place-order.ts';
import type { BrokerState } from '../state.ts';
import { fillOrder } from './fill.ts';
import { type Book, match } from './match.ts';
import { type BrokerExecution, type BrokerOrder, isBuy, isLive, remainingOf, ZERO } from './order.ts';
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
}

export interface Placement {
  clientId: number;
  orderId: number;
  exchange: string;
  ticket: OrderTicket;
  instrument: Instrument;
}

/** Takes orders, matches them against the quotes, books the fills. The only writer of the broker's state. */
export class OrderDesk {
  readonly account: Account;
  readonly #market: Market;
  readonly #state: BrokerState;
  readonly #config: GatewayConfig;
  readonly #listener: DeskListener;
  readonly #books = new Map<number, Book>();
  /** Live orders by instrument, oldest first. */
  readonly #working = new Map<number, BrokerOrder[]>();

  constructor(options: {
    market: Market;
    state: BrokerState;
    config: GatewayConfig;
    listener: DeskListener;
  }) {
    this.account = new Account(options);
    this.#market = options.market;
    this.#state = options.state;
    this.#config = options.config;
    this.#listener = options.listener;
    for (const order of this.#state.orders.values()) if (isLive(order)) this.#file(order);
  }

  orders(): BrokerOrder[] {
    return [...this.#state.orders.values()];
  }

  executions(): BrokerExecution[] {
    return [...this.#state.executions.values()];
  }

  /** The newest order of a client under an id. */
  find(clientId: number, orderId: number): BrokerOrder | undefined {
    let found: BrokerOrder | undefined;
    for (const order of this.#state.orders.values())
      if (order.clientId === clientId && order.orderId === orderId) found = order;
    return found;
  }

  /** Places a new order, or changes the live one under the same id. Answers the refusal, if any. */
  place(placement: Placement): Complaint | undefined {
    const { clientId, orderId, ticket, instrument } = placement;
    const known = this.find(clientId, orderId);
    if (known !== undefined && !isLive(known)) return { code: 103, text: 'Duplicate order id' };
    const complaint = validateTicket(ticket, instrument, this.#config);
    if (complaint !== undefined) return complaint;
    if (known !== undefined) return this.#modify(known, placement);
    const now = this.#market.now;
    const order: BrokerOrder = {
      permId: this.#state.permIdBase + this.#state.orderCount,
      clientId,
      orderId,
      conId: instrument.conId,
      exchange: placement.exchange,
      ticket,
      status: ticket.transmit ? 'PreSubmitted' : 'Inactive',
      filled: ZERO,
      avgFillPrice: ZERO,
      lastFillPrice: ZERO,
      commission: ZERO,
      whyHeld: '',
      warning: '',
      placedAt: now,
      expiresAt: this.#expiry(ticket, instrument),
      doneAt: undefined,
      doneWallAt: undefined,
      completedStatus: '',
    };
    const reason = this.account.cannotAfford(order, instrument);
    if (reason !== undefined) {
      const rejected = this.#done({ ...order, status: 'Inactive' }, `Rejected: ${reason}`);
      this.#listener.orderMessage(rejected, 201, `Order rejected - reason:${reason}`);
      this.#listener.orderChanged(rejected);
      return undefined;
    }
    this.#save(order);
    this.#listener.orderChanged(order);
    if (ticket.transmit) this.#work(order.permId);
    return undefined;
  }

  /** Cancels a live order of a client; client 0 may name any order id of its own only, as others. */
  cancel(clientId: number, orderId: number): Complaint | undefined {
    const order = this.find(clientId, orderId);
    if (order === undefined)
      return { code: 10147, text: `OrderId ${orderId} that needs to be cancelled is not found.` };
    if (!isLive(order))
      return {
        code: 10148,
        text: `OrderId ${orderId} that needs to be cancelled cannot be cancelled, state: ${order.status}.`,
      };
    this.#cancel(order, '');
    return undefined;
  }

  cancelAll(): void {
    for (const order of this.orders()) if (isLive(order)) this.#cancel(order, '');
  }

  /** A trade has moved a quote: fresh size on both sides, then the working orders in order of age. */
  onTrade(feed: Feed): void {
    const { conId } = feed.instrument;
    this.#books.delete(conId);
    const orders = this.#working.get(conId);
    if (orders === undefined || orders.length === 0) return;
    for (const order of [...orders]) this.#work(order.permId);
  }

  /** Time has passed: DAY orders of a session that is over end, and a new market day begins. */
  onTime(): void {
    const now = this.#market.now;
    for (const orders of this.#working.values())
      for (const order of [...orders])
        if (order.expiresAt !== undefined && order.expiresAt <= now)
          this.#cancel(order, 'Expired at the close');
    this.account.beginDayIfNew();
  }

  #modify(order: BrokerOrder, { ticket, instrument, exchange }: Placement): Complaint | undefined {
    if (order.conId !== instrument.conId || order.ticket.action !== ticket.action)
      return { code: 105, text: 'Order being modified does not match original order' };
    if (ticket.totalQuantity?.lte(order.filled) === true)
      return {
        code: 201,
        text: 'Order rejected - reason:The new quantity is not above what is already filled.',
      };
    const changed: BrokerOrder = {
      ...order,
      ticket: { ...ticket, transmit: ticket.transmit || order.ticket.transmit },
      exchange,
      expiresAt: this.#expiry(ticket, instrument),
      status: order.status === 'Inactive' && ticket.transmit ? 'PreSubmitted' : order.status,
    };
    const reason = this.account.cannotAfford(changed, instrument);
    if (reason !== undefined) return { code: 201, text: `Order rejected - reason:${reason}` };
    this.#save(changed);
    this.#listener.orderChanged(changed);
    if (changed.ticket.transmit) this.#work(changed.permId);
    return undefined;
  }

  /** Lets one order trade as far as the present quote goes. */
  #work(permId: number): void {
    let order = this.#state.orders.get(permId);
    if (order === undefined || !isLive(order) || !order.ticket.transmit) return;
    const feed = this.#market.feed(order.conId);
    if (feed === undefined) return;
    const now = this.#market.now;
    if (order.expiresAt !== undefined && order.expiresAt <= now) {
      this.#cancel(order, 'Expired at the close');
      return;
    }
    if (!order.ticket.outsideRth && !feed.isLiquid(now)) {
      this.#sayHeld(order, feed);
      return;
    }
    const book = this.#book(feed);
    if (book === undefined) return;
    if (order.status === 'PreSubmitted' && order.ticket.orderType === 'LMT') order = this.#submitted(order);
    const limit = order.ticket.orderType === 'LMT' ? order.ticket.lmtPrice : undefined;
    const taker = isBuy(order);
    const fill = match({ isBuy: taker, limit, remaining: remainingOf(order) }, book);
    if (fill === undefined) return;
    if (taker) book.askSize = book.askSize.minus(fill.quantity);
    else book.bidSize = book.bidSize.minus(fill.quantity);
    this.#fill(order, feed.instrument, fill.quantity, fill.price);
  }

  #submitted(order: BrokerOrder): BrokerOrder {
    const next: BrokerOrder = { ...order, status: 'Submitted', warning: '' };
    this.#save(next);
    this.#listener.orderChanged(next);
    return next;
  }

  /** TWS says once, with 399, that an order waits for the opening. */
  #sayHeld(order: BrokerOrder, feed: Feed): void {
    if (order.warning !== '') return;
    const opening = feed.dayAt(this.#market.now)?.liquidOpen;
    const until =
      opening === undefined ? 'the market opens' : stamp(feed.instrument.config.timeZone, opening);
    const { action, totalQuantity } = order.ticket;
    const text = `Order Message:\n${action} ${totalQuantity?.toFixed() ?? ''} ${feed.instrument.config.symbol}\nWarning: Your order will not be placed at the exchange until ${until}`;
    this.#save({ ...order, warning: text });
    this.#listener.orderMessage(order, 399, text);
  }

  #book(feed: Feed): Book | undefined {
    const { conId } = feed.instrument;
    const known = this.#books.get(conId);
    if (known !== undefined) return known;
    const { bid, ask, bidSize, askSize, lastTime } = feed.quote;
    if (bid === undefined || ask === undefined) return undefined;
    // Before the first trade of a day the quote is yesterday's, and nobody trades on that.
    if (lastTime < (feed.dayAt(this.#market.now)?.playedFrom ?? 0)) return undefined;
    const book: Book = { bid, ask, bidSize: new Decimal(bidSize), askSize: new Decimal(askSize) };
    this.#books.set(conId, book);
    return book;
  }

  #fill(order: BrokerOrder, instrument: Instrument, shares: Decimal, price: Decimal): void {
    const made = fillOrder({
      order,
      instrument,
      shares,
      price,
      at: this.#market.now,
      execId: this.#execId(),
      commission: this.#config.commission,
    });
    const { next } = made;
    const signed = isBuy(order) ? shares : shares.neg();
    const { ledger, realized } = this.account.booked(instrument, signed, price, made.execution.commission);
    const execution: BrokerExecution = { ...made.execution, realizedPnl: realized };
    this.#state.saveFill(next, execution, ledger);
    this.#file(next);
    this.#listener.executed(execution);
    this.#listener.orderChanged(next);
    this.#listener.commissionCharged(execution);
  }

  #cancel(order: BrokerOrder, reason: string): void {
    const cancelled = this.#done(
      { ...order, status: 'Cancelled', whyHeld: '' },
      reason || 'Cancelled by Trader',
    );
    this.#listener.orderMessage(cancelled, 202, `Order Canceled - reason:${reason}`);
    this.#listener.orderChanged(cancelled);
  }

  #done(order: BrokerOrder, completedStatus: string): BrokerOrder {
    const done = { ...order, doneAt: this.#market.now, doneWallAt: Date.now(), completedStatus };
    this.#save(done);
    return done;
  }

  #save(order: BrokerOrder): void {
    this.#state.saveOrder(order);
    this.#file(order);
  }

  #file(order: BrokerOrder): void {
    const orders = this.#working.get(order.conId) ?? [];
    const at = orders.findIndex((other) => other.permId === order.permId);
    if (isLive(order)) {
      if (at < 0) orders.push(order);
      else orders[at] = order;
    } else if (at >= 0) orders.splice(at, 1);
    this.#working.set(order.conId, orders);
  }

  /** DAY orders end with the session that is open, or with the next one. */
  #expiry(ticket: OrderTicket, instrument: Instrument): number | undefined {
    if (ticket.tif !== 'DAY') return undefined;
    const day = this.#market.feed(instrument.conId)?.dayAt(this.#market.now);
    if (day === undefined) return undefined;
    return ticket.outsideRth ? Math.max(day.liquidClose, day.playedTo) : day.liquidClose;
  }

  /** IBKR's shape: four dotted parts; the last is raised by corrections. */
  #execId(): string {
    const serial = this.#state.execIdBase + this.#state.executionCount;
    return `0000e0d5.${serial.toString(16).padStart(8, '0')}.01.01`;
  }
}
