import { type AnyActorLogic, type AnyActorRef, enqueueActions, setup } from 'xstate';
import { machineOptions } from '../machine.options.ts';
import { type ChildSpec, type ChildSpecFor, childFault, type Logics, specFault } from './child-spec.ts';
import { reapOrphans, watchOffspring } from './reap.ts';
import { decideRestart, type RestartPolicy } from './restart.logic.ts';
import {
  planAwaitEnd,
  planClear,
  planClearNext,
  planEndAll,
  planEndNext,
  planEndSome,
  planGoneMeanwhile,
  planRetire,
  planRetired,
  refuseAtEnd,
  troubleOf,
} from './supervisor.end.ts';
import {
  commandedId,
  commandTypes,
  type SupervisorCommand,
  type SupervisorContext,
  type SupervisorEmitted,
  type SupervisorEvent,
  SupervisorGaveUp,
  type SupervisorInput,
  type SupervisorOutput,
  type SupervisorReport,
} from './supervisor.events.ts';
import { planExitInStart, planNoteExit, planWeigh } from './supervisor.exit.ts';
import {
  type GroupsPolicy,
  planAdmitGrouped,
  planForgetGrouped,
  planGroupGone,
  planRefuseRestart,
  planStopGrouped,
} from './supervisor.groups.ts';
import { checkSupervisor, exitOf, findChild, newContext, withReport } from './supervisor.logic.ts';
import { type Effect, factsOf, type Plan, planDefer, planHeed, sequence } from './supervisor.plan.ts';
import {
  burstSize,
  planAdmit,
  planGoOn,
  planRestart,
  planRestartChild,
  planStarted,
  planStartNext,
} from './supervisor.start.ts';

export interface SupervisorOptions<L extends Logics> extends RestartPolicy {
  readonly id: string;
  /** Started in this order, each when the one before stands; ended in the reverse one. */
  readonly children: readonly ChildSpecFor<L>[];
  /** Also what `supervisor.startChild` may name. */
  readonly logics: L;
  /** Epoch ms. */
  readonly now: () => number;
  /** A number in [0, 1), for the jitter of delays. */
  readonly random: () => number;
  /** Hears every report, over all restarts of the supervisor. What it throws is dropped. */
  readonly onReport?: (report: SupervisorReport) => void;
}

/** What makes a supervisor one of groups, or a group; see `createDynamicSupervisor`. */
export interface GroupsOptions {
  readonly groups?: GroupsPolicy;
  /** Keys of the logics that children of the groups may name. */
  readonly memberLogics?: readonly string[];
  /** Tells its own supervisor of each child that it forgets. */
  readonly isGroup?: boolean;
}

/** How XState names "any of the logics, under any id". */
type ChildActor = { src: string; logic: AnyActorLogic; id: string | undefined };

/** The event as it is known by where the chart handles it. */
function as<T extends SupervisorEvent['type']>(event: SupervisorEvent, type: T) {
  if (event.type !== type)
    throw new TypeError(`supervisor: found the event "${event.type}", expected "${type}"`);
  return event as Extract<SupervisorEvent, { type: T }>;
}

const isCommand = (event: SupervisorEvent): event is SupervisorCommand =>
  (commandTypes as readonly string[]).includes(event.type);

const idIn = (event: SupervisorEvent): string => {
  if ('actorId' in event) return event.actorId;
  if ('exit' in event) return event.exit.id;
  return 'id' in event ? event.id : '';
};

/**
 * Makes the machine of a supervisor: it starts its children in order, starts them again when they end (after a
 * delay, never in the same turn), and ends with {@link SupervisorGaveUp} when that happens too often. It never
 * touches what its children do. What a crashed child left running is stopped with it.
 *
 * Words and meanings are OTP's (https://www.erlang.org/doc/apps/stdlib/supervisor.html). Differences: restarts are
 * delayed, ever longer while they do not help; and where OTP blocks until a child has ended, this supervisor goes on
 * reading: what comes while siblings are ended for a restart is kept and heeded afterwards, in order.
 * The README of this folder lists every difference.
 *
 * @throws SupervisorSpecError when the options cannot be supervised.
 */
export function createSupervisor<L extends Logics>(options: SupervisorOptions<L> & GroupsOptions) {
  const { id, logics, now, random, onReport, groups, isGroup = false } = options;
  const logicKeys = Object.keys(logics);
  const specs = options.children as readonly ChildSpec[];
  const autoShutdown = options.autoShutdown ?? 'never';
  /** Groups that are asked to end start to do so one after the other: each of them asks many. */
  const endedAtOnce = isGroup ? burstSize : groups === undefined ? null : 1;
  checkSupervisor(id, options, specs, logicKeys);

  const stateOf = (context: SupervisorContext, event: SupervisorEvent) =>
    findChild(context, idIn(event))?.state;
  const admit = (context: SupervisorContext, spec: ChildSpec): Plan => {
    if (groups !== undefined) {
      const fault = specFault(spec, options.memberLogics ?? logicKeys, 'never');
      return planAdmitGrouped(context, spec, fault, groups);
    }
    const present = context.children.map((child) => child.spec);
    return planAdmit(context, spec, childFault(spec, present, logicKeys, autoShutdown));
  };

  /** Makes an action of a plan: takes over its context, then does its effects. */
  const obey = (plan: (context: SupervisorContext, event: SupervisorEvent) => Plan) =>
    enqueueActions<
      SupervisorContext,
      SupervisorEvent,
      undefined,
      SupervisorEvent,
      ChildActor,
      never,
      never,
      never,
      SupervisorEmitted
    >(({ context, event, enqueue, self, system }) => {
      // Before the first child is made: spawning makes the actor at once, other actions come later.
      watchOffspring(system);
      const { effects, ...changed } = plan(context, event);
      enqueue.assign(changed);

      const perform: { [K in Effect['do']]: (effect: Extract<Effect, { do: K }>) => void } = {
        stop: ({ id: childId }) => {
          enqueue(() => {
            const ref = (self.getSnapshot() as { children: Record<string, AnyActorRef | undefined> })
              .children[childId];
            if (ref !== undefined) reapOrphans(ref);
          });
          enqueue.stopChild(childId);
        },
        start: ({ spec }) => {
          enqueue.spawnChild(spec.logic, { id: spec.id, input: spec.input });
          // Comes after the child's start, and after its failure if it fails in it.
          enqueue.sendTo(self, { type: 'child.started', id: spec.id });
        },
        askToFinish: ({ id: childId, withinMs }) => {
          enqueue.sendTo(childId, { type: 'shutdown' });
          if (withinMs === null) return;
          enqueue.raise(
            { type: 'supervisor.shutdownDue', id: childId },
            { delay: withinMs, id: `shutdown:${childId}` },
          );
        },
        cancelDeadline: ({ id: childId }) => enqueue.cancel(`shutdown:${childId}`),
        restartLater: ({ id: childId, ids, delayMs }) =>
          enqueue.raise({ type: 'supervisor.restartDue', ids }, { delay: delayMs, id: `restart:${childId}` }),
        goOnLater: () => enqueue.raise({ type: 'supervisor.goOn' }, { delay: 0, id: 'goOn' }),
        cancelRestart: ({ id: childId }) => enqueue.cancel(`restart:${childId}`),
        raise: ({ event: raised }) => enqueue.raise(raised),
        forward: ({ id: childId, event: forwarded }) => enqueue.sendTo(childId, forwarded),
        tellForgotten: ({ id: childId }) => {
          const parent = isGroup ? self._parent : undefined;
          if (parent !== undefined)
            enqueue.sendTo(parent, { type: 'group.forgot', group: self.id, id: childId });
        },
        // Children are stopped when this event's turn ends; an error in the same turn would leave them running.
        endInError: () => enqueue.sendTo(self, { type: 'supervisor.giveUp' }),
        report: ({ context: about, offender, reason }) => {
          const told: SupervisorReport = {
            supervisor: context.id,
            context: about,
            reason,
            offender,
            at: now(),
          };
          enqueue.assign({ reports: ({ context: current }) => withReport(current, told) });
          enqueue.emit({ type: 'supervisor.report', report: told });
          enqueue(() => {
            try {
              onReport?.(told);
            } catch {
              // A listener is not worth a subtree.
            }
          });
        },
      };
      for (const effect of effects) (perform[effect.do] as (effect: Effect) => void)(effect);
    });

  const exit = (event: SupervisorEvent) => exitOf(event, now);
  /** A child that was asked to finish has ended; what is to follow is the given plan. */
  const retired = (next: (context: SupervisorContext) => Plan) =>
    obey((context, event) =>
      sequence(context, (then) => planRetired(then, idIn(event), troubleOf(exit(event))), next),
    );
  const overdue = (next: (context: SupervisorContext) => Plan) =>
    obey((context, event) => {
      const childId = idIn(event);
      const allowed = findChild(context, childId)?.spec.shutdownMs;
      const trouble = { message: `did not finish within ${allowed} ms and was stopped`, at: now() };
      return sequence(context, (then) => planRetired(then, childId, trouble), next);
    });
  const nothing = (): Plan => ({ effects: [] });
  /** Children of a dynamic supervisor wait for no other's end. */
  const endNext = endedAtOnce === null ? planEndNext : nothing;

  return setup({
    types: {
      context: {} as SupervisorContext,
      events: {} as SupervisorEvent,
      emitted: {} as SupervisorEmitted,
      input: {} as SupervisorInput | undefined,
      output: {} as SupervisorOutput,
    },
    // Named, so that inspection shows which logic a child runs.
    actors: logics as Logics,
    guards: {
      /** The child's end was overtaken: it has been stopped, forgotten or started anew meanwhile. */
      isStale: ({ context, event }) => {
        const awaited = event.type === 'child.exited' ? ['exited'] : ['running', 'starting', 'retiring'];
        return !awaited.includes(stateOf(context, event) ?? '');
      },
      isRetiring: ({ context, event }) => stateOf(context, event) === 'retiring',
      /** Heeded when the child has ended: stopping and then starting it works in one breath, as in OTP. */
      concernsRetiring: ({ context, event }) =>
        groups === undefined &&
        isCommand(event) &&
        findChild(context, commandedId(event))?.state === 'retiring',
      haveAllStarted: ({ context }) =>
        context.startQueue.length === 0 && !context.children.some((child) => child.state === 'starting'),
      hasNoChildren: ({ context }) => context.children.length === 0,
      // Guards of eventless transitions: what was decided is done before anything else that waits is read.
      mustGiveUp: ({ context }) => context.ending !== null && context.ending.cause !== 'autoShutdown',
      mustShutDown: ({ context }) => context.ending?.cause === 'autoShutdown',
      mustClear: ({ context }) => context.clearing !== null,
      hasCleared: ({ context }) => context.clearing === null,
    },
    actions: {
      startNext: obey(planStartNext),
      noteStarted: obey((context, event) => planStarted(context, as(event, 'child.started').id, now())),
      goOnStarting: obey((context, event) =>
        sequence(
          context,
          (then) => planStarted(then, as(event, 'child.started').id, now()),
          (then) => planGoOn(then, isGroup),
        ),
      ),
      heedDeferred: obey(planHeed),
      awaitEnd: obey((context, event) => (isCommand(event) ? planAwaitEnd(context, event) : nothing())),
      defer: obey(planDefer),
      noteExitInStart: obey((context, event) => planExitInStart(context, exit(event), isGroup)),
      weighExit: obey((context, event) => {
        const ended = exit(event);
        const decide = (current: SupervisorContext) =>
          decideRestart(options, factsOf(current), current.restartTimes, ended, random);
        return sequence(
          context,
          (then) => (groups === undefined ? nothing() : planGroupGone(then, ended.id)),
          (then) => planWeigh(then, ended, decide, isGroup),
        );
      }),
      clearSiblings: obey(planClear),
      noteExit: obey((context, event) => planNoteExit(context, exit(event))),
      noteGone: obey((context, event) =>
        sequence(context, (then) => planGoneMeanwhile(then, exit(event)), endNext),
      ),
      queueRestart: obey((context, event) => planRestart(context, as(event, 'supervisor.restartDue').ids)),
      admitChild: obey((context, event) => admit(context, as(event, 'supervisor.startChild').spec)),
      refuseChild: obey((_, event) => ({
        effects: [refuseAtEnd(as(event, 'supervisor.startChild').spec)],
      })),
      retireChild: obey((context, event) => {
        const childId = as(event, 'supervisor.stopChild').id;
        return groups === undefined
          ? planRetire(context, childId, 'forget')
          : planStopGrouped(context, childId);
      }),
      terminateChild: obey((context, event) => {
        const command = as(event, 'supervisor.terminateChild');
        return groups === undefined
          ? planRetire(context, command.id, 'keep')
          : planStopGrouped(context, command.id);
      }),
      startKeptChild: obey((context, event) => {
        const command = as(event, 'supervisor.restartChild');
        return groups === undefined ? planRestartChild(context, command.id) : planRefuseRestart(command.id);
      }),
      forgetMember: obey((context, event) => {
        const { group, id: childId } = as(event, 'group.forgot');
        return planForgetGrouped(context, group, childId);
      }),
      endAll: obey((context) => planEndAll(context, endedAtOnce)),
      endMore: obey((context) => (endedAtOnce === null ? nothing() : planEndSome(context, endedAtOnce))),
      dropRetired: retired(nothing),
      dropRetiredAndClear: retired(planClearNext),
      dropRetiredAndEnd: retired(endNext),
      dropOverdue: overdue(nothing),
      dropOverdueAndClear: overdue(planClearNext),
      dropOverdueAndEnd: overdue(endNext),
      failSoon: obey(() => ({ effects: [{ do: 'endInError' }] })),
      fail: ({ context }) => {
        const { offender = null, reason = 'no reason was recorded', cause } = context.ending ?? {};
        const message = `supervisor "${context.id}" gave up: ${reason}`;
        throw new SupervisorGaveUp(context.id, offender, message, cause === 'failedStart');
      },
    },
  }).createMachine({
    id,
    // What was deferred is heeded in one turn, however much it is.
    options: { maxIterations: 100 * machineOptions.maxIterations },
    context: ({ input }) =>
      newContext(input?.id ?? id, options, input === undefined ? specs : Object.values(input.children)),
    output: { reason: 'shutdown' },
    initial: 'starting',
    on: {
      'group.forgot': { actions: 'forgetMember' },
    },
    states: {
      starting: {
        description: 'Children are started one by one; one that fails in its start ends the supervisor.',
        entry: 'startNext',
        always: [
          { guard: 'mustGiveUp', target: 'givingUp' },
          { guard: 'haveAllStarted', target: 'running', actions: 'heedDeferred' },
        ],
        on: {
          'child.started': { actions: 'goOnStarting' },
          'supervisor.goOn': { actions: 'startNext' },
          'xstate.error.actor.*': [{ guard: 'isStale' }, { actions: 'noteExitInStart' }],
          'xstate.done.actor.*': [{ guard: 'isStale' }, { actions: 'noteExitInStart' }],
          'supervisor.startChild': { actions: 'defer' },
          'supervisor.stopChild': { actions: 'defer' },
          'supervisor.terminateChild': { actions: 'defer' },
          'supervisor.restartChild': { actions: 'defer' },
          'supervisor.shutdown': 'stopping',
          shutdown: 'stopping',
        },
      },
      running: {
        description: 'Children run, or wait for their restart.',
        always: [
          { guard: 'mustGiveUp', target: 'givingUp' },
          { guard: 'mustShutDown', target: 'stopping' },
          { guard: 'mustClear', target: 'clearing' },
        ],
        on: {
          'child.started': { actions: 'goOnStarting' },
          'supervisor.goOn': { actions: 'startNext' },
          'xstate.error.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: 'dropRetired' },
            { actions: 'weighExit' },
          ],
          'xstate.done.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: 'dropRetired' },
            { actions: 'weighExit' },
          ],
          'child.exited': [{ guard: 'isStale' }, { actions: 'weighExit' }],
          'supervisor.restartDue': { actions: 'queueRestart' },
          'supervisor.startChild': [
            { guard: 'concernsRetiring', actions: 'awaitEnd' },
            { actions: 'admitChild' },
          ],
          'supervisor.stopChild': [
            { guard: 'concernsRetiring', actions: 'awaitEnd' },
            { actions: 'retireChild' },
          ],
          'supervisor.terminateChild': [
            { guard: 'concernsRetiring', actions: 'awaitEnd' },
            { actions: 'terminateChild' },
          ],
          'supervisor.restartChild': [
            { guard: 'concernsRetiring', actions: 'awaitEnd' },
            { actions: 'startKeptChild' },
          ],
          'supervisor.shutdownDue': { guard: 'isRetiring', actions: 'dropOverdue' },
          'supervisor.shutdown': 'stopping',
          shutdown: 'stopping',
        },
      },
      clearing: {
        description: 'Siblings that a restart concerns are ended first, last started first; all else waits.',
        entry: 'clearSiblings',
        always: { guard: 'hasCleared', target: 'running', actions: 'startNext' },
        on: {
          'child.started': { actions: 'noteStarted' },
          'xstate.error.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: 'dropRetiredAndClear' },
            { actions: 'noteExit' },
          ],
          'xstate.done.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: 'dropRetiredAndClear' },
            { actions: 'noteExit' },
          ],
          'supervisor.shutdownDue': { guard: 'isRetiring', actions: 'dropOverdueAndClear' },
          'child.exited': { actions: 'defer' },
          'supervisor.restartDue': { actions: 'defer' },
          'supervisor.startChild': { actions: 'defer' },
          'supervisor.stopChild': { actions: 'defer' },
          'supervisor.terminateChild': { actions: 'defer' },
          'supervisor.restartChild': { actions: 'defer' },
          'supervisor.shutdown': 'stopping',
          shutdown: 'stopping',
        },
      },
      stopping: {
        description: 'Children are asked to finish, one at a time, last started first.',
        entry: 'endAll',
        always: { guard: 'hasNoChildren', target: 'stopped' },
        on: {
          'xstate.error.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: 'dropRetiredAndEnd' },
            { actions: 'noteGone' },
          ],
          'xstate.done.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: 'dropRetiredAndEnd' },
            { actions: 'noteGone' },
          ],
          'supervisor.shutdownDue': { guard: 'isRetiring', actions: 'dropOverdueAndEnd' },
          'supervisor.goOn': { actions: 'endMore' },
          'supervisor.startChild': { actions: 'refuseChild' },
        },
      },
      givingUp: {
        description:
          'Restarting does not help: children are ended as in stopping, then the supervisor fails.',
        entry: 'endAll',
        always: { guard: 'hasNoChildren', target: 'failing' },
        on: {
          'xstate.error.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: 'dropRetiredAndEnd' },
            { actions: 'noteGone' },
          ],
          'xstate.done.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: 'dropRetiredAndEnd' },
            { actions: 'noteGone' },
          ],
          'supervisor.shutdownDue': { guard: 'isRetiring', actions: 'dropOverdueAndEnd' },
          'supervisor.goOn': { actions: 'endMore' },
          'supervisor.startChild': { actions: 'refuseChild' },
          'supervisor.shutdown': 'stopping',
          shutdown: 'stopping',
        },
      },
      failing: {
        description:
          'Nothing is left below: the next event of its own ends it in error, which its parent hears.',
        entry: 'failSoon',
        on: {
          'supervisor.giveUp': { actions: 'fail' },
          'supervisor.startChild': { actions: 'refuseChild' },
        },
      },
      stopped: { type: 'final' },
    },
  });
}
