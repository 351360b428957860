import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { z } from 'zod';
import { problemsOf } from './issues.ts';
import { type ConfigProblem, YamlSource } from './yaml.source.ts';

export { type ConfigProblem, problemLine, type YamlSource } from './yaml.source.ts';

export type LoadedYaml<T> =
  | { readonly ok: true; readonly value: T; readonly source: YamlSource }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'a file that may not be read',
  EISDIR: 'a folder',
};

/** Freezes plain data through and through, and answers it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

const wholeFile = (file: string, message: string): { ok: false; problems: ConfigProblem[] } => ({
  ok: false,
  problems: [{ file, line: 0, column: 0, path: '', message }],
});

function syntaxProblem(file: string, text: string, error: YAMLError, lines: LineCounter): ConfigProblem {
  const { line, col } = lines.linePos(error.pos[0]);
  const place = { file, line: Math.max(1, line), column: Math.max(1, col), path: '' };
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:#]+/.exec(text.slice(error.pos[0]))?.[0] ?? '';
    return { ...place, message: `found key "${key}" twice, expected each key once in its map` };
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return { ...place, message: 'found a second document ("---"), expected one document in a file' };
  }
  const what = error.message.replaceAll(/\s+/g, ' ').replace(/[.:]$/, '');
  return { ...place, message: `found unreadable YAML (${what}), expected valid YAML` };
}

/**
 * Reads a YAML file and parses it with a schema. The value is frozen, and its source tells the line of every part.
 * Never throws for what stands in the file: syntax errors, duplicate and unknown keys and wrong values are problems.
 * `whenEmpty` stands in for a file without content.
 */
export function loadYamlFile<S extends z.ZodType>(
  file: string,
  schema: S,
  whenEmpty: unknown = {},
): LoadedYaml<z.output<S>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return wholeFile(file, `found ${unreadable[code] ?? code}, expected a YAML file that can be read`);
  }
  return parseYaml(file, text, schema, whenEmpty);
}

/** The same for a text that is at hand; `file` is what complaints call it. JSON is YAML too. */
export function parseYaml<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
  whenEmpty: unknown = {},
): LoadedYaml<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    // After a mistake in the syntax the rest is read wrongly: what else is found there follows from it.
    const cut = broken.findIndex(({ code }) => code !== 'DUPLICATE_KEY');
    const told = cut === -1 ? broken : broken.slice(0, cut + 1);
    return { ok: false, problems: told.map((error) => syntaxProblem(file, text, error, lines)) };
  }
  let data: unknown;
  try {
    data = document.toJS() ?? whenEmpty;
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return wholeFile(file, `found unreadable YAML (${what}), expected plain values`);
  }
  const source = new YamlSource(file, document, lines);
  const parsed = schema.safeParse(data);
  if (!parsed.success) {
    return { ok: false, problems: problemsOf(parsed.error.issues, data, source, schema) };
  }
  return { ok: true, value: deepFreeze(parsed.data), source };
}
