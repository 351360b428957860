import type { SnapshotFrom } from 'xstate';
import type { Bar } from '../domain/bar.ts';
import type { Decision } from '../domain/decision.ts';
import { failureMessage } from '../domain/failure.ts';
import type { Position } from '../domain/position.ts';
import type { SessionDefinition, SessionState } from '../domain/session.ts';
import type { SessionContext } from './session.events.ts';
import type { sessionMachine } from './session.machine.ts';

/** A session as people see it; plain data. */
export interface SessionView {
  readonly id: string;
  readonly definition: SessionDefinition;
  /** `failed` while its supervisor waits to restart it. */
  readonly state: SessionState | 'failed';
  readonly wanted: boolean;
  readonly paused: boolean;
  /** When the state was entered, epoch ms wall clock. */
  readonly since: number;
  /** What it waits for, in one sentence; null when it waits for the next bar only. */
  readonly waitingFor: string | null;
  readonly lastBar: Bar | null;
  readonly lastDecision: Decision | null;
  readonly position: Position | null;
  readonly bufferLength: number;
  /** Closed bars without a decision. */
  readonly queueLength: number;
  readonly leaseEpoch: number | null;
  readonly error: string | null;
}

/** What keeps a session from deciding, in one sentence; null when only the next bar does, or nobody wants it to run. */
export function waitingFor(context: SessionContext): string | null {
  if (!context.wanted && !context.draining) return null;
  if (context.lease === null) {
    return context.state === 'idle'
      ? 'Waiting for the lease of the session; another process may hold it.'
      : 'Waiting to hold the lease of the session again; bars are kept and decided then.';
  }
  if (context.stepCause !== null) {
    const step = context.state === 'syncing' ? 'the position from the broker' : 'the database or the broker';
    return `Waiting for ${step}: ${context.stepCause}`;
  }
  if (context.marketCause !== null) return `Waiting for market data: ${context.marketCause}`;
  if (!context.warmed) return 'Waiting for the price history.';
  return null;
}

/** The view of a context; `error` is the sentence that felled the session. */
export function viewOf(context: SessionContext, error: string | null = null): SessionView {
  return {
    id: context.definition.id,
    definition: context.definition,
    state: error === null ? context.state : 'failed',
    wanted: context.wanted,
    paused: context.paused,
    since: context.since,
    waitingFor: error === null ? waitingFor(context) : null,
    lastBar: context.buffer.at(-1) ?? null,
    lastDecision: context.lastDecision,
    position: context.position,
    bufferLength: context.buffer.length,
    queueLength: context.queue.length,
    leaseEpoch: context.lease?.epoch ?? null,
    error,
  };
}

/** The view of a session's snapshot, dead or alive. */
export const sessionView = (snapshot: SnapshotFrom<typeof sessionMachine>): SessionView =>
  viewOf(snapshot.context, snapshot.status === 'error' ? failureMessage(snapshot.error) : null);
