import type { AnyActorRef, Snapshot } from 'xstate';

const statusOf = (ref: AnyActorRef): Snapshot<unknown>['status'] =>
  (ref.getSnapshot() as Snapshot<unknown>).status;

function childrenOf(ref: AnyActorRef): AnyActorRef[] {
  const snapshot: unknown = ref.getSnapshot();
  if (typeof snapshot !== 'object' || snapshot === null || !('children' in snapshot)) return [];
  const { children } = snapshot;
  return typeof children === 'object' && children !== null ? (Object.values(children) as AnyActorRef[]) : [];
}

/**
 * Running actors below an actor whose own parent is dead, topmost first.
 * A machine that crashes leaves its children running for good (https://github.com/statelyai/xstate/issues/5153).
 */
export function orphansOf(ref: AnyActorRef): AnyActorRef[] {
  const dead = statusOf(ref) !== 'active';
  return childrenOf(ref).flatMap((child) => [
    ...(dead && statusOf(child) === 'active' ? [child] : []),
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
    if (statusOf(orphan) === 'active') orphan.send({ type: 'xstate.stop' });
  }
  return orphans.length;
}
