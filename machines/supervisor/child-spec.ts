import type { AnyActorLogic, InputFrom } from 'xstate';

/**
 * When an ended child is started again, as in OTP:
 * - `permanent`: always, even after it finished;
 * - `transient`: after a failure only;
 * - `temporary`: never; its spec is forgotten when it ends.
 */
export const restartTypes = ['permanent', 'transient', 'temporary'] as const;
export type Restart = (typeof restartTypes)[number];

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
   * 0 stops it at once, unasked (OTP's `brutal_kill`); `infinity` waits for ever: for supervisors, which have
   * deadlines of their own below them.
   */
  readonly shutdownMs: number | 'infinity';
  /**
   * Its end by itself may end the supervisor: see `AutoShutdown`. Never for a permanent child.
   * @default false
   */
  readonly significant?: boolean;
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

/**
 * Whether a supervisor ends when significant children have ended by themselves: at the first one, when none is left,
 * or never. A child that is started again has not ended.
 */
export const autoShutdowns = ['never', 'anySignificant', 'allSignificant'] as const;
export type AutoShutdown = (typeof autoShutdowns)[number];

/** Why a supervisor or one of its children is refused. */
export const specFaults = [
  'badId',
  'duplicateId',
  'unknownLogic',
  'badRestart',
  'badShutdown',
  'badSignificant',
  /** Each is fine by itself, both together are not. */
  'badCombination',
  'badStrategy',
  'badAutoShutdown',
  'badIntensity',
  'badPeriod',
  'badBackoff',
  'badGroups',
  'tooManyChildren',
] as const;
export type SpecFault = (typeof specFaults)[number];

/** What is wrong with a spec: a name, and a sentence that says what was found and what was expected. */
export interface Fault {
  readonly code: SpecFault;
  readonly message: string;
}

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

// setTimeout fires at once from 2^31 ms on.
const isDeadline = (ms: unknown): boolean =>
  ms === 'infinity' || (typeof ms === 'number' && Number.isInteger(ms) && ms >= 0 && ms < 2 ** 31);

/**
 * Answers what is wrong with a child by itself under such a supervisor; null when nothing is.
 * Checks what types promise too: specs come from data at run time.
 */
export function specFault(
  spec: ChildSpec,
  logicKeys: readonly string[],
  autoShutdown: AutoShutdown,
): Fault | null {
  const fault = (code: SpecFault, message: string): Fault => ({
    code,
    message: `child "${spec.id}": ${message}`,
  });
  if (typeof spec.id !== 'string' || spec.id === '') {
    return { code: 'badId', message: 'found an empty child id, expected a name' };
  }
  if (!logicKeys.includes(spec.logic)) {
    return fault('unknownLogic', `found the logic "${spec.logic}", expected one of ${logicKeys.join(', ')}`);
  }
  if (!restartTypes.includes(spec.restart)) {
    return fault('badRestart', `found restart "${spec.restart}", expected one of ${restartTypes.join(', ')}`);
  }
  if (!isDeadline(spec.shutdownMs)) {
    return fault(
      'badShutdown',
      `found shutdownMs "${spec.shutdownMs}", expected whole milliseconds from 0, or "infinity"`,
    );
  }
  const significant: unknown = spec.significant ?? false;
  if (typeof significant !== 'boolean') {
    return fault('badSignificant', `found significant "${String(significant)}", expected true or false`);
  }
  if (significant && spec.restart === 'permanent') {
    return fault('badCombination', 'found significant with restart "permanent", which never ends for good');
  }
  if (significant && autoShutdown === 'never') {
    return fault('badCombination', 'found significant under autoShutdown "never", which heeds none');
  }
  return null;
}

/** Answers what is wrong with adding a child to those present; null when nothing is. */
export function childFault(
  spec: ChildSpec,
  present: readonly ChildSpec[],
  logicKeys: readonly string[],
  autoShutdown: AutoShutdown = 'never',
): Fault | null {
  const own = specFault(spec, logicKeys, autoShutdown);
  if (own !== null) return own;
  if (present.some((other) => other.id === spec.id)) {
    return { code: 'duplicateId', message: `found the child id "${spec.id}" twice, expected unique ids` };
  }
  if (present.length >= maxChildren) {
    return { code: 'tooManyChildren', message: `expected at most ${maxChildren} children, use groups` };
  }
  return null;
}
