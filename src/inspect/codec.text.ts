import { encode } from './codec.ts';
import { isPairs, isSecret, isSecretName, mayHoldSecret } from './secrets.ts';

/**
 * The fast way to the JSON of a value, encoded: plain data, which is nearly all, is looked through once and given to
 * the engine as it is. Everything else goes through `encode`.
 */

const deepest = 20;
const mostItems = 20_000;

const isPlainNumber = (value: number): boolean => value - value === 0 && (value !== 0 || 1 / value > 0);

/** Whether a value is JSON as it is; strings apart, which are looked at in the text. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return isPlainNumber(value);
  if (typeof value !== 'object' || depth >= deepest) return false;
  return Array.isArray(value) ? isPlainArray(value, depth) : isPlainRecord(value, depth);
}

function isPlainArray(value: readonly unknown[], depth: number): boolean {
  if (value.length > mostItems) return false;
  for (const part of value) if (!isPlain(part, depth + 1)) return false;
  if (!isPairs(value)) return true;
  for (let i = 0; i < value.length; i += 2) if (isSecretName(value[i])) return false;
  return true;
}

/** A key that says that its value must not be written as it is. */
const isSpecialKey = (key: string, value: unknown): boolean =>
  key === '$' || key === 'machine' || isSecret(key, value);

function isPlainRecord(value: object, depth: number): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  const record = value as Readonly<Record<string, unknown>>;
  for (const key in record) {
    const part = record[key];
    if (isSpecialKey(key, part)) return false;
    if (typeof part === 'string') continue;
    if (!isPlain(part, depth + 1)) return false;
  }
  return true;
}

function textOf(value: unknown): string {
  if (isPlain(value, 0)) {
    const text = JSON.stringify(value);
    if (!mayHoldSecret(text)) return text;
  }
  return JSON.stringify(encode(value));
}

/** Values met lately with their text: a decision or a definition passes through many entries. */
const lately = 16;
const longestKept = 4_000;
const values: (object | null)[] = new Array(lately).fill(null);
const texts: string[] = new Array(lately).fill('');
let next = 0;

function textOfObject(value: object): string {
  const index = values.indexOf(value);
  if (index >= 0) return texts[index] ?? '';
  const text = textOf(value);
  if (text.length <= longestKept) {
    values[next] = value;
    texts[next] = text;
    next = (next + 1) % lately;
  }
  return text;
}

const keys = new Map<string, string>();
const mostKeys = 10_000;

function keyText(key: string): string {
  let text = keys.get(key);
  if (text === undefined) {
    text = `${JSON.stringify(key)}:`;
    if (keys.size >= mostKeys) keys.clear();
    keys.set(key, text);
  }
  return text;
}

/** A record part by part, so that parts met lately are not written again; null when it must go through `encode`. */
function recordText(value: object): string | null {
  if (Object.getPrototypeOf(value) !== Object.prototype) return null;
  const record = value as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const key in record) {
    const part = record[key];
    if (isSpecialKey(key, part)) return null;
    if (text.length > 1) text += ',';
    text += keyText(key);
    if (typeof part === 'object' && part !== null) text += textOfObject(part);
    else if (typeof part === 'boolean' || part === null) text += String(part);
    else text += textOf(part);
  }
  return `${text}}`;
}

function hasObjects(value: object): boolean {
  const record = value as Readonly<Record<string, unknown>>;
  for (const key in record) {
    const part = record[key];
    if (typeof part === 'object' && part !== null) return true;
  }
  return false;
}

/** The JSON of a value, encoded; the same as that of `encode`. It never throws. */
export function encodeToText(value: unknown): string {
  try {
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && hasObjects(value)) {
      const text = recordText(value);
      if (text !== null) return text;
    } else return textOf(value);
  } catch {
    // Something in it throws when it is read: `encode` says so.
  }
  return JSON.stringify(encode(value));
}
