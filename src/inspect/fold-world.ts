import { type AnyActorLogic, type AnyActorRef, createActor, type Snapshot } from 'xstate';
import { type ActorInternals, internalsOf } from './xstate-internals.ts';

const active = { status: 'active', output: undefined, error: undefined } as Snapshot<unknown>;

/** Logic that does nothing: children in a fold have it, whatever they ran. */
const inert: AnyActorLogic = {
  transition: (snapshot: Snapshot<unknown>) => snapshot,
  getInitialSnapshot: () => active,
  getPersistedSnapshot: (snapshot: Snapshot<unknown>) => snapshot,
  restoreSnapshot: () => active,
};

type Scope = Parameters<AnyActorLogic['transition']>[2];

/**
 * A place to fold one machine in, as XState's own `transition()` makes one, with nothing around it that could act:
 * children that it spawns have no logic, actions are not run, and what it sends goes nowhere.
 */
export class FoldWorld {
  readonly scope: Scope;
  readonly #self: ActorInternals;
  readonly #parent: AnyActorRef;

  /** @param path of the actor. */
  constructor(path: string) {
    const ids = path.split('/');
    this.#parent = createActor(inert, {
      id: ids.at(-2) ?? 'outside',
      inspect: (event) => {
        // Told before the actor has a state, so that a child's own context is never made.
        if (event.type === '@xstate.actor') internalsOf(event.actorRef as AnyActorRef).logic = inert;
      },
    });
    const { system } = internalsOf(this.#parent);
    // A child that is stopped gives its name back; here none is ever stopped.
    system._set = () => {};
    const self = createActor(inert, { id: ids.at(-1) ?? path, parent: this.#parent } as never);
    this.#self = internalsOf(self);
    const nothing = () => {};
    this.scope = {
      self,
      id: self.id,
      sessionId: self.sessionId,
      system: self.system,
      logger: nothing,
      defer: nothing,
      stopChild: nothing,
      emit: nothing,
      actionExecutor: nothing,
    } as Scope;
  }

  /** What the machine finds when it asks itself, as in a real turn: the state before. */
  hold(snapshot: Snapshot<unknown>): void {
    this.#self._snapshot = snapshot;
  }

  /** A child with an id, from a checkpoint. */
  child(id: string, src: string): AnyActorRef {
    return createActor(inert, { id, src, parent: this.scope.self } as never);
  }

  /** Stands for an actor elsewhere. */
  readonly stranger = (id: string): AnyActorRef => createActor(inert, { id, parent: this.#parent } as never);
}
