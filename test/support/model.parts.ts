/** Checks that a chart is made of parts that exist. XState passes over a missing action without a word in production. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { allNodes } from './model.walk.ts';

type Kind = 'actions' | 'guards' | 'delays' | 'actors';

/** A part as the chart has it: named, or in place. */
interface Use {
  readonly kind: Kind;
  readonly part: unknown;
  readonly state: string;
}

const nameOf = (part: unknown): string | null => {
  if (typeof part === 'string') return part;
  if (typeof part !== 'object' || part === null || !('type' in part)) return null;
  return typeof part.type === 'string' ? part.type : null;
};

const isAsync = (part: unknown): boolean =>
  typeof part === 'function' && /^Async(Generator)?Function$/.test(part.constructor.name);

/** Parts inside of parts: what `and`, `or` and `not` combine, the delay of a `raise`, the actor of a `spawnChild`. */
function inside(part: unknown, state: string): Use[] {
  if (typeof part !== 'function') return [];
  const uses: Use[] = [];
  if ('guards' in part && Array.isArray(part.guards))
    uses.push(...part.guards.map((guard: unknown) => ({ kind: 'guards' as const, part: guard, state })));
  if ('delay' in part && typeof part.delay === 'string')
    uses.push({ kind: 'delays', part: part.delay, state });
  if ('src' in part && typeof part.src === 'string') uses.push({ kind: 'actors', part: part.src, state });
  return uses;
}

function usesOf(node: AnyStateNode): Use[] {
  const state = node.id;
  const transitions = [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
  const starting = node.type === 'compound' ? node.initial.actions : [];
  const actions = [...node.entry, ...node.exit, ...starting, ...transitions.flatMap((one) => one.actions)];
  const guards = transitions.flatMap(({ guard }) => (guard === undefined ? [] : [guard]));
  const actors = [node.config.invoke ?? []].flat().map(({ src }) => src);
  return [
    ...actions.map((part): Use => ({ kind: 'actions', part, state })),
    ...guards.map((part): Use => ({ kind: 'guards', part, state })),
    ...actors.map((part): Use => ({ kind: 'actors', part, state })),
  ];
}

/** Every part that a chart uses, with those that they use in turn. */
export function partsOf({ root, implementations }: AnyStateMachine): Use[] {
  const found: Use[] = [];
  const seen = new Set<unknown>();
  const queue = allNodes(root).flatMap(usesOf);
  for (const use of queue) {
    found.push(use);
    const name = nameOf(use.part);
    const made = name === null ? use.part : implementations[use.kind][name];
    if (seen.has(made)) continue;
    seen.add(made);
    queue.push(...inside(made, use.state));
  }
  return found;
}

/** Names in the chart that nothing stands behind. */
export const missingParts = (machine: AnyStateMachine): string[] =>
  partsOf(machine).flatMap(({ kind, part, state }) => {
    const name = nameOf(part);
    const isThere = name === null || name in machine.implementations[kind];
    return isThere ? [] : [`${kind}: "${name}" is not implemented, used by "${state}"`];
  });

/** Parts that are async functions: an action's rejection reaches nobody, and a guard's promise counts as true. */
export const asyncParts = (machine: AnyStateMachine): string[] => {
  const inPlace = partsOf(machine)
    .filter(({ part }) => isAsync(part))
    .map(({ kind, state }) => `${kind}: an async function in place, used by "${state}"`);
  const named = (['actions', 'guards', 'delays'] as const).flatMap((kind) =>
    Object.entries(machine.implementations[kind])
      .filter(([, part]) => isAsync(part))
      .map(([name]) => `${kind}: "${name}" is an async function`),
  );
  return [...inPlace, ...named];
};
