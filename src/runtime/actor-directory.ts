import {
  type AnyActorRef,
  type EventObject,
  type InspectionEvent,
  StateMachine,
  type StateValue,
} from 'xstate';
import type { SupervisorContext } from '../../machines/supervisor/supervisor.events.ts';
import type { ActorView } from '../contract/system.schema.ts';

interface Entry {
  readonly path: string;
  ref: AnyActorRef;
  starts: number;
}

/** What is counted of an actor's mailbox. */
export interface MailboxStats {
  /** Events waiting now, and the most that ever waited. */
  readonly depth: number;
  readonly peak: number;
  /** Events handled since its start. */
  readonly handled: number;
}

/** Writes a state value as its chart names it, e.g. `ready` or `link.up + socket.open.ready.resting`. */
export function stateName(value: StateValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([key, inner]) => {
      const rest = stateName(inner);
      return rest === '' ? key : `${key}.${rest}`;
    })
    .join(' + ');
}

const isMachine = (ref: AnyActorRef): boolean => {
  const logic: unknown = Reflect.get(ref, 'logic');
  return logic instanceof StateMachine;
};

/** Actors that come by the thousand, of one order each, or as one group of many: once finished they are forgotten. */
const isPassing = (ref: AnyActorRef): boolean => /^(order|commit|group):/.test(ref.id);

const parentOf = (ref: AnyActorRef): AnyActorRef | undefined =>
  Reflect.get(ref, '_parent') as AnyActorRef | undefined;

/**
 * Knows every machine actor of the running tree by its path, over restarts: who is there, in which state, how often
 * started. Fed by XState's inspection, which tells of an actor before it runs: whoever wants to hear what an actor
 * emits attaches here and misses nothing, however often its supervisor starts it again.
 */
export class ActorDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #byId = new Map<string, Set<Entry>>();
  readonly #paths = new WeakMap<AnyActorRef, string>();
  /** Paths right below a path. */
  readonly #below = new Map<string, Set<string>>();
  readonly #starters = new Map<string, ((ref: AnyActorRef) => void)[]>();
  readonly #onChange: (path: string) => void;
  readonly #onFault: (message: string) => void;
  readonly #onUnreachable: (id: string, event: EventObject) => void;
  readonly #statsOf: (ref: AnyActorRef) => MailboxStats;

  constructor(options: {
    onChange: (path: string) => void;
    onFault: (message: string) => void;
    /** An event was to go to an actor that does not run. */
    onUnreachable: (id: string, event: EventObject) => void;
    statsOf: (ref: AnyActorRef) => MailboxStats;
  }) {
    this.#onChange = options.onChange;
    this.#onFault = options.onFault;
    this.#onUnreachable = options.onUnreachable;
    this.#statsOf = options.statsOf;
  }

  /** For `createActor`'s `inspect`. Never throws: a throwing inspector kills the actor that it watches. */
  readonly inspect = (event: InspectionEvent): void => {
    try {
      if (event.type === '@xstate.actor') this.#born(event.actorRef as AnyActorRef);
      else if (event.type === '@xstate.snapshot') this.#changed(event.actorRef as AnyActorRef);
    } catch (error) {
      this.#onFault(`actor directory: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  /**
   * Calls back whenever an actor of this id is about to start, first start and restarts alike, until the answered
   * function is called.
   */
  onStart(id: string, listener: (ref: AnyActorRef) => void): () => void {
    this.#starters.set(id, [...(this.#starters.get(id) ?? []), listener]);
    return () => {
      const left = (this.#starters.get(id) ?? []).filter((each) => each !== listener);
      if (left.length > 0) this.#starters.set(id, left);
      else this.#starters.delete(id);
    };
  }

  /** The actor of this id that runs now. */
  running(id: string): AnyActorRef | undefined {
    for (const { ref } of this.#byId.get(id) ?? []) {
      if (ref.getSnapshot()?.status === 'active') return ref;
    }
    return undefined;
  }

  /** The actor at this path, running or not. */
  at(path: string): AnyActorRef | undefined {
    return this.#entries.get(path)?.ref;
  }

  /** Sends to the actor of this id; false, and a dead letter, when none runs. */
  tell(id: string, event: EventObject): boolean {
    const ref = this.running(id);
    if (ref === undefined) {
      this.#onUnreachable(id, event);
      return false;
    }
    ref.send(event);
    return true;
  }

  view(path: string): ActorView | null {
    const entry = this.#entries.get(path);
    return entry === undefined ? null : this.#viewOf(entry);
  }

  views(): ActorView[] {
    return [...this.#entries.values()].map((entry) => this.#viewOf(entry));
  }

  /** Forgets the actors of this id, which were taken off the tree for good, and those below them. */
  forget(id: string): void {
    for (const entry of [...(this.#byId.get(id) ?? [])]) this.#drop(entry.path);
  }

  pathOf(ref: AnyActorRef): string {
    const known = this.#paths.get(ref);
    if (known !== undefined) return known;
    const parent = parentOf(ref);
    const path = parent === undefined ? ref.id : `${this.pathOf(parent)}/${ref.id}`;
    this.#paths.set(ref, path);
    return path;
  }

  #drop(path: string): void {
    for (const child of [...(this.#below.get(path) ?? [])]) this.#drop(child);
    this.#below.delete(path);
    this.#below.get(path.slice(0, path.lastIndexOf('/')))?.delete(path);
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    this.#entries.delete(path);
    const same = this.#byId.get(entry.ref.id);
    same?.delete(entry);
    if (same?.size === 0) this.#byId.delete(entry.ref.id);
    this.#onChange(path);
  }

  #enter(path: string, ref: AnyActorRef): void {
    const known = this.#entries.get(path);
    if (known !== undefined) {
      known.ref = ref;
      known.starts += 1;
      return;
    }
    const entry: Entry = { path, ref, starts: 1 };
    this.#entries.set(path, entry);
    addTo(this.#byId, ref.id, entry);
    const parent = parentOf(ref);
    if (parent !== undefined) addTo(this.#below, this.pathOf(parent), path);
  }

  #born(ref: AnyActorRef): void {
    if (!isMachine(ref)) return;
    const path = this.pathOf(ref);
    this.#enter(path, ref);
    this.#onChange(path);
    for (const listener of this.#starters.get(ref.id) ?? []) {
      try {
        listener(ref);
      } catch (error) {
        this.#onFault(`start of ${path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  #changed(ref: AnyActorRef): void {
    if (!isMachine(ref)) return;
    const path = this.pathOf(ref);
    const entry = this.#entries.get(path);
    if (entry?.ref !== ref) return;
    const { status } = snapshotOf(ref);
    if (isPassing(ref) && (status === 'done' || status === 'stopped')) this.#drop(path);
    else this.#onChange(path);
  }

  #viewOf(entry: Entry): ActorView {
    const { status, value, error, context } = snapshotOf(entry.ref);
    const ownError = error === undefined ? null : error instanceof Error ? error.message : String(error);
    const { depth, peak, handled } = this.#statsOf(entry.ref);
    const parent = parentOf(entry.ref);
    const record =
      parent === undefined
        ? undefined
        : childrenOf(snapshotOf(parent).context).find((child) => child.id === entry.ref.id);
    return {
      path: entry.path,
      state: stateName(value),
      status: status ?? 'active',
      restarts: entry.starts - 1,
      // Its supervisor remembers over restarts.
      lastError: ownError ?? record?.lastError?.message ?? null,
      mailbox: { depth, peak },
      handled,
      restart: record?.restart ?? null,
      supervisor: isSupervisorContext(context)
        ? {
            strategy: context.policy.strategy,
            restartsUsed: context.restartTimes.filter((at) => at > Date.now() - context.policy.periodMs)
              .length,
            intensity: context.policy.intensity,
            periodMs: context.policy.periodMs,
          }
        : null,
    };
  }
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, item: T): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([item]));
  else known.add(item);
}

interface AnySnapshot {
  readonly status?: ActorView['status'];
  readonly value?: StateValue;
  readonly error?: unknown;
  readonly context?: unknown;
}

/** What there is of a snapshot; nothing while the actor is being made. */
function snapshotOf(ref: AnyActorRef): AnySnapshot {
  try {
    return (ref.getSnapshot() as AnySnapshot | undefined) ?? {};
  } catch {
    return {};
  }
}

const isSupervisorContext = (context: unknown): context is SupervisorContext =>
  typeof context === 'object' && context !== null && 'policy' in context && 'restartTimes' in context;

const childrenOf = (context: unknown): SupervisorContext['children'] =>
  isSupervisorContext(context) ? context.children : [];
