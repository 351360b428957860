/**
 * Checks a machine as a model: what its definition says, without running it.
 * Each check answers complaints, one sentence each; none means that the chart is sound.
 */
import type { AnyStateMachine, EventFrom } from 'xstate';
import {
  allNodes,
  type Configuration,
  candidatesOf,
  leavesOf,
  pathOf,
  type Walk,
  walk,
} from './model.walk.ts';

/** A literal stays as it is; `xstate.error.actor.${string}` becomes `xstate.error.actor.*`. */
type Starred<T extends string, Head extends string = ''> = string extends T
  ? `${Head}*`
  : T extends `${infer Char}${infer Rest}`
    ? Starred<Rest, `${Head}${Char}`>
    : Head;
type EveryStarred<T> = T extends string ? (string extends T ? never : Starred<T>) : never;

/** Every event type that a machine can receive, by its types. */
export type EventNames<M extends AnyStateMachine> = EveryStarred<EventFrom<M>['type']>;

/** States in which an event is ignored on purpose. */
export interface Ignored {
  readonly because: string;
  /** Paths, each with all that is below it; `a & b` means both at once, the empty path the whole machine. */
  readonly states: readonly string[];
}
export const ignored = (because: string, ...states: string[]): Ignored => ({ because, states });

/** A machine with what is known of it. */
export interface Model {
  readonly machine: AnyStateMachine;
  readonly events: Readonly<Record<string, readonly Ignored[]>>;
  /** Innermost states that are never left, and why. */
  readonly endings: Readonly<Record<string, string>>;
  readonly walk: Walk;
}

/**
 * Makes the model of a machine.
 * @param events each event type of the machine with where it is ignored; a missing or superfluous one does not compile.
 * @param endings innermost states that are never left (final ones aside), each with the reason.
 */
export function modelOf<M extends AnyStateMachine>(
  machine: M,
  events: Record<EventNames<M>, readonly Ignored[]>,
  endings: Readonly<Record<string, string>> = {},
): Model {
  return { machine, events, endings, walk: walk(machine, eventTypes(machine, Object.keys(events))) };
}

/** Those declared, and whatever else the chart names. */
function eventTypes(machine: AnyStateMachine, declared: readonly string[]): string[] {
  const named = allNodes(machine.root).flatMap((node) => [...node.transitions.keys()]);
  const own = named.filter((key) => !key.startsWith('xstate.') && !key.endsWith('*'));
  return [...new Set([...declared, ...own])];
}

/** States that no transition leads to. */
export const unreachable = ({ machine, walk: { entered } }: Model): string[] =>
  allNodes(machine.root)
    .filter((node) => !entered.has(node))
    .map((node) => `state "${pathOf(node)}" cannot be reached`);

/** Transitions that nothing selects: others for the same event come first, or the machine never rests there. */
export const untaken = ({ machine, walk: { taken } }: Model): string[] =>
  allNodes(machine.root).flatMap((node) =>
    [...[...node.transitions.values()].flat(), ...(node.always ?? [])]
      .filter((transition) => !taken.has(transition))
      .map(({ eventType }) => `"${eventType || 'always'}" of "${pathOf(node)}" is never taken`),
  );

const isIn = ({ active }: Configuration, pattern: string): boolean =>
  pattern.split(' & ').every((path) => [...active].some((node) => pathOf(node) === path));

const handles = ({ active }: Configuration, type: string): boolean =>
  [...active].some((node) => candidatesOf(node, type).length > 0);

/** Events that would be lost: no state handles them, and the list does not say that this is meant. */
export const unhandled = ({ machine, events, walk: { resting } }: Model): string[] =>
  eventTypes(machine, Object.keys(events)).flatMap((type) => {
    const expected = (events[type] ?? []).flatMap(({ states }) => states);
    return resting
      .filter((one) => !handles(one, type) && !expected.some((pattern) => isIn(one, pattern)))
      .map((one) => `event "${type}" is lost in "${one.name}"`);
  });

/** Entries of the list of ignored events that do not hold, or hold only in part. */
export const falselyIgnored = ({ events, walk: { resting } }: Model): string[] =>
  Object.entries(events).flatMap(([type, list]) =>
    list.flatMap(({ states }) =>
      states.flatMap((pattern) => {
        const meant = resting.filter((one) => isIn(one, pattern));
        if (meant.length === 0) return [`"${type}" ignored in "${pattern}": the machine never rests there`];
        return meant
          .filter((one) => handles(one, type))
          .map((one) => `"${type}" ignored in "${pattern}": it is handled in "${one.name}"`);
      }),
    ),
  );

/** Innermost states without a way out that are not declared, and declared ones that have one or are unknown. */
export function deadEnds({ endings, walk: { resting, left } }: Model): string[] {
  const leaves = new Set(resting.flatMap(({ active }) => leavesOf(active)));
  const stuck = [...leaves].filter((node) => node.type !== 'final' && !left.has(node)).map(pathOf);
  return [
    ...stuck.filter((path) => !(path in endings)).map((path) => `state "${path}" is never left`),
    ...Object.keys(endings)
      .filter((path) => !stuck.includes(path))
      .map((path) => `state "${path}" is declared as an ending, and is none`),
  ];
}
