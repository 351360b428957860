import type { z } from 'zod';
import { closest } from './closest.ts';
import { type ConfigProblem, quoted, type YamlPath, type YamlSource } from './yaml.source.ts';

type Issue = z.core.$ZodIssue;

/** The value at a path of plain data; undefined where there is none. */
export const valueAt = (data: unknown, path: YamlPath): unknown =>
  path.reduce<unknown>(
    (value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined),
    data,
  );

const hasKey = (data: unknown, path: YamlPath): boolean => {
  const parent = valueAt(data, path.slice(0, -1));
  const last = path.at(-1);
  return last === undefined || (typeof parent === 'object' && parent !== null && Object.hasOwn(parent, last));
};

/** Looks through default, optional, nullable and pipe to the schema that describes the written value. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodTypes {
  const known = schema as z.core.$ZodTypes;
  const def = known._zod.def;
  if (def.type === 'pipe') return unwrapped(def.in);
  if (def.type === 'lazy') return unwrapped(def.getter());
  if ('innerType' in def) return unwrapped(def.innerType as z.core.$ZodType);
  return known;
}

/** The keys that the schema knows for the map at `path`; empty when it cannot be told. */
function knownKeys(schema: z.core.$ZodType, data: unknown, path: YamlPath): readonly string[] {
  const { def } = unwrapped(schema)._zod;
  if (def.type === 'union') {
    const lists = def.options.map((option) => {
      const inner = unwrapped(option)._zod.def;
      if (inner.type === 'object' && 'discriminator' in def) {
        const name = String(def.discriminator);
        const tag = inner.shape[name];
        const fits = tag?.['~standard'].validate(valueAt(data, [name]));
        if (!fits || ('issues' in fits && fits.issues !== undefined)) return [];
      }
      return knownKeys(option, data, path);
    });
    return lists.find((keys) => keys.length > 0) ?? [];
  }
  const [head, ...rest] = path;
  if (head === undefined) return def.type === 'object' ? Object.keys(def.shape) : [];
  if (def.type === 'object') {
    const next = def.shape[String(head)];
    return next === undefined ? [] : knownKeys(next, valueAt(data, [head]), rest);
  }
  if (def.type === 'array' && typeof head === 'number')
    return knownKeys(def.element, valueAt(data, [head]), rest);
  if (def.type === 'record') return knownKeys(def.valueType, valueAt(data, [head]), rest);
  return [];
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of settings',
  record: 'a map of settings',
  null: 'nothing',
};

function bound(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const small = issue.code === 'too_small';
  const limit = String(small ? issue.minimum : issue.maximum);
  const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : '';
  if (issue.exact === true) return `exactly ${limit}${unit}`;
  if (issue.inclusive === true || unit !== '') return `at ${small ? 'least' : 'most'} ${limit}${unit}`;
  return `${small ? 'more' : 'less'} than ${limit}`;
}

const oneOf = (values: readonly unknown[], found: unknown): string => {
  const names = values.map(String);
  const near = typeof found === 'string' ? closest(found, names) : null;
  const list = names.length === 1 ? `"${names[0]}"` : `one of ${names.join(', ')}`;
  return near === null ? list : `${list}; did you mean "${near}"?`;
};

/** What an issue expected, in words. A schema's own message counts when it begins with "expected ". */
function expectation(issue: Issue, found: unknown): string {
  if (issue.message.startsWith('expected ')) return issue.message.slice('expected '.length);
  switch (issue.code) {
    case 'invalid_type': {
      const name = typeNames[issue.expected] ?? `a ${issue.expected}`;
      const bare = issue.expected === 'string' && (typeof found === 'number' || typeof found === 'boolean');
      return bare ? `${name}; put it in quotes` : name;
    }
    case 'too_small':
    case 'too_big':
      return bound(issue);
    case 'invalid_value':
      return oneOf(issue.values, found);
    case 'invalid_format':
      return issue.format === 'regex' ? `text like ${issue.pattern}` : `a valid ${issue.format}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? oneOf(issue.options, found)
        : issue.errors
            .flatMap((branch) => branch.slice(0, 1).map((inner) => expectation(inner, found)))
            .join(' or ');
    default:
      return issue.message;
  }
}

/** The issues of the one branch of a union that was meant: the only one whose type fits. */
function meantBranch(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] | null {
  const fitting = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'),
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

/** Turns what a schema found wrong into problems with a place in the file. */
export function problemsOf(
  issues: readonly Issue[],
  data: unknown,
  source: YamlSource,
  schema: z.core.$ZodType,
  base: YamlPath = [],
): ConfigProblem[] {
  return issues.flatMap((issue): ConfigProblem[] => {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      const names = knownKeys(schema, data, path);
      return issue.keys.map((key) => {
        const near = closest(key, names);
        const expected = near !== null ? `did you mean "${near}"?` : `expected one of ${names.join(', ')}`;
        const hint = names.length === 0 ? 'expected no such key' : expected;
        return source.problem([...path, key], `found unknown key "${key}", ${hint}`, true);
      });
    }
    if (issue.code === 'invalid_union') {
      const branch = meantBranch(issue);
      if (branch !== null) return problemsOf(branch, data, source, schema, path);
    }
    if (issue.code === 'invalid_key') {
      const expected = issue.issues.map((inner) => expectation(inner, path.at(-1))).join(', ');
      return [source.problem(path, `found key ${quoted(String(path.at(-1)))}, expected ${expected}`, true)];
    }
    const found = valueAt(data, path);
    const shown = found === null || !hasKey(data, path) ? 'nothing' : quoted(found);
    return [source.problem(path, `found ${shown}, expected ${expectation(issue, found)}`)];
  });
}
