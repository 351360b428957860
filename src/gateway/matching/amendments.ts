import { Decimal } from 'decimal.js';
import type { Account } from '../account/account.ts';
import type { Market } from '../market/market.ts';
import type { BrokerState } from '../state.ts';
import type { DeskListener } from './desk.ts';
import type { Floor } from './floor.ts';
import { type BrokerExecution, type BrokerOrder, isBuy, isLive, remainingOf, ZERO } from './order.ts';
import type { OrderFile } from './order-file.ts';

/** What the world does to orders and executions afterwards: late fills, corrections, busts. */
export class Amendments {
  readonly #market: Market;
  readonly #state: BrokerState;
  readonly #listener: DeskListener;
  readonly #file: OrderFile;
  readonly #floor: Floor;
  readonly #account: Account;

  constructor(options: {
    market: Market;
    state: BrokerState;
    listener: DeskListener;
    file: OrderFile;
    floor: Floor;
    account: Account;
  }) {
    this.#market = options.market;
    this.#state = options.state;
    this.#listener = options.listener;
    this.#file = options.file;
    this.#floor = options.floor;
    this.#account = options.account;
  }

  /** A cancelled order is filled after all, at its limit or the present price. */
  fillAfterCancel(permId: number): void {
    const order = this.#file.get(permId);
    if (order === undefined || isLive(order) || order.status !== 'Cancelled') return;
    const revived: BrokerOrder = { ...order, doneAt: undefined, doneWallAt: undefined, status: 'Submitted' };
    this.#fill(revived, remainingOf(order));
  }

  /** A part of a live order is filled, at its limit or the present price; at least one share. */
  fillPart(permId: number, fraction: number): void {
    const order = this.#file.live(permId);
    if (order === undefined) return;
    const shares = remainingOf(order).times(fraction).floor();
    this.#fill(order, Decimal.max(1, shares));
  }

  /** An execution is told again with another price; money and position follow. */
  correct(execId: string, price: Decimal): void {
    this.#amend(execId, (old) => ({ ...old, price }));
  }

  /** An execution is taken back: told again with no shares. */
  bust(execId: string): void {
    this.#amend(execId, (old) => ({ ...old, shares: ZERO, cumQty: old.cumQty.minus(old.shares) }));
  }

  #fill(order: BrokerOrder, shares: Decimal): void {
    const feed = this.#market.feed(order.conId);
    const { quote } = feed ?? {};
    const met = isBuy(order) ? quote?.ask : quote?.bid;
    const price = order.limitPrice ?? (met === undefined ? undefined : new Decimal(met));
    if (feed === undefined || price === undefined) return;
    this.#floor.fill(order, feed, shares, price);
  }

  #amend(execId: string, change: (old: BrokerExecution) => BrokerExecution): void {
    const old = this.#state.executions.get(execId);
    const order = old === undefined ? undefined : this.#file.get(old.permId);
    const instrument = old === undefined ? undefined : this.#market.feed(old.conId)?.instrument;
    if (old === undefined || order === undefined || instrument === undefined) return;
    const amended = { ...change(old), execId: raised(execId), at: this.#market.now };
    // The old fill is taken back at its own price and the amended one booked anew, commission untouched.
    const sign = old.side === 'BOT' ? 1 : -1;
    const back = this.#account.booked(instrument, old.shares.times(-sign), old.price, ZERO);
    const ledger = amended.shares.isZero()
      ? back.ledger
      : this.#account.bookedOn(back.ledger, instrument, amended.shares.times(sign), amended.price, ZERO)
          .ledger;
    this.#file.saveFill(order, amended, ledger);
    this.#listener.executed(amended);
    this.#listener.commissionCharged(amended);
  }
}

/** The same execution's next edition: the digits behind the last period go up. */
function raised(execId: string): string {
  const at = execId.lastIndexOf('.') + 1;
  return `${execId.slice(0, at)}${String(Number(execId.slice(at)) + 1).padStart(2, '0')}`;
}
