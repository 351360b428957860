import type { Decision } from '../../../machines/domain/decision.ts';
import type { OrderIntent } from '../../../machines/domain/order.ts';
import type { BulkClient } from '../database.ts';
import { json } from '../rows.ts';
import { errorCode } from '../store-error.ts';
import { symbolOf } from './order-key.ts';

export interface IntentOptions {
  /** The fencing lease that must be held at that moment; null for manual orders. */
  readonly lease: { readonly name: string; readonly epoch: number } | null;
  /** Committed in the same statement. */
  readonly decision: Decision | null;
}
export type IntentOutcome = 'committed' | 'leaseLost' | 'duplicate';

/** `unique_violation` */
const TAKEN = '23505';

const HELD = {
  // The lease's row is held until the commit, so nobody takes it over between check and commit.
  lease:
    'select from leases where name = $14 and epoch = $15::bigint and expires_at > clock_timestamp() for share',
  none: 'select where $14::text is null and $15::bigint is null',
};

const INTENT = (held: string): string => `
  with held as (${held}),
  intent as (
    insert into order_intents (ref, instrument_id, side, quantity, limit_price, bar_time, created_at, source,
      session_id, order_type, time_in_force, purpose, reason, lease_name, lease_epoch)
    select $1, $2, $3, $4::numeric, $5::numeric, $6::bigint, $7::bigint, $8, $9, $10, $11, $12, $13, $14, $15::bigint
    from held
    returning *
  ),
  placed as (
    insert into orders (key, instrument_id, side, quantity, limit_price, bar_time, created_at, source, session_id,
      is_foreign, symbol, order_type, time_in_force, purpose, reason, state, updated_at)
    select ref, instrument_id, side, quantity, limit_price, bar_time, created_at, source, session_id,
      false, $16, order_type, time_in_force, purpose, reason, 'intended', created_at
    from intent
  )`;

const DECIDED = `,
  decided as (
    insert into decisions (session_id, bar_time, instrument_id, at, close, signal, outcome, guard, reason,
      order_ref, "values", proposal)
    select $17, $18::bigint, $19, $20::bigint, $21::float8, $22, $23, $24, $25, ref, $26::jsonb, $27::jsonb
    from intent
  )`;

const STORED = `
  select ref from intent`;

/**
 * Stores an intent, its order and its decision in the very statement that checks the lease, by the database's clock.
 * One statement is one transaction, and one round trip: all of it is there afterwards, or nothing.
 */
export async function commitIntent(
  client: BulkClient,
  i: OrderIntent,
  { lease, decision: d }: IntentOptions,
): Promise<IntentOutcome> {
  const held = lease === null ? HELD.none : HELD.lease;
  const intent = [
    ...[i.ref, i.instrumentId, i.side, i.quantity, i.limitPrice, i.barTime, i.createdAt, i.source],
    ...[i.sessionId, i.orderType, i.timeInForce, i.purpose, i.reason],
    ...[lease?.name ?? null, lease?.epoch ?? null, symbolOf(i.instrumentId)],
  ];
  const decided =
    d === null
      ? []
      : [
          ...[d.sessionId, d.barTime, d.instrumentId, d.at, d.close, d.signal, d.outcome, d.guard, d.reason],
          ...[json(d.values), d.order === null ? null : json(d.order)],
        ];
  try {
    const text = `${INTENT(held)}${d === null ? '' : DECIDED}${STORED}`;
    const { rows } = await client.query(text, [...intent, ...decided]);
    if (rows.length === 1) return 'committed';
  } catch (error) {
    if (errorCode(error) === TAKEN) return 'duplicate';
    throw error;
  }
  // Who asks for the second time after the lease was lost is told of the first.
  const { rows } = await client.query('select from order_intents where ref = $1', [i.ref]);
  return rows.length > 0 ? 'duplicate' : 'leaseLost';
}
