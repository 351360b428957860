import type { Ledger } from '../account/ledger.ts';
import type { BrokerState } from '../state.ts';
import { type BrokerExecution, type BrokerOrder, isLive } from './order.ts';

const keyOf = (clientId: number, orderId: number): string => `${clientId}|${orderId}`;
const groupKey = (order: BrokerOrder): string => `${order.clientId}|${order.ticket.ocaGroup}`;

/** The broker's orders by everything that they are looked up by; every change goes to the state first. */
export class OrderFile {
  readonly #state: BrokerState;
  /** The newest order under a client's id. */
  readonly #byId = new Map<string, number>();
  /** Live orders, oldest first: by instrument, parent, OCA group. */
  readonly #byContract = new Map<number, Set<number>>();
  readonly #byParent = new Map<number, Set<number>>();
  readonly #byGroup = new Map<string, Set<number>>();
  readonly #live = new Set<number>();

  /** Hears of every order that is stored. */
  changed: (order: BrokerOrder) => void = () => undefined;

  constructor(state: BrokerState) {
    this.#state = state;
    for (const order of state.orders.values()) this.#index(order);
  }

  get(permId: number): BrokerOrder | undefined {
    return this.#state.orders.get(permId);
  }

  /** The order if it lives. */
  live(permId: number): BrokerOrder | undefined {
    return this.#live.has(permId) ? this.get(permId) : undefined;
  }

  find(clientId: number, orderId: number): BrokerOrder | undefined {
    const permId = this.#byId.get(keyOf(clientId, orderId));
    return permId === undefined ? undefined : this.get(permId);
  }

  all(): BrokerOrder[] {
    return [...this.#state.orders.values()];
  }

  allLive(): BrokerOrder[] {
    return this.#orders(this.#live);
  }

  /** Live orders of an instrument, oldest first. */
  working(conId: number): BrokerOrder[] {
    return this.#orders(this.#byContract.get(conId));
  }

  hasWorking(conId: number): boolean {
    return (this.#byContract.get(conId)?.size ?? 0) > 0;
  }

  /** Live orders attached to an order. */
  children(permId: number): BrokerOrder[] {
    return this.#orders(this.#byParent.get(permId));
  }

  /** The other live orders of its OCA group. */
  others(order: BrokerOrder): BrokerOrder[] {
    if (order.ticket.ocaGroup === '') return [];
    return this.#orders(this.#byGroup.get(groupKey(order))).filter(({ permId }) => permId !== order.permId);
  }

  save(order: BrokerOrder): void {
    this.#state.saveOrder(order);
    this.#index(order);
    this.changed(order);
  }

  /** Order, execution and money at once. */
  saveFill(order: BrokerOrder, execution: BrokerExecution, ledger: Ledger): void {
    this.#state.saveFill(order, execution, ledger);
    this.#index(order);
    this.changed(order);
  }

  #orders(permIds: ReadonlySet<number> | undefined): BrokerOrder[] {
    const out: BrokerOrder[] = [];
    for (const permId of permIds ?? []) {
      const order = this.get(permId);
      if (order !== undefined) out.push(order);
    }
    return out;
  }

  #index(order: BrokerOrder): void {
    const { permId } = order;
    if (order.orderId !== 0) this.#byId.set(keyOf(order.clientId, order.orderId), permId);
    const lives = isLive(order);
    put(this.#live, permId, lives);
    putIn(this.#byContract, order.conId, permId, lives);
    if (order.parentPermId !== 0) putIn(this.#byParent, order.parentPermId, permId, lives);
    if (order.ticket.ocaGroup !== '') putIn(this.#byGroup, groupKey(order), permId, lives);
  }
}

function put(set: Set<number>, permId: number, belongs: boolean): void {
  if (belongs) set.add(permId);
  else set.delete(permId);
}

function putIn<K>(map: Map<K, Set<number>>, key: K, permId: number, belongs: boolean): void {
  const set = map.get(key);
  if (set !== undefined) {
    put(set, permId, belongs);
    if (set.size === 0) map.delete(key);
  } else if (belongs) map.set(key, new Set([permId]));
}
