import { Decimal } from 'decimal.js';
import type { Account } from '../account/account.ts';
import type { Feed, Trade } from '../market/feed.ts';
import type { Market } from '../market/market.ts';
import { stamp } from '../market/zone.ts';
import type { BrokerState } from '../state.ts';
import type { DeskListener } from './desk.ts';
import { fillOrder } from './fill.ts';
import {
  childrenAfterEnd,
  childrenAfterFill,
  type LinkedEffect,
  ocaAfterCancel,
  ocaAfterFill,
} from './links.ts';
import { Liquidity } from './liquidity.ts';
import { type MarketView, nextStep } from './next-step.ts';
import {
  type BrokerExecution,
  type BrokerOrder,
  isBuy,
  isLive,
  isUnconfirmed,
  remainingOf,
} from './order.ts';
import type { OrderFile } from './order-file.ts';
import { kindOf } from './order-types.ts';

/** How many prices of a side an order can walk through at once. */
const DEPTH = 10;

const limits = new WeakMap<BrokerOrder, number>();

/** A limit order in the book that neither this trade nor the quote after it has reached: nothing happens to it. */
function restsBeyond(order: BrokerOrder, feed: Feed, trade: Trade): boolean {
  const { limitPrice } = order;
  if (order.status !== 'Submitted' || order.queueAhead === undefined || limitPrice === undefined)
    return false;
  let limit = limits.get(order);
  if (limit === undefined) {
    limit = limitPrice.toNumber();
    limits.set(order, limit);
  }
  const { bid = Number.NEGATIVE_INFINITY, ask = Number.POSITIVE_INFINITY } = feed.quote;
  return isBuy(order) ? Math.min(trade.price, ask) > limit : Math.max(trade.price, bid) < limit;
}

/** Works the orders: does what `nextStep` says, books the fills, and what follows for linked orders. */
export class Floor {
  readonly #market: Market;
  readonly #state: BrokerState;
  readonly #listener: DeskListener;
  readonly #file: OrderFile;
  readonly #account: Account;
  /** What is left to take in each instrument until its next trade. */
  readonly #liquidity = new Map<number, Liquidity>();
  /** The first moment at which some order may begin or end by itself; at the start that is not known. */
  #nextDue = Number.NEGATIVE_INFINITY;
  /** Orders whose destination has not confirmed them, or their cancel. */
  readonly #unconfirmed = new Set<number>();
  /** The trade that is being told right now. */
  #trade: Trade | undefined;

  constructor(options: {
    market: Market;
    state: BrokerState;
    listener: DeskListener;
    file: OrderFile;
    account: Account;
  }) {
    this.#market = options.market;
    this.#state = options.state;
    this.#listener = options.listener;
    this.#file = options.file;
    this.#account = options.account;
    for (const order of options.file.allLive()) if (isUnconfirmed(order)) this.#unconfirmed.add(order.permId);
  }

  /** Whether the destinations of orders answer; a fault may have it that they do not. */
  confirms: () => boolean = () => true;

  /** An order that is sent on, or changed: it waits for its destination to say that it has it. */
  submit(order: BrokerOrder): void {
    const isSentNow = order.ticket.transmit && order.status === 'PreSubmitted' && order.whyHeld === '';
    if (this.confirms() || !isSentNow) {
      this.change(order);
      return;
    }
    this.#unconfirmed.add(order.permId);
    this.change({ ...order, status: 'PendingSubmit' });
  }

  /** Ends an order by its client's wish, or sends that wish on when nobody answers: it may still be filled. */
  cancel(order: BrokerOrder): void {
    if (this.confirms()) {
      this.end(order, 'Cancelled', '');
      this.apply(ocaAfterCancel(this.#file.others(order)));
      return;
    }
    this.#unconfirmed.add(order.permId);
    this.change({ ...order, status: 'PendingCancel' });
  }

  /** The destinations answer again. */
  #confirm(): void {
    for (const permId of [...this.#unconfirmed]) {
      this.#unconfirmed.delete(permId);
      const order = this.#file.live(permId);
      if (order?.status === 'PendingCancel') this.cancel(order);
      else if (order?.status === 'PendingSubmit') {
        this.change({ ...order, status: 'PreSubmitted' });
        this.advance(permId);
      }
    }
  }

  onTrade(feed: Feed, trade: Trade): void {
    const { conId } = feed.instrument;
    this.#liquidity.delete(conId);
    if (!this.#file.hasWorking(conId)) return;
    this.#trade = trade;
    for (const order of this.#file.working(conId))
      if (!restsBeyond(order, feed, trade)) this.advance(order.permId);
    this.#trade = undefined;
    // The volume of the trade is spent; what the book shows stays until the next one.
    this.#liquidity.get(conId)?.endTrade();
  }

  onTime(): void {
    const { now } = this.#market;
    if (this.#unconfirmed.size > 0 && this.confirms()) this.#confirm();
    if (now < this.#nextDue) return;
    this.#nextDue = Number.POSITIVE_INFINITY;
    for (const order of this.#file.allLive()) {
      const isOver = order.expiresAt !== undefined && order.expiresAt <= now;
      const begins = order.startsAt !== undefined && order.startsAt <= now && order.status === 'PreSubmitted';
      if (isOver || begins) this.advance(order.permId);
      else this.#expect(order);
    }
  }

  /** Stores a new or changed order, then tells it. */
  change(order: BrokerOrder): void {
    this.#file.save(order);
    this.#expect(order);
    this.#listener.orderChanged(order);
  }

  /** Remembers when an order begins or ends by itself. */
  #expect({ startsAt, expiresAt, placedAt }: BrokerOrder): void {
    const begins = startsAt !== undefined && startsAt > this.#market.now ? startsAt : undefined;
    for (const at of [begins, expiresAt])
      if (at !== undefined && at >= placedAt && at < this.#nextDue) this.#nextDue = at;
  }

  /** Stores an order that was refused after it got its permId. */
  reject(order: BrokerOrder): BrokerOrder {
    return this.#done({ ...order, status: 'Inactive', whyHeld: '' }, 'Rejected');
  }

  /** Ends a live order unfilled, tells why, and lets go of its children. */
  end(order: BrokerOrder, completedStatus: string, reason: string): void {
    const ended = this.#done({ ...order, status: 'Cancelled', whyHeld: '' }, completedStatus);
    this.#listener.orderMessage(ended, 202, `Order Canceled - reason:${reason}`);
    this.#listener.orderChanged(ended);
    this.apply(childrenAfterEnd(ended, this.#file.children(ended.permId)));
  }

  /** Does what follows for linked orders. */
  apply(effects: readonly LinkedEffect[]): void {
    for (const effect of effects) {
      const order = this.#file.live(effect.order.permId);
      if (order === undefined) continue;
      if (effect.do === 'cancel') this.end(order, effect.reason, effect.reason);
      else if (effect.do === 'resize')
        this.change({ ...order, ticket: { ...order.ticket, totalQuantity: effect.quantity } });
      else this.advance(order.permId);
    }
  }

  /** Lets one order go as far as it can at this moment. */
  advance(permId: number): void {
    const order = this.#file.live(permId);
    if (order === undefined || !order.ticket.transmit || order.status === 'PendingSubmit') return;
    const feed = this.#market.feed(order.conId);
    if (feed === undefined) return;
    const step = nextStep(order, this.#view(feed), this.#parentIsOpen(order));
    if (step.do === 'wait') {
      if (step.whyHeld !== order.whyHeld) this.change({ ...order, whyHeld: step.whyHeld });
    } else if (step.do === 'waitForOpening') this.#sayHeld(order, feed);
    else if (step.do === 'expire') this.end(order, step.reason, step.reason);
    else if (step.do === 'follow') this.#follow(order, step.stop, step.limit);
    else if (step.do === 'trigger') {
      this.change({ ...order, isTriggered: true, whyHeld: '' });
      this.advance(permId);
    } else if (step.do === 'auction') this.fill(order, feed, remainingOf(order), step.price);
    else this.#work(order, feed, step.limit);
  }

  #view(feed: Feed): MarketView {
    const { now } = this.#market;
    const { bid, ask, last } = feed.quote;
    const isFresh = this.#isFresh(feed);
    const { instrument } = feed;
    const trade = this.#trade;
    return {
      now,
      isLiquid: feed.isLiquid(now),
      isOpen: true,
      isHalted: feed.halted !== 0,
      hasTrades: instrument.config.secType !== 'CASH',
      grid: instrument.grid,
      // Before the first trade of a day the quote is yesterday's, and nobody trades on that.
      bid: isFresh ? bid : undefined,
      ask: isFresh ? ask : undefined,
      last: isFresh ? last : undefined,
      auction: trade?.auction === undefined ? undefined : { kind: trade.auction, price: trade.price },
    };
  }

  #isFresh(feed: Feed): boolean {
    return feed.quote.lastTime >= (feed.dayAt(this.#market.now)?.playedFrom ?? 0);
  }

  #parentIsOpen(order: BrokerOrder): boolean {
    return order.parentPermId !== 0 && this.#file.live(order.parentPermId) !== undefined;
  }

  /** A trigger that moved is told as TWS tells it: with the order. */
  #follow(order: BrokerOrder, stopPrice: Decimal, limitPrice: Decimal | undefined): void {
    const moved = order.stopPrice === undefined || !stopPrice.eq(order.stopPrice);
    if (!moved && order.whyHeld === 'trigger') return;
    this.change({ ...order, stopPrice, limitPrice, whyHeld: 'trigger', warning: '' });
  }

  #work(order: BrokerOrder, feed: Feed, limit: Decimal | undefined): void {
    if (!this.#isFresh(feed)) return;
    const liquidity = this.#liquidityOf(feed);
    const isPatient = order.ticket.tif !== 'IOC' && order.ticket.tif !== 'FOK';
    const wantsAll = order.ticket.tif === 'FOK' || order.ticket.allOrNone;
    let current = order;
    if (limit !== undefined && current.status === 'PreSubmitted' && isPatient) {
      current = { ...current, status: 'Submitted', whyHeld: '', warning: '' };
      this.change(current);
    }
    if (limit !== undefined && current.queueAhead !== undefined && this.#trade !== undefined)
      current = this.#fromQueue(current, feed, liquidity, limit, current.queueAhead, this.#trade);
    const canTake = !wantsAll || liquidity.within(isBuy(current), limit).gte(remainingOf(current));
    if (isLive(current) && canTake)
      for (const { quantity, price } of liquidity.take(isBuy(current), limit, remainingOf(current))) {
        // A fill may have changed the order itself: its group shrinks with it.
        const now = this.#file.live(current.permId);
        if (now !== undefined) current = this.fill(now, feed, quantity, price);
      }
    const left = this.#file.live(current.permId);
    if (left === undefined) return;
    if (!isPatient) this.end(left, 'Cancelled', 'Not executed at once');
    else if (limit !== undefined && left.queueAhead === undefined)
      this.#file.save({ ...left, queueAhead: liquidity.ahead(isBuy(left), limit) });
  }

  #fromQueue(
    order: BrokerOrder,
    feed: Feed,
    liquidity: Liquidity,
    limit: Decimal,
    ahead: Decimal,
    trade: Trade,
  ): BrokerOrder {
    const wanted = remainingOf(order);
    const price = new Decimal(trade.price);
    const got = liquidity.rested(isBuy(order), limit, ahead, wanted, price);
    const moved = { ...order, queueAhead: got.ahead };
    const isWhole = !order.ticket.allOrNone || got.quantity.gte(wanted);
    if (got.quantity.gt(0) && isWhole) return this.fill(moved, feed, got.quantity, limit);
    if (!got.ahead.eq(ahead)) this.#file.save(moved);
    return moved;
  }

  #liquidityOf(feed: Feed): Liquidity {
    const { conId } = feed.instrument;
    const known = this.#liquidity.get(conId);
    if (known !== undefined) return known;
    const fresh = new Liquidity(feed.book(DEPTH), this.#trade?.volume ?? 0);
    this.#liquidity.set(conId, fresh);
    return fresh;
  }

  /** Books one fill, tells it, and does what follows for linked orders. Answers the order after it. */
  fill(order: BrokerOrder, feed: Feed, shares: Decimal, price: Decimal): BrokerOrder {
    const { instrument } = feed;
    const made = fillOrder({
      ...{ order, instrument, shares, price, at: this.#market.now, execId: this.#execId() },
      commission: (charged, already) => this.#account.commission(charged, already),
    });
    const { next } = made;
    const signed = isBuy(order) ? shares : shares.neg();
    const { ledger, realized } = this.#account.booked(instrument, signed, price, made.execution.commission);
    const execution: BrokerExecution = { ...made.execution, realizedPnl: realized };
    this.#file.saveFill(next, execution, ledger);
    this.#listener.executed(execution);
    this.#listener.orderChanged(next);
    this.#listener.commissionCharged(execution);
    this.apply(ocaAfterFill(next, shares, this.#file.others(next)));
    this.apply(childrenAfterFill(next, this.#file.children(next.permId)));
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
    const trigger = kindOf(order.ticket)?.trigger ?? 'none';
    const whyHeld = trigger === 'none' || order.isTriggered ? '' : 'trigger';
    this.#file.save({ ...order, whyHeld, warning: text });
    this.#listener.orderMessage(order, 399, text);
  }

  #done(order: BrokerOrder, completedStatus: string): BrokerOrder {
    const done = { ...order, doneAt: this.#market.now, doneWallAt: Date.now(), completedStatus };
    this.#file.save(done);
    return done;
  }

  /** IBKR's shape: four dotted parts; the last is raised by corrections. */
  #execId(): string {
    const serial = this.#state.execIdBase + this.#state.executionCount;
    return `0000e0d5.${serial.toString(16).padStart(8, '0')}.01.01`;
  }
}
