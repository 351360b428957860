import { decimalString } from '../../../machines/domain/decimal.ts';
import { fillSummary } from '../../../machines/domain/execution.ts';
import {
  type OrderSide,
  type OrderSource,
  type OrderState,
  sourceOfRef,
} from '../../../machines/domain/order.ts';
import type { Trade } from '../../../machines/domain/trade.ts';
import type { Database } from '../database.ts';
import { decimalOrNull } from '../rows.ts';

interface Fill {
  readonly execId: string;
  /** As text: JSON numbers would pass through doubles. */
  readonly quantity: string;
  readonly price: string;
}

interface Row {
  readonly key: string;
  readonly source: OrderSource;
  readonly instrument_id: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly quantity: string | null;
  readonly order_type: string | null;
  readonly limit_price: string | null;
  readonly stop_price: string | null;
  readonly trail_amount: string | null;
  readonly trail_percent: string | null;
  readonly limit_offset: string | null;
  readonly time_in_force: string | null;
  readonly parent_ref: string | null;
  readonly state: OrderState | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly perm_ids: readonly string[];
  readonly at: number;
  readonly last_fill: number | null;
  readonly commission: string | null;
  readonly currency: string | null;
  readonly currencies: number;
  readonly realized: string | null;
  readonly fills: readonly Fill[];
}

/**
 * One page of the history: the stored orders and the fills whose order is not stored, newest first; then, for this
 * page only, the executions that count (of each root the highest revision) and what was reported for them.
 */
const pageSql = (bounds: { source: boolean; before: boolean }) => `
with page as (
  (select key, source, instrument_id, symbol, side, quantity, order_type, limit_price, stop_price, trail_amount,
     trail_percent, limit_offset, time_in_force, parent_ref, state, reason, message, perm_ids, created_at as at
   from orders
   where true ${bounds.source ? 'and source = ?' : ''} ${bounds.before ? 'and created_at < ?' : ''}
   order by created_at desc limit ?)
  union all
  (select e.order_key, min(e.source), min(e.instrument_id), min(e.symbol), min(e.side), null, null, null, null, null,
     null, null, null, null, null, null, null, array_agg(distinct e.perm_id), min(e.recorded_at) as at
   from executions e
   where not exists (select 1 from orders o where o.key = e.order_key) ${bounds.source ? 'and e.source = ?' : ''}
   group by e.order_key ${bounds.before ? 'having min(e.recorded_at) < ?' : ''}
   order by at desc limit ?)
  order by at desc, key desc limit ?
), effective as (
  select distinct on (e.order_key, e.exec_root) e.order_key, e.exec_id, e.quantity, e.price, e.time
  from executions e join page on page.key = e.order_key
  order by e.order_key, e.exec_root, e.exec_revision desc
), fills as (
  select f.order_key, max(f.time)::float8 as last_fill,
    sum(c.commission)::text as commission, min(c.currency) as currency,
    count(distinct c.currency)::int as currencies, sum(c.realized_pnl)::text as realized,
    json_agg(json_build_object('execId', f.exec_id, 'quantity', f.quantity::text, 'price', f.price::text)) as fills
  from effective f left join commission_reports c on c.exec_id = f.exec_id
  group by f.order_key
)
select page.*, page.at::float8 as at, page.quantity::text as quantity, page.limit_price::text as limit_price,
  page.stop_price::text as stop_price, page.trail_amount::text as trail_amount,
  page.trail_percent::text as trail_percent, page.limit_offset::text as limit_offset,
  f.last_fill, f.commission, f.currency, coalesce(f.currencies, 0) as currencies, f.realized,
  coalesce(f.fills, '[]') as fills
from page left join fills f on f.order_key = page.key
order by page.at desc, page.key desc`;

function toTrade(row: Row): Trade {
  const { filled, averagePrice } = fillSummary(row.fills);
  const { source, sessionId } = sourceOfRef(row.key);
  const oneCurrency = row.currencies === 1;
  return {
    key: row.key,
    source: row.source,
    sessionId,
    instrumentId: row.instrument_id,
    symbol: row.symbol,
    side: row.side,
    quantity: decimalOrNull(row.quantity),
    filled,
    averagePrice,
    orderType: row.order_type,
    limitPrice: decimalOrNull(row.limit_price),
    stopPrice: decimalOrNull(row.stop_price),
    trailAmount: decimalOrNull(row.trail_amount),
    trailPercent: decimalOrNull(row.trail_percent),
    limitOffset: decimalOrNull(row.limit_offset),
    timeInForce: row.time_in_force,
    parentRef: row.parent_ref,
    state: row.state,
    commission: oneCurrency && row.commission !== null ? decimalString(row.commission) : null,
    commissionCurrency: oneCurrency ? row.currency : null,
    realizedPnl: oneCurrency ? decimalOrNull(row.realized) : null,
    ref: source === 'ibkr' ? null : row.key,
    permIds: row.perm_ids.map(Number),
    executions: row.fills.length,
    reason: row.reason,
    message: row.message,
    time: row.last_fill ?? row.at,
    at: row.at,
  };
}

/** The trade history: stored orders and the broker's executions in one list. */
export class TradesRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Newest first by `at`; `before` is an `at`, exclusive. */
  async list(query: {
    readonly source?: OrderSource | undefined;
    readonly limit: number;
    readonly before?: number | undefined;
  }): Promise<readonly Trade[]> {
    const { source, limit, before } = query;
    const bounds = [source, before].filter((value) => value !== undefined);
    const rows = await this.#db.run((em) =>
      em.execute<Row[]>(pageSql({ source: source !== undefined, before: before !== undefined }), [
        ...bounds,
        limit,
        ...bounds,
        limit,
        limit,
      ]),
    );
    return rows.map(toTrade);
  }
}
