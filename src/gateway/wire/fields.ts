import { Decimal } from 'decimal.js';
import { WireError } from './framing.ts';

/** What an encoder may put in a field; booleans go out as 1/0, absent values as the empty field. */
export type Field = string | number | boolean | Decimal | null | undefined;

/** Double.MAX_VALUE as TWS writes it: "not set", where an empty field would be read as 0. */
export const UNSET_DOUBLE = '1.7976931348623157E308';
/** What clients write for "no bound": the official API, Python's own, ib_async. */
export const INFINITIES: readonly string[] = ['Infinity', 'inf', 'Infinite'];
/** No price or size needs more digits; longer ones only cost time. */
const MAX_NUMBER_LENGTH = 60;
const UNSET_INT = 2147483647;

/** Renders a field as it goes on the wire. */
export function fieldText(value: Field): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : UNSET_DOUBLE;
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', ' ') : value;
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? '1' : '0';
  return value.toFixed();
}

export const fieldTexts = (fields: readonly Field[]): string[] => fields.map(fieldText);

/** From server version 153 on, text goes out in 7-bit ASCII with \uXXXX escapes. */
export function ascii7(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what "not printable ASCII" means
  return text.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Extra fields of a layout that exist from a server version on. */
export function since(version: number, minimum: number, fields: readonly Field[]): readonly Field[] {
  return version >= minimum ? fields : [];
}

/** Extra fields of a layout that ended with a server version. */
export function before(version: number, end: number, fields: readonly Field[]): readonly Field[] {
  return version < end ? fields : [];
}

/** Reads the fields of one message in order. Every method throws WireError with the field's name. */
export class FieldReader {
  readonly #fields: readonly string[];
  #next = 0;

  constructor(fields: readonly string[]) {
    this.#fields = fields;
  }

  get remaining(): number {
    return this.#fields.length - this.#next;
  }

  str(name: string): string {
    const value = this.#fields[this.#next];
    if (value === undefined) throw new WireError(`the message ends before field ${name}`);
    this.#next += 1;
    return value;
  }

  skip(...names: string[]): void {
    for (const name of names) this.str(name);
  }

  /** An integer; the empty field is 0, as in TWS. */
  int(name: string): number {
    return this.intOrUnset(name) ?? 0;
  }

  /** An order's or request's id: the largest integer, which elsewhere means "not set", is none. */
  id(name: string): number {
    const value = this.intOrUnset(name);
    if (value === undefined && this.#fields[this.#next - 1] !== '')
      throw new WireError(`field ${name}: found "${UNSET_INT}", expected an id below it`);
    return value ?? 0;
  }

  intOrUnset(name: string): number | undefined {
    const text = this.str(name);
    if (text === '') return undefined;
    if (!/^[+-]?\d+(\.0*)?$/.test(text))
      throw new WireError(`field ${name}: found ${quoted(text)}, expected an integer`);
    const value = Number.parseInt(text, 10);
    if (!Number.isSafeInteger(value))
      throw new WireError(`field ${name}: found ${quoted(text)}, which is out of range`);
    return value === UNSET_INT ? undefined : value;
  }

  bool(name: string): boolean {
    const text = this.str(name).toLowerCase();
    if (text === '' || text === '0' || text === 'false') return false;
    if (text === '1' || text === 'true') return true;
    throw new WireError(`field ${name}: found ${quoted(text)}, expected 0 or 1`);
  }

  /** A decimal number; undefined when empty, infinite or Double.MAX_VALUE. */
  decimal(name: string): Decimal | undefined {
    const text = this.str(name);
    if (text === '' || INFINITIES.includes(text)) return undefined;
    if (text.length > MAX_NUMBER_LENGTH || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text))
      throw new WireError(`field ${name}: found ${quoted(text)}, expected a number`);
    const value = new Decimal(text);
    if (value.gte('1.79e308') && value.lt('1.8e308')) return undefined;
    if (value.abs().gte('1.79e308'))
      throw new WireError(`field ${name}: found ${quoted(text)}, which is out of range`);
    return value;
  }

  /** Repeats a read `count` times, where the count is itself a field. */
  list<T>(name: string, read: (index: number) => T): T[] {
    const count = this.intOrUnset(name) ?? -1;
    if (count < 0 || count > 1000) throw new WireError(`field ${name}: found "${count}", expected 0 to 1000`);
    return Array.from({ length: count }, (_, index) => read(index));
  }

  /** Complains about fields that the layout of this version does not have. */
  end(): void {
    if (this.remaining > 0) throw new WireError(`${this.remaining} fields more than the layout has`);
  }
}

/** What was found, no longer than a person wants to read. */
const quoted = (text: string): string => `"${text.length > 40 ? `${text.slice(0, 40)}…` : text}"`;
