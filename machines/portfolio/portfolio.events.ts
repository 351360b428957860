import type { ConnectionNews } from '../connection/connection.ports.ts';
import type { AccountValue, Position } from '../domain/position.ts';
import type { AccountNews, PnlReading, PositionValue } from './portfolio.ports.ts';

/** Everything that the broker has told of the accounts; each figure with its own age, null is "not told". */
export interface PortfolioView {
  /** Union of all instruments ever told in this life; one that vanished from a full answer has quantity "0". */
  readonly positions: readonly Position[];
  readonly values: readonly AccountValue[];
  readonly positionValues: readonly PositionValue[];
  readonly pnl: readonly PnlReading[];
  /** When the broker last listed all positions, epoch ms wall clock; null before the first time. */
  readonly asOf: number | null;
  /** The broker has listed all positions over the present connection. */
  readonly synced: boolean;
}

/** What went wrong with a refresh; rebuilt as an error by the facade. */
export interface RefreshFailure {
  readonly kind: 'broker' | 'store';
  readonly code: 'unavailable' | 'timeout' | 'refused' | 'lost';
  readonly brokerCode: number | null;
  readonly message: string;
}

export type PortfolioEmitted =
  | { readonly type: 'portfolio.changed'; readonly view: PortfolioView }
  | {
      readonly type: 'portfolio.answer';
      readonly requestId: string;
      readonly positions: readonly Position[] | null;
      readonly failure: RefreshFailure | null;
    }
  | { readonly type: 'portfolio.alarm'; readonly message: string };

export type PortfolioEvent =
  | ConnectionNews
  | AccountNews
  /** Really asks the broker; answered when what it said is stored. */
  | { readonly type: 'portfolio.refresh'; readonly requestId: string }
  /** Internal: something is to be told, or to be stored. */
  | { readonly type: 'portfolio.dirty' };

export interface PortfolioTiming {
  /** Account values, market values and P&L are told and stored at most this often. */
  readonly batchMs: number;
  readonly askMs: number;
  /** Rest before a failed first question, or a failed write, is tried again. */
  readonly retryMs: number;
}
export const portfolioTiming: PortfolioTiming = { batchMs: 500, askMs: 30_000, retryMs: 1_000 };

export interface PortfolioInput {
  readonly timing?: Partial<PortfolioTiming>;
}

/** What is known and not yet stored: accounts told in full, and keys of single positions and values. */
export interface Unsaved {
  readonly accounts: readonly string[];
  readonly positions: readonly string[];
  readonly values: readonly string[];
}

export interface PortfolioContext {
  readonly timing: PortfolioTiming;
  readonly accounts: readonly string[];
  readonly positions: Readonly<Record<string, Position>>;
  readonly values: Readonly<Record<string, AccountValue>>;
  readonly positionValues: Readonly<Record<string, PositionValue>>;
  readonly pnl: Readonly<Record<string, PnlReading>>;
  readonly asOf: number | null;
  readonly synced: boolean;
  readonly unsaved: Unsaved;
  /** What is being stored now. */
  readonly saving: Unsaved;
  /** Who waits for the next question, for the one under way, and for its answer being stored. */
  readonly waiting: readonly string[];
  readonly asking: readonly string[];
  readonly storing: readonly string[];
  readonly askedAt: number;
}
