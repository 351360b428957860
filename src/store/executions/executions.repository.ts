import type { InferEntity } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { decimalString } from '../../../machines/domain/decimal.ts';
import {
  type CommissionReport,
  type Execution,
  execRevision,
  execRoot,
} from '../../../machines/domain/execution.ts';
import type { InstrumentId } from '../../../machines/domain/instrument.ts';
import {
  type OrderRef,
  type OrderSide,
  type OrderSource,
  sourceOfRef,
} from '../../../machines/domain/order.ts';
import type { Fill } from '../../../machines/portfolio/holding.logic.ts';
import type { Database } from '../database.ts';
import { OrderEntity } from '../orders/order.entity.ts';
import { lockOrder, orderKey } from '../orders/order-key.ts';
import { refreshFills } from '../orders/orders.repository.ts';
import { decimalOrNull, marks } from '../rows.ts';
import { ExecutionEntity } from './execution.entity.ts';

const toDomain = (row: InferEntity<typeof ExecutionEntity>): Execution => ({
  execId: row.execId,
  permId: row.permId,
  orderId: row.orderId,
  clientId: row.clientId,
  orderRef: row.orderRef,
  account: row.account,
  instrumentId: row.instrumentId,
  symbol: row.symbol,
  side: row.side,
  quantity: decimalString(row.quantity),
  price: decimalString(row.price),
  time: row.time,
});

/** The order that a fill belongs to; a fill without a ref of ours is looked up by its permId. */
async function keyOf(em: EntityManager, execution: Execution): Promise<string> {
  const key = orderKey(execution.orderRef, execution.permId);
  if (key === execution.orderRef) return key;
  const order = await em.findOne(OrderEntity, { permIds: { $contains: [execution.permId] } });
  return order?.key ?? key;
}

/** An execution that counts, of a session's order. */
export interface SessionFill extends Fill {
  readonly execId: string;
  readonly sessionId: string;
  readonly account: string;
  readonly instrumentId: InstrumentId;
}

/** One of whoever it is; null: not of a session. */
export interface TradedFill extends Omit<SessionFill, 'sessionId'> {
  readonly sessionId: string | null;
}

interface FillRow {
  readonly exec_id: string;
  readonly session_id: string;
  readonly account: string;
  readonly instrument_id: string;
  readonly side: OrderSide;
  readonly quantity: string;
  readonly price: string;
  readonly at: number;
  readonly commission: string | null;
  readonly currency: string | null;
}

const fillOf = (row: Omit<FillRow, 'session_id'>): Omit<SessionFill, 'sessionId'> => ({
  ...{ execId: row.exec_id, account: row.account, instrumentId: row.instrument_id },
  ...{ side: row.side, quantity: decimalString(row.quantity), price: decimalString(row.price) },
  commission: decimalOrNull(row.commission),
  commissionCurrency: row.currency,
  at: row.at,
});

/** Fills and their commissions, each stored once and never changed. */
export class ExecutionsRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Stores a fill and recomputes its order's filled quantity and price; false when it was already stored. */
  record(execution: Execution): Promise<boolean> {
    const e = execution;
    return this.#db.transaction(async (em) => {
      const key = await keyOf(em, e);
      await em.execute(lockOrder, [key]);
      const { affectedRows } = await em.execute<{ affectedRows: number }>(
        `insert into executions (exec_id, exec_root, exec_revision, order_key, source, perm_id, order_id, client_id,
           order_ref, account, instrument_id, symbol, side, quantity, price, time, recorded_at)
         values (${marks(17)}) on conflict do nothing`,
        [
          ...[e.execId, execRoot(e.execId), execRevision(e.execId), key, sourceOfRef(key).source],
          ...[e.permId, e.orderId, e.clientId, e.orderRef, e.account, e.instrumentId, e.symbol],
          ...[e.side, e.quantity, e.price, e.time, Date.now()],
        ],
        'run',
      );
      if (affectedRows === 0) return false;
      await refreshFills(em, key);
      return true;
    });
  }

  /** Stores a commission, before or after its execution; false when it was already stored. */
  async recordCommission(report: CommissionReport): Promise<boolean> {
    const { affectedRows } = await this.#db.run((em) =>
      em.execute<{ affectedRows: number }>(
        `insert into commission_reports (exec_id, commission, currency, realized_pnl, recorded_at)
         values (${marks(5)}) on conflict do nothing`,
        [report.execId, report.commission, report.currency, report.realizedPnl, Date.now()],
        'run',
      ),
    );
    return affectedRows === 1;
  }

  /**
   * Signed sums of the executions that count (a correction instead of its predecessor), by instrument and by who asked
   * for them; `recentVolume` unsigned, of those that reached us after `since`, epoch ms.
   */
  positionBook(since: number): Promise<
    readonly {
      readonly instrumentId: string;
      readonly source: OrderSource;
      readonly net: string;
      readonly recentVolume: string;
    }[]
  > {
    return this.#db.run(async (em) => {
      const rows = await em.execute<
        { instrument_id: string; source: OrderSource; net: string; recent: string }[]
      >(
        `select instrument_id, source,
           sum(case side when 'BUY' then quantity else -quantity end)::text as net,
           coalesce(sum(quantity) filter (where recorded_at > ?), 0)::text as recent
         from (select distinct on (exec_root) * from executions order by exec_root, exec_revision desc) e
         group by instrument_id, source order by instrument_id, source`,
        [since],
      );
      return rows.map((row) => ({
        ...{ instrumentId: row.instrument_id, source: row.source },
        ...{ net: decimalString(row.net), recentVolume: decimalString(row.recent) },
      }));
    });
  }

  /**
   * What counts of the executions of sessions' orders, with their commissions, in the order of the market; of all
   * sessions, or of one.
   */
  sessionFills(sessionId?: string): Promise<readonly SessionFill[]> {
    return this.#db.run(async (em) => {
      const rows = await em.execute<FillRow[]>(
        `select e.exec_id, e.session_id, e.account, e.instrument_id, e.side, e.quantity::text as quantity, e.price::text as price,
           e.recorded_at::float8 as at, c.commission::text as commission, c.currency
         from (
           select distinct on (x.exec_root) x.*, o.session_id
           from executions x join orders o on o.key = x.order_key
           where o.session_id is not null ${sessionId === undefined ? '' : 'and o.session_id = ?'}
           order by x.exec_root, x.exec_revision desc
         ) e left join commission_reports c on c.exec_id = e.exec_id
         order by e.time, e.exec_id`,
        sessionId === undefined ? [] : [sessionId],
      );
      return rows.map((row) => ({ ...fillOf(row), sessionId: row.session_id }));
    });
  }

  /**
   * What counts of all fills, whoever ordered them, in the instruments and accounts that sessions have traded, or that one
   * session has, in the order of the market.
   */
  tradedFills(sessionId?: string): Promise<readonly TradedFill[]> {
    return this.#db.run(async (em) => {
      const rows = await em.execute<(Omit<FillRow, 'session_id'> & { readonly session_id: string | null })[]>(
        `select e.exec_id, e.session_id, e.account, e.instrument_id, e.side, e.quantity::text as quantity, e.price::text as price,
           e.recorded_at::float8 as at, c.commission::text as commission, c.currency
         from (
           select distinct on (x.exec_root) x.*, o.session_id
           from executions x left join orders o on o.key = x.order_key
           where (x.account, x.instrument_id) in (
             select y.account, y.instrument_id from executions y join orders p on p.key = y.order_key
             where p.session_id is not null ${sessionId === undefined ? '' : 'and p.session_id = ?'}
           )
           order by x.exec_root, x.exec_revision desc
         ) e left join commission_reports c on c.exec_id = e.exec_id
         order by e.time, e.exec_id`,
        sessionId === undefined ? [] : [sessionId],
      );
      return rows.map((row) => ({ ...fillOf(row), sessionId: row.session_id }));
    });
  }

  /** All that was reported of an order, corrections and corrected ones included, oldest first. */
  ofOrder(ref: OrderRef): Promise<readonly Execution[]> {
    return this.#db.run(async (em) => {
      const orderBy = { time: 'asc', execId: 'asc' } as const;
      return (await em.find(ExecutionEntity, { orderKey: ref }, { orderBy })).map(toDomain);
    });
  }

  /** Oldest first by market time, from `since` (epoch ms, inclusive) on. */
  list(query: {
    readonly since?: number | undefined;
    readonly limit: number;
  }): Promise<readonly Execution[]> {
    const { since, limit } = query;
    return this.#db.run(async (em) => {
      const where = since === undefined ? {} : { time: { $gte: since } };
      const orderBy = { time: 'asc', execId: 'asc' } as const;
      return (await em.find(ExecutionEntity, where, { orderBy, limit })).map(toDomain);
    });
  }
}
