import type { DecimalString } from '../domain/decimal.ts';
import type { PriceBands } from '../domain/price-bands.ts';
import type { QuoteQuality } from '../domain/quote.ts';
import type { RiskState } from '../risk/risk.status.ts';

/** The prices that an order would meet. Null is "not received". */
export interface DecisionQuote {
  readonly bid: number | null;
  readonly ask: number | null;
  readonly last: number | null;
  readonly quality: QuoteQuality;
  /** Wall time since its newest value arrived. */
  readonly ageMs: number;
}

/** Everything outside the bars that a decision looks at, gathered at that moment; read, never kept. */
export interface DecisionFacts {
  /** Wall clock, epoch ms. */
  readonly now: number;
  readonly paused: boolean;
  /** A newer bar has already closed. */
  readonly superseded: boolean;
  /** The bar was backfilled after a gap. */
  readonly late: boolean;
  readonly leaseHeld: boolean;
  readonly storeUp: boolean;
  readonly connectionReady: boolean;
  /** Why the connection is not ready, in one sentence; null when nobody said. */
  readonly brokerCause: string | null;
  readonly risk: RiskState;
  /** Why risk is what it is, in one sentence. */
  readonly riskCause: string;
  /** Signed, as the broker last said after the last order settled; null: not synced. */
  readonly positionQuantity: DecimalString | null;
  /** Orders of this session that are not final. */
  readonly ordersInFlight: number;
  readonly marketOpen: boolean;
  /** Market time, epoch ms; null: the broker has not told it. */
  readonly marketTime: number | null;
  /** null: no quote was ever received. */
  readonly quote: DecisionQuote | null;
  /** Older quotes carry no order, wall time. */
  readonly maxQuoteAgeMs: number;
  /** In the instrument's currency; null: the broker did not say. */
  readonly netLiquidation: DecimalString | null;
  /** In the instrument's currency; null: the broker did not say. */
  readonly availableFunds: DecimalString | null;
  readonly priceBands: PriceBands;
  readonly multiplier: DecimalString;
  readonly lotSize: DecimalString;
}
