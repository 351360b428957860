import type { z } from 'zod';
import { enhancedKind } from './enhanced.ts';
import { rsiKind } from './rsi.ts';
import { smaKind } from './sma.ts';
import type { StrategyKind } from './strategy.kind.ts';

/** Every kind of strategy by its key. */
export const strategyKinds: Readonly<Record<string, StrategyKind>> = Object.freeze({
  sma: smaKind,
  rsi: rsiKind,
  enhanced: enhancedKind,
});

/** One thing wrong with parameters; `path` is empty for the whole. */
export interface ParameterProblem {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

export type ParsedParameters =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problems: readonly ParameterProblem[] };

const shown = (value: unknown): string =>
  value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    raw,
  );

function expectedOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type')
    return issue.expected === 'int'
      ? 'a whole number'
      : issue.expected === 'object'
        ? 'an object'
        : `a ${issue.expected}`;
  if (issue.code === 'too_small') return `at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `at most ${issue.maximum}`;
  return issue.message;
}

/**
 * Parses the parameters of a kind; missing fields take their defaults, `undefined` and `null` count as `{}`.
 * An unknown kind is a problem with the path `kind`.
 */
export function parseParameters(kind: string, raw: unknown): ParsedParameters {
  const known = Object.hasOwn(strategyKinds, kind) ? strategyKinds[kind] : undefined;
  if (known === undefined) {
    const expected = `one of ${Object.keys(strategyKinds).join(', ')}`;
    return { ok: false, problems: [{ path: 'kind', found: shown(kind), expected }] };
  }
  const given = raw ?? {};
  const parsed = known.parameters.safeParse(given);
  if (parsed.success) return { ok: true, value: Object.freeze(parsed.data) };
  const names = Object.keys(known.parameters.parse({})).join(', ');
  const problems = parsed.error.issues.flatMap((issue): ParameterProblem[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: key, found: shown(key), expected: `one of ${names}` }))
      : [
          {
            path: issue.path.map(String).join('.'),
            found: shown(valueAt(given, issue.path)),
            expected: expectedOf(issue),
          },
        ],
  );
  return { ok: false, problems };
}
