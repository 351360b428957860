/**
 * The only owner of a socket to the broker: opens it, earns `ready`, watches it, rebuilds it.
 * It never sends, keeps or repeats an order, and queues nothing for a later connection. The broker supervisor owns it.
 *
 * Three things fail separately: the socket to the gateway, the gateway's link to IBKR, and IBKR's data farms.
 * Beside them it keeps two times: around a planned restart of the gateway no order leaves, and once a week a person is
 * needed. A farm never touches the socket; a lost link never touches it either, but takes `ready` back until all is reloaded.
 *
 * Emits `connection.ready`, `connection.lost` (only after a ready) and `connection.changed` with the whole status.
 */
import type { SnapshotFrom } from 'xstate';
import { machineOptions } from '../machine.options.ts';
import { causes, initialContext } from './connection.logic.ts';
import type { ConnectionPorts } from './connection.ports.ts';
import { farmsRegion, humanRegion, restartRegion } from './connection.regions.ts';
import { blame, blameCode, blameError, connectionSetup } from './connection.setup.ts';
import type { ConnectionStatus } from './connection.status.ts';

/** Builds the connection machine over its ports; all of them are needed. */
export function createConnectionMachine(ports: ConnectionPorts) {
  const parts = connectionSetup(ports);
  return parts.createMachine({
    id: 'connection',
    options: machineOptions,
    context: ({ input }) => initialContext(input, ports.now()),
    type: 'parallel',
    states: {
      link: {
        description: 'Whether the gateway reaches IBKR.',
        initial: 'up',
        on: {
          // A new socket knows nothing of an old outage; the gateway says so if it lasts.
          'socket.accepted': '.up',
          'socket.opened': '.up',
        },
        states: {
          up: {
            entry: { type: 'recordLink', params: { link: 'up' } },
            on: { 'socket.notice': { guard: 'saysLinkDown', target: 'down' } },
          },
          down: {
            entry: [{ type: 'recordLink', params: { link: 'down' } }, 'announceChange'],
            on: {
              'socket.notice': { guard: 'saysLinkRestored', target: 'up' },
              'socket.closed': 'up',
            },
          },
        },
      },
      farms: farmsRegion(parts),
      restart: restartRegion(parts),
      human: humanRegion(parts),
      socket: {
        initial: 'disconnected',
        states: {
          disconnected: {
            always: { guard: 'isAutomatic', target: 'open' },
            on: { 'connection.connect': 'open' },
          },
          open: {
            entry: 'startAttempt',
            invoke: {
              id: 'socket',
              src: 'socket',
              input: ({ context }) => context.endpoint,
              onError: {
                target: 'backingOff',
                actions: blameError(causes.socketFailed),
              },
            },
            on: {
              'socket.closed': {
                target: 'backingOff',
                actions: { type: 'blame', params: ({ event }) => ({ cause: event.cause }) },
              },
              'socket.notice': {
                guard: 'saysClientIdHeld',
                target: 'clientIdHeld',
                actions: blame(causes.clientIdHeld),
              },
              'connection.disconnect': 'stopped',
            },
            initial: 'connecting',
            states: {
              connecting: {
                description: 'Waits for the host to accept the connection.',
                entry: [{ type: 'enter', params: { phase: 'connecting' } }, 'announceChange'],
                on: {
                  'socket.accepted': 'handshaking',
                  'socket.opened': {
                    target: 'handshaking',
                    actions: { type: 'recordVersion', params: ({ event }) => event },
                  },
                },
                after: {
                  connectTimeout: {
                    target: '#connection.socket.backingOff',
                    actions: blame(causes.connectTimeout),
                  },
                },
              },
              handshaking: {
                description: 'Waits for the version, the next order id and the accounts.',
                entry: [{ type: 'enter', params: { phase: 'handshaking' } }, 'announceChange'],
                always: [
                  {
                    guard: 'isWrongAccount',
                    target: '#connection.socket.wrongAccount',
                    actions: blame(causes.wrongAccount),
                  },
                  { guard: 'isIntroduced', target: 'loading' },
                ],
                on: {
                  'socket.opened': {
                    actions: { type: 'recordVersion', params: ({ event }) => event },
                  },
                  'socket.nextValidId': {
                    actions: { type: 'recordNextValidId', params: ({ event }) => event },
                  },
                  'socket.accounts': {
                    actions: { type: 'recordAccounts', params: ({ event }) => event },
                  },
                },
                after: {
                  handshakeTimeout: {
                    target: '#connection.socket.backingOff',
                    actions: blame(causes.handshakeTimeout),
                  },
                },
              },
              loading: {
                description:
                  'Loads orders, executions and positions; waits first, while IBKR is out of reach.',
                entry: [{ type: 'enter', params: { phase: 'loading' } }, 'announceLost', 'announceChange'],
                initial: 'deciding',
                states: {
                  deciding: {
                    always: [{ guard: 'isLinkUp', target: 'asking' }, { target: 'waitingForLink' }],
                  },
                  asking: {
                    invoke: {
                      id: 'load',
                      src: 'load',
                      onDone: {
                        target: '#connection.socket.open.ready',
                        actions: {
                          type: 'announceReady',
                          params: ({ event }) => ({ loaded: event.output }),
                        },
                      },
                      onError: {
                        target: '#connection.socket.backingOff',
                        actions: blameError(causes.loadFailed),
                      },
                    },
                    on: {
                      'socket.notice': [
                        {
                          guard: 'saysLinkDown',
                          target: 'waitingForLink',
                          actions: blameCode(causes.linkDown),
                        },
                        { guard: 'saysLinkRestored', target: 'asking', reenter: true },
                      ],
                    },
                    after: {
                      loadTimeout: {
                        target: '#connection.socket.backingOff',
                        actions: blame(causes.loadTimeout),
                      },
                    },
                  },
                  waitingForLink: {
                    on: { 'socket.notice': { guard: 'saysLinkRestored', target: 'asking' } },
                    after: {
                      linkDownTimeout: {
                        target: '#connection.socket.backingOff',
                        actions: blame(causes.linkDownTooLong),
                      },
                    },
                  },
                },
              },
              ready: {
                description: 'All is loaded and the heart beats.',
                entry: [{ type: 'enter', params: { phase: 'ready' } }, 'announceChange'],
                on: {
                  'connection.reload': { target: 'loading', actions: blame(causes.reload) },
                  'socket.notice': [
                    {
                      guard: 'saysLinkDown',
                      target: 'loading.waitingForLink',
                      actions: blameCode(causes.linkDown),
                    },
                    {
                      guard: 'saysLinkRestored',
                      target: 'loading',
                      actions: blameCode(causes.linkRestored),
                    },
                  ],
                },
                initial: 'resting',
                states: {
                  resting: { after: { heartbeatPause: 'asking' } },
                  asking: {
                    invoke: {
                      id: 'heartbeat',
                      src: 'askTime',
                      onDone: {
                        target: 'resting',
                        actions: [
                          { type: 'recordHeartbeat', params: ({ event }) => ({ heartbeat: event.output }) },
                          'announceChange',
                        ],
                      },
                      onError: 'missed',
                    },
                    after: { heartbeatTimeout: 'missed' },
                  },
                  missed: {
                    entry: 'recordMiss',
                    always: [
                      {
                        guard: 'isLastMiss',
                        target: '#connection.socket.backingOff',
                        actions: blame(causes.heartbeatLost),
                      },
                      { target: 'resting' },
                    ],
                  },
                },
              },
            },
          },
          backingOff: {
            description: 'Waits before the next attempt; longer after each failure.',
            entry: [
              { type: 'enter', params: { phase: 'backingOff' } },
              'planRetry',
              'announceLost',
              'announceChange',
            ],
            on: { 'connection.connect': 'open', 'connection.disconnect': 'stopped' },
            after: { retryPause: 'open' },
          },
          clientIdHeld: {
            description: 'Somebody else uses our client id. It is never changed: orders belong to it.',
            entry: [
              { type: 'enter', params: { phase: 'clientIdHeld' } },
              'planRetry',
              'announceLost',
              'announceChange',
            ],
            on: { 'connection.connect': 'open', 'connection.disconnect': 'stopped' },
            after: { retryPause: 'open' },
          },
          wrongAccount: {
            description: 'The gateway serves another kind of account than declared: nothing is asked of it.',
            entry: [
              { type: 'enter', params: { phase: 'wrongAccount' } },
              'planRetry',
              'announceLost',
              'announceChange',
            ],
            on: { 'connection.connect': 'open', 'connection.disconnect': 'stopped' },
            after: { retryPause: 'open' },
          },
          stopped: {
            entry: [
              { type: 'blame', params: { cause: causes.disconnected() } },
              { type: 'enter', params: { phase: 'stopped' } },
              'announceLost',
              'announceChange',
            ],
            on: { 'connection.connect': 'open' },
          },
        },
      },
    },
  });
}

export type ConnectionMachine = ReturnType<typeof createConnectionMachine>;

/** Where the connection stands, as plain data. */
export const connectionStatus = (snapshot: SnapshotFrom<ConnectionMachine>): ConnectionStatus =>
  snapshot.context.status;

const notProvided = (port: string) => (): never => {
  throw new Error(`connection: port "${port}" was not provided`);
};

/** The chart alone, to draw and to read; started, it reports that its ports are missing. */
export const connectionMachine: ConnectionMachine = createConnectionMachine({
  open: notProvided('open'),
  currentTime: notProvided('currentTime'),
  loadTruth: notProvided('loadTruth'),
  loadPositions: notProvided('loadPositions'),
  now: () => 0,
  random: () => 0,
});
