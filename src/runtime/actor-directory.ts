import { type AnyActorRef, type InspectionEvent, StateMachine, type StateValue } from 'xstate';
import type { ActorView } from '../contract/system.schema.ts';

interface Entry {
  readonly path: string;
  ref: AnyActorRef;
  starts: number;
  lastError: string | null;
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

/** Actors of one order each: they come by the thousand and are never started again under their id by a supervisor. */
const isPassing = (ref: AnyActorRef): boolean => /^(order|commit):/.test(ref.id);

/**
 * Knows every machine actor of the running tree by its path, over restarts: who is there, in which state, how often
 * started. Fed by XState's inspection, which tells of an actor before it runs: whoever wants to hear what an actor
 * emits attaches here and misses nothing, however often its supervisor starts it again.
 */
export class ActorDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #starters = new Map<string, ((ref: AnyActorRef) => void)[]>();
  readonly #onChange: (path: string) => void;
  readonly #onFault: (message: string) => void;

  constructor(listeners: { onChange: (path: string) => void; onFault: (message: string) => void }) {
    this.#onChange = listeners.onChange;
    this.#onFault = listeners.onFault;
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
    for (const { ref } of this.#entries.values()) {
      if (ref.id === id && ref.getSnapshot()?.status === 'active') return ref;
    }
    return undefined;
  }

  view(path: string): ActorView | null {
    const entry = this.#entries.get(path);
    return entry === undefined ? null : viewOf(entry);
  }

  views(): ActorView[] {
    return [...this.#entries.values()].map(viewOf);
  }

  /** Forgets an actor that was taken off the tree for good, and those below it. */
  forget(path: string): void {
    for (const known of this.#entries.keys()) {
      if (known === path || known.startsWith(`${path}/`)) this.#entries.delete(known);
    }
  }

  #pathOf(ref: AnyActorRef): string {
    const parent: unknown = Reflect.get(ref, '_parent');
    return parent === undefined ? ref.id : `${this.#pathOf(parent as AnyActorRef)}/${ref.id}`;
  }

  #born(ref: AnyActorRef): void {
    if (!isMachine(ref)) return;
    const path = this.#pathOf(ref);
    const known = this.#entries.get(path);
    if (known === undefined) this.#entries.set(path, { path, ref, starts: 1, lastError: null });
    else {
      known.ref = ref;
      known.starts += 1;
    }
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
    const path = this.#pathOf(ref);
    const entry = this.#entries.get(path);
    if (entry?.ref !== ref) return;
    if (isPassing(ref) && ref.getSnapshot()?.status !== 'active') this.#entries.delete(path);
    this.#onChange(path);
  }
}

function viewOf(entry: Entry): ActorView {
  const snapshot: unknown = entry.ref.getSnapshot();
  const { status, value, error } = (snapshot ?? {}) as {
    status?: ActorView['status'];
    value?: StateValue;
    error?: unknown;
  };
  if (error !== undefined) entry.lastError = error instanceof Error ? error.message : String(error);
  return {
    path: entry.path,
    state: stateName(value),
    status: status ?? 'active',
    restarts: entry.starts - 1,
    lastError: entry.lastError,
  };
}
