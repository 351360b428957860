import type { AnyStateMachine, Snapshot, StateValue } from 'xstate';
import type { JournalDetail, Json } from '../../machines/domain/journal.ts';
import { FailOrder } from './attribution.ts';
import { encodeToText } from './codec.text.ts';
import { encode } from './codec.ts';
import { quoted } from './names.ts';
import { stateValueOf, type Turn } from './turn.ts';
import type { ActorInternals } from './xstate-internals.ts';

function isSame(a: StateValue | undefined, b: StateValue | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(a[key], b[key]));
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
  let text = turn.actions === '' ? '' : `,"actions":[${turn.actions}]`;
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
  if (turn.targets !== '') text += `,"transitions":[${turn.targets}]`;
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
