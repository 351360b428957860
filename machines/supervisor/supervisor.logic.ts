import {
  type AutoShutdown,
  autoShutdowns,
  type ChildSpec,
  childFault,
  type SpecFault,
  SupervisorSpecError,
} from './child-spec.ts';
import { type ExitReason, type RestartPolicy, restartStrategies } from './restart.logic.ts';
import {
  type ChildRecord,
  type NotedExit,
  type SupervisorContext,
  type SupervisorEvent,
  SupervisorGaveUp,
  type SupervisorReport,
} from './supervisor.events.ts';

const maxReports = 50;

/** A child that has never stood. */
export const newRecord = (spec: ChildSpec, isOnDemand = false): ChildRecord => ({
  id: spec.id,
  restart: spec.restart,
  significant: spec.significant ?? false,
  spec,
  state: 'waiting',
  afterwards: 'forget',
  meanwhile: [],
  isOnDemand,
  startedAt: null,
  failures: 0,
  hasStood: false,
  restarts: 0,
  lastError: null,
});

/** The context of a supervisor that starts these children. */
export const newContext = (
  id: string,
  policy: RestartPolicy,
  specs: readonly ChildSpec[],
): SupervisorContext => ({
  id,
  policy: {
    strategy: policy.strategy,
    intensity: policy.intensity,
    periodMs: policy.periodMs,
    autoShutdown: policy.autoShutdown ?? 'never',
  },
  children: specs.map((spec) => newRecord(spec)),
  startQueue: specs.map((spec) => spec.id),
  burst: 0,
  endQueue: [],
  clearing: null,
  deferred: [],
  leaving: {},
  restartTimes: [],
  ending: null,
  reports: [],
});

type Children = Pick<SupervisorContext, 'children'>;

export const findChild = ({ children }: Children, id: string): ChildRecord | undefined =>
  children.find((child) => child.id === id);

/** Changes the records of some children. */
export function patchChildren(
  { children }: Children,
  ids: readonly string[],
  patch: (child: ChildRecord) => Partial<ChildRecord>,
): readonly ChildRecord[] {
  const patched = [...children];
  for (const id of ids) {
    const index = children.findIndex((child) => child.id === id);
    const child = children[index];
    if (child !== undefined) patched[index] = { ...child, ...patch(child) };
  }
  return patched;
}

/** Forgets some children. */
export const withoutChildren = ({ children }: Children, ids: readonly string[]): readonly ChildRecord[] =>
  children.filter((child) => !ids.includes(child.id));

/** Keeps the newest reports. */
export const withReport = (
  context: SupervisorContext,
  report: SupervisorReport,
): readonly SupervisorReport[] => [...context.reports, report].slice(-maxReports);

/** What went wrong, as text: never an Error object in a context. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === 'string' ? error : 'no message';

/** A supervisor says with its output that it ended itself in order. */
const saysShutdown = (output: unknown): boolean =>
  typeof output === 'object' && output !== null && 'reason' in output && output.reason === 'shutdown';

const isGivenUp = (error: unknown): boolean => error instanceof SupervisorGaveUp && !error.inStart;

/** Reads a child's end from the event that tells of it. @throws TypeError for any other event */
export function exitOf(event: SupervisorEvent, at: () => number): NotedExit {
  if (event.type === 'child.exited') return event.exit;
  if (!('actorId' in event)) throw new TypeError(`supervisor: found "${event.type}", expected a child's end`);
  if (!('error' in event)) {
    const reason: ExitReason = saysShutdown(event.output) ? 'shutdown' : 'normal';
    return { id: event.actorId, reason, at: at(), message: null };
  }
  const reason: ExitReason = isGivenUp(event.error) ? 'shutdown' : 'failed';
  return { id: event.actorId, reason, at: at(), message: messageOf(event.error) };
}

/** @throws SupervisorSpecError on the first thing that cannot be supervised. */
export function checkSupervisor(
  id: string,
  policy: RestartPolicy,
  specs: readonly ChildSpec[],
  logicKeys: readonly string[],
): void {
  const refuse = (code: SpecFault, message: string) => new SupervisorSpecError(code, id, message);
  if (id === '') throw refuse('badId', 'found an empty id, expected a name');
  const { strategy, intensity, periodMs, backoff, healthyAfterMs } = policy;
  const autoShutdown: AutoShutdown = policy.autoShutdown ?? 'never';
  if (!restartStrategies.includes(strategy)) {
    throw refuse(
      'badStrategy',
      `found the strategy "${strategy}", expected one of ${restartStrategies.join(', ')}`,
    );
  }
  if (!autoShutdowns.includes(autoShutdown)) {
    throw refuse(
      'badAutoShutdown',
      `found autoShutdown "${autoShutdown}", expected one of ${autoShutdowns.join(', ')}`,
    );
  }
  if (!Number.isInteger(intensity) || intensity < 0) {
    throw refuse('badIntensity', `found the intensity "${intensity}", expected a whole number from 0`);
  }
  if (!(periodMs > 0) || !Number.isFinite(periodMs)) {
    throw refuse('badPeriod', `found periodMs "${periodMs}", expected milliseconds above 0`);
  }
  const { minMs, maxMs, factor, jitterFraction } = backoff;
  const grows = minMs >= 0 && maxMs >= minMs && maxMs < 2 ** 31 && factor >= 1;
  if (!grows || !(jitterFraction >= 0 && jitterFraction <= 1) || !(healthyAfterMs >= 0)) {
    const found = JSON.stringify({ ...backoff, healthyAfterMs });
    throw refuse('badBackoff', `found ${found}, expected 0 <= minMs <= maxMs, factor >= 1, jitter in [0, 1]`);
  }
  for (const [index, spec] of specs.entries()) {
    const fault = childFault(spec, specs.slice(0, index), logicKeys, autoShutdown);
    if (fault !== null) throw refuse(fault.code, fault.message);
  }
}
