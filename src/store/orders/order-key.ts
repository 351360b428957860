import { type OrderRef, sourceOfRef } from '../../../machines/domain/order.ts';

/** What an order and its fills are found by: our ref, else IBKR's permanent id as `perm:<permId>`. */
export const orderKey = (ref: OrderRef | null, permId: number): string =>
  ref !== null && sourceOfRef(ref).source !== 'ibkr' ? ref : `perm:${permId}`;

/** The symbol part of an instrument id: all but its last three parts. */
export const symbolOf = (instrumentId: string): string =>
  instrumentId.split('.').slice(0, -3).join('.') || instrumentId;

/**
 * Serialises writers of one order's fills within their transactions, whether or not its row exists yet.
 * Used as `em.execute(lockOrder, [key])`.
 */
export const lockOrder = 'select pg_advisory_xact_lock(hashtextextended(?, 0))';
