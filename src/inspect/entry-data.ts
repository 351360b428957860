import type { AnyStateMachine, Snapshot, StateValue } from 'xstate';
import type { Json } from '../../machines/domain/journal.ts';
import { FailOrder } from './attribution.ts';
import { encode } from './codec.ts';
import { stateValueOf, type Turn } from './turn.ts';
import type { ActorInternals, TransitionInternals } from './xstate-internals.ts';

/** Marks an event of which only the type was recorded. */
export const reducedEvent = (type: string): Json => ({ $: 'reduced', type });

const names = new WeakMap<TransitionInternals, string>();

/** Where a transition leads; where it has no target it stays where it is. */
function targetOf(transition: TransitionInternals): string {
  let name = names.get(transition);
  if (name === undefined) {
    name = transition.target?.map(({ id }) => id).join(', ') ?? transition.source.id;
    names.set(transition, name);
  }
  return name;
}

function targetsOf(turn: Turn): string[] {
  const targets: string[] = [];
  for (const step of turn.transitions ?? []) {
    for (const transition of step) targets.push(targetOf(transition));
  }
  return targets;
}

function isSame(a: StateValue | undefined, b: StateValue | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(a[key], b[key]));
}

const eventOf = ({ event, reduced }: Turn): Json => {
  if (event === null || event instanceof FailOrder) return null;
  return reduced ? reducedEvent(event.type) : encode(event);
};

/** What is worth keeping of how a turn went; parts that are empty are left out. */
function tracesOf(turn: Turn): { [key: string]: Json } {
  const traces: { [key: string]: Json } = {};
  if (turn.actions !== null) traces.actions = turn.actions;
  if (turn.draws !== null && !turn.reduced) traces.draws = encode(turn.draws);
  return traces;
}

/** `data` of a `step`. */
export function stepData(turn: Turn): Json {
  const data: { [key: string]: Json } = { event: eventOf(turn), from: (turn.from ?? null) as Json };
  if (!isSame(turn.from, turn.to)) data.to = (turn.to ?? null) as Json;
  const targets = targetsOf(turn);
  if (targets.length > 0) data.transitions = targets;
  Object.assign(data, tracesOf(turn));
  if (turn.tookMs >= 1) data.tookMs = Math.round(turn.tookMs * 10) / 10;
  return data;
}

export const srcOf = ({ src, logic, id }: ActorInternals): string => {
  if (typeof src === 'string') return src;
  return (logic as Partial<AnyStateMachine>).id ?? id;
};

/** `data` of a `spawn`. */
export function spawnData(turn: Turn, generation: number): Json {
  const { ref, kind } = turn.record;
  const data: { [key: string]: Json } = { src: srcOf(ref), logic: kind, generation };
  if (!turn.reduced && ref.options.input !== undefined) data.input = encode(ref.options.input);
  if (turn.reduced) data.reduced = true;
  if (turn.to !== undefined) data.state = turn.to as Json;
  return Object.assign(data, tracesOf(turn));
}

export const goodState = (snapshot: Snapshot<unknown> | null, reduced: boolean): Json => {
  if (snapshot === null) return null;
  const { status, context } = snapshot as { status: string; context?: unknown };
  const value = (stateValueOf(snapshot) ?? null) as Json;
  return reduced ? { status, value } : { status, value, context: encode(context) };
};

/** `data` of a `crash`. */
export const crashData = (turn: Turn): Json => ({
  error: encode(turn.error),
  event: eventOf(turn),
  lastGood: turn.record.kind === 'machine' ? goodState(turn.lastGood, turn.reduced) : null,
});

/** A machine's snapshot as XState persists it, without what is inside of its children: they have entries of their own. */
export function persisted(snapshot: Snapshot<unknown>): Json {
  const { status, value, context, historyValue, children, output, error } = snapshot as unknown as {
    status: string;
    value: Json;
    context: unknown;
    historyValue: Readonly<Record<string, readonly { readonly id: string }[]>>;
    children: Readonly<Record<string, ActorInternals | undefined>>;
    output: unknown;
    error: unknown;
  };
  const alive: { [key: string]: Json } = {};
  for (const [id, child] of Object.entries(children)) {
    if (child !== undefined) alive[id] = { src: srcOf(child), snapshot: { status: child._snapshot.status } };
  }
  const history: { [key: string]: Json } = {};
  for (const [key, nodes] of Object.entries(historyValue)) history[key] = nodes.map(({ id }) => ({ id }));
  return {
    status,
    value,
    context: encode(context),
    historyValue: history,
    children: alive,
    output: encode(output),
    error: encode(error),
  };
}
