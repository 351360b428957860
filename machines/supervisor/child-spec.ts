import type { AnyActorLogic, InputFrom } from 'xstate';

/**
 * When an ended child is started again, as in OTP:
 * - `permanent`: always, even after it finished;
 * - `transient`: after a failure only;
 * - `temporary`: never; its spec is forgotten when it ends.
 */
export type Restart = 'permanent' | 'transient' | 'temporary';

/** A child as plain data. */
export interface ChildSpec {
  /** Unique within its supervisor. */
  readonly id: string;
  /** Key into the supervisor's logics. */
  readonly logic: string;
  /** Plain data; handed over again at each restart. */
  readonly input?: unknown;
  readonly restart: Restart;
  /**
   * How long a child that was sent `{ type: 'shutdown' }` may take to finish before it is stopped.
   * 0 stops it at once, unasked (OTP's `brutal_kill`).
   */
  readonly shutdownMs: number;
  /** Name under which the whole actor system finds it. */
  readonly systemId?: string | undefined;
}

/** Actor logics by the keys that specs use. */
export type Logics = Readonly<Record<string, AnyActorLogic>>;

/** A spec whose `logic` and `input` fit the given logics. */
export type ChildSpecFor<L extends Logics> = {
  [K in keyof L & string]: Omit<ChildSpec, 'logic' | 'input'> & {
    readonly logic: K;
  } & (undefined extends InputFrom<L[K]>
      ? { readonly input?: InputFrom<L[K]> }
      : { readonly input: InputFrom<L[K]> });
}[keyof L & string];

/** Why a supervisor or one of its children is refused. */
export const specFaults = [
  'badId',
  'duplicateId',
  'duplicateSystemId',
  'unknownLogic',
  'badShutdown',
  'badIntensity',
  'badPeriod',
  'badBackoff',
  'tooManyChildren',
] as const;
export type SpecFault = (typeof specFaults)[number];

/** A spec that cannot be supervised. */
export class SupervisorSpecError extends Error {
  readonly code: SpecFault;
  /** Id of the supervisor. */
  readonly supervisor: string;

  constructor(code: SpecFault, supervisor: string, message: string) {
    super(`supervisor "${supervisor}": ${message}`);
    this.name = 'SupervisorSpecError';
    this.code = code;
    this.supervisor = supervisor;
  }
}

/** More make spawning and stopping quadratic in XState 5.33 (10,000 under one parent take 20 s): use groups. */
export const maxChildren = 200;

/** Answers what is wrong with adding a child to those present; null when nothing is. */
export function childFault(
  spec: ChildSpec,
  present: readonly ChildSpec[],
  logicKeys: readonly string[],
): { readonly code: SpecFault; readonly message: string } | null {
  if (spec.id === '') return { code: 'badId', message: 'found an empty child id, expected a name' };
  if (present.some((other) => other.id === spec.id)) {
    return { code: 'duplicateId', message: `found the child id "${spec.id}" twice, expected unique ids` };
  }
  if (spec.systemId !== undefined && present.some((other) => other.systemId === spec.systemId)) {
    const message = `found the system id "${spec.systemId}" twice, expected unique ids`;
    return { code: 'duplicateSystemId', message };
  }
  if (!logicKeys.includes(spec.logic)) {
    const message = `child "${spec.id}": found the logic "${spec.logic}", expected one of ${logicKeys.join(', ')}`;
    return { code: 'unknownLogic', message };
  }
  // setTimeout fires at once from 2^31 ms on.
  if (!Number.isInteger(spec.shutdownMs) || spec.shutdownMs < 0 || spec.shutdownMs >= 2 ** 31) {
    const message = `child "${spec.id}": found shutdownMs "${spec.shutdownMs}", expected whole milliseconds from 0`;
    return { code: 'badShutdown', message };
  }
  if (present.length >= maxChildren) {
    return { code: 'tooManyChildren', message: `expected at most ${maxChildren} children, use groups` };
  }
  return null;
}
