/**
 * The session machine: one trading session on one instrument with one strategy.
 *
 * It owns the rolling buffer, the queue of closed bars without a decision, and the order of steps: each closed bar is
 * decided once, recorded once, and the position is read from the broker after every signal. It never watches fills
 * (the order desk does), never restores a snapshot, and holds no indicator (its `decider` child does).
 * Its supervisor is the sessions group; whatever is unexpected fells this actor and is answered by a restart.
 */
import { assign, cancel, emit, enqueueActions, raise, sendTo, setup, spawnChild, stopChild } from 'xstate';
import type { Decision } from '../domain/decision.ts';
import { failureKind, failureMessage } from '../domain/failure.ts';
import type { Position } from '../domain/position.ts';
import type { SessionState } from '../domain/session.ts';
import { machineOptions } from '../machine.options.ts';
import type { DecisionFacts } from './decide.ts';
import { recorderMachine } from './recorder.machine.ts';
import type {
  ClosedBar,
  Lease,
  SessionContext,
  SessionEmitted,
  SessionEvent,
  SessionInput,
} from './session.events.ts';
import {
  drainTimeoutMs,
  initialContext,
  nextBar,
  nothingOpen,
  retryBackoffMs,
  takeHistory,
  takeIn,
} from './session.logic.ts';
import { type PlacedOrder, refusedBy, refusedByDesk } from './session.placed.ts';
import { type SessionPorts, sessionPortActors } from './session.ports.ts';
import { viewOf } from './session.view.ts';
import { wirePorts } from './session.wiring.ts';

function required<T>(value: T | null, what: string): T {
  if (value === null) throw new Error(`session: found no ${what}, expected one in this state`);
  return value;
}

/** The session's chart. Run it through `withSessionPorts`. */
export const sessionMachine = setup({
  types: {
    input: {} as SessionInput,
    context: {} as SessionContext,
    events: {} as SessionEvent,
    emitted: {} as SessionEmitted,
    children: {} as {
      lease: 'lease';
      market: 'market';
      decider: 'decider';
      recorder: 'recorder';
      facts: 'gatherFacts';
      order: 'placeOrder';
      position: 'syncPosition';
    },
  },
  actors: { ...sessionPortActors, recorder: recorderMachine },
  delays: {
    retryBackoff: ({ context }) => retryBackoffMs(context.attempts),
    drainTimeout: drainTimeoutMs,
  },
  guards: {
    mayRun: ({ context }) => context.wanted && context.lease !== null,
    mustSync: ({ context }) => context.syncAsked && !context.draining,
    hasBarToDecide: ({ context }) => context.warmed && context.lease !== null && context.queue.length > 0,
    isWarm: ({ context }) => context.warmed,
    isDraining: ({ context }) => context.draining,
    isEnding: ({ context }) => context.ending,
    isOrderTooLate: ({ context }, params: { decision: Decision }) =>
      params.decision.outcome === 'order' && (context.paused || context.draining),
    isOrder: ({ context }, params: { decision: Decision }) =>
      params.decision.outcome === 'order' && context.lease !== null,
    isOrderWithoutLease: ({ context }, params: { decision: Decision }) =>
      params.decision.outcome === 'order' && context.lease === null,
    calledForTrade: ({ context }) => context.decision !== null && context.decision.signal !== 'hold',
    wasCommitted: (_, params: { placed: PlacedOrder }) => params.placed.ref !== null,
    passes: (_, params: { error: unknown }) => failureKind(params.error) !== 'unexpected',
  },
  actions: {
    // Wall time is an ability: `withSessionPorts` gives the real one.
    stampState: assign((_, params: { state: SessionState }) => ({ state: params.state, since: 0 })),
    announce: emit(({ context }) => ({ type: 'session.changed', view: viewOf(context) })),
    announceDecision: emit(({ context }) => ({
      type: 'session.decided',
      decision: required(context.lastDecision, 'last decision'),
    })),

    wantRunning: assign({ wanted: true }),
    wantStopped: assign(({ context }) => ({ wanted: false, draining: context.state !== 'idle' })),
    noteEnding: assign({ ending: true }),
    pause: assign({ paused: true }),
    resume: assign({ paused: false }),
    askSync: assign({ syncAsked: true }),

    holdLease: enqueueActions(({ context, enqueue }) => {
      if (!context.wanted) return;
      enqueue(stopChild('lease'));
      enqueue(spawnChild('lease', { id: 'lease', input: { sessionId: context.definition.id } }));
    }),
    // While it was lost another process may have traded: the position is read before the next decision.
    noteLease: assign(({ context }, params: { lease: Lease | null }) => ({
      lease: params.lease,
      syncAsked: context.syncAsked || (context.state !== 'idle' && params.lease !== null),
    })),
    openMarket: enqueueActions(({ context, enqueue }) => {
      const input = { definition: context.definition };
      enqueue(spawnChild('decider', { id: 'decider', input }));
      enqueue(spawnChild('recorder', { id: 'recorder' }));
      enqueue(spawnChild('market', { id: 'market', input }));
    }),
    closeMarket: stopChild('market'),
    release: enqueueActions(({ enqueue }) => {
      for (const child of ['market', 'decider', 'recorder', 'lease']) enqueue(stopChild(child));
    }),
    forget: assign({ ...nothingOpen, lease: null, draining: false }),

    warmDecider: sendTo('decider', (_, params: { bars: SessionContext['buffer'] }) => ({
      type: 'decider.warm',
      bars: params.bars,
    })),
    takeHistory: assign(({ context }, params: { bars: SessionContext['buffer'] }) =>
      takeHistory(context, params.bars),
    ),
    takeBar: assign(({ context }, params: ClosedBar) =>
      takeIn(context, [{ bar: params.bar, late: params.late }], context.definition.bufferSize),
    ),
    noteMarketWaiting: assign((_, params: { cause: string }) => ({ marketCause: params.cause })),
    // After a gap the position may have changed without us: it is read before the next decision.
    noteMarketLive: assign(({ context }) => ({
      marketCause: null,
      syncAsked: context.syncAsked || (context.warmed && context.marketCause !== null),
    })),

    beginStep: assign({ stepCause: null, attempts: 0 }),
    noteWaiting: assign(({ context }, params: { cause: string }) => ({
      stepCause: params.cause,
      attempts: context.attempts + 1,
    })),
    retryLater: raise({ type: 'session.retry' }, { id: 'retry', delay: 'retryBackoff' }),
    cancelRetry: cancel('retry'),
    startDrainTimer: raise({ type: 'session.drainTimeout' }, { id: 'drain', delay: 'drainTimeout' }),
    cancelDrainTimer: cancel('drain'),

    storePosition: assign((_, params: { position: Position }) => ({ position: params.position })),
    clearSyncAsked: assign({ syncAsked: false }),
    pickBar: assign(({ context }) => ({ current: nextBar(context.queue), decision: null })),
    askDecider: sendTo('decider', ({ context }, params: { facts: DecisionFacts }) => ({
      type: 'decider.decide' as const,
      bar: required(context.current, 'bar to decide').bar,
      facts: params.facts,
    })),
    // From here the bar is known to the indicators and must never be decided again.
    keepDecision: assign(({ context }, params: { decision: Decision }) => ({
      decision: params.decision,
      queue: context.queue.slice(1),
      current: null,
      stepCause: null,
      attempts: 0,
    })),
    refuseTooLate: assign(({ context }) => ({
      decision: refusedBy(
        required(context.decision, 'decision'),
        'sessionPaused',
        'The session was paused or stopped while the bar was being decided.',
      ),
    })),
    refuseWithoutLease: assign(({ context }) => ({
      decision: refusedBy(
        required(context.decision, 'decision'),
        'leaseLost',
        'The lease of the session was lost before the order could be committed.',
      ),
    })),
    refuseByDesk: assign(({ context }, params: { placed: PlacedOrder }) => ({
      decision: refusedByDesk(required(context.decision, 'decision'), params.placed),
    })),
    refuseByFailure: assign(({ context }, params: { error: unknown }) => ({
      decision: refusedBy(
        required(context.decision, 'decision'),
        failureKind(params.error) === 'store' ? 'storeDown' : 'brokerNotReady',
        failureMessage(params.error),
      ),
    })),
    record: sendTo('recorder', ({ context }) => ({
      type: 'recorder.record',
      decision: required(context.decision, 'decision'),
    })),
    finishRecorded: assign((_, params: { decision: Decision }) => ({
      lastDecision: params.decision,
      stepCause: null,
      attempts: 0,
    })),
    finishPlaced: assign(({ context }, params: { placed: PlacedOrder }) => ({
      lastDecision: { ...required(context.decision, 'decision'), orderRef: params.placed.ref },
    })),

    // A crashed machine's children live on: they are stopped first, and the throw follows in an event of its own.
    crash: enqueueActions(({ enqueue, self }, params: { message: string }) => {
      for (const child of ['market', 'decider', 'recorder', 'lease']) enqueue(stopChild(child));
      enqueue(sendTo(self, { type: 'session.crash', message: params.message } satisfies SessionEvent));
    }),
    fail: (_, params: { message: string }) => {
      throw new Error(params.message);
    },
  },
}).createMachine({
  id: 'session',
  options: machineOptions,
  context: ({ input }) => initialContext(input),
  initial: 'idle',
  on: {
    'session.start': { actions: ['wantRunning', 'announce'] },
    'session.stop': { actions: ['wantStopped', 'closeMarket', 'startDrainTimer', 'announce'] },
    shutdown: { actions: ['wantStopped', 'noteEnding', 'closeMarket', 'startDrainTimer', 'announce'] },
    'session.pause': { actions: ['pause', 'announce'] },
    'session.resume': { actions: ['resume', 'announce'] },
    'session.sync': { actions: 'askSync' },
    'session.drainTimeout': { target: '.idle', actions: ['cancelDrainTimer', 'release', 'forget'] },
    'session.crash': { actions: { type: 'fail', params: ({ event }) => ({ message: event.message }) } },
    'lease.changed': {
      actions: [{ type: 'noteLease', params: ({ event }) => ({ lease: event.lease }) }, 'announce'],
    },
    'market.history': [
      { guard: 'isWarm', actions: { type: 'takeHistory', params: ({ event }) => event } },
      {
        actions: [
          { type: 'warmDecider', params: ({ event }) => event },
          { type: 'takeHistory', params: ({ event }) => event },
          'announce',
        ],
      },
    ],
    'market.bar': { actions: { type: 'takeBar', params: ({ event }) => event } },
    'market.waiting': {
      actions: [{ type: 'noteMarketWaiting', params: ({ event }) => event }, 'announce'],
    },
    'market.live': { actions: ['noteMarketLive', 'announce'] },
    'decider.failed': { actions: { type: 'crash', params: ({ event }) => ({ message: event.message }) } },
    'recorder.waiting': { actions: [{ type: 'noteWaiting', params: ({ event }) => event }, 'announce'] },
    'xstate.error.actor.*': {
      actions: { type: 'crash', params: ({ event }) => ({ message: failureMessage(event.error) }) },
    },
  },
  states: {
    idle: {
      description: 'Holds nothing. When it is wanted it waits for its lease, which another process may hold.',
      entry: [{ type: 'stampState', params: { state: 'idle' } }, 'holdLease', 'announce'],
      on: {
        'session.start': { actions: ['forget', 'wantRunning', 'holdLease', 'announce'] },
        'session.stop': { actions: ['wantStopped', 'release', 'forget', 'announce'] },
        shutdown: { target: 'stopped', actions: ['wantStopped', 'release', 'forget', 'announce'] },
      },
      always: [
        { guard: 'isEnding', target: 'stopped' },
        { guard: 'mayRun', target: 'syncing', actions: 'openMarket' },
      ],
    },
    stopped: { description: 'Its supervisor ended it; nothing is held any more.', type: 'final' },
    collecting: {
      description:
        'Waits for the next closed bar; bars that closed meanwhile are decided first, in their order.',
      entry: ['beginStep', { type: 'stampState', params: { state: 'collecting' } }, 'announce'],
      always: [
        { guard: 'mustSync', target: 'syncing' },
        { guard: 'hasBarToDecide', target: 'signaling' },
        { guard: 'isDraining', target: 'idle', actions: ['cancelDrainTimer', 'release', 'forget'] },
      ],
    },
    signaling: {
      description: 'Decides the oldest closed bar. A refusal is recorded before anything else happens.',
      entry: ['pickBar', { type: 'stampState', params: { state: 'signaling' } }, 'announce'],
      invoke: {
        id: 'facts',
        src: 'gatherFacts',
        input: ({ context }) => ({
          definition: context.definition,
          request: {
            ...required(context.current, 'bar to decide'),
            paused: context.paused || context.draining,
            epoch: context.lease?.epoch ?? null,
          },
        }),
        onDone: { actions: { type: 'askDecider', params: ({ event }) => ({ facts: event.output }) } },
        onError: [
          {
            guard: { type: 'passes', params: ({ event }) => event },
            actions: [
              { type: 'noteWaiting', params: ({ event }) => ({ cause: failureMessage(event.error) }) },
              'retryLater',
              'announce',
            ],
          },
          { actions: { type: 'crash', params: ({ event }) => ({ message: failureMessage(event.error) }) } },
        ],
      },
      on: {
        'session.retry': { target: 'signaling', reenter: true },
        'decider.decided': [
          {
            guard: { type: 'isOrderTooLate', params: ({ event }) => event },
            actions: [{ type: 'keepDecision', params: ({ event }) => event }, 'refuseTooLate', 'record'],
          },
          {
            guard: { type: 'isOrder', params: ({ event }) => event },
            target: 'ordering',
            actions: { type: 'keepDecision', params: ({ event }) => event },
          },
          {
            guard: { type: 'isOrderWithoutLease', params: ({ event }) => event },
            actions: [{ type: 'keepDecision', params: ({ event }) => event }, 'refuseWithoutLease', 'record'],
          },
          { actions: [{ type: 'keepDecision', params: ({ event }) => event }, 'record'] },
        ],
        'recorder.recorded': [
          {
            guard: 'calledForTrade',
            target: 'syncing',
            actions: [{ type: 'finishRecorded', params: ({ event }) => event }, 'announceDecision'],
          },
          {
            target: 'collecting',
            actions: [{ type: 'finishRecorded', params: ({ event }) => event }, 'announceDecision'],
          },
        ],
      },
      exit: 'cancelRetry',
    },
    ordering: {
      description:
        'Commits decision and intent and hands the order to the desk, once. Fills are the desk’s business from then on.',
      entry: ['beginStep', { type: 'stampState', params: { state: 'ordering' } }, 'announce'],
      invoke: {
        id: 'order',
        src: 'placeOrder',
        input: ({ context }) => ({
          definition: context.definition,
          decision: required(context.decision, 'decision'),
          epoch: required(context.lease, 'lease').epoch,
        }),
        onDone: [
          {
            guard: { type: 'wasCommitted', params: ({ event }) => ({ placed: event.output }) },
            target: 'syncing',
            actions: [
              { type: 'finishPlaced', params: ({ event }) => ({ placed: event.output }) },
              'announceDecision',
            ],
          },
          {
            actions: [{ type: 'refuseByDesk', params: ({ event }) => ({ placed: event.output }) }, 'record'],
          },
        ],
        onError: [
          {
            guard: { type: 'passes', params: ({ event }) => event },
            actions: [{ type: 'refuseByFailure', params: ({ event }) => event }, 'record'],
          },
          { actions: { type: 'crash', params: ({ event }) => ({ message: failureMessage(event.error) }) } },
        ],
      },
      on: {
        'recorder.recorded': {
          target: 'syncing',
          actions: [{ type: 'finishRecorded', params: ({ event }) => event }, 'announceDecision'],
        },
      },
    },
    syncing: {
      description:
        'Asks the broker for the position and stores it; asks again, ever more slowly, while it is away.',
      entry: ['clearSyncAsked', { type: 'stampState', params: { state: 'syncing' } }, 'announce'],
      invoke: {
        id: 'position',
        src: 'syncPosition',
        input: ({ context }) => ({ definition: context.definition }),
        onDone: {
          target: 'collecting',
          actions: { type: 'storePosition', params: ({ event }) => ({ position: event.output }) },
        },
        onError: [
          {
            guard: { type: 'passes', params: ({ event }) => event },
            actions: [
              { type: 'noteWaiting', params: ({ event }) => ({ cause: failureMessage(event.error) }) },
              'retryLater',
              'announce',
            ],
          },
          { actions: { type: 'crash', params: ({ event }) => ({ message: failureMessage(event.error) }) } },
        ],
      },
      on: {
        'session.retry': { target: 'syncing', reenter: true },
        'session.sync': { target: 'syncing', reenter: true },
      },
      always: { guard: 'isDraining', target: 'collecting' },
      exit: 'cancelRetry',
    },
  },
});

/** Gives the session its abilities; a forgotten port does not compile. */
export const withSessionPorts = (ports: SessionPorts) => {
  const actors = wirePorts(ports);
  return sessionMachine.provide({
    actors: {
      ...actors,
      recorder: recorderMachine.provide({ actors: { recordDecision: actors.recordDecision } }),
    },
    actions: { stampState: assign((_, params) => ({ state: params.state, since: ports.now() })) },
  });
};
