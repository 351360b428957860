import type { Logics } from './child-spec.ts';
import { maxChildren, SupervisorSpecError } from './child-spec.ts';
import type { RestartPolicy } from './restart.logic.ts';
import { groupLogic } from './supervisor.groups.ts';
import { createSupervisor, type SupervisorOptions } from './supervisor.machine.ts';

export interface DynamicOptions<L extends Logics>
  extends Pick<SupervisorOptions<L>, 'id' | 'logics' | 'now' | 'random' | 'onReport'> {
  /** How groups are restarted that gave up; the strategy is always oneForOne. */
  readonly policy: Omit<RestartPolicy, 'strategy' | 'autoShutdown'>;
  /** How a group restarts its children. */
  readonly childPolicy: Omit<RestartPolicy, 'strategy' | 'autoShutdown'>;
  /** Children per group. @default 100 */
  readonly groupSize?: number;
  /** How long a group may take to end its children. @default 'infinity' */
  readonly groupShutdownMs?: number | 'infinity';
}

/** Children that a dynamic supervisor can have with groups of this size. */
export const dynamicCapacity = (groupSize = defaultGroupSize): number => groupSize * maxChildren;
const defaultGroupSize = 100;

/**
 * Makes the machine of a dynamic supervisor: children of the same few logics that come and go by the thousand, none
 * of which needs another (OTP's `simple_one_for_one`, Elixir's `DynamicSupervisor`). It starts with none.
 *
 * Children live in groups `group:<n>` of at most `groupSize`, so that adding and ending thousands stays linear. A
 * group that gives up is started again with its children; a child that then fails in its start is started
 * again by itself and takes no other down.
 *
 * @throws SupervisorSpecError when the options cannot be supervised.
 */
export function createDynamicSupervisor<L extends Logics>(options: DynamicOptions<L>) {
  const { id, logics, now, random, onReport, policy, childPolicy, groupShutdownMs = 'infinity' } = options;
  const size = options.groupSize ?? defaultGroupSize;
  if (!Number.isInteger(size) || size < 1 || size > maxChildren) {
    const message = `found groupSize "${size}", expected a whole number from 1 to ${maxChildren}`;
    throw new SupervisorSpecError('badGroups', id, message);
  }
  const common = { now, random, ...(onReport === undefined ? {} : { onReport }) };
  const group = createSupervisor({
    ...common,
    ...childPolicy,
    strategy: 'oneForOne',
    id: groupLogic,
    logics,
    children: [],
    isGroup: true,
  });
  return createSupervisor({
    ...common,
    ...policy,
    strategy: 'oneForOne',
    id,
    logics: { [groupLogic]: group },
    children: [],
    groups: { size, shutdownMs: groupShutdownMs },
    memberLogics: Object.keys(logics),
  });
}
