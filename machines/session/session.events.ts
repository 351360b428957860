import type { Bar } from '../domain/bar.ts';
import type { Decision } from '../domain/decision.ts';
import type { Position } from '../domain/position.ts';
import type { SessionDefinition, SessionState } from '../domain/session.ts';
import type { SessionView } from './session.view.ts';

export interface SessionInput {
  readonly definition: SessionDefinition;
  /** What a person wants of the session when its actor starts; `paused` runs without orders. */
  readonly startIn: 'idle' | 'running' | 'paused';
}

/** Proof that this process may decide for the session; the epoch grows with each holder. */
export interface Lease {
  readonly epoch: number;
}

/** A closed bar. `late`: it closed while the feed was away. */
export interface ClosedBar {
  readonly bar: Bar;
  readonly late: boolean;
}

/** Told by the market data hub, in this order: one history, then every closed bar once, ascending. */
export type MarketNews =
  | { readonly type: 'market.history'; readonly bars: readonly Bar[] }
  | { readonly type: 'market.bar'; readonly bar: Bar; readonly late: boolean }
  | { readonly type: 'market.waiting'; readonly cause: string }
  | { readonly type: 'market.live' };

/** What people and the runtime ask of a session. */
export type SessionCommand =
  | { readonly type: 'session.start' }
  /** Finishes the bars that have closed, sends no new order for them, then goes idle. */
  | { readonly type: 'session.stop' }
  /** Goes on deciding and recording; every order is refused by the guard `sessionPaused`. */
  | { readonly type: 'session.pause' }
  | { readonly type: 'session.resume' }
  /** Asks the broker for the position as soon as no bar is being decided. */
  | { readonly type: 'session.sync' };

export type SessionEvent =
  | SessionCommand
  /** Sent by a supervisor that ends: as `session.stop`, and the actor finishes. */
  | { readonly type: 'shutdown' }
  | MarketNews
  | { readonly type: 'lease.changed'; readonly lease: Lease | null }
  | { readonly type: 'decider.decided'; readonly decision: Decision }
  | { readonly type: 'decider.failed'; readonly message: string }
  | { readonly type: 'recorder.recorded'; readonly decision: Decision; readonly first: boolean }
  | { readonly type: 'recorder.waiting'; readonly cause: string }
  | { readonly type: 'session.retry' }
  | { readonly type: 'session.drainTimeout' }
  | { readonly type: 'session.crash'; readonly message: string }
  | { readonly type: `xstate.error.actor.${string}`; readonly error: unknown; readonly actorId: string };

export type SessionEmitted =
  | { readonly type: 'session.changed'; readonly view: SessionView }
  /** Once for each bar, after its record has been committed. */
  | { readonly type: 'session.decided'; readonly decision: Decision };

/** Plain data only. */
export interface SessionContext {
  readonly definition: SessionDefinition;
  /** A person wants it to run. */
  readonly wanted: boolean;
  readonly paused: boolean;
  /** Stopping: the bars that have closed are still decided, then everything is released. */
  readonly draining: boolean;
  /** Its supervisor ends it: it finishes once it has drained. */
  readonly ending: boolean;
  readonly lease: Lease | null;
  /** State and wall-clock time at which it was entered, epoch ms. */
  readonly state: SessionState;
  readonly since: number;
  /** The rolling buffer: the newest closed bars, ascending, at most `definition.bufferSize`. */
  readonly buffer: readonly Bar[];
  /** The history has come; before it no bar is decided. */
  readonly warmed: boolean;
  /** Closed bars without a decision, ascending. */
  readonly queue: readonly ClosedBar[];
  /** The bar in `signaling`; null when none is. */
  readonly current: (ClosedBar & { readonly superseded: boolean }) | null;
  /** The decision of the bar under way; null when none is. */
  readonly decision: Decision | null;
  readonly lastDecision: Decision | null;
  /** As the broker last told it; null before the first answer. */
  readonly position: Position | null;
  /** The position must be asked for before the next bar is decided. */
  readonly syncAsked: boolean;
  /** Why market data are not live; null when they are. */
  readonly marketCause: string | null;
  /** Why the step under way waits (broker or database away); null when it does not. */
  readonly stepCause: string | null;
  /** Failed tries of the step under way. */
  readonly attempts: number;
}
