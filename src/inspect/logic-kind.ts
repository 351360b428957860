import {
  type AnyActorLogic,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
  StateMachine,
} from 'xstate';
import type { SpawnData } from '../../machines/domain/journal.ts';

export type LogicKind = SpawnData['logic'];

const nothing = () => {
  throw new Error('a sample of its kind, never started');
};
/** Logic carries no name of its kind; what one maker makes shares the text of its transition. */
const kinds: ReadonlyMap<string, LogicKind> = new Map<string, LogicKind>([
  [String(fromCallback(nothing).transition), 'callback'],
  [String(fromPromise(nothing).transition), 'promise'],
  [String(fromObservable(nothing).transition), 'observable'],
  [String(fromEventObservable(nothing).transition), 'observable'],
  [String(fromTransition(nothing, null).transition), 'transition'],
]);

const known = new WeakMap<AnyActorLogic, LogicKind>();

/** Which of XState's makers made a logic; `other` for what somebody wrote by hand. */
export function kindOf(logic: AnyActorLogic): LogicKind {
  let kind = known.get(logic);
  if (kind === undefined) {
    kind = logic instanceof StateMachine ? 'machine' : (kinds.get(String(logic.transition)) ?? 'other');
    known.set(logic, kind);
  }
  return kind;
}
