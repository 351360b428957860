import type { EventObject } from 'xstate';
import { presentCause, runAs } from './attribution.ts';
import { swapTape } from './draws.ts';
import { kindOf } from './logic-kind.ts';
import { Mailbox } from './mailbox.ts';
import { withName } from './names.ts';
import type { ProbeState } from './probe.state.ts';
import { beginTurn, endTurn, runTurn } from './probed-turn.ts';
import { ActorRecord, currentTurn, keepRecord, recordOf, Turn } from './turn.ts';
import {
  type ActionInternals,
  type ActorInternals,
  actorMethods,
  ProcessingStatus,
  STOP,
} from './xstate-internals.ts';

function recordFor(actor: ActorInternals): ActorRecord {
  const record = recordOf(actor);
  if (record === undefined) throw new Error(`actor "${actor.id}": found no record, expected a probed actor`);
  return record;
}

function begin(actor: ActorInternals): void {
  actorMethods.start.call(actor);
}

/** While the actor has not started, the library defers the action to its start. */
function executeAction(record: ActorRecord, action: ActionInternals): void {
  const turn = currentTurn();
  if (turn !== null && turn.record === record) turn.actions = withName(turn.actions, action.type);
  const isCustom = action.exec !== undefined && !action.type.startsWith('xstate.');
  if (!isCustom) {
    record.execute(action);
    return;
  }
  // What a custom action reads decides nothing, and what it starts belongs to its actor.
  const tape = swapTape(null);
  try {
    runAs(record, record.execute, action);
  } finally {
    swapTape(tape);
  }
}

/** A subscriber or listener that cannot hurt: what it throws is told as a fault. */
const harmless =
  <A extends readonly unknown[]>(record: ActorRecord, what: string, call: (...args: A) => void) =>
  (...args: A): void => {
    try {
      call(...args);
    } catch (error) {
      record.probe.faults.note(`${record.path}: ${what} failed`, error);
    }
  };

type Handler = ((value: unknown) => void) | undefined;
interface ObserverParts {
  readonly next?: Handler;
  readonly error?: Handler;
  readonly complete?: (() => void) | undefined;
}

function guarded(record: ActorRecord, given: readonly unknown[]): ObserverParts {
  const [first, error, complete] = given;
  const parts = (
    typeof first === 'object' && first !== null ? first : { next: first, error, complete }
  ) as ObserverParts;
  const guard = <A extends readonly unknown[]>(call: ((...args: A) => void) | undefined) =>
    call === undefined ? undefined : harmless(record, 'a subscriber', call.bind(parts));
  // XState throws the failure of an actor in the open when a subscriber does not take it, though its parent does.
  const unheard = record.parent === null ? undefined : () => {};
  return { next: guard(parts.next), error: guard(parts.error) ?? unheard, complete: guard(parts.complete) };
}

/** Lets a failed callback go: its cleanup runs, and it says nothing more. */
function dispose(record: ActorRecord): void {
  const { ref, probe } = record;
  record.muted = true;
  try {
    ref.logic.transition(ref._snapshot, { type: STOP }, ref._actorScope as never);
  } catch (error) {
    probe.faults.note(`${record.path}: its cleanup failed after it had failed`, error);
  }
}

/** Stops what a failed machine would leave running (https://github.com/statelyai/xstate/issues/5153). */
function reap(record: ActorRecord): void {
  if (record.children === null) return;
  for (const child of [...record.children].reverse()) child.ref._stop();
}

function forget(record: ActorRecord): void {
  record.parent?.children?.delete(record);
}

type Overrides = Pick<
  ActorInternals,
  '_initState' | 'start' | '_process' | '_stop' | '_stopProcedure' | '_error' | 'subscribe' | 'on'
>;

/**
 * What a probed actor does otherwise than XState's `Actor`. The methods are put on each actor: another prototype would
 * cost more than a microsecond at each making, and slow down what the library does with the actor.
 */
const overrides: Overrides & ThisType<ActorInternals> = {
  _initState(persisted) {
    const record = recordFor(this);
    const turn = new Turn(record, 'spawn', null, presentCause(), undefined);
    beginTurn(turn);
    record.birth = turn.seq;
    const tape = swapTape(record.kind === 'machine' ? turn : null);
    try {
      actorMethods._initState.call(this, persisted);
    } finally {
      swapTape(tape);
      endTurn(turn);
    }
  },

  start() {
    if (this._processingStatus === ProcessingStatus.running) return this;
    const record = recordFor(this);
    // No entry of its own: what happens now counts as caused by the spawn.
    const turn = new Turn(record, null, null, null, undefined);
    beginTurn(turn);
    try {
      runAs(record, begin, this);
    } finally {
      endTurn(turn);
    }
    return this;
  },

  _process(event) {
    runTurn(recordFor(this), event, presentCause());
  },

  _stop() {
    const isUnborn = this._processingStatus === ProcessingStatus.notStarted;
    actorMethods._stop.call(this);
    if (isUnborn) {
      const record = recordFor(this);
      // XState keeps the name of an actor that never started taken.
      this.system._unregister(this);
      reap(record);
      forget(record);
      record.probe.observer.ended(record, 'stopped');
    }
    return this;
  },

  _stopProcedure() {
    const wasRunning = this._processingStatus === ProcessingStatus.running;
    actorMethods._stopProcedure.call(this);
    if (wasRunning) {
      const record = recordFor(this);
      forget(record);
      if (this._snapshot.status === 'done') record.probe.observer.ended(record, 'done');
    }
    return this;
  },

  _error(error) {
    const record = recordFor(this);
    const turn = currentTurn();
    record.probe.observer.crashed(record, error, turn?.record === record ? turn : null);
    if (record.kind === 'callback') dispose(record);
    reap(record);
    actorMethods._error.call(this, error);
  },

  subscribe(...observer) {
    return actorMethods.subscribe.call(this, guarded(recordFor(this), observer));
  },

  on(type, handler) {
    return actorMethods.on.call(this, type, harmless(recordFor(this), `a listener of "${type}"`, handler));
  },
};

/** Puts an actor that is being made under the probe, before it has a state. */
export function adopt(actor: ActorInternals, probe: ProbeState): ActorRecord {
  const record = new ActorRecord(actor, probe, kindOf(actor.logic));
  keepRecord(actor, record);
  actor._initState = overrides._initState;
  actor.start = overrides.start;
  actor._process = overrides._process;
  actor._stop = overrides._stop;
  actor._stopProcedure = overrides._stopProcedure;
  actor._error = overrides._error;
  actor.subscribe = overrides.subscribe;
  actor.on = overrides.on;
  actor.mailbox = new Mailbox(record);
  actor._actorScope.actionExecutor = (action) => executeAction(record, action);
  if (record.parent !== null) {
    record.parent.children ??= new Set();
    record.parent.children.add(record);
  }
  return record;
}

/** True for the word of its own end, which also a muted actor gives. */
export const isOwnEnd = (actor: ActorInternals, event: EventObject): boolean =>
  event.type === `xstate.error.actor.${actor.id}` || event.type === `xstate.done.actor.${actor.id}`;
