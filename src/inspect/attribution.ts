import { AsyncLocalStorage } from 'node:async_hooks';
import type { AnyActorRef, EventObject } from 'xstate';
import { type ActorRecord, currentTurn, recordOf } from './turn.ts';
import { internalsOf, ProcessingStatus, refOf } from './xstate-internals.ts';

/** The actor under which timers, promises and sockets are made. */
const owners = new AsyncLocalStorage<ActorRecord>();

/** Runs a function whose timers, promises and sockets belong to the actor. */
export const runAs = <A extends unknown[], T>(record: ActorRecord, fn: (...args: A) => T, ...args: A): T =>
  owners.run(record, fn, ...args);

/** `seq` of what causes whatever is sent now; null when that comes from outside every actor. */
export function presentCause(): number | null {
  const turn = currentTurn();
  if (turn !== null) return turn.seq;
  const owner = owners.getStore();
  return owner === undefined ? null : owner.birth;
}

/** The actor at work now, or that made the timer, promise or socket at work; null when none did. */
export const presentRecord = (): ActorRecord | null => currentTurn()?.record ?? owners.getStore() ?? null;

/**
 * The actor to which a failure belongs that no actor caught. Valid in handlers of `uncaughtException` and
 * `unhandledRejection`, where Node brings back whoever made the failing timer, promise or socket. It may have ended.
 */
export function culpritOf(): AnyActorRef | null {
  const record = presentRecord();
  return record === null ? null : refOf(record.ref);
}

/** Tells an actor to fail; known by its class, which nobody else can make. */
export class FailOrder implements EventObject {
  readonly type = 'xstate.tradewarden.fail';
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/**
 * Makes a running actor fail as if its own logic had thrown: its parent hears `xstate.error.actor.<id>`, its children
 * and timers end, a callback is disposed of and says nothing more. It fails in a turn of its own, after the events
 * that wait before it.
 * @returns false when it does not run, is the root, or is not probed: then nothing happens.
 */
export function failActor(ref: AnyActorRef, error: unknown): boolean {
  const record = recordOf(ref);
  const actor = internalsOf(ref);
  if (record === undefined || record.parent === null) return false;
  if (actor._processingStatus !== ProcessingStatus.running) return false;
  if (record.kind === 'callback') record.muted = true;
  actor.mailbox.enqueue(new FailOrder(error));
  return true;
}
