import { BrokerError } from '../../../machines/domain/broker-error.ts';
import { decimal, decimalString } from '../../../machines/domain/decimal.ts';
import { type Execution, fillSummary } from '../../../machines/domain/execution.ts';
import type { OrderPrices } from '../../../machines/domain/order.ts';
import type {
  BrokerOrder,
  BrokerOrderNews,
  BrokerTruth,
  ExecutionPort,
  OrderPlacement,
} from '../../../machines/order/order.ports.ts';

export const ourClient = 7;

const pricesOf = ({ limitPrice, stopPrice, trailAmount, trailPercent, limitOffset }: OrderPrices) => ({
  ...{ limitPrice, stopPrice, trailAmount, trailPercent, limitOffset },
});

/** A broker in memory: keeps orders over disconnects, says nothing by itself, pushes nothing while disconnected. */
export class FakeBroker implements ExecutionPort {
  connected = true;
  /** Every hand-over to the socket, also those that never arrived. */
  readonly placed: OrderPlacement[] = [];
  readonly cancels: number[] = [];
  /** `arrive`: reaches the broker; `vanish`: lost on the way, without an error. */
  delivery: 'arrive' | 'vanish' = 'arrive';
  placeError: Error | null = null;
  /** Whether `ask` answers; `manual` leaves it open. */
  answering: 'yes' | 'never' | 'fails' = 'yes';
  asks = 0;
  readonly orders: BrokerOrder[] = [];
  readonly executions: Execution[] = [];
  readonly #listeners = new Set<(news: BrokerOrderNews) => void>();
  #lastPermId = 1000;
  #lastExec = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  place(placement: OrderPlacement): void {
    if (!this.connected) throw new BrokerError('unavailable', 'not connected');
    if (this.placeError !== null) throw this.placeError;
    this.placed.push(placement);
    if (this.delivery === 'vanish') return;
    const { intent, orderId, account } = placement;
    this.#lastPermId += 1;
    this.orders.push({
      ref: intent.ref,
      permId: this.#lastPermId,
      orderId,
      clientId: ourClient,
      account,
      instrumentId: intent.instrumentId,
      symbol: 'TEST',
      side: intent.side,
      quantity: intent.quantity,
      orderType: intent.orderType,
      ...pricesOf(intent),
      status: 'PendingSubmit',
      filled: '0',
      message: null,
    });
  }

  /** Every change handed to the socket; `amend` has the broker act on it. */
  readonly modified: OrderPlacement[] = [];
  modify(placement: OrderPlacement): void {
    if (!this.connected) throw new BrokerError('unavailable', 'not connected');
    if (this.placeError !== null) throw this.placeError;
    this.modified.push(placement);
  }

  /** The broker takes the last change of an order, and says so unless it is `silent`. */
  amend(ref: string, { silent = false } = {}): void {
    const change = this.modified.findLast(({ intent }) => intent.ref === ref);
    if (change === undefined) throw new Error(`no change of order "${ref}" was handed over`);
    const order = this.order(ref);
    const { quantity } = change.intent;
    const changed = { ...order, quantity, ...pricesOf(change.intent) };
    this.orders.splice(this.orders.indexOf(order), 1, changed);
    if (!silent) this.push({ type: 'broker.openOrder', order: changed });
  }

  /** Messages that may leave now. */
  room = 48;
  headroom(): number {
    return this.room;
  }

  cancel(orderId: number): void {
    if (!this.connected) throw new BrokerError('unavailable', 'not connected');
    this.cancels.push(orderId);
  }

  ask(): Promise<BrokerTruth> {
    this.asks += 1;
    if (!this.connected || this.answering === 'fails') {
      return Promise.reject(new BrokerError('timeout', 'no answer'));
    }
    if (this.answering === 'never') return new Promise(() => undefined);
    return Promise.resolve(this.truth());
  }

  truth(): BrokerTruth {
    const isDone = ({ status }: BrokerOrder) => ['Filled', 'Cancelled', 'Inactive'].includes(status);
    return {
      open: this.orders.filter((order) => !isDone(order)),
      completed: this.orders.filter(isDone),
      executions: [...this.executions],
      commissions: [],
      at: this.#now(),
    };
  }

  subscribe(listener: (news: BrokerOrderNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  push(news: BrokerOrderNews): void {
    if (!this.connected) return;
    for (const listener of [...this.#listeners]) listener(news);
  }

  order(ref: string): BrokerOrder {
    const found = this.orders.find((order) => order.ref === ref);
    if (found === undefined) throw new Error(`the fake broker has no order "${ref}"`);
    return found;
  }

  has(ref: string): boolean {
    return this.orders.some((order) => order.ref === ref);
  }

  /** Changes the status at the broker and, when connected, says so. */
  status(ref: string, status: string, message: string | null = null): void {
    const order = { ...this.order(ref), status, message };
    this.orders.splice(
      this.orders.findIndex((known) => known.ref === ref),
      1,
      order,
    );
    this.push({ type: 'broker.openOrder', order });
    const { orderId, clientId, permId, filled, quantity } = order;
    const remaining = decimalString(decimal(quantity).minus(filled));
    this.push({ type: 'broker.orderStatus', orderId, clientId, permId, status, filled, remaining });
  }

  /** Fills at the broker; `silent` keeps the push back, as an outage does. */
  fill(ref: string, quantity: string, options: { execId?: string; price?: string } = {}): Execution {
    const order = this.order(ref);
    this.#lastExec += 1;
    const execution: Execution = {
      execId: options.execId ?? `0001.${String(this.#lastExec).padStart(4, '0')}.01.01`,
      permId: order.permId,
      orderId: order.orderId,
      clientId: order.clientId,
      orderRef: ref,
      account: order.account,
      instrumentId: order.instrumentId,
      symbol: order.symbol,
      side: order.side,
      quantity,
      price: options.price ?? '10',
      time: this.#now(),
    };
    this.executions.push(execution);
    const { filled } = fillSummary(this.executions.filter((e) => e.orderRef === ref));
    const isDone = decimal(filled).gte(order.quantity);
    this.push({ type: 'broker.execution', execution });
    this.orders.splice(this.orders.indexOf(order), 1, { ...order, filled });
    if (isDone) this.status(ref, 'Filled');
    return execution;
  }

  error(ref: string, code: number, message = `code ${code}`): void {
    this.push({ type: 'broker.orderError', orderId: this.order(ref).orderId, code, message });
  }
}
