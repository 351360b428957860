import type { CommissionReport, Execution } from '../domain/execution.ts';
import { isFinal, type Order, type OrderRef, type OrderState, sourceOfRef } from '../domain/order.ts';
import type { BrokerOrder, OrderPatch, OrderStorePort } from './order.ports.ts';

/** Something that the database must come to know; each may be written twice without harm. */
export type Writing =
  | { readonly kind: 'patch'; readonly ref: OrderRef; readonly patch: OrderPatch }
  /** An intent that was certainly never sent, if it was committed at all. */
  | { readonly kind: 'abandon'; readonly ref: OrderRef; readonly message: string }
  | { readonly kind: 'execution'; readonly execution: Execution }
  | { readonly kind: 'commission'; readonly report: CommissionReport }
  | { readonly kind: 'foreign'; readonly order: BrokerOrder; readonly state: OrderState }
  /** The broker shows an order with a ref of ours that is not in flight here. */
  | {
      readonly kind: 'stray';
      readonly order: BrokerOrder;
      readonly state: OrderState;
      readonly via: 'push' | 'open' | 'completed';
    }
  /** A cancel is wanted; it leaves whether or not this is written by then. */
  | { readonly kind: 'cancelIntent'; readonly ref: OrderRef; readonly at: number }
  | { readonly kind: 'highWater'; readonly orderId: number };

export interface Queued {
  readonly serial: number;
  readonly writing: Writing;
  readonly attempts: number;
}

/** What a write came to: whether it was new, and the order it belongs to as it is stored now. */
export interface Written {
  readonly isNew: boolean;
  readonly order: Order | null;
}

/** Whether trading waits for it. What others did at the broker is stored too, and is waited for by nobody. */
export function isOurs(writing: Writing): boolean {
  if (writing.kind === 'execution') return sourceOfRef(writing.execution.orderRef).source !== 'ibkr';
  return !['foreign', 'commission', 'cancelIntent'].includes(writing.kind);
}

type PatchWriting = Extract<Writing, { kind: 'patch' }>;

/** Two patches of one order as one; a second permId is kept as a write of its own. */
function merge(
  older: PatchWriting,
  newer: PatchWriting,
): { merged: PatchWriting; rest: PatchWriting | null } {
  const merged: PatchWriting = { ...newer, patch: { ...older.patch, ...newer.patch } };
  const permId = older.patch.permId;
  const lost = permId !== undefined && merged.patch.permId !== permId;
  return { merged, rest: lost ? { kind: 'patch', ref: older.ref, patch: { permId } } : null };
}

/**
 * Adds a write. Patches of one order that wait become one, so that an old one never follows a new one.
 * `busy` is the serial of the write under way; it is left alone.
 */
export function enqueue(
  queue: readonly Queued[],
  writing: Writing,
  serial: number,
  busy: number | null,
): readonly Queued[] {
  if (writing.kind !== 'patch') return [...queue, { serial, writing, attempts: 0 }];
  const isSame = (queued: Queued) =>
    queued.serial !== busy && queued.writing.kind === 'patch' && queued.writing.ref === writing.ref;
  let newest = writing;
  const rests: Queued[] = [];
  for (const queued of queue) {
    if (!isSame(queued) || queued.writing.kind !== 'patch') continue;
    const { merged, rest } = merge(queued.writing, newest);
    newest = merged;
    if (rest !== null) rests.push({ ...queued, writing: rest });
  }
  return [...queue.filter((queued) => !isSame(queued)), ...rests, { serial, writing: newest, attempts: 0 }];
}

/** Puts a failed write back; a patch goes into the newer patch of its order, when there is one. */
export function putBack(queue: readonly Queued[], serial: number | null): readonly Queued[] {
  const failed = queue.find((queued) => queued.serial === serial);
  if (failed === undefined) return queue;
  const others = queue.filter((queued) => queued !== failed);
  const retry = { ...failed, attempts: failed.attempts + 1 };
  if (failed.writing.kind !== 'patch') return [...others, retry];
  const { writing } = failed;
  const newer = others.find(({ writing: w }) => w.kind === 'patch' && w.ref === writing.ref);
  if (newer?.writing.kind !== 'patch') return [...others, retry];
  const { merged, rest } = merge(writing, newer.writing);
  const replaced = others.map((queued) => (queued === newer ? { ...newer, writing: merged } : queued));
  return rest === null ? replaced : [...replaced, { ...retry, writing: rest }];
}

/** The next write: the oldest of those that failed least, so that one that cannot be stored blocks no other. */
export function nextWrite(queue: readonly Queued[]): Queued | undefined {
  let next: Queued | undefined;
  for (const queued of queue) if (next === undefined || queued.attempts < next.attempts) next = queued;
  return next;
}

/** Writes one thing. Rejects when the store cannot; then it is tried again later. */
export async function write(store: OrderStorePort, writing: Writing): Promise<Written> {
  switch (writing.kind) {
    case 'patch':
      await store.update(writing.ref, writing.patch);
      return { isNew: true, order: null };
    case 'abandon': {
      const order = await store.get(writing.ref);
      if (order === null || isFinal(order.state)) return { isNew: false, order };
      const state = 'absent';
      await store.update(writing.ref, { state, message: writing.message });
      return { isNew: true, order: { ...order, state, message: writing.message } };
    }
    case 'execution': {
      const { execution } = writing;
      const isNew = await store.recordExecution(execution);
      const ours = isOurs(writing) && execution.orderRef !== null;
      return { isNew, order: ours ? await store.get(execution.orderRef) : null };
    }
    case 'commission':
      return { isNew: await store.recordCommission(writing.report), order: null };
    case 'foreign':
      await store.saveForeign(writing.order, writing.state);
      return { isNew: true, order: null };
    case 'stray': {
      const order = writing.order.ref === null ? null : await store.get(writing.order.ref);
      if (order === null) await store.saveForeign(writing.order, writing.state);
      return { isNew: order === null, order };
    }
    case 'cancelIntent':
      await store.recordCancel(writing.ref, writing.at);
      return { isNew: true, order: null };
    case 'highWater':
      await store.saveOrderIdHighWater(writing.orderId);
      return { isNew: true, order: null };
  }
}
