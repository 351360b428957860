import type { AnyStateMachine, Snapshot, StateValue } from 'xstate';
import type { JournalDetail, Json } from '../../machines/domain/journal.ts';
import { FailOrder } from './attribution.ts';
import { encodeToText } from './codec.text.ts';
import { encode } from './codec.ts';
import { stateValueOf, type Turn } from './turn.ts';
import type { ActorInternals, TransitionInternals } from './xstate-internals.ts';

const nameKey = Symbol('tradewarden.target');
type Named = TransitionInternals & { [nameKey]?: string };

/** Where a transition leads, as JSON; where it has no target it stays where it is. */
function targetOf(transition: Named): string {
  const known = transition[nameKey];
  if (known !== undefined) return known;
  const name = quoted(transition.target?.map(({ id }) => id).join(', ') ?? transition.source.id);
  // Kept with the chart's own transition: looking it up elsewhere takes longer than the rest of the entry.
  Object.defineProperty(transition, nameKey, { value: name });
  return name;
}

/** JSON of a turn's transitions; empty when there was none. */
function targetsText({ transitions }: Turn): string {
  let text = '';
  if (transitions === null) return text;
  for (const step of transitions) {
    for (const transition of step) text += text === '' ? targetOf(transition) : `,${targetOf(transition)}`;
  }
  return text;
}

function isSame(a: StateValue | undefined, b: StateValue | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(a[key], b[key]));
}

/** JSON of names, which are few. */
const quotes = new Map<string, string>();
const mostQuotes = 10_000;

function quoted(name: string): string {
  let text = quotes.get(name);
  if (text === undefined) {
    text = JSON.stringify(name);
    if (quotes.size >= mostQuotes) quotes.clear();
    quotes.set(name, text);
  }
  return text;
}

function quotedList(names: readonly string[]): string {
  let text = '';
  for (const name of names) text += text === '' ? quoted(name) : `,${quoted(name)}`;
  return text;
}

const valueText = (value: StateValue | undefined): string =>
  typeof value === 'string' ? quoted(value) : value === undefined ? 'null' : JSON.stringify(value);

/** An event of which only the type is recorded. */
const reducedText = (type: string): string => `{"$":"reduced","type":${quoted(type)}}`;

function eventText({ event, reduced }: Turn): string {
  if (event === null || event instanceof FailOrder) return 'null';
  return reduced ? reducedText(event.type) : encodeToText(event);
}

/** What is worth keeping of how a turn went; parts that are empty are left out. */
function tracesText(turn: Turn): string {
  let text = turn.actions === null ? '' : `,"actions":[${quotedList(turn.actions)}]`;
  if (turn.draws !== null && !turn.reduced) text += `,"draws":${encodeToText(turn.draws)}`;
  return text;
}

/** `data` of an `event`. */
export const eventData = (turn: Turn): string => `{"event":${eventText(turn)}}`;

/** `data` of a `step`. */
export function stepData(turn: Turn): string {
  const { from, to, tookMs } = turn;
  let text = `{"event":${eventText(turn)},"from":${valueText(from)}`;
  if (!isSame(from, to)) text += `,"to":${valueText(to)}`;
  const targets = targetsText(turn);
  if (targets !== '') text += `,"transitions":[${targets}]`;
  text += tracesText(turn);
  if (tookMs >= 1) text += `,"tookMs":${Math.round(tookMs * 10) / 10}`;
  return `${text}}`;
}

export const srcOf = ({ src, logic, id }: ActorInternals): string => {
  if (typeof src === 'string') return src;
  return (logic as Partial<AnyStateMachine>).id ?? id;
};

/** `data` of a `spawn`. */
export function spawnData(turn: Turn): string {
  const { record, reduced, to } = turn;
  const { input } = record.ref.options;
  let text = `{"src":${quoted(srcOf(record.ref))},"logic":"${record.kind}","generation":${record.generation}`;
  if (reduced) text += ',"reduced":true';
  else if (input !== undefined) text += `,"input":${encodeToText(input)}`;
  if (to !== undefined) text += `,"state":${valueText(to)}`;
  return `${text}${tracesText(turn)}}`;
}

const goodState = (snapshot: Snapshot<unknown> | null, reduced: boolean): Json => {
  if (snapshot === null) return null;
  const { status, context } = snapshot as { status: string; context?: unknown };
  const value = (stateValueOf(snapshot) ?? null) as Json;
  return reduced ? { status, value } : { status, value, context: encode(context) };
};

/** `data` of a `crash`. */
export function crashData(turn: Turn): string {
  const { record, lastGood, reduced, error } = turn;
  const good = record.kind === 'machine' ? JSON.stringify(goodState(lastGood, reduced)) : 'null';
  return `{"error":${encodeToText(error)},"event":${eventText(turn)},"lastGood":${good}}`;
}

/** A machine's snapshot as XState persists it, without what is inside of its children: they have entries of their own. */
export function checkpointData(snapshot: Snapshot<unknown>, detail: JournalDetail): string {
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
  const saved: Json = {
    status,
    value,
    context: encode(context),
    historyValue: history,
    children: alive,
    output: encode(output),
    error: encode(error),
  };
  return JSON.stringify(detail === 'full' ? { snapshot: saved } : { detail, snapshot: saved });
}
