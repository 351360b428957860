import type { AnyActorRef } from 'xstate';
import type { Decision } from '../../machines/domain/decision.ts';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import type { SessionCommand, SessionEmitted } from '../../machines/session/session.events.ts';
import { type SessionView, sessionView } from '../../machines/session/session.view.ts';
import type { Tree } from './tree.ts';

export type Desired = 'running' | 'paused' | 'stopped';
export type SessionVerb = 'start' | 'pause' | 'resume' | 'stop';

export interface SessionStorePort {
  save(definition: SessionDefinition, desired?: Desired): Promise<void>;
  all(): Promise<readonly { definition: SessionDefinition; desired: Desired }[]>;
  setDesired(id: string, desired: Desired): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface DecisionLogPort {
  /** Newest first. */
  list(query: { sessionId: string; limit: number }): Promise<readonly Decision[]>;
}

/** Sessions added in one turn of the event loop: about ten milliseconds. */
const ADDED_AT_ONCE = 50;

interface Entry {
  readonly definition: SessionDefinition;
  /** Ends hearing of its starts. */
  readonly unfollow: () => void;
  desired: Desired;
  view: SessionView | null;
  starts: number;
  lastError: string | null;
  /**
   * Start of the newest bar with a decision since a person last started the session; null before the first.
   * Bars that closed after it while its actor, or the process, was down are owed a record.
   */
  lastDecidedBar: number | null;
}

const desiredAfter: Readonly<Record<SessionVerb, Desired>> = {
  start: 'running',
  resume: 'running',
  pause: 'paused',
  stop: 'stopped',
};

/** What brings an actor from idle to what a person wants. */
const commandsFor: Readonly<Record<Desired, readonly SessionCommand[]>> = {
  running: [{ type: 'session.start' }],
  paused: [{ type: 'session.pause' }, { type: 'session.start' }],
  stopped: [],
};

/**
 * The sessions that exist and what a person wants of them, kept in the database; makes the tree's actors follow,
 * also after their supervisor or its whole subtree has been restarted.
 */
export class SessionBook {
  readonly #entries = new Map<string, Entry>();
  readonly #tree: Tree;
  readonly #store: SessionStorePort;
  readonly #decisions: DecisionLogPort;
  readonly #onChange: (id: string) => void;
  readonly #onDecided: (decision: Decision) => void;
  readonly #onFailed: (id: string, cause: string) => void;
  readonly #onView: (view: SessionView) => void;
  readonly #onRemoved: (id: string) => void;
  #isDraining = false;

  constructor(options: {
    tree: Tree;
    store: SessionStorePort;
    decisions: DecisionLogPort;
    onChange: (id: string) => void;
    onDecided: (decision: Decision) => void;
    /** A session's actor failed; its supervisor starts it again. */
    onFailed: (id: string, cause: string) => void;
    /** A session told of itself anew. */
    onView: (view: SessionView) => void;
    onRemoved: (id: string) => void;
  }) {
    this.#tree = options.tree;
    this.#store = options.store;
    this.#decisions = options.decisions;
    this.#onChange = options.onChange;
    this.#onDecided = options.onDecided;
    this.#onFailed = options.onFailed;
    this.#onView = options.onView;
    this.#onRemoved = options.onRemoved;
    // A restarted supervisor has forgotten its sessions.
    this.#tree.directory.onStart('sessions', (supervisor) => {
      queueMicrotask(() => void this.#addAll(supervisor));
    });
  }

  /**
   * Takes over what the configuration declares and what the dashboard created. A session that left the
   * configuration is removed; its decisions and trades stay.
   */
  async load(declared: readonly SessionDefinition[]): Promise<void> {
    const names = new Set(declared.map((definition) => definition.id));
    for (const { definition } of await this.#store.all()) {
      if (definition.origin === 'config' && !names.has(definition.id))
        await this.#store.remove(definition.id);
    }
    for (const definition of declared) await this.#store.save(definition);
    for (const { definition, desired } of await this.#store.all()) {
      const [newest] = await this.#decisions.list({ sessionId: definition.id, limit: 1 });
      this.#enter(definition, desired, desired === 'stopped' ? null : (newest?.barTime ?? null));
    }
  }

  ids(): string[] {
    return [...this.#entries.keys()];
  }

  get(id: string): Readonly<Entry> | null {
    return this.#entries.get(id) ?? null;
  }

  /** Closed bars after this one have no decision although the session was wanted; null: none are owed. */
  undecidedSince(id: string): number | null {
    return this.#entries.get(id)?.lastDecidedBar ?? null;
  }

  async create(definition: SessionDefinition): Promise<void> {
    const desired: Desired = definition.active ? 'running' : 'stopped';
    await this.#store.save(definition, desired);
    this.#enter(definition, desired, null);
    this.#tree.addSession(definition);
  }

  async command(id: string, verb: SessionVerb): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const desired = desiredAfter[verb];
    await this.#store.setDesired(id, desired);
    // A person's start is a new beginning: what closed while it was stopped is nobody's omission.
    if (entry.desired === 'stopped') entry.lastDecidedBar = null;
    entry.desired = desired;
    // One that is being started again is told what is wanted of it when it starts.
    const actor = this.#tree.session(id);
    actor?.send({ type: `session.${verb}` });
    // Starting one that was paused means: trade.
    if (verb === 'start') actor?.send({ type: 'session.resume' });
    this.#onChange(id);
  }

  async remove(id: string): Promise<void> {
    await this.#store.remove(id);
    this.#entries.get(id)?.unfollow();
    this.#entries.delete(id);
    this.#tree.removeSession(id);
    this.#onRemoved(id);
    this.#onChange(id);
  }

  /** Ends every session and waits until all idle, at most so long. What a person wants of them is kept. */
  async drain(withinMs: number): Promise<void> {
    this.#isDraining = true;
    const actors = this.ids()
      .map((id) => this.#tree.session(id))
      .filter((actor) => actor !== undefined);
    for (const actor of actors) actor.send({ type: 'session.stop' });
    const idle = Promise.all(
      actors.map(
        (actor) =>
          new Promise<void>((done) => {
            const check = (): void => {
              const snapshot = actor.getSnapshot();
              if (snapshot.status !== 'active' || snapshot.value === 'idle') done();
            };
            actor.subscribe({ next: check, complete: done, error: () => done() });
            check();
          }),
      ),
    );
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((done) => {
      timer = setTimeout(done, withinMs);
    });
    await Promise.race([idle, deadline]);
    clearTimeout(timer);
  }

  /** Adds every session, some in each turn of the event loop, until all are there or the supervisor has gone. */
  async #addAll(supervisor: AnyActorRef | undefined): Promise<void> {
    const ids = this.ids();
    for (let at = 0; at < ids.length; at += ADDED_AT_ONCE) {
      if (at > 0) await new Promise((done) => setImmediate(done));
      // Another one has been started meanwhile, and has a round of its own.
      if (at > 0 && this.#tree.directory.running('sessions') !== supervisor) return;
      for (const id of ids.slice(at, at + ADDED_AT_ONCE)) {
        const entry = this.#entries.get(id);
        if (entry !== undefined) this.#tree.addSession(entry.definition);
      }
    }
  }

  #enter(definition: SessionDefinition, desired: Desired, lastDecidedBar: number | null): void {
    const { id } = definition;
    this.#entries.set(id, {
      ...{ definition, desired, lastDecidedBar },
      ...{ view: null, starts: 0, lastError: null },
      unfollow: this.#tree.onSessionStart(id, (ref) => this.#follow(id, ref)),
    });
  }

  #follow(id: string, ref: AnyActorRef): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.starts += 1;
    ref.on('session.changed', (event) => {
      entry.view = (event as Extract<SessionEmitted, { type: 'session.changed' }>).view;
      this.#onView(entry.view);
      this.#onChange(id);
    });
    ref.on('session.decided', (event) => {
      const { decision } = event as Extract<SessionEmitted, { type: 'session.decided' }>;
      entry.lastDecidedBar = decision.barTime;
      this.#onDecided(decision);
    });
    ref.subscribe({
      error: (error: unknown) => {
        entry.lastError = error instanceof Error ? error.message : String(error);
        entry.view = sessionView(ref.getSnapshot());
        this.#onFailed(id, entry.lastError);
        this.#onChange(id);
      },
    });
    queueMicrotask(() => {
      // One that is started again while all are being ended stays idle.
      if (!this.#isDraining) for (const command of commandsFor[entry.desired]) ref.send(command);
      this.#onChange(id);
    });
  }
}
