/**
 * Every machine with all that it can receive, and where an event is ignored on purpose. `models.test.ts` holds this
 * list against the charts, the compiler against their types: what is missing, superfluous or no longer true fails.
 *
 * To add a machine: one entry, under its file below `machines/` (`file#name` when the file has more than one).
 */
import { connectionMachine } from '../../machines/connection/connection.machine.ts';
import { collectorMachine } from '../../machines/feed/collector.machine.ts';
import { withFeedPorts } from '../../machines/feed/feed.machine.ts';
import { withMarketDataPorts } from '../../machines/feed/marketData.machine.ts';
import { createCloserMachine } from '../../machines/flatten/closer.machine.ts';
import { createFlattenMachine } from '../../machines/flatten/flatten.machine.ts';
import { createAmendmentMachine } from '../../machines/order/amendment.machine.ts';
import { deskMachine } from '../../machines/order/desk.machine.ts';
import { orderMachine } from '../../machines/order/order.machine.ts';
import { createRecorderMachine } from '../../machines/order/recorder.machine.ts';
import { createSubmissionMachine } from '../../machines/order/submission.machine.ts';
import { portfolioMachine } from '../../machines/portfolio/portfolio.machine.ts';
import { createRiskMachine } from '../../machines/risk/risk.machine.ts';
import { recorderMachine } from '../../machines/session/recorder.machine.ts';
import { withSessionPorts } from '../../machines/session/session.machine.ts';
import { createStoreMachine } from '../../machines/store/store.machine.ts';
import { createDynamicSupervisor } from '../../machines/supervisor/dynamic.machine.ts';
import { ignored, type Model, modelOf } from '../support/model.ts';
import { spec, startSupervisor } from './supervisor/parts.ts';

/** Ports to build a chart with; nothing here runs, so nothing calls them. */
const unused = <T extends object>(): T => new Proxy({} as T, { get: () => () => {} });

const calmPolicy = {
  ...{ intensity: 1, periodMs: 1_000, healthyAfterMs: 1_000 },
  backoff: { minMs: 0, maxMs: 0, factor: 1, jitterFraction: 0 },
};
const supervisor = startSupervisor([spec('a')]).actor;
supervisor.stop();

const dynamicSupervisor = createDynamicSupervisor({
  id: 'dynamic',
  logics: {},
  ...{ now: () => 0, random: () => 0 },
  policy: calmPolicy,
  childPolicy: calmPolicy,
});

const ending = ['stopping', 'givingUp', 'failing'];
const supervisorEvents = {
  'supervisor.startChild': [],
  'supervisor.stopChild': [ignored('All children are ended anyway.', ...ending)],
  'supervisor.terminateChild': [ignored('All children are ended anyway.', ...ending)],
  'supervisor.restartChild': [ignored('It starts nothing any more.', ...ending)],
  'supervisor.shutdown': [ignored('It ends already.', 'stopping', 'failing')],
  shutdown: [ignored('It ends already.', 'stopping', 'failing')],
  'supervisor.goOn': [
    ignored('It goes on by itself afterwards.', 'clearing'),
    ignored('No child is left.', 'failing'),
  ],
  'child.started': [ignored('All children are ended, started or not.', ...ending)],
  'child.exited': [
    ignored('Nothing is deferred before all have started.', 'starting'),
    ignored('What was deferred is dropped: all children are ended.', ...ending),
  ],
  'group.forgot': [],
  'supervisor.restartDue': [
    ignored('No child has failed before all have started.', 'starting'),
    ignored('It starts nothing any more.', ...ending),
  ],
  'supervisor.shutdownDue': [
    ignored('No child is ended before all have started.', 'starting'),
    ignored('No child is left.', 'failing'),
  ],
  'supervisor.giveUp': [
    ignored(
      'It sends this to itself once no child is left.',
      ...['starting', 'running', 'clearing', 'stopping', 'givingUp'],
    ),
  ],
  'xstate.error.actor.*': [ignored('No child is left.', 'failing')],
  'xstate.done.actor.*': [ignored('No child is left.', 'failing')],
};
const supervisorEndings = { failing: 'It ends there in error, which its parent hears.' };

const withoutSocket = ['disconnected', 'stopped', 'backingOff', 'clientIdHeld', 'wrongAccount'].map(
  (key) => `socket.${key}`,
);
const afterHandshake = ['socket.open.loading', 'socket.open.ready'];
const givenUp = 'The socket was given up, or is none yet: what it says counts no more.';
const unheard = 'Before the host has accepted, the program behind it says nothing.';

const withoutStreams = ['waitingForBroker', 'resolving', 'faulted'];
const streamsClosed = 'Nothing is subscribed: the next subscription begins with everything anew.';

const afterSending = ['awaitingAck', 'unknown', 'working', 'cancelling', 'collectingFills'];

export const models: Readonly<Record<string, Model>> = {
  'connection/connection.machine.ts': modelOf(connectionMachine, {
    'connection.connect': [ignored('It is connected, or about to be.', 'socket.open')],
    'connection.disconnect': [
      ignored('There is nothing to close or to await.', 'socket.disconnected', 'socket.stopped'),
    ],
    'connection.reload': [
      ignored('It has no ready to take back.', ...withoutSocket),
      ignored(
        'Everything is loaded before it is ready.',
        'socket.open.connecting',
        'socket.open.handshaking',
      ),
      ignored('It is being loaded.', 'socket.open.loading'),
    ],
    'socket.accepted': [],
    'socket.opened': [],
    'socket.closed': [ignored(givenUp, ...withoutSocket.map((state) => `link.up & ${state}`))],
    'socket.nextValidId': [
      ignored(givenUp, ...withoutSocket),
      ignored(unheard, 'socket.open.connecting'),
      ignored('The order desk counts on from the id of the handshake.', ...afterHandshake),
    ],
    'socket.accounts': [
      ignored(givenUp, ...withoutSocket),
      ignored(unheard, 'socket.open.connecting'),
      ignored('The accounts of a login do not change; the handshake told them.', ...afterHandshake),
    ],
    'socket.notice': [],
  }),

  'feed/collector.machine.ts': modelOf(collectorMachine, { 'collector.write': [] }),

  'feed/feed.machine.ts': modelOf(withFeedPorts(unused()), {
    'stream.bars': [ignored('They are fetched again, from the newest that was taken in.', ...withoutStreams)],
    'stream.quote': [ignored(streamsClosed, ...withoutStreams)],
    'stream.interrupted': [ignored(streamsClosed, ...withoutStreams)],
    'stream.failed': [ignored(streamsClosed, ...withoutStreams)],
    'collector.stored': [],
    'collector.overflowed': [],
    'connection.ready': [],
    'connection.lost': [],
    'feed.timeframes': [],
    'market.told': [
      ignored('It moves streams on, and there are none; the next one comes soon.', ...withoutStreams),
    ],
    'details.refreshed': [
      ignored('The details are asked for before the next subscription.', ...withoutStreams),
    ],
    'details.refused': [ignored(streamsClosed, ...withoutStreams)],
  }),

  'feed/marketData.machine.ts': modelOf(
    withMarketDataPorts(unused()),
    {
      'feed.watch': [],
      'feed.unwatch': [],
      'feed.respawn': [],
      'connection.ready': [],
      'connection.lost': [],
      'market.told': [],
      'xstate.error.actor.*': [],
    },
    { serving: 'It serves for as long as it lives; its supervisor stops it.' },
  ),

  'flatten/closer.machine.ts': modelOf(createCloserMachine(unused()), {}),

  'flatten/flatten.machine.ts': modelOf(
    createFlattenMachine(unused(), () => null),
    {
      'flatten.start': [ignored('It is under way already.', 'cancelling', 'surveying', 'closing', 'resting')],
      'flatten.stop': [
        ignored('There is nothing to call off.', 'idle'),
        ignored('It is called off already.', 'standingDown', 'standingDownLater'),
      ],
      'closer.told': [
        ignored(
          'Its closers are ended.',
          ...['idle', 'cancelling', 'surveying', 'resting', 'flat', 'standingDown', 'standingDownLater'],
        ),
      ],
      'xstate.error.actor.*': [
        ignored(
          'Its closers are ended.',
          ...['idle', 'cancelling', 'surveying', 'resting', 'flat', 'standingDown', 'standingDownLater'],
        ),
      ],
      shutdown: [],
    },
  ),

  'order/desk.machine.ts': modelOf(deskMachine, {
    'connection.ready': [],
    'connection.lost': [],
    'broker.openOrder': [],
    'broker.orderStatus': [],
    'broker.execution': [],
    'broker.commission': [],
    'broker.orderError': [],
    'desk.submit': [],
    'desk.cancel': [],
    'desk.reconcile': [],
    'desk.release': [],
    'desk.paced': [],
    'desk.ask': [ignored('Nobody can be asked; the recovery of the next connection asks.', 'inquiry.off')],
    'truth.heard': [
      ignored(
        'Recovery is over or not begun: what was said is taken in all the same.',
        'desk.open',
        'desk.waiting',
      ),
      ignored('The question was asked before the stored orders were there.', 'desk.recovering.loading'),
      ignored('The stored orders are not there.', 'desk.recovering.storeDown'),
      ignored('The broker is asked again after the pause.', 'desk.recovering.resting'),
      ignored('An answer has been heard; it is being stored.', 'desk.recovering.recording'),
    ],
    'truth.missed': [
      ignored('Recovery is over or not begun; the next poll asks again.', 'desk.open', 'desk.waiting'),
      ignored(
        'It asks when the stored orders are there.',
        'desk.recovering.loading',
        'desk.recovering.storeDown',
      ),
      ignored('The broker is asked again after the pause.', 'desk.recovering.resting'),
      ignored('An answer has been heard; it is being stored.', 'desk.recovering.recording'),
    ],
    'order.moved': [],
    'order.doubted': [],
    'order.alarmed': [],
    'order.cancelRefused': [],
    'order.cancelNotSent': [],
    'order.amended': [],
    'desk.amend': [],
    'amendment.settled': [],
    'submission.settled': [],
    'recorder.written': [],
    'recorder.progress': [],
    'recorder.failing': [],
    'xstate.error.actor.order:*': [],
  }),

  'order/order.machine.ts': modelOf(orderMachine, {
    'order.told': [],
    'order.missing': [
      ignored(
        'The broker may not have it yet; the deadline of the acknowledgement decides.',
        'sending',
        'awaitingAck',
      ),
      ignored('The broker has said Filled.', 'collectingFills'),
    ],
    'order.errored': [],
    'order.filledTo': [],
    'order.learned': [],
    'order.cancel': [],
    'order.linkLost': [
      ignored('The word of its own hand-over comes first and decides.', 'sending'),
      ignored('It works at the broker, with or without a link.', 'working.steady'),
      ignored('It is in doubt already; the next connection asks.', 'unknown'),
      ignored('The broker has said Filled; its executions come with the next connection.', 'collectingFills'),
    ],
    'place.done': [ignored('The broker spoke first.', ...afterSending)],
    'place.refused': [ignored('The broker spoke first: it has the order.', ...afterSending)],
    'place.failed': [ignored('The broker spoke first: it has the order.', ...afterSending)],
    'cancel.done': [],
    'cancel.refused': [],
    'order.amend': [
      ignored(
        'The desk has a change sent only while the order works; what moved on since is reported as such.',
        ...([
          'sending',
          'awaitingAck',
          'unknown',
          'working.amending',
          'cancelling',
          'collectingFills',
        ] as const),
      ),
    ],
    'amend.refused': [
      ignored(
        'Said in the very step in which the change is sent.',
        ...([
          'sending',
          'awaitingAck',
          'unknown',
          'working.steady',
          'cancelling',
          'collectingFills',
        ] as const),
      ),
    ],
  }),

  'order/amendment.machine.ts': modelOf(createAmendmentMachine(unused()), {}),

  'order/recorder.machine.ts': modelOf(createRecorderMachine(unused()), { 'recorder.write': [] }),

  'order/submission.machine.ts': modelOf(createSubmissionMachine(unused()), {}),

  'portfolio/portfolio.machine.ts': modelOf(portfolioMachine, {
    'connection.ready': [],
    'connection.lost': [],
    'account.position': [],
    'account.value': [],
    'account.positionValue': [],
    'account.pnl': [],
    'portfolio.refresh': [],
    'portfolio.dirty': [
      ignored('It is told at the end of the pause, with the rest.', 'announcing.gathering'),
    ],
  }),

  'risk/risk.machine.ts': modelOf(
    createRiskMachine(() => 0),
    {
      // Every state hears each of them for a part; what the whole makes of them is in its states.
      'risk.halt': [],
      'risk.reduce': [],
      'risk.resume': [],
      shutdown: [],
    },
  ),

  'session/recorder.machine.ts': modelOf(recorderMachine, {
    'recorder.record': [ignored('The session awaits each record before the next.', 'writing', 'waiting')],
  }),

  'session/session.machine.ts': modelOf(withSessionPorts(unused()), {
    'session.start': [],
    'session.stop': [],
    shutdown: [],
    'session.pause': [],
    'session.resume': [],
    'session.sync': [],
    'session.retry': [
      ignored('Its timer is cancelled with the step that it belongs to.', 'idle', 'collecting', 'ordering'),
    ],
    'session.drainTimeout': [],
    'session.crash': [],
    'market.history': [],
    'market.bar': [],
    'market.waiting': [],
    'market.live': [],
    'lease.changed': [],
    'decider.decided': [
      ignored(
        'The decider was not asked; an answer from before a stop is void.',
        'idle',
        'syncing',
        'collecting',
      ),
      ignored('It decides one bar at a time, and this one is decided.', 'ordering'),
    ],
    'decider.failed': [],
    'recorder.recorded': [ignored('Nothing was handed to the recorder.', 'idle', 'syncing', 'collecting')],
    'recorder.waiting': [],
    'xstate.error.actor.*': [],
  }),

  'store/store.machine.ts': modelOf(createStoreMachine(unused()), {
    shutdown: [],
    'ping.answered': [ignored('It is up.', 'health.up')],
    'ping.slow': [ignored('It is known to be slow.', 'health.degraded')],
    'ping.failed': [ignored('It is known to be down.', 'health.down')],
  }),

  'supervisor/supervisor.machine.ts': modelOf(supervisor.logic, supervisorEvents, supervisorEndings),
  'supervisor/dynamic.machine.ts': modelOf(dynamicSupervisor, supervisorEvents, supervisorEndings),
};
