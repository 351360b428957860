import { type Execution, fillSummary } from '../../../machines/domain/execution.ts';
import {
  isFinal,
  type Order,
  type OrderAmendment,
  type OrderIntent,
  type OrderState,
} from '../../../machines/domain/order.ts';
import { orderOfIntent } from '../../../machines/order/order.logic.ts';
import type { BrokerOrder, OrderPatch, OrderStorePort } from '../../../machines/order/order.ports.ts';

/** A database in memory. It outlives desks; each of its calls takes a turn of the event loop. */
export class FakeStore implements OrderStorePort {
  down = false;
  /** The next commit happens, and its answer is lost. */
  losesCommitAnswer = false;
  lease: { name: string; epoch: number } | null = null;
  readonly orders = new Map<string, Order>();
  readonly executions = new Map<string, Execution>();
  readonly foreign = new Map<number, { order: BrokerOrder; state: OrderState }>();
  readonly commissions = new Set<string>();
  highWater: number | null = null;
  /** Makes writes of matching executions fail. */
  refuses: (execution: Execution) => boolean = () => false;
  writes = 0;

  async #turn(): Promise<void> {
    await Promise.resolve();
    if (this.down) throw new Error('the database is down');
    this.writes += 1;
  }

  async commitIntent(
    intent: OrderIntent,
    options: Parameters<OrderStorePort['commitIntent']>[1],
  ): Promise<'committed' | 'leaseLost' | 'duplicate'> {
    await this.#turn();
    const { lease } = options;
    if (lease !== null && lease.epoch !== this.lease?.epoch) return 'leaseLost';
    if (this.orders.has(intent.ref)) return 'duplicate';
    for (const each of [intent, ...options.children]) {
      this.orders.set(each.ref, { ...orderOfIntent(each, 0, '', 0), orderId: null, account: null });
    }
    if (this.losesCommitAnswer) {
      this.losesCommitAnswer = false;
      throw new Error('the answer was lost');
    }
    return 'committed';
  }

  /** Every committed change, and every cancel that was wanted. */
  readonly amendments: OrderAmendment[] = [];
  readonly cancelled: string[] = [];

  async commitAmendment(amendment: OrderAmendment): Promise<'committed' | 'notWorking'> {
    await this.#turn();
    const order = this.orders.get(amendment.ref);
    if (order === undefined || isFinal(order.state)) return 'notWorking';
    this.amendments.push(amendment);
    return 'committed';
  }

  async recordCancel(ref: string): Promise<void> {
    await this.#turn();
    this.cancelled.push(ref);
  }

  async update(ref: string, patch: OrderPatch): Promise<void> {
    await this.#turn();
    const order = this.orders.get(ref);
    if (order === undefined) throw new Error(`no order "${ref}"`);
    const { permId, sizing, ...rest } = patch;
    const permIds =
      permId === undefined || order.permIds.includes(permId) ? order.permIds : [...order.permIds, permId];
    this.orders.set(ref, { ...order, ...rest, ...sizing, permIds });
  }

  async get(ref: string): Promise<Order | null> {
    await this.#turn();
    return this.orders.get(ref) ?? null;
  }

  async unsettled(): Promise<readonly Order[]> {
    await this.#turn();
    return [...this.orders.values()].filter(({ state }) => !isFinal(state));
  }

  async saveForeign(order: BrokerOrder, state: OrderState): Promise<void> {
    await this.#turn();
    this.foreign.set(order.permId, { order, state });
  }

  async recordExecution(execution: Execution): Promise<boolean> {
    await this.#turn();
    if (this.refuses(execution)) throw new Error('violates a constraint');
    if (this.executions.has(execution.execId)) return false;
    this.executions.set(execution.execId, execution);
    const { orderRef } = execution;
    const order = orderRef === null ? undefined : this.orders.get(orderRef);
    if (order !== undefined) this.orders.set(order.ref, { ...order, ...this.sumOf(order.ref) });
    return true;
  }

  sumOf(ref: string): { filled: string; averagePrice: string | null } {
    return fillSummary([...this.executions.values()].filter(({ orderRef }) => orderRef === ref));
  }

  async recordCommission(report: { execId: string }): Promise<boolean> {
    await this.#turn();
    const isNew = !this.commissions.has(report.execId);
    this.commissions.add(report.execId);
    return isNew;
  }

  async orderIdHighWater(): Promise<number | null> {
    await this.#turn();
    return this.highWater;
  }

  async saveOrderIdHighWater(orderId: number): Promise<void> {
    await this.#turn();
    this.highWater = orderId;
  }
}
