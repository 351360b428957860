import type { DecimalString } from './decimal.ts';
import type { InstrumentId } from './instrument.ts';

/** What the broker says is held. A position of "0" was closed today or is being watched. */
export interface Position {
  readonly account: string;
  readonly instrumentId: InstrumentId;
  readonly symbol: string;
  /** Signed: negative is short. */
  readonly quantity: DecimalString;
  /** Per unit, multiplier included as IBKR reports it; null when flat or unset. */
  readonly averageCost: DecimalString | null;
  /** When the broker said so, epoch ms wall clock. */
  readonly at: number;
}

/** One figure of the account, e.g. `NetLiquidation`. Null is "the broker did not say", never 0. */
export interface AccountValue {
  readonly account: string;
  readonly key: string;
  readonly value: string | null;
  readonly currency: string | null;
  readonly at: number;
}
