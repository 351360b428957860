import { type ChildSpec, type Fault, maxChildren } from './child-spec.ts';
import { planRetire } from './supervisor.end.ts';
import type {
  ChildRecord,
  SupervisorContext,
  SupervisorEvent,
  SupervisorInput,
} from './supervisor.events.ts';
import { patchChildren } from './supervisor.logic.ts';
import { type Effect, type Plan, report, sequence } from './supervisor.plan.ts';
import { planAdmit } from './supervisor.start.ts';

/**
 * A dynamic supervisor: children come and go by the thousand, and are kept in groups, each a supervisor of its own,
 * because adding to one large supervisor is quadratic. What a group is started with is its spec's input, so a group
 * that gave up comes back with its children (OTP's dynamic supervisors forget theirs).
 */
export interface GroupsPolicy {
  /** Children per group, at most {@link maxChildren}. */
  readonly size: number;
  /** How long a group may take to end its children. */
  readonly shutdownMs: number | 'infinity';
}

/** Key of the groups' logic among a dynamic supervisor's. */
export const groupLogic = 'group';

/** What a group is started with; its size beside its members, because counting thousands at each addition is slow. */
interface GroupInput extends SupervisorInput {
  readonly size: number;
}

const inputOf = (group: ChildRecord): GroupInput => group.spec.input as GroupInput;
const membersOf = (group: ChildRecord): SupervisorInput['children'] => inputOf(group).children;

/** The group that a child is in. */
export const groupOf = (context: SupervisorContext, id: string): ChildRecord | undefined =>
  context.children.find((group) => Object.hasOwn(membersOf(group), id));

const withMembers = (
  context: SupervisorContext,
  group: ChildRecord,
  children: SupervisorInput['children'],
  size: number,
): Pick<Plan, 'children'> => ({
  children: patchChildren(context, [group.id], ({ spec }) => ({
    spec: { ...spec, input: { ...inputOf(group), children, size } },
  })),
});

const without = (members: SupervisorInput['children'], id: string): SupervisorInput['children'] => {
  const { [id]: _, ...others } = members;
  return others;
};

/** Whether an actor is there to be told; one that waits is told by its input when it starts. */
const hasActor = (group: ChildRecord): boolean => group.state === 'running' || group.state === 'starting';

const forward = (group: ChildRecord, event: SupervisorEvent): Effect[] =>
  hasActor(group) ? [{ do: 'forward', id: group.id, event }] : [];

/** The first group with room, or a new one. */
export function planAdmitGrouped(
  context: SupervisorContext,
  spec: ChildSpec,
  fault: Fault | null,
  groups: GroupsPolicy,
): Plan {
  if (fault !== null) return planAdmit(context, spec, fault);
  if (groupOf(context, spec.id) !== undefined) {
    const message = `found the child id "${spec.id}" twice, expected unique ids`;
    return planAdmit(context, spec, { code: 'duplicateId', message });
  }
  const group = context.children.find(
    (each) => each.state !== 'retiring' && each.state !== 'finished' && inputOf(each).size < groups.size,
  );
  if (group !== undefined) {
    const members = { ...membersOf(group), [spec.id]: spec };
    return {
      ...withMembers(context, group, members, inputOf(group).size + 1),
      effects: forward(group, { type: 'supervisor.startChild', spec }),
    };
  }
  if (context.children.length >= maxChildren) {
    const message = `expected at most ${maxChildren} groups of ${groups.size} children`;
    return planAdmit(context, spec, { code: 'tooManyChildren', message });
  }
  const numbers = context.children.map((each) => Number(each.id.split(':')[1]));
  const id = `${groupLogic}:${Math.max(0, ...numbers) + 1}`;
  const input: GroupInput = { id: `${context.id}/${id}`, children: { [spec.id]: spec }, size: 1 };
  return planAdmit(
    context,
    { id, logic: groupLogic, input, restart: 'permanent', shutdownMs: groups.shutdownMs },
    null,
  );
}

/** Ends a child for good; an empty group goes with its last one. */
export function planStopGrouped(context: SupervisorContext, id: string): Plan {
  const group = groupOf(context, id);
  if (group === undefined) return { effects: [] };
  const members = without(membersOf(group), id);
  const size = inputOf(group).size - 1;
  return sequence(
    context,
    (now) => ({ ...withMembers(now, group, members, size), effects: [] }),
    (now) =>
      size === 0
        ? planRetire(now, group.id, 'forget')
        : { effects: forward(group, { type: 'supervisor.stopChild', id }) },
  );
}

/** Hands a command to the group of the child that it names. */
export function planForwardGrouped(
  context: SupervisorContext,
  command: Extract<SupervisorEvent, { type: 'supervisor.terminateChild' | 'supervisor.restartChild' }>,
): Plan {
  const group = groupOf(context, command.id);
  if (group === undefined) {
    const reason = `${command.type}: found no such child, expected one of a group`;
    return { effects: [report('specRefused', command.id, reason)] };
  }
  return { effects: forward(group, command) };
}

/** A child of a group ended for good. */
export function planForgetGrouped(context: SupervisorContext, groupId: string, id: string): Plan {
  const group = context.children.find((each) => each.id === groupId);
  if (group === undefined || !Object.hasOwn(membersOf(group), id)) return { effects: [] };
  const members = without(membersOf(group), id);
  const size = inputOf(group).size - 1;
  return sequence(
    context,
    (now) => ({ ...withMembers(now, group, members, size), effects: [] }),
    (now) => (size === 0 ? planRetire(now, groupId, 'forget') : { effects: [] }),
  );
}
