import type { DecimalString } from '../domain/decimal.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import type { AccountValue, Position } from '../domain/position.ts';

/** Profit and loss of the account as IBKR computes it; null is "not told". */
export interface PnlReading {
  readonly account: string;
  readonly daily: DecimalString | null;
  readonly unrealized: DecimalString | null;
  readonly realized: DecimalString | null;
  readonly at: number;
}

/** Market value and P&L of one position as IBKR computes them. */
export interface PositionValue {
  readonly account: string;
  readonly instrumentId: InstrumentId;
  readonly marketPrice: DecimalString | null;
  readonly marketValue: DecimalString | null;
  readonly unrealizedPnl: DecimalString | null;
  readonly realizedPnl: DecimalString | null;
  readonly at: number;
}

export type AccountNews =
  | { readonly type: 'account.position'; readonly position: Position }
  | { readonly type: 'account.value'; readonly value: AccountValue }
  | { readonly type: 'account.positionValue'; readonly value: PositionValue }
  | { readonly type: 'account.pnl'; readonly pnl: PnlReading };

/** The account side of the broker. */
export interface AccountPort {
  /** Really asks the broker for all positions. @throws BrokerError */
  positions(): Promise<readonly Position[]>;
  /** Live positions, account values, position values and P&L of these accounts until cancelled or the link is lost. */
  stream(accounts: readonly string[], listener: (news: AccountNews) => void): () => void;
}

export interface PortfolioStorePort {
  /** Replaces what was known of the account. */
  replacePositions(account: string, positions: readonly Position[]): Promise<void>;
  savePosition(position: Position): Promise<void>;
  saveAccountValues(values: readonly AccountValue[]): Promise<void>;
}
