import { type ChildSpec, childFault, type SpecFault, SupervisorSpecError } from './child-spec.ts';
import type { RestartPolicy } from './restart.logic.ts';
import type { ChildRecord, SupervisorContext, SupervisorReport } from './supervisor.events.ts';

const maxReports = 50;

/** A child that is started now. */
export const newRecord = (spec: ChildSpec, at: number): ChildRecord => ({
  id: spec.id,
  restart: spec.restart,
  spec,
  state: 'running',
  startedAt: at,
  failures: 0,
  restarts: 0,
  lastError: null,
});

export const findChild = (context: SupervisorContext, id: string): ChildRecord | undefined =>
  context.children.find((child) => child.id === id);

/** Changes the records of some children. */
export const patchChildren = (
  context: SupervisorContext,
  ids: readonly string[],
  patch: (child: ChildRecord) => Partial<ChildRecord>,
): readonly ChildRecord[] =>
  context.children.map((child) => (ids.includes(child.id) ? { ...child, ...patch(child) } : child));

/** Forgets some children. */
export const withoutChildren = (context: SupervisorContext, ids: readonly string[]): readonly ChildRecord[] =>
  context.children.filter((child) => !ids.includes(child.id));

/** Keeps the newest reports. */
export const withReport = (
  context: SupervisorContext,
  report: SupervisorReport,
): readonly SupervisorReport[] => [...context.reports, report].slice(-maxReports);

/** What went wrong, as text: never an Error object in a context. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === 'string' ? error : 'no message';

/** @throws SupervisorSpecError on the first thing that cannot be supervised. */
export function checkSupervisor(
  id: string,
  policy: RestartPolicy,
  specs: readonly ChildSpec[],
  logicKeys: readonly string[],
): void {
  const refuse = (code: SpecFault, message: string) => new SupervisorSpecError(code, id, message);
  if (id === '') throw refuse('badId', 'found an empty id, expected a name');
  const { intensity, periodMs, backoff, healthyAfterMs } = policy;
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
    const fault = childFault(spec, specs.slice(0, index), logicKeys);
    if (fault !== null) throw refuse(fault.code, fault.message);
  }
}
