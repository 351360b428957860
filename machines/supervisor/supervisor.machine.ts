import { type AnyActorLogic, type AnyActorRef, enqueueActions, setup } from 'xstate';
import { type ChildSpec, type ChildSpecFor, childFault, type Logics } from './child-spec.ts';
import { reapOrphans, watchOffspring } from './reap.ts';
import { type ChildExit, decideRestart, type RestartPolicy } from './restart.logic.ts';
import {
  type SupervisorContext,
  type SupervisorEmitted,
  type SupervisorEvent,
  SupervisorGaveUp,
  type SupervisorReport,
} from './supervisor.events.ts';
import { checkSupervisor, findChild, newRecord, withReport } from './supervisor.logic.ts';
import {
  type Effect,
  type Plan,
  planAdmit,
  planDrop,
  planExit,
  planGiveUp,
  planRestart,
  planRetire,
  planRetireNext,
  planStart,
} from './supervisor.plan.ts';

export interface SupervisorOptions<L extends Logics> extends RestartPolicy {
  readonly id: string;
  /** Started in this order, stopped in the reverse one. */
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

/** How XState names "any of the logics, under any id". */
type ChildActor = { src: string; logic: AnyActorLogic; id: string | undefined };

/** The event as it is known by where the chart handles it. */
function as<T extends SupervisorEvent['type']>(event: SupervisorEvent, type: T) {
  if (event.type !== type)
    throw new TypeError(`supervisor: found the event "${event.type}", expected "${type}"`);
  return event as Extract<SupervisorEvent, { type: T }>;
}

/**
 * Makes the machine of a supervisor: it starts its children in order, starts them again when they end (after a
 * delay, never in the same turn), and ends with {@link SupervisorGaveUp} when that happens too often. It never
 * touches what its children do. What a crashed child left running is stopped with it.
 *
 * Words and meanings are OTP's (https://www.erlang.org/doc/apps/stdlib/supervisor.html). Differences: restarts are delayed; a sibling stopped for another's restart is
 * stopped at once, unasked; a supervisor that gives up stops its children likewise.
 *
 * @throws SupervisorSpecError when the options cannot be supervised.
 */
export function createSupervisor<L extends Logics>(options: SupervisorOptions<L>) {
  const { id, logics, now, random, onReport } = options;
  const logicKeys = Object.keys(logics);
  const specs = options.children as readonly ChildSpec[];
  checkSupervisor(id, options, specs, logicKeys);

  const exitOf = (event: SupervisorEvent): ChildExit & { readonly error: unknown } => {
    if (!('actorId' in event))
      throw new TypeError(`supervisor: found "${event.type}", expected a child's end`);
    const failed = 'error' in event;
    return {
      id: event.actorId,
      how: failed ? 'failed' : 'finished',
      at: now(),
      error: failed ? event.error : null,
    };
  };
  const decide = (context: SupervisorContext, event: SupervisorEvent, dice: () => number) =>
    decideRestart(options, context.children, context.restartTimes, exitOf(event), dice);
  const stateOf = (context: SupervisorContext, event: SupervisorEvent) =>
    findChild(context, 'id' in event ? event.id : 'actorId' in event ? event.actorId : '')?.state;

  /** Makes an action of a plan: takes over its context, then does its effects. */
  const obey = (
    plan: (
      context: SupervisorContext,
      event: SupervisorEvent,
      isNameTaken: (systemId: string) => boolean,
    ) => Plan,
  ) =>
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
      const { effects, ...changed } = plan(context, event, (name) => system.get(name) !== undefined);
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
          // Spawning over a live child would leave the old one running for good.
          enqueue.stopChild(spec.id);
          enqueue.spawnChild(spec.logic, {
            id: spec.id,
            input: spec.input,
            ...(spec.systemId === undefined ? {} : { systemId: spec.systemId }),
          });
        },
        askToFinish: ({ id: childId, withinMs }) => {
          enqueue.sendTo(childId, { type: 'shutdown' });
          enqueue.raise(
            { type: 'supervisor.shutdownDue', id: childId },
            { delay: withinMs, id: `shutdown:${childId}` },
          );
        },
        cancelDeadline: ({ id: childId }) => enqueue.cancel(`shutdown:${childId}`),
        restartLater: ({ id: childId, ids, delayMs }) =>
          enqueue.raise({ type: 'supervisor.restartDue', ids }, { delay: delayMs, id: `restart:${childId}` }),
        cancelRestart: ({ id: childId }) => enqueue.cancel(`restart:${childId}`),
        // Children are stopped when this event's turn ends; an error in the same turn would leave them running.
        endInError: () => enqueue.sendTo(self, { type: 'supervisor.giveUp' }),
        report: ({ context: about, offender, reason }) => {
          const report: SupervisorReport = { supervisor: id, context: about, reason, offender, at: now() };
          enqueue.assign({ reports: ({ context: current }) => withReport(current, report) });
          enqueue.emit({ type: 'supervisor.report', report });
          enqueue(() => {
            try {
              onReport?.(report);
            } catch {
              // A listener is not worth a subtree.
            }
          });
        },
      };
      for (const effect of effects) (perform[effect.do] as (effect: Effect) => void)(effect);
    });

  return setup({
    types: {
      context: {} as SupervisorContext,
      events: {} as SupervisorEvent,
      emitted: {} as SupervisorEmitted,
    },
    // Named, so that inspection shows which logic a child runs.
    actors: logics as Logics,
    guards: {
      /** The child's end was overtaken: it has been stopped or forgotten meanwhile. */
      isStale: ({ context, event }) => !['running', 'retiring'].includes(stateOf(context, event) ?? ''),
      isRetiring: ({ context, event }) => stateOf(context, event) === 'retiring',
      isRestartedTooOften: ({ context, event }) => decide(context, event, () => 0).action === 'giveUp',
      hasNoChildren: ({ context }) => context.children.length === 0,
    },
    actions: {
      startChildren: obey(planStart),
      recover: obey((context, event) => planExit(context, exitOf(event), decide(context, event, random))),
      noteEnd: obey((context, event) => planExit(context, exitOf(event), { action: 'ignore' })),
      restartChildren: obey((context, event) =>
        planRestart(context, as(event, 'supervisor.restartDue').ids, now()),
      ),
      giveUp: obey((context, event) => planGiveUp(context, exitOf(event), options)),
      admitChild: obey((context, event, isNameTaken) => {
        const { spec } = as(event, 'supervisor.startChild');
        const present = context.children.map((child) => child.spec);
        const fault = childFault(spec, present, logicKeys);
        const { systemId } = spec;
        const taken = fault === null && systemId !== undefined && isNameTaken(systemId);
        const message = `found the system id "${systemId}" in use, expected a free one`;
        return planAdmit(context, spec, taken ? { code: 'duplicateSystemId', message } : fault, now());
      }),
      retireChild: obey((context, event) => planRetire(context, as(event, 'supervisor.stopChild').id)),
      retireNext: obey(planRetireNext),
      dropEnded: obey((context, event) => {
        const exit = exitOf(event);
        return planDrop(context, exit.id, exit.how, false);
      }),
      dropOverdue: obey((context, event) => {
        const { id: childId } = as(event, 'supervisor.shutdownDue');
        const allowed = findChild(context, childId)?.spec.shutdownMs;
        return planDrop(context, childId, `did not finish within ${allowed} ms and was stopped`, true);
      }),
      endInError: ({ context }) => {
        const last = context.reports.at(-1);
        const reason = last?.reason ?? 'no reason was recorded';
        throw new SupervisorGaveUp(id, last?.offender ?? null, `supervisor "${id}" gave up: ${reason}`);
      },
    },
  }).createMachine({
    id,
    context: () => ({
      id,
      children: specs.map((spec) => newRecord(spec, now())),
      restartTimes: [],
      reports: [],
    }),
    initial: 'running',
    states: {
      running: {
        description: 'Children run, or wait for their restart.',
        entry: 'startChildren',
        on: {
          'xstate.error.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: 'dropEnded' },
            { guard: 'isRestartedTooOften', target: 'givingUp', actions: 'giveUp' },
            { actions: 'recover' },
          ],
          'xstate.done.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: 'dropEnded' },
            { guard: 'isRestartedTooOften', target: 'givingUp', actions: 'giveUp' },
            { actions: 'recover' },
          ],
          'supervisor.restartDue': { actions: 'restartChildren' },
          'supervisor.startChild': { actions: 'admitChild' },
          'supervisor.stopChild': { actions: 'retireChild' },
          'supervisor.shutdownDue': { guard: 'isRetiring', actions: 'dropOverdue' },
          'supervisor.shutdown': 'stopping',
          shutdown: 'stopping',
        },
      },
      stopping: {
        description: 'Children are asked to finish, one at a time, last started first.',
        entry: 'retireNext',
        always: { guard: 'hasNoChildren', target: 'stopped' },
        on: {
          'xstate.error.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: ['dropEnded', 'retireNext'] },
            { actions: 'noteEnd' },
          ],
          'xstate.done.actor.*': [
            { guard: 'isStale' },
            { guard: 'isRetiring', actions: ['dropEnded', 'retireNext'] },
            { actions: 'noteEnd' },
          ],
          'supervisor.shutdownDue': { guard: 'isRetiring', actions: ['dropOverdue', 'retireNext'] },
        },
      },
      givingUp: {
        description: 'Children are stopped; the supervisor ends in error, which its parent hears.',
        on: {
          'supervisor.giveUp': { actions: 'endInError' },
          'xstate.error.actor.*': {},
          'xstate.done.actor.*': {},
        },
      },
      stopped: { type: 'final' },
    },
  });
}
