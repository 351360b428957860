import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, type LineCounter } from 'yaml';

/** One thing wrong with a configuration. */
export interface ConfigProblem {
  readonly file: string;
  /** From 1; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly column: number;
  /** Where in the document, e.g. `watch[2].timeframes[0]`; empty for the whole. */
  readonly path: string;
  /** What was found and what was expected. */
  readonly message: string;
}

export type YamlPath = readonly PropertyKey[];

/** Writes a problem as one line, `file:line:column path: message`, as editors and terminals link it. */
export function problemLine(problem: ConfigProblem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  return problem.path === ''
    ? `${place}: ${problem.message}`
    : `${place} ${problem.path}: ${problem.message}`;
}

/** Writes a path as a person would: `sessions[0].sizing.kind`. */
export function pathText(path: YamlPath): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

/** Writes a found value in quotes, shortened to one line of at most 60 characters. */
export function quoted(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const line = text.replaceAll(/\s+/g, ' ');
  return `"${line.length > 60 ? `${line.slice(0, 57)}...` : line}"`;
}

/** A parsed file that knows on which line each of its values stands. */
export class YamlSource {
  readonly file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document, lines: LineCounter) {
    this.file = file;
    this.#document = document;
    this.#lines = lines;
  }

  /**
   * Line and column, from 1, of the value at a path, or with `key` of its key. What is not written in the file is
   * at the nearest map or list around it.
   */
  locate(path: YamlPath, key = false): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(this.#offset(path, key));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** Where a path is, for a problem that is found later. */
  place(path: YamlPath, key = false): Omit<ConfigProblem, 'message'> {
    return { file: this.file, ...this.locate(path, key), path: pathText(path) };
  }

  /** The problem "found ..., expected ..." at a path. */
  problem(path: YamlPath, message: string, key = false): ConfigProblem {
    return { ...this.place(path, key), message };
  }

  #offset(path: YamlPath, wantKey: boolean): number {
    let node: unknown = this.#document.contents;
    let offset = startOf(node) ?? 0;
    for (const [depth, part] of path.entries()) {
      if (isAlias(node)) node = node.resolve(this.#document);
      let key: unknown;
      if (isMap(node)) {
        const pair = node.items.find(
          (item) => isPair(item) && (isScalar(item.key) ? String(item.key.value) : '') === String(part),
        );
        if (pair === undefined) return offset;
        key = pair.key;
        // `key:` with nothing after it has no place of its own.
        node = isScalar(pair.value) && pair.value.value === null ? (pair.key ?? pair.value) : pair.value;
      } else if (isSeq(node)) {
        const item = node.items[Number(part)];
        if (item === undefined) return offset;
        node = item;
      } else return offset;
      const keyOffset = depth === path.length - 1 && wantKey ? startOf(key) : undefined;
      offset = keyOffset ?? startOf(node) ?? offset;
    }
    return offset;
  }
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
