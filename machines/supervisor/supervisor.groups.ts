import { type ChildSpec, type Fault, maxChildren } from './child-spec.ts';
import { planRetire } from './supervisor.end.ts';
import type {
  ChildRecord,
  SupervisorContext,
  SupervisorEvent,
  SupervisorInput,
} from './supervisor.events.ts';
import { findChild, patchChildren } from './supervisor.logic.ts';
import { type Effect, type Plan, report, sequence } from './supervisor.plan.ts';
import { planAdmit } from './supervisor.start.ts';

/**
 * A dynamic supervisor: children come and go by the thousand, and are kept in groups, each a supervisor of its own,
 * because adding to one large supervisor is quadratic. What a group is started with is its spec's input, so a group
 * that gave up comes back with its children (OTP's dynamic supervisors forget theirs).
 *
 * The members of a group are those that are to run; `leaving` are those that were to be ended and may still run, so
 * that one of the same id follows in the same group, and never runs beside the old one.
 */
export interface GroupsPolicy {
  /** Children per group, at most {@link maxChildren}. */
  readonly size: number;
  /** How long a group may take to end its children. */
  readonly shutdownMs: number | 'infinity';
}

/** Key of the groups' logic among a dynamic supervisor's. */
export const groupLogic = 'group';

type Members = SupervisorInput['children'];

const membersOf = (group: ChildRecord): Members => (group.spec.input as SupervisorInput).children;

// Members never change in place; counting thousands anew at each addition would be quadratic.
const counts = new WeakMap<Members, number>();
function countOf(members: Members): number {
  const count = counts.get(members) ?? Object.keys(members).length;
  counts.set(members, count);
  return count;
}

function withMember(members: Members, spec: ChildSpec): Members {
  const more = { ...members, [spec.id]: spec };
  counts.set(more, countOf(members) + 1);
  return more;
}

const leavingOf = ({ leaving }: SupervisorContext, groupId: string): readonly string[] =>
  leaving[groupId] ?? [];

/** The group that a child is in. */
export const groupOf = (context: SupervisorContext, id: string): ChildRecord | undefined =>
  context.children.find((group) => Object.hasOwn(membersOf(group), id));

const withMembers = (context: SupervisorContext, group: ChildRecord, members: Members): Plan => ({
  children: patchChildren(context, [group.id], ({ spec }) => ({
    spec: { ...spec, input: { ...(spec.input as SupervisorInput), children: members } },
  })),
  effects: [],
});

const without = <T>(all: Readonly<Record<string, T>>, id: string): Readonly<Record<string, T>> => {
  const { [id]: _, ...others } = all;
  return others;
};

/** Whether an actor is there to be told; one that waits is told by its input when it starts. */
const hasActor = (group: ChildRecord): boolean => group.state === 'running' || group.state === 'starting';

const forward = (group: ChildRecord, event: SupervisorEvent): Effect[] =>
  hasActor(group) ? [{ do: 'forward', id: group.id, event }] : [];

/** Where a child is to go: to the group that it still leaves, or to the first with room. */
function findRoom(context: SupervisorContext, id: string, size: number): ChildRecord | undefined {
  const isOpen = (group: ChildRecord) => group.state !== 'retiring' && group.state !== 'finished';
  const hasRoom = (group: ChildRecord) =>
    isOpen(group) && countOf(membersOf(group)) + leavingOf(context, group.id).length < size;
  const left = Object.keys(context.leaving).find((groupId) => leavingOf(context, groupId).includes(id));
  const old = left === undefined ? undefined : findChild(context, left);
  if (old !== undefined && isOpen(old)) return old;
  // The newest most likely has room; asking all each time would be slow with many.
  const newest = context.children.at(-1);
  return newest !== undefined && hasRoom(newest) ? newest : context.children.find(hasRoom);
}

/** Takes a child into a group, a new one if need be, or says why not. */
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
  const group = findRoom(context, spec.id, groups.size);
  if (group !== undefined) {
    return sequence(
      context,
      (now) => withMembers(now, group, withMember(membersOf(group), spec)),
      () => ({ effects: forward(group, { type: 'supervisor.startChild', spec }) }),
    );
  }
  if (context.children.length >= maxChildren) {
    const message = `expected at most ${maxChildren} groups of ${groups.size} children`;
    return planAdmit(context, spec, { code: 'tooManyChildren', message });
  }
  const numbers = context.children.map((each) => Number(each.id.split(':')[1]));
  const id = `${groupLogic}:${Math.max(0, ...numbers) + 1}`;
  const input: SupervisorInput = { id: `${context.id}/${id}`, children: {} };
  return sequence(
    context,
    (now) =>
      planAdmit(
        now,
        { id, logic: groupLogic, input, restart: 'permanent', shutdownMs: groups.shutdownMs },
        null,
      ),
    // It begins empty, so that a child fails in its first start in a new group as in an old one.
    (now) => planAdmitGrouped(now, spec, fault, groups),
  );
}

const retireIfEmpty =
  (groupId: string) =>
  (context: SupervisorContext): Plan => {
    const group = findChild(context, groupId);
    if (group === undefined || group.state === 'retiring') return { effects: [] };
    const isEmpty = countOf(membersOf(group)) === 0 && leavingOf(context, groupId).length === 0;
    return isEmpty ? planRetire(context, groupId, 'forget') : { effects: [] };
  };

/** Ends a child for good. */
export function planStopGrouped(context: SupervisorContext, id: string): Plan {
  const group = groupOf(context, id);
  if (group === undefined) return { effects: [] };
  return sequence(
    context,
    (now) => withMembers(now, group, without(membersOf(group), id)),
    (now) => ({
      leaving: hasActor(group)
        ? { ...now.leaving, [group.id]: [...leavingOf(now, group.id), id] }
        : now.leaving,
      effects: forward(group, { type: 'supervisor.stopChild', id }),
    }),
    retireIfEmpty(group.id),
  );
}

/** As OTP's, a dynamic supervisor keeps no child that has ended. */
export const planRefuseRestart = (id: string): Plan => ({
  effects: [
    report('specRefused', id, 'restartChild: found a dynamic supervisor, which forgets what has ended'),
  ],
});

/** A child of a group has ended for good. */
export function planForgetGrouped(context: SupervisorContext, groupId: string, id: string): Plan {
  const group = findChild(context, groupId);
  if (group === undefined) return { effects: [] };
  const forget = (now: SupervisorContext): Plan => {
    const leaving = leavingOf(now, groupId);
    return leaving.includes(id)
      ? { leaving: { ...now.leaving, [groupId]: leaving.filter((other) => other !== id) }, effects: [] }
      : withMembers(now, group, without(membersOf(group), id));
  };
  return sequence(context, forget, retireIfEmpty(groupId));
}

/** A group has ended, and what was leaving it with it. */
export const planGroupGone = (context: SupervisorContext, groupId: string): Plan => ({
  leaving: without(context.leaving, groupId),
  effects: [],
});
