import type { Decimal } from 'decimal.js';
import type { Valuation } from './valuation.ts';

/** Margins and equity in the account's currency. */
export interface MarginFigures {
  readonly initial: Decimal;
  readonly maintenance: Decimal;
  readonly equityWithLoan: Decimal;
}

/** What an order would do to the account if it were filled now. */
export interface WhatIf {
  readonly before: MarginFigures;
  readonly after: MarginFigures;
  /** In `currency`, the contract's. TWS leaves it out and gives a range where it cannot tell. */
  readonly commission: Decimal | undefined;
  readonly minCommission: Decimal | undefined;
  readonly maxCommission: Decimal | undefined;
  readonly currency: string;
  readonly warning: string;
}

/** The margin figures of a valued account. */
export const marginFigures = (v: Valuation): MarginFigures => ({
  initial: v.initialMargin,
  maintenance: v.maintenanceMargin,
  equityWithLoan: v.netLiquidation,
});
