import type { EntityManager } from '@mikro-orm/postgresql';
import { fillSummary } from '../../../machines/domain/execution.ts';
import {
  isFinal,
  type ListedOrder,
  type Order,
  type OrderAmendment,
  type OrderIntent,
  type OrderRef,
  type OrderSource,
  type OrderState,
  orderStates,
  sourceOfRef,
} from '../../../machines/domain/order.ts';
import type { BrokerOrder, OrderPatch } from '../../../machines/order/order.ports.ts';
import type { Database } from '../database.ts';
import { ExecutionEntity } from '../executions/execution.entity.ts';
import { marks } from '../rows.ts';
import { commitIntent, type IntentOptions, type IntentOutcome } from './commit-intent.ts';
import { OrderEntity } from './order.entity.ts';
import { toListedOrder, toOrder } from './order.map.ts';
import { lockOrder, orderKey } from './order-key.ts';

const AMENDMENT = `
  insert into order_commands (ref, kind, quantity, limit_price, stop_price, trail_amount, trail_percent,
    limit_offset, reason, created_at)
  select $1, 'amend', $2::numeric, $3::numeric, $4::numeric, $5::numeric, $6::numeric, $7::numeric, $8, $9::bigint
  from orders where key = $1 and not is_foreign and state = any($10::text[])
  returning ref`;

const open = orderStates.filter((state) => !isFinal(state));

/** Recomputes what an order has filled from its effective executions. Call it with the order locked. */
export async function refreshFills(em: EntityManager, key: string): Promise<void> {
  const executions = await em.find(ExecutionEntity, { orderKey: key });
  if (executions.length === 0) return;
  const { filled, averagePrice } = fillSummary(executions);
  await em.nativeUpdate(OrderEntity, { key }, { filled, averagePrice });
}

/** An intent of late, as limits on the rate of orders count it. */
export interface RecentIntent {
  readonly ref: OrderRef;
  readonly at: number;
  readonly instrumentId: string;
  readonly sessionId: string | null;
}

/** Intents and where their orders stand. Every call has been committed when it resolves. */
export class OrdersRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Commits, in one statement: the intent, its order in state `intended`, and the decision.
   * `leaseLost`: the lease is held by another epoch or has run out. `duplicate`: the ref is taken, or the
   * decision's bar has its record already. In both cases nothing was stored.
   */
  commitIntent(intent: OrderIntent, options: IntentOptions): Promise<IntentOutcome> {
    return this.#db.bulk((client) => commitIntent(client, intent, options));
  }

  /**
   * Commits the wish to change an order of ours.
   * `notWorking`: it is not stored, or it is over; then nothing was stored.
   */
  async commitAmendment(a: OrderAmendment): Promise<'committed' | 'notWorking'> {
    const { rows } = await this.#db.bulk((client) =>
      client.query(AMENDMENT, [
        ...[a.ref, a.quantity, a.limitPrice, a.stopPrice, a.trailAmount, a.trailPercent, a.limitOffset],
        ...[a.reason, a.createdAt, open],
      ]),
    );
    return rows.length === 1 ? 'committed' : 'notWorking';
  }

  /** What was intended from `since` on, epoch ms, oldest first. */
  intendedSince(since: number): Promise<readonly RecentIntent[]> {
    return this.#db.run((em) =>
      em.execute(
        `select ref, created_at::float8 as at, instrument_id as "instrumentId", session_id as "sessionId"
         from order_intents where created_at >= ? and parent_ref is null order by created_at`,
        [since],
      ),
    );
  }

  /** Keeps that a cancel was wanted. */
  async recordCancel(ref: OrderRef, at: number): Promise<void> {
    await this.#db.run((em) =>
      em.execute(`insert into order_commands (ref, kind, created_at) values (?, 'cancel', ?::bigint)`, [
        ref,
        at,
      ]),
    );
  }

  /** Every order of the brackets of which any order of ours is not final, oldest first. */
  brackets(): Promise<readonly Order[]> {
    return this.#db.run(async (em) => {
      const live = await em.find(
        OrderEntity,
        { isForeign: false, state: { $in: open }, parentRef: { $ne: null } },
        { fields: ['parentRef'] },
      );
      const parents = [...new Set(live.map(({ parentRef }) => parentRef).filter((ref) => ref !== null))];
      if (parents.length === 0) return [];
      const where = {
        isForeign: false,
        $or: [{ key: { $in: parents } }, { parentRef: { $in: parents } }],
      };
      return (await em.find(OrderEntity, where, { orderBy: { createdAt: 'asc', key: 'asc' } })).map(toOrder);
    });
  }

  /** Changes what is given; permIds accumulate. @throws Error when there is no such order */
  async update(ref: OrderRef, patch: OrderPatch): Promise<void> {
    const columns: readonly [column: string, value: unknown][] = [
      ['state', patch.state],
      ['order_id', patch.orderId],
      ['client_id', patch.clientId],
      ['account', patch.account],
      ['message', patch.message],
      ['quantity', patch.sizing?.quantity],
      ['limit_price', patch.sizing?.limitPrice],
      ['stop_price', patch.sizing?.stopPrice],
      ['trail_amount', patch.sizing?.trailAmount],
      ['trail_percent', patch.sizing?.trailPercent],
      ['limit_offset', patch.sizing?.limitOffset],
      ['updated_at', Date.now()],
    ];
    const given = columns.filter(([, value]) => value !== undefined);
    const sets = given.map(([column]) => `${column} = ?`);
    const values = given.map(([, value]) => value);
    if (patch.permId !== undefined && patch.permId !== 0) {
      sets.push(
        'perm_ids = case when ?::bigint = any(perm_ids) then perm_ids else perm_ids || ?::bigint end',
      );
      values.push(patch.permId, patch.permId);
    }
    const { affectedRows } = await this.#db.run((em) =>
      em.execute<{ affectedRows: number }>(
        `update orders set ${sets.join(', ')} where key = ?`,
        [...values, ref],
        'run',
      ),
    );
    if (affectedRows !== 1) throw new Error(`order "${ref}": not stored, so it cannot be updated`);
  }

  /**
   * Stores an order that was placed elsewhere, as the broker shows it. An order whose intent is stored here is
   * left alone: its state is the order desk's business.
   */
  async saveForeign(order: BrokerOrder, state: OrderState): Promise<void> {
    const key = orderKey(order.ref, order.permId);
    const { source, sessionId } = sourceOfRef(order.ref);
    const now = Date.now();
    await this.#db.transaction(async (em) => {
      await em.execute(lockOrder, [key]);
      await em.execute(
        `insert into orders (key, instrument_id, side, quantity, limit_price, stop_price, trail_amount,
           trail_percent, limit_offset, created_at, source, session_id,
           is_foreign, symbol, order_type, state, order_id, client_id, account, message, updated_at, perm_ids)
         values (${marks(12)}, true, ${marks(8)}, array[?::bigint])
         on conflict (key) do update set
           quantity = excluded.quantity, limit_price = excluded.limit_price, stop_price = excluded.stop_price,
           trail_amount = excluded.trail_amount, trail_percent = excluded.trail_percent,
           limit_offset = excluded.limit_offset, order_type = excluded.order_type,
           state = excluded.state, order_id = excluded.order_id, client_id = excluded.client_id,
           account = excluded.account, message = coalesce(excluded.message, orders.message),
           updated_at = excluded.updated_at,
           perm_ids = case when excluded.perm_ids <@ orders.perm_ids then orders.perm_ids
             else orders.perm_ids || excluded.perm_ids end
         where orders.is_foreign`,
        [
          ...[key, order.instrumentId, order.side, order.quantity, order.limitPrice, order.stopPrice],
          ...[order.trailAmount, order.trailPercent, order.limitOffset, now, source, sessionId],
          ...[order.symbol, order.orderType, state, order.orderId, order.clientId, order.account],
          ...[order.message, now, order.permId],
        ],
      );
      await refreshFills(em, key);
    });
  }

  /** One of ours; null for an unknown ref and for orders placed elsewhere. */
  get(ref: OrderRef): Promise<Order | null> {
    return this.#db.run(async (em) => {
      const row = await em.findOne(OrderEntity, { key: ref, isForeign: false });
      return row === null ? null : toOrder(row);
    });
  }

  /** Ours that are not final, oldest first. */
  unsettled(): Promise<readonly Order[]> {
    return this.#db.run(async (em) => {
      const where = { isForeign: false, state: { $in: open } };
      return (await em.find(OrderEntity, where, { orderBy: { createdAt: 'asc', key: 'asc' } })).map(toOrder);
    });
  }

  /** Newest first by creation; `before` is a `createdAt`, exclusive. */
  list(query: {
    readonly limit: number;
    readonly before?: number | undefined;
    readonly source?: OrderSource | undefined;
  }): Promise<readonly ListedOrder[]> {
    const { limit, before, source } = query;
    const where = {
      ...(before === undefined ? {} : { createdAt: { $lt: before } }),
      ...(source === undefined ? {} : { source }),
    };
    return this.#db.run(async (em) => {
      const orderBy = { createdAt: 'desc', key: 'desc' } as const;
      return (await em.find(OrderEntity, where, { orderBy, limit })).map(toListedOrder);
    });
  }
}
