import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DecimalString } from '../../machines/domain/decimal.ts';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import type { StrategyDefinition } from '../../machines/domain/strategy.ts';
import type { DailyTime } from '../../machines/domain/wall-time.ts';
import type { ScopedLimits } from '../../machines/risk/limits.ts';
import type { LossLimits } from '../../machines/risk/loss.logic.ts';
import type { TradeLimits } from '../../machines/risk/trades.logic.ts';
import { closest } from './closest.ts';
import {
  collarInTheWay,
  defaultFlatten,
  type FlattenConfig,
  flattenOf,
  lossLimits,
  noLossLimits,
  riskSchema,
  scopedLimits,
  tradeLimits,
} from './risk.schema.ts';
import { type RuntimeConfig, runtimeSchema } from './runtime.schema.ts';
import { type SessionFile, sessionsSchema, strategiesSchema } from './session.schema.ts';
import { quoted, type YamlPath, type YamlSource } from './yaml.source.ts';
import { type ConfigProblem, deepFreeze, type LoadedYaml, loadYamlFile } from './yaml.ts';

/** What is known of strategies outside the config folder. `parseParameters` is that of the strategy registry. */
export interface StrategyKnowledge {
  readonly parseParameters: (
    kind: string,
    raw: unknown,
  ) =>
    | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
    | {
        readonly ok: false;
        readonly problems: readonly {
          readonly path: string;
          readonly found: string;
          readonly expected: string;
        }[];
      };
  /** Strategies that every installation has. */
  readonly builtinNames: readonly string[];
}

/** A config folder, checked and frozen. Every session's strategy is here or built in. */
export interface Config {
  readonly dir: string;
  readonly runtime: RuntimeConfig;
  /** Of `strategies/` and written inline in sessions; parameters are complete. */
  readonly strategies: readonly StrategyDefinition[];
  readonly sessions: readonly SessionDefinition[];
  /** Of `risk.yaml`; none without the file. */
  readonly limits: readonly ScopedLimits[];
  /** Losses of an account that halt everything. */
  readonly losses: LossLimits;
  /** Of each session by itself. */
  readonly trades: TradeLimits;
  /** When the kill switch is tried every day; null: only by hand. */
  readonly drill: DailyTime | null;
  /** How everything is closed when that is wanted. */
  readonly flatten: FlattenConfig;
  /** Net liquidation that the worst case is reckoned with; null: what the account turns out to have. */
  readonly capital: DecimalString | null;
  /** Where the sizing of each session is declared, for complaints. */
  readonly places: Readonly<Record<string, Omit<ConfigProblem, 'message'>>>;
}

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Something declared, and where. */
interface Declared<T> {
  readonly value: T;
  readonly source: YamlSource;
  readonly path: YamlPath;
}

/** The folder that counts: the flag, else `TRADEWARDEN_CONFIG`, else `config`. */
export function configDir(flag: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  return flag ?? (env.TRADEWARDEN_CONFIG || 'config');
}

/** YAML files of a folder by name; a folder that is not there has none. */
function yamlFiles(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(dir, name));
  } catch {
    return [];
  }
}

/** Every entry of the list files of a folder; problems go to `problems`. */
function declaredIn<T>(
  dir: string,
  load: (file: string) => LoadedYaml<T | readonly T[]>,
  problems: ConfigProblem[],
): Declared<T>[] {
  return yamlFiles(dir).flatMap((file) => {
    const loaded = load(file);
    if (!loaded.ok) {
      problems.push(...loaded.problems);
      return [];
    }
    const { value, source } = loaded;
    return Array.isArray(value)
      ? value.map((item: T, index) => ({ value: item, source, path: [index] }))
      : [{ value: value as T, source, path: [] }];
  });
}

/** One problem for each name that was declared before, naming both places. */
function duplicates<T>(declared: readonly Declared<T>[], field: 'id' | 'name', of: (value: T) => string) {
  const first = new Map<string, Declared<T>>();
  return declared.flatMap((entry): ConfigProblem[] => {
    const name = of(entry.value);
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, entry);
      return [];
    }
    const place = other.source.locate([...other.path, field]);
    const at = `${other.source.file}:${place.line}:${place.column}`;
    return [
      entry.source.problem(
        [...entry.path, field],
        `found "${name}" again, expected ${field === 'id' ? 'an id' : 'a name'} of its own; it is also at ${at}`,
      ),
    ];
  });
}

const sessionOf = (file: SessionFile): SessionDefinition => ({
  ...file,
  name: file.name ?? file.id,
  strategy: typeof file.strategy === 'string' ? file.strategy : inlineName(file.id),
  origin: 'config',
});

const inlineName = (sessionId: string): string => `${sessionId}-strategy`;

/** Checks the parameters of a strategy by its kind, and completes them. */
function strategyOf(
  declared: Declared<{
    name: string;
    kind: string;
    parameters: Record<string, unknown>;
    notes: string | null;
  }>,
  knowledge: StrategyKnowledge,
  problems: ConfigProblem[],
): StrategyDefinition[] {
  const { value, source, path } = declared;
  const parsed = knowledge.parseParameters(value.kind, value.parameters);
  if (parsed.ok) {
    const { name, kind, notes } = value;
    return [{ name, kind, notes, parameters: parsed.value, origin: 'config' }];
  }
  for (const problem of parsed.problems) {
    const inner = problem.path === '' ? [] : problem.path.split('.');
    const isKind = problem.path === 'kind' && !Object.hasOwn(value.parameters, 'kind');
    const where = isKind ? [...path, 'kind'] : [...path, 'parameters', ...inner];
    const last = inner.at(-1);
    if (last !== undefined && !isKind && problem.found === JSON.stringify(last)) {
      const near = closest(last, problem.expected.replace(/^one of /, '').split(', '));
      const hint = near === null ? `expected ${problem.expected}` : `did you mean "${near}"?`;
      problems.push(source.problem(where, `found unknown key ${problem.found}, ${hint}`, true));
      continue;
    }
    const bare = problem.found.startsWith('"') || problem.found === 'nothing';
    const found = bare ? problem.found : quoted(problem.found);
    problems.push(source.problem(where, `found ${found}, expected ${problem.expected}`));
  }
  return [];
}

/**
 * Loads and checks a config folder: `runtime.yaml`, `strategies/*.yaml`, `sessions/*.yaml`. Answers everything that is
 * wrong, not only the first; a session may name a strategy of the folder or a built-in one.
 */
export function loadConfig(dir: string, knowledge: StrategyKnowledge): LoadedConfig {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) {
    const message = `found no such folder, expected a config folder; name one with --config DIR or TRADEWARDEN_CONFIG`;
    return { ok: false, problems: [{ file: dir, line: 0, column: 0, path: '', message }] };
  }
  const problems: ConfigProblem[] = [];
  const runtime = loadYamlFile(join(dir, 'runtime.yaml'), runtimeSchema);
  if (!runtime.ok) problems.push(...runtime.problems);

  const riskFile = join(dir, 'risk.yaml');
  const risk = statSync(riskFile, { throwIfNoEntry: false }) ? loadYamlFile(riskFile, riskSchema) : null;
  if (risk?.ok === false) problems.push(...risk.problems);

  const named = declaredIn(
    join(dir, 'strategies'),
    (file) => loadYamlFile(file, strategiesSchema, []),
    problems,
  );
  const sessions = declaredIn(
    join(dir, 'sessions'),
    (file) => loadYamlFile(file, sessionsSchema, []),
    problems,
  );
  const inline = sessions.flatMap(({ value, source, path }) =>
    typeof value.strategy === 'string'
      ? []
      : [
          {
            value: { ...value.strategy, name: inlineName(value.id) },
            source,
            path: [...path, 'strategy'],
          },
        ],
  );

  problems.push(...duplicates(sessions, 'id', (session) => session.id));
  problems.push(...duplicates([...named, ...inline], 'name', (strategy) => strategy.name));
  for (const { value, source, path } of named) {
    if (knowledge.builtinNames.includes(value.name)) {
      problems.push(
        source.problem(
          [...path, 'name'],
          `found "${value.name}", expected a name that no built-in strategy has`,
        ),
      );
    }
  }

  const strategies = [...named, ...inline].flatMap((entry) => strategyOf(entry, knowledge, problems));
  const names = [...new Set([...knowledge.builtinNames, ...named.map(({ value }) => value.name)])];
  for (const { value, source, path } of sessions) {
    if (typeof value.strategy === 'string' && !names.includes(value.strategy)) {
      const near = closest(value.strategy, names);
      const hint = near === null ? '' : `; did you mean "${near}"?`;
      problems.push(
        source.problem(
          [...path, 'strategy'],
          `found "${value.strategy}", expected one of ${names.join(', ')}, or a strategy written here${hint}`,
        ),
      );
    }
  }

  if (risk?.ok) {
    const ids = sessions.map(({ value }) => value.id);
    for (const id of Object.keys(risk.value.sessions)) {
      if (ids.includes(id)) continue;
      const near = closest(id, ids);
      const hint = near === null ? `expected one of ${ids.join(', ')}` : `did you mean "${near}"?`;
      problems.push(risk.source.problem(['sessions', id], `found no session "${id}", ${hint}`, true));
    }
  }

  if (risk?.ok) {
    const collar = collarInTheWay(risk.value);
    if (collar !== null) {
      const expected = `expected at most ${collar}, the tightest priceCollar, which would refuse every step`;
      problems.push(
        risk.source.problem(['flatten', 'collar'], `found ${risk.value.flatten.collar}, ${expected}`),
      );
    }
  }

  if (!runtime.ok || problems.length > 0) return { ok: false, problems };
  const config: Config = {
    dir,
    runtime: runtime.value,
    strategies,
    sessions: sessions.map(({ value }) => sessionOf(value)),
    limits: risk?.ok ? scopedLimits(risk.value) : [],
    trades: risk?.ok ? tradeLimits(risk.value) : {},
    losses: risk?.ok ? lossLimits(risk.value) : noLossLimits,
    drill: risk?.ok ? risk.value.drill : null,
    flatten: risk?.ok ? flattenOf(risk.value) : defaultFlatten,
    capital: risk?.ok ? risk.value.capital : null,
    places: Object.fromEntries(
      sessions.map(({ value, source, path }) => [value.id, source.place([...path, 'sizing'])]),
    ),
  };
  return { ok: true, config: deepFreeze(config) };
}
