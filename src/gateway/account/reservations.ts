import { Decimal } from 'decimal.js';
import type { BrokerOrder } from '../matching/order.ts';

interface Reserved {
  readonly order: BrokerOrder;
  readonly amount: Decimal;
}

const ZERO = new Decimal(0);
const groupOf = (order: BrokerOrder): string => `${order.clientId}|${order.ticket.ocaGroup}`;

/** Of an OCA group one will trade, so its orders need margin and shares to borrow once. */
export const sharesGroup = (one: BrokerOrder, other: BrokerOrder): boolean =>
  one.ticket.ocaGroup !== '' && groupOf(one) === groupOf(other);

/** Margin that is set aside for orders that wait, kept as a sum so that asking costs nothing. */
export class Reservations {
  readonly #each = new Map<number, Reserved>();
  readonly #groups = new Map<string, Set<number>>();
  #sum = ZERO;

  /** Sets what an order holds; nothing when it has ended. */
  set(order: BrokerOrder, amount: Decimal): void {
    const { permId } = order;
    this.#sum = this.#sum.minus(this.#amount(permId)).plus(amount);
    if (amount.isZero()) this.#each.delete(permId);
    else this.#each.set(permId, { order, amount });
    if (order.ticket.ocaGroup === '') return;
    const group = this.#groups.get(groupOf(order)) ?? new Set();
    if (amount.isZero()) group.delete(permId);
    else group.add(permId);
    if (group.size === 0) this.#groups.delete(groupOf(order));
    else this.#groups.set(groupOf(order), group);
  }

  /** What all others hold that could trade beside an order: not itself, not the rest of its OCA group. */
  besides(order: BrokerOrder): Decimal {
    let sum = this.#sum.minus(this.#amount(order.permId));
    if (order.ticket.ocaGroup === '') return sum;
    for (const permId of this.#groups.get(groupOf(order)) ?? [])
      if (permId !== order.permId) sum = sum.minus(this.#amount(permId));
    return sum;
  }

  #amount(permId: number): Decimal {
    return this.#each.get(permId)?.amount ?? ZERO;
  }
}
