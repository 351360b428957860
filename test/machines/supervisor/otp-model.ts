import type { ChildRecord } from '../../../machines/supervisor/supervisor.events.ts';
import { idOf, type RunningSupervisor, type SupervisorPlan } from './tree.ts';

/**
 * A tiny model of OTP's supervisor.erl, written from its documentation and not from ours: what follows when one
 * child of a tree at rest ends, and nothing else happens until all is at rest again.
 */
export interface Outcome {
  /** Names of workers in the order in which they end. */
  readonly ends: readonly string[];
  /** Names of workers in the order in which they are started. */
  readonly starts: readonly string[];
  /** How the root ends, if it does. */
  readonly root: 'active' | 'done' | 'error';
}

type Reason = 'normal' | 'shutdown' | 'abnormal';

export interface ModelTree {
  /** The tree as it was planned: what a supervisor starts with. */
  readonly plan: SupervisorPlan;
  /** Its supervisors as they are, by path. */
  readonly supervisors: ReadonlyMap<string, RunningSupervisor>;
}

/** The plan of a supervisor by its path. */
function planAt(plan: SupervisorPlan, path: string): SupervisorPlan {
  const [, ...ids] = path.split('/');
  return ids.reduce((parent: SupervisorPlan, id) => {
    const child = parent.children.find((each, index) => idOf(each, index) === id);
    if (child?.kind !== 'supervisor') throw new Error(`no supervisor ${path}`);
    return child;
  }, plan);
}

/** Workers that a child starts with, in order. */
function startsOf({ plan }: ModelTree, path: string, record: ChildRecord): string[] {
  const begin = (at: string, supervisor: SupervisorPlan): string[] =>
    supervisor.children.flatMap((child, index) => {
      const name = `${at}/${idOf(child, index)}`;
      return child.kind === 'worker' ? [name] : begin(name, child);
    });
  const name = `${path}/${record.id}`;
  return record.spec.logic === 'worker' ? [name] : begin(name, planAt(plan, name));
}

/** Workers that run below a child, in the order in which they are ended: last started first. */
function endsOf(tree: ModelTree, path: string, record: ChildRecord): string[] {
  if (record.state === 'finished') return [];
  const name = `${path}/${record.id}`;
  if (record.spec.logic === 'worker') return [name];
  const children = tree.supervisors.get(name)?.context.children ?? [];
  return [...children].reverse().flatMap((child) => endsOf(tree, name, child));
}

/** The child `id` of the supervisor at `path` ended, and `ended` with it. */
export function endOf(
  tree: ModelTree,
  path: string,
  id: string,
  reason: Reason,
  ended: readonly string[] = [`${path}/${id}`],
): Outcome {
  const supervisor = tree.supervisors.get(path);
  const index = supervisor?.context.children.findIndex((child) => child.id === id) ?? -1;
  const record = supervisor?.context.children[index];
  if (supervisor === undefined || record === undefined) throw new Error(`no ${path}/${id}`);
  const { strategy, intensity, autoShutdown, children: planned } = planAt(tree.plan, path);
  if (planned.length === 0) throw new Error(`${path} was planned with no child`);
  const { children, restartTimes } = supervisor.context;
  const others = children.filter((child) => child !== record);

  const endsWhole = (isFailure: boolean): Outcome => {
    const ends = [...ended, ...[...others].reverse().flatMap((child) => endsOf(tree, path, child))];
    const [parent, own] = splitPath(path);
    if (parent === null) return { ends, starts: [], root: isFailure ? 'error' : 'done' };
    // A supervisor that ends itself exits with "shutdown", whether restarting did not help or its work is over.
    return endOf(tree, parent, own, 'shutdown', ends);
  };

  const isRestarted =
    record.restart === 'permanent' || (record.restart === 'transient' && reason === 'abnormal');
  if (!isRestarted) {
    const isLast = !others.some((child) => child.significant && child.state !== 'finished');
    const endsAll = autoShutdown === 'anySignificant' || (autoShutdown === 'allSignificant' && isLast);
    if (record.significant && endsAll) return endsWhole(false);
    return { ends: ended, starts: [], root: 'active' };
  }
  if (restartTimes.length + 1 > intensity) return endsWhole(true);

  const concerned = { oneForOne: [record], restForOne: children.slice(index), oneForAll: children }[strategy];
  const ends = [...concerned]
    .reverse()
    .flatMap((child) => (child === record ? [] : endsOf(tree, path, child)));
  const again = concerned.filter((child) => child.restart !== 'temporary');
  return {
    ends: [...ended, ...ends],
    starts: again.flatMap((child) => startsOf(tree, path, child)),
    root: 'active',
  };
}

/** Path of the parent, null for the root, and the own id. */
export function splitPath(path: string): readonly [string | null, string] {
  const at = path.lastIndexOf('/');
  return at === -1 ? [null, path] : [path.slice(0, at), path.slice(at + 1)];
}
