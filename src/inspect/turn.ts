import type { EventObject, Snapshot, StateValue } from 'xstate';
import type { JournalKind } from '../../machines/domain/journal.ts';
import type { Tape } from './draws.ts';
import type { LogicKind } from './logic-kind.ts';
import type { ProbeState } from './probe.state.ts';
import type { ActorInternals } from './xstate-internals.ts';

/** Most children of one path that are remembered after their end. */
const mostChildren = 2_000;

/** One place in the tree, over all actors that were started there. */
export class Place {
  readonly path: string;
  /** Actors started here so far. */
  starts = 0;
  readonly #children = new Map<string, Place>();

  constructor(path: string) {
    this.path = path;
  }

  child(id: string): Place {
    let place = this.#children.get(id);
    if (place === undefined) {
      place = new Place(`${this.path}/${id}`);
      if (this.#children.size >= mostChildren) {
        for (const oldest of this.#children.keys()) {
          this.#children.delete(oldest);
          break;
        }
      }
      this.#children.set(id, place);
    }
    return place;
  }
}

/** What the probe knows of one actor, from its making to its end. */
export class ActorRecord {
  readonly ref: ActorInternals;
  readonly probe: ProbeState;
  readonly parent: ActorRecord | null;
  /** Of the root of its system. */
  readonly root: ActorRecord;
  readonly place: Place;
  /** From the root, e.g. `root/broker/orderDesk`. */
  readonly path: string;
  /** 1 for the first that was started under this path. */
  readonly generation: number;
  readonly kind: LogicKind;
  /** Children that were made and have not ended; null while there was none. */
  children: Set<ActorRecord> | null = null;
  /** Its delayed events by their ids; null while there was none. */
  timers: Map<string, unknown> | null = null;
  /** The library's executor of actions, which defers those of the initial state. */
  readonly execute: ActorInternals['_actorScope']['actionExecutor'];
  /** `seq` of its spawn. */
  birth = 0;
  /** A failed callback: what it still sends is dropped. */
  muted = false;
  /** Kept by the observer. */
  notes: unknown = null;

  constructor(ref: ActorInternals, probe: ProbeState, kind: LogicKind) {
    this.ref = ref;
    this.probe = probe;
    this.kind = kind;
    this.parent = recordOf(ref._parent) ?? null;
    this.root = this.parent?.root ?? this;
    this.place = this.parent === null ? probe.placeOf(ref.id) : this.parent.place.child(ref.id);
    this.path = this.place.path;
    this.place.starts += 1;
    this.generation = this.place.starts;
    this.execute = ref._actorScope.actionExecutor;
  }
}

const records = Symbol('tradewarden.record');
type Recorded = { [records]?: ActorRecord };

/** Undefined for actors of systems that are not probed. */
export const recordOf = (ref: object | undefined): ActorRecord | undefined =>
  ref === undefined ? undefined : (ref as Recorded)[records];

export function keepRecord(ref: ActorInternals, record: ActorRecord): void {
  (ref as Recorded)[records] = record;
}

/** One actor handling one event, or coming into being: everything that happened until it was at rest again. */
export class Turn implements Tape {
  record: ActorRecord;
  /** Null in the turn of the initial state. */
  event: EventObject | null;
  /** `seq` of the turn that sent the event or spawned the actor; null when it came from outside. */
  readonly cause: number | null;
  /** Of the journal entry; given by the observer. */
  seq = 0;
  /** What the journal calls it; null when it has no entry of its own and counts as part of the actor's spawn. */
  kind: JournalKind | null;
  /** State values of a machine. */
  readonly from: StateValue | undefined;
  to: StateValue | undefined = undefined;
  /** What held before; kept only when the turn ends in a crash. */
  lastGood: Snapshot<unknown> | null = null;
  error: unknown = undefined;
  /** Types of the actions run, and targets of the transitions taken, in order: JSON, without the brackets. */
  actions = '';
  targets = '';
  draws: unknown[] | null = null;
  /** What it carried is not to be recorded. */
  reduced = false;
  /** `performance.now()` at its begin. */
  began = 0;
  tookMs = 0;
  outer: Turn | null = null;

  constructor(
    record: ActorRecord,
    kind: JournalKind | null,
    event: EventObject | null,
    cause: number | null,
    from: StateValue | undefined,
  ) {
    this.record = record;
    this.kind = kind;
    this.event = event;
    this.cause = cause;
    this.from = from;
  }

  /**
   * Lets go of what happened, once it is encoded. The engine makes objects that live a little long among the old ones
   * at once, where a dead turn would keep alive all that it refers to until the next full collection.
   */
  release(): void {
    this.record = this.record.root;
    this.event = null;
    this.lastGood = null;
    this.error = undefined;
    this.actions = '';
    this.targets = '';
    this.draws = null;
  }
}

export const stateValueOf = (snapshot: Snapshot<unknown> | undefined): StateValue | undefined =>
  snapshot === undefined ? undefined : (snapshot as { value?: StateValue }).value;

let current: Turn | null = null;

/** The innermost turn under way; null between turns. */
export const currentTurn = (): Turn | null => current;

export function enter(turn: Turn): void {
  turn.outer = current;
  turn.began = performance.now();
  current = turn;
}

/** Ends what `enter` began. */
export function leave(turn: Turn): void {
  turn.tookMs = performance.now() - turn.began;
  current = turn.outer;
  turn.outer = null;
}
