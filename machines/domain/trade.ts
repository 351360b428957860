import type { DecimalString } from './decimal.ts';
import type { InstrumentId } from './instrument.ts';
import type { OrderPrices, OrderRef, OrderSide, OrderSource, OrderState } from './order.ts';

/** One order with its fills, whoever placed it: a row of the trade history. */
export interface Trade extends OrderPrices {
  /** Stable: our ref, or `perm:<permId>`. */
  readonly key: string;
  readonly source: OrderSource;
  readonly sessionId: string | null;
  readonly instrumentId: InstrumentId;
  readonly symbol: string;
  readonly side: OrderSide;
  /** What was ordered; null for fills of an order never seen. */
  readonly quantity: DecimalString | null;
  /** Sum of its effective executions. */
  readonly filled: DecimalString;
  readonly averagePrice: DecimalString | null;
  readonly orderType: string | null;
  readonly timeInForce: string | null;
  /** The entry that it protects. */
  readonly parentRef: OrderRef | null;
  /** null for fills of an order never seen. */
  readonly state: OrderState | null;
  /** Sum over its effective executions; null when none was reported, or in several currencies. */
  readonly commission: DecimalString | null;
  readonly commissionCurrency: string | null;
  /** Sum as IBKR computes it; null when none was reported. */
  readonly realizedPnl: DecimalString | null;
  /** null when it is not ours. */
  readonly ref: OrderRef | null;
  readonly permIds: readonly number[];
  /** How many effective executions. */
  readonly executions: number;
  readonly reason: string | null;
  readonly message: string | null;
  /** Last fill (market time), else creation (wall clock); epoch ms. */
  readonly time: number;
  /** When it became known here, epoch ms wall clock; the order of the history. */
  readonly at: number;
}
