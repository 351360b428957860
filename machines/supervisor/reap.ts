import type { ActorSystem, AnyActorRef, InspectionEvent, Snapshot } from 'xstate';

type System = Pick<ActorSystem<{ actors: Record<string, AnyActorRef> }>, 'inspect'>;

/** Children that an actor ever had and that are alive, or have something alive below them. */
interface Offspring {
  readonly refs: Set<AnyActorRef>;
  /** Size at which those that have ended are dropped. */
  dropAt: number;
}

const watched = new WeakSet<object>();
const offspring = new WeakMap<AnyActorRef, Offspring>();

/**
 * Remembers, from now on, which actor has which children; once per actor system.
 *
 * Snapshots do not tell: when a machine crashes because a child of it did, XState 5.33 takes that child out of the
 * snapshot, and what the child left running can no longer be found there.
 */
export function watchOffspring(system: System): void {
  if (watched.has(system)) return;
  watched.add(system);
  const meet = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.actor') return;
    // The type says "like an actor ref"; what XState hands over is the actor.
    const ref = event.actorRef as AnyActorRef;
    const parent = ref._parent;
    if (parent === undefined) return;
    const known = offspring.get(parent) ?? { refs: new Set(), dropAt: 16 };
    offspring.set(parent, known);
    if (known.refs.size >= known.dropAt) {
      for (const child of known.refs) {
        if (!isAlive(child) && orphansOf(child).length === 0) known.refs.delete(child);
      }
      known.dropAt = Math.max(16, known.refs.size * 2);
    }
    known.refs.add(ref);
  };
  // `types` is for inspectors that can spare others the events that nobody wants; XState passes over it.
  const observer = { types: ['@xstate.actor'], next: meet };
  system.inspect(observer);
}

const isAlive = (ref: AnyActorRef): boolean => {
  // Undefined while the actor is being made, which is before it could crash.
  const snapshot = snapshotOf(ref);
  return snapshot === undefined || snapshot.status === 'active';
};

function snapshotOf(ref: AnyActorRef): Snapshot<unknown> | undefined {
  try {
    return ref.getSnapshot() as Snapshot<unknown>;
  } catch {
    return undefined;
  }
}

function childrenOf(ref: AnyActorRef): AnyActorRef[] {
  const snapshot: object = snapshotOf(ref) ?? {};
  const named =
    'children' in snapshot && typeof snapshot.children === 'object' && snapshot.children !== null
      ? (Object.values(snapshot.children) as AnyActorRef[])
      : [];
  return [...new Set([...named, ...(offspring.get(ref)?.refs ?? [])])];
}

/**
 * Running actors below an actor whose own parent is dead, topmost first.
 * A machine that crashes leaves its children running for good (https://github.com/statelyai/xstate/issues/5153).
 */
export function orphansOf(ref: AnyActorRef): AnyActorRef[] {
  const dead = !isAlive(ref);
  return childrenOf(ref).flatMap((child) => [
    ...(dead && isAlive(child) ? [child] : []),
    ...orphansOf(child),
  ]);
}

/**
 * Stops every orphan below an actor; answers how many there were.
 * A non-root actor has no public `stop()`; the event that `stopChild` sends does the same, and runs the cleanup of
 * callbacks, promises and observables. Stopping one stops its living children with it.
 */
export function reapOrphans(ref: AnyActorRef): number {
  const orphans = orphansOf(ref);
  for (const orphan of orphans) {
    if (isAlive(orphan)) orphan.send({ type: 'xstate.stop' });
  }
  return orphans.length;
}
