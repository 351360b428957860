import { type AnyActorRef, isMachineSnapshot } from 'xstate';
import type { Json } from '../../machines/domain/journal.ts';
import { isPairs, isSecret, isSecretName, mayHoldSecret, redactedText, withoutSecrets } from './secrets.ts';
import { recordOf } from './turn.ts';

/**
 * Values as the journal keeps them. Plain JSON stays as it is; everything else becomes an object with the key `$`
 * that names its kind, e.g. `{ $: 'Error', name, message }`. Secrets are taken out, stacks are left out.
 */

/** Deeper values, and whatever is left of a value of too many parts, are cut. */
const deepest = 40;
const mostParts = 200_000;

const tagged = (kind: string, rest: { readonly [key: string]: Json } = {}): Json => ({ $: kind, ...rest });
const cut = tagged('cut');

/** One value on its way; `path` finds cycles. */
interface Walk {
  readonly path: object[];
  parts: number;
}

/** @returns JSON; the value itself, not a copy, where it is JSON already. It never throws. */
export function encode(value: unknown): Json {
  try {
    return encodePart(value, { path: [], parts: 0 });
  } catch (error) {
    return tagged('unreadable', { message: error instanceof Error ? error.message : String(error) });
  }
}

/** JSON in it stands with its quotes, which the text's own JSON would escape. */
const encodeText = (text: string): string =>
  text.includes('"') || mayHoldSecret(text) ? withoutSecrets(text) : text;

function encodeNumber(value: number): Json {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return tagged('number', { value: Object.is(value, -0) ? '-0' : String(value) });
}

function encodePart(value: unknown, walk: Walk): Json {
  switch (typeof value) {
    case 'string':
      return encodeText(value);
    case 'number':
      return encodeNumber(value);
    case 'boolean':
      return value;
    case 'undefined':
      return tagged('undefined');
    case 'bigint':
      return tagged('bigint', { value: String(value) });
    case 'function':
      return tagged('function', { name: value.name });
    case 'symbol':
      return tagged('symbol', { name: value.description ?? '' });
    default:
      return value === null || value === undefined ? null : encodeObject(value, walk);
  }
}

function encodeObject(value: object, walk: Walk): Json {
  walk.parts += 1;
  if (walk.path.length >= deepest || walk.parts > mostParts) return cut;
  if (walk.path.includes(value)) return tagged('cycle');
  walk.path.push(value);
  try {
    if (Array.isArray(value)) return encodeArray(value, walk);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return isMachineSnapshot(value) ? encodeSnapshot(value, walk) : encodeRecord(value, walk);
    }
    return encodeSpecial(value, walk);
  } finally {
    walk.path.pop();
  }
}

function encodeArray(value: readonly unknown[], walk: Walk): Json {
  let copy: Json[] | null = null;
  const pairs = isPairs(value);
  for (let i = 0; i < value.length; i += 1) {
    const part = value[i];
    const key = pairs && i % 2 === 1 ? value[i - 1] : null;
    const encoded = isSecretName(key) && isSecret(String(key), part) ? redactedText : encodePart(part, walk);
    if (copy !== null) copy.push(encoded);
    else if (encoded !== part) copy = [...(value.slice(0, i) as Json[]), encoded];
  }
  return copy ?? (value as readonly Json[]);
}

/** A record of plain JSON is answered as it is, without a copy. */
function encodeRecord(value: object, walk: Walk): Json {
  const record = value as Readonly<Record<string, unknown>>;
  let copy: Record<string, Json> | null = null;
  for (const key in record) {
    const part = record[key];
    const encoded = isSecret(key, part) ? redactedText : encodePart(part, walk);
    if (encoded !== part && copy === null) copy = { ...(record as Record<string, Json>) };
    if (copy !== null) copy[key] = encoded;
  }
  if ('$' in record)
    return tagged('record', { entries: Object.entries(copy ?? (record as Record<string, Json>)) });
  return copy ?? (record as Record<string, Json>);
}

const encodeSnapshot = (value: { status: string; value: unknown; context: unknown }, walk: Walk): Json =>
  tagged('snapshot', {
    status: value.status,
    value: encodePart(value.value, walk),
    context: encodePart(value.context, walk),
  });

const isActorRef = (value: object): value is AnyActorRef =>
  'sessionId' in value && 'send' in value && 'ref' in value;

function encodeSpecial(value: object, walk: Walk): Json {
  if (value instanceof Error) return encodeError(value, walk);
  if (isActorRef(value)) {
    return tagged('actor', { id: value.id, path: recordOf(value)?.path ?? value.id });
  }
  if (value instanceof Date) return tagged('Date', { at: encodeNumber(value.getTime()) });
  if (value instanceof Map) return tagged('Map', { entries: encodeArray([...value.entries()], walk) });
  if (value instanceof Set) return tagged('Set', { values: encodeArray([...value.values()], walk) });
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const values = Array.from(value as unknown as ArrayLike<unknown>);
    return tagged('typed', { name: value.constructor.name, values: encodeArray(values, walk) });
  }
  return tagged('class', { name: value.constructor?.name ?? '', value: encodeRecord({ ...value }, walk) });
}

function encodeError(error: Error, walk: Walk): Json {
  const { stack: _, name, message, cause, ...rest } = error as Error & Record<string, unknown>;
  return tagged('Error', {
    name: encodeText(name),
    message: encodeText(message),
    ...(cause === undefined ? {} : { cause: encodePart(cause, walk) }),
    ...(Object.keys(rest).length === 0 ? {} : { props: encodeRecord(rest, walk) }),
  });
}

/** Stands in for an actor that an event or a context referred to. */
export type ReviveActor = (id: string, path: string) => unknown;

const reference: ReviveActor = (id, path) => ({ id, path });

type Tagged = { readonly $: string } & { readonly [key: string]: Json };
const isTagged = (value: Json): value is Tagged =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && '$' in value;

/**
 * The value again. Errors come back as `Error` with name, message and properties; what was cut stays the tag that
 * says so: see {@link isWhole}.
 */
export function decode(value: Json, revive: ReviveActor = reference): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((part: Json) => decode(part, revive));
  if (isTagged(value)) return decodeTagged(value, revive);
  return decodeRecord(value as { readonly [key: string]: Json }, revive);
}

const decodeRecord = (value: { readonly [key: string]: Json }, revive: ReviveActor): object =>
  Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decode(part, revive)]));

const list = (value: Json | undefined, revive: ReviveActor): unknown[] =>
  Array.isArray(value) ? value.map((part: Json) => decode(part, revive)) : [];

const typedArrays: Readonly<Record<string, (values: number[]) => unknown>> = {
  Float64Array: (values) => Float64Array.from(values),
  Float32Array: (values) => Float32Array.from(values),
  Int32Array: (values) => Int32Array.from(values),
  Uint32Array: (values) => Uint32Array.from(values),
  Uint8Array: (values) => Uint8Array.from(values),
};

function decodeTagged(value: Tagged, revive: ReviveActor): unknown {
  switch (value.$) {
    case 'undefined':
      return undefined;
    case 'number':
      return Number(value.value);
    case 'bigint':
      return BigInt(String(value.value));
    case 'Date':
      return new Date(Number(decode(value.at ?? null, revive)));
    case 'Map':
      return new Map(list(value.entries, revive) as [unknown, unknown][]);
    case 'Set':
      return new Set(list(value.values, revive));
    case 'typed':
      return typedArrays[String(value.name)]?.(list(value.values, revive) as number[]) ?? value;
    case 'record':
      return Object.fromEntries(list(value.entries, revive) as [string, unknown][]);
    case 'class':
      return decode(value.value ?? null, revive);
    case 'actor':
      return revive(String(value.id), String(value.path));
    case 'Error':
      return decodeError(value, revive);
    default:
      return value;
  }
}

function decodeError(value: Tagged, revive: ReviveActor): Error {
  const cause = value.cause === undefined ? {} : { cause: decode(value.cause, revive) };
  const error = new Error(String(value.message), cause);
  // Only its name is left of its class; failures are sorted by it.
  Object.defineProperty(error, 'name', { value: String(value.name), configurable: true, writable: true });
  Object.assign(error, decode(value.props ?? {}, revive));
  delete error.stack;
  return error;
}

const lossy: ReadonlySet<string> = new Set(['cut', 'cycle', 'unreadable', 'function', 'symbol', 'snapshot']);

/** Whether decoding gives all that was encoded; secrets apart, which no machine may decide by. */
export function isWhole(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (isTagged(value) && lossy.has(value.$)) return false;
  return Object.values(value).every(isWhole);
}
