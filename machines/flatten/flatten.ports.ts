import type { DecimalString } from '../domain/decimal.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import type { OrderIntent, OrderRef } from '../domain/order.ts';
import type { CancelResult, SubmitResult } from '../order/desk.events.ts';
import type { CloseLook } from './close.logic.ts';

/** A position that the broker told of. */
export interface HeldNow {
  readonly instrumentId: InstrumentId;
  readonly quantity: DecimalString;
  /** Whether orders go to the account that holds it; what another account holds is left. */
  readonly isOurs: boolean;
}

/** What flattening needs of the world. What is answered at once is recorded with the turn that asked. */
export interface FlattenPorts {
  now(): number;
  /** A new ref of an order that flattens. */
  newRef(): OrderRef;
  look(instrumentId: InstrumentId): CloseLook;
  /** Orders of ours that may still fill; null: the desk is not open. `mine`: those that flatten. */
  inFlight(which: 'all' | 'mine'): readonly OrderRef[] | null;
  submit(intent: OrderIntent): Promise<SubmitResult>;
  cancel(ref: OrderRef): Promise<CancelResult>;
  /** Has the broker asked for orders, executions and positions; answers what is held when all is stored. Throws when it cannot be asked. */
  survey(): Promise<readonly HeldNow[]>;
}

export interface FlattenTiming {
  /** How long a step may work before it is cancelled and priced anew. */
  readonly patienceMs: number;
  /** Between two looks at a step that works. */
  readonly pollMs: number;
  /** Before what could not be done is tried again. */
  readonly retryMs: number;
  /** After this a question to the broker counts as not answered. */
  readonly askMs: number;
  /** After this it begins again: something new may be held. */
  readonly roundMs: number;
}

export const flattenTiming: FlattenTiming = {
  ...{ patienceMs: 5_000, pollMs: 250, retryMs: 2_000, askMs: 30_000, roundMs: 60_000 },
};
