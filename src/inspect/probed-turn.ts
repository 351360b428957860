import type { EventObject, Snapshot } from 'xstate';
import { FailOrder, runAs } from './attribution.ts';
import { swapTape } from './draws.ts';
import { type ActorRecord, currentTurn, enter, leave, stateValueOf, Turn } from './turn.ts';
import { STOP } from './xstate-internals.ts';

export function beginTurn(turn: Turn): void {
  enter(turn);
  const { observer, faults } = turn.record.probe;
  try {
    observer.begin(turn);
  } catch (error) {
    faults.note('the observer failed at the begin of a turn', error);
  }
}

export function endTurn(turn: Turn): void {
  const { record } = turn;
  const { probe } = record;
  if (record.kind === 'machine') turn.to = stateValueOf(record.ref._snapshot);
  try {
    probe.observer.end(turn);
    leave(turn);
    if (currentTurn() === null) probe.observer.rest();
  } catch (error) {
    if (currentTurn() === turn) leave(turn);
    probe.faults.note('the observer failed at the end of a turn', error);
  }
}

function newTurn(record: ActorRecord, event: EventObject, cause: number | null): Turn {
  if (record.kind === 'machine') {
    const from = stateValueOf(record.ref._snapshot);
    return new Turn(record, event.type === STOP ? 'stop' : 'step', event, cause, from);
  }
  // A promise's only event is its own end, which its parent hears: that counts as caused by its spawn.
  if (event.type === STOP) return new Turn(record, 'stop', event, cause, undefined);
  return new Turn(record, record.kind === 'promise' ? null : 'event', event, cause, undefined);
}

const failed = (snapshot: Snapshot<unknown>, error: unknown): Snapshot<unknown> =>
  ({ ...snapshot, status: 'error', error }) as Snapshot<unknown>;

const advance = ({ ref }: ActorRecord, event: EventObject): Snapshot<unknown> =>
  ref.logic.transition(ref._snapshot, event, ref._actorScope as never);

/**
 * An actor handles one event. As XState's `_process`, and besides: the whole of it is one turn, an order to fail is
 * obeyed, and a dispose that throws while the actor is being stopped does not fail it.
 */
export function runTurn(record: ActorRecord, event: EventObject, cause: number | null): void {
  const { ref, probe } = record;
  const turn = newTurn(record, event, cause);
  beginTurn(turn);
  const tape = swapTape(record.kind === 'machine' ? turn : null);
  try {
    const before = ref._snapshot;
    let next: Snapshot<unknown>;
    try {
      if (event instanceof FailOrder) throw event.error;
      // What a listener starts belongs to its callback; custom actions of machines are seen to one by one.
      next =
        record.kind === 'callback' || record.kind === 'other'
          ? runAs(record, advance, record, event)
          : advance(record, event);
    } catch (error) {
      swapTape(null);
      if (event.type !== STOP || record.kind === 'machine') {
        ref._snapshot = failed(before, error);
        turn.lastGood = before;
        ref._error(error);
        return;
      }
      probe.faults.note(`${record.path}: its cleanup failed while it was stopped`, error);
      next = { ...before, status: 'stopped', error: undefined } as Snapshot<unknown>;
    }
    swapTape(null);
    if (next.status === 'error') turn.lastGood = before;
    ref.update(next, event);
    if (event.type === STOP) {
      ref._stopProcedure();
      ref._complete();
    }
  } finally {
    swapTape(tape);
    endTurn(turn);
  }
}
