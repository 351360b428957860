import type { DecimalString } from '../domain/decimal.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import type { CloseObstacle } from './close.logic.ts';

/** Who wanted everything closed, and why. */
export interface FlattenRequest {
  /** Epoch ms, wall clock. */
  readonly at: number;
  readonly cause: string;
  readonly author: 'person' | 'limit' | 'supervisor';
}

/**
 * - `idle`: nobody wanted it since it was last called off; `cancelling`: working orders of ours are cancelled;
 * - `surveying`: the broker is asked what is held; `closing`: positions are closed; `flat`: nothing is held.
 * - `standingDown`: it was called off, and its own orders are cancelled.
 */
export type FlattenPhase = 'idle' | 'cancelling' | 'surveying' | 'closing' | 'flat' | 'standingDown';

/** Something that was done, or could not be, in a sentence for people. */
export interface FlattenReport {
  readonly at: number;
  /** Null: about everything. */
  readonly instrumentId: InstrumentId | null;
  readonly message: string;
}

/** A position on its way to none. */
export interface Closing {
  readonly instrumentId: InstrumentId;
  /** As the broker last told it. */
  readonly held: DecimalString;
  readonly state: 'working' | 'waiting' | 'closed';
  /** Why it waits. */
  readonly obstacle: CloseObstacle | null;
}

/** Kept over restarts: what is wanted, and what has been done about it. */
export interface FlattenStatus {
  readonly phase: FlattenPhase;
  /** When the phase was entered. */
  readonly since: number;
  /** Null: nobody ever wanted it. */
  readonly request: FlattenRequest | null;
  readonly closing: readonly Closing[];
  /** Oldest first; the newest hundred. */
  readonly reports: readonly FlattenReport[];
}

export const notFlattening: FlattenStatus = {
  ...{ phase: 'idle', since: 0, request: null, closing: [], reports: [] },
};

/** Whether somebody wants everything closed and it is not yet. */
export const isFlattening = ({ phase }: Pick<FlattenStatus, 'phase'>): boolean =>
  phase === 'cancelling' || phase === 'surveying' || phase === 'closing';
