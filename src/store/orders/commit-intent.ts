import type { Decision } from '../../../machines/domain/decision.ts';
import type { OrderIntent } from '../../../machines/domain/order.ts';
import { type BulkClient, prepared } from '../database.ts';
import { json } from '../rows.ts';
import { errorCode } from '../store-error.ts';
import { symbolOf } from './order-key.ts';

export interface IntentOptions {
  /** The fencing lease that must be held at that moment; null for manual orders. */
  readonly lease: { readonly name: string; readonly epoch: number } | null;
  /** Committed in the same statement. */
  readonly decision: Decision | null;
  /** The protecting orders of a bracket; committed in the same statement. */
  readonly children?: readonly OrderIntent[];
}
export type IntentOutcome = 'committed' | 'leaseLost' | 'duplicate';

/** `unique_violation` */
const TAKEN = '23505';

const HELD = {
  // The lease's row is held until the commit, so nobody takes it over between check and commit.
  lease:
    'select from leases where name = $2 and epoch = $3::bigint and expires_at > clock_timestamp() for share',
  none: 'select where $2::text is null and $3::bigint is null',
};

const terms = 'limit_price, stop_price, trail_amount, trail_percent, limit_offset';
const common = `instrument_id, side, quantity, ${terms}, bar_time, created_at, source, session_id,
      order_type, time_in_force, purpose, reason, parent_ref`;

const INTENT = (held: string): string => `
  with held as (${held}),
  intent as (
    insert into order_intents (ref, ${common}, lease_name, lease_epoch)
    select ref, ${common}, $2, $3::bigint
    from jsonb_to_recordset($1::jsonb) as wanted (ref text, instrument_id text, side text, quantity numeric,
      limit_price numeric, stop_price numeric, trail_amount numeric, trail_percent numeric, limit_offset numeric,
      bar_time bigint, created_at bigint, source text, session_id text, order_type text, time_in_force text,
      purpose text, reason text, parent_ref text), held
    returning *
  ),
  placed as (
    insert into orders (key, ${common}, is_foreign, symbol, state, updated_at)
    select ref, ${common}, false, $4, 'intended', created_at
    from intent
  )`;

const DECIDED = `,
  decided as (
    insert into decisions (session_id, bar_time, instrument_id, at, close, signal, outcome, guard, reason,
      order_ref, "values", proposal)
    select $5, $6::bigint, $7, $8::bigint, $9::float8, $10, $11, $12, $13, ref, $14::jsonb, $15::jsonb
    from intent where parent_ref is null
  )`;

const STORED = `
  select ref from intent`;

/** Planning them takes as long as running them: each is planned once by connection. */
const statement = (isLeased: boolean, isDecided: boolean) =>
  prepared(
    `intent ${isLeased ? 'leased' : 'free'} ${isDecided ? 'decided' : 'alone'}`,
    `${INTENT(isLeased ? HELD.lease : HELD.none)}${isDecided ? DECIDED : ''}${STORED}`,
  );

const rowOf = (i: OrderIntent) => ({
  ref: i.ref,
  instrument_id: i.instrumentId,
  side: i.side,
  quantity: i.quantity,
  limit_price: i.limitPrice,
  stop_price: i.stopPrice,
  trail_amount: i.trailAmount,
  trail_percent: i.trailPercent,
  limit_offset: i.limitOffset,
  bar_time: i.barTime,
  created_at: i.createdAt,
  source: i.source,
  session_id: i.sessionId,
  order_type: i.orderType,
  time_in_force: i.timeInForce,
  purpose: i.purpose,
  reason: i.reason,
  parent_ref: i.parentRef,
});

/**
 * Stores an intent with those that protect it, their orders and the decision in the very statement that checks the lease, by the database's clock.
 * One statement is one transaction, and one round trip: all of it is there afterwards, or nothing.
 */
export async function commitIntent(
  client: BulkClient,
  i: OrderIntent,
  { lease, decision: d, children = [] }: IntentOptions,
): Promise<IntentOutcome> {
  const wanted = [i, ...children].map(rowOf);
  const intent = [
    JSON.stringify(wanted),
    lease?.name ?? null,
    lease?.epoch ?? null,
    symbolOf(i.instrumentId),
  ];
  const decided =
    d === null
      ? []
      : [
          ...[d.sessionId, d.barTime, d.instrumentId, d.at, d.close, d.signal, d.outcome, d.guard, d.reason],
          ...[json(d.values), d.order === null ? null : json(d.order)],
        ];
  try {
    const { rows } = await client.query(statement(lease !== null, d !== null), [...intent, ...decided]);
    if (rows.length > 0) return 'committed';
  } catch (error) {
    if (errorCode(error) === TAKEN) return 'duplicate';
    throw error;
  }
  // Who asks for the second time after the lease was lost is told of the first.
  const { rows } = await client.query('select from order_intents where ref = $1', [i.ref]);
  return rows.length > 0 ? 'duplicate' : 'leaseLost';
}
