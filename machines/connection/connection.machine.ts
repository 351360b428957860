/**
 * The only owner of a socket to the broker: opens it, earns `ready`, watches it, rebuilds it.
 * It never sends, keeps or repeats an order, and queues nothing for a later connection. The broker supervisor owns it.
 *
 * Three things fail separately: the socket to the gateway, the gateway's link to IBKR, and IBKR's data farms.
 * A farm never touches the socket; a lost link never touches it either, but takes `ready` back until all is reloaded.
 *
 * Emits `connection.ready`, `connection.lost` (only after a ready) and `connection.changed` with the whole status.
 */
import {
  assign,
  type EventObject,
  emit,
  enqueueActions,
  fromCallback,
  fromPromise,
  type SnapshotFrom,
  setup,
} from 'xstate';
import { type CodeConsequence, consequenceOf } from '../domain/broker-codes.ts';
import type {
  ConnectionEmitted,
  ConnectionEvent,
  ConnectionInput,
  Heartbeat,
  LoadedFacts,
} from './connection.events.ts';
import {
  type ConnectionContext,
  causes,
  enterPhase,
  farmOf,
  initialContext,
  isIntroduced,
  planRetry,
  recordHeartbeat,
  startAttempt,
  updateFarms,
} from './connection.logic.ts';
import type { ConnectionPorts, Endpoint, SocketEvent } from './connection.ports.ts';
import type { ConnectionPhase, ConnectionStatus } from './connection.status.ts';

const means = (event: { type: string }, ...consequences: CodeConsequence[]): boolean =>
  event.type === 'socket.notice' && consequences.includes(consequenceOf((event as Notice).code));
type Notice = Extract<SocketEvent, { type: 'socket.notice' }>;

/** The action that records a cause, by where its words come from. */
const blame = (cause: (context: ConnectionContext) => string) =>
  ({
    type: 'blame',
    params: ({ context }: { context: ConnectionContext }) => ({ cause: cause(context) }),
  }) as const;
const blameError = (cause: (error: unknown) => string) =>
  ({
    type: 'blame',
    params: ({ event }: { event: { error: unknown } }) => ({ cause: cause(event.error) }),
  }) as const;
const blameCode = (cause: (code: number) => string) =>
  ({
    type: 'blame',
    params: ({ event }: { event: Notice }) => ({ cause: cause(event.code) }),
  }) as const;

/** Builds the connection machine over its ports; all of them are needed. */
export function createConnectionMachine(ports: ConnectionPorts) {
  return setup({
    types: {
      context: {} as ConnectionContext,
      events: {} as ConnectionEvent,
      emitted: {} as ConnectionEmitted,
      input: {} as ConnectionInput,
    },
    actors: {
      /** Lives as long as the state that invoked it; leaving that state closes the socket. */
      socket: fromCallback<EventObject, Endpoint>(({ input, sendBack }) => {
        let muted = false;
        const handle = ports.open(input, (event) => {
          if (!muted) sendBack(event);
        });
        return () => {
          muted = true;
          // A dispose that throws would fell the machine while it is leaving a broken socket.
          try {
            handle.close();
          } catch (error) {
            queueMicrotask(() => {
              throw error;
            });
          }
        };
      }),
      load: fromPromise<LoadedFacts>(async () => {
        const [truth, positions] = await Promise.all([ports.loadTruth(), ports.loadPositions()]);
        return { truth, positions };
      }),
      askTime: fromPromise<Heartbeat>(async () => {
        const askedAt = ports.now();
        const marketTime = await ports.currentTime();
        const at = ports.now();
        return { marketTime, roundTripMs: at - askedAt, at };
      }),
    },
    delays: {
      connectTimeout: ({ context }) => context.timing.connectMs,
      handshakeTimeout: ({ context }) => context.timing.handshakeMs,
      loadTimeout: ({ context }) => context.timing.loadMs,
      heartbeatPause: ({ context }) => context.timing.heartbeatMs,
      heartbeatTimeout: ({ context }) => context.timing.heartbeatDeadlineMs,
      linkDownTimeout: ({ context }) => context.timing.linkDownMs,
      retryPause: ({ context }) => context.retryDelayMs,
    },
    guards: {
      isAutomatic: ({ context }) => context.autoConnect,
      isIntroduced: ({ context }) => isIntroduced(context),
      isLinkUp: ({ context }) => context.status.link === 'up',
      isLastMiss: ({ context }) => context.misses >= context.timing.heartbeatMisses,
      saysLinkDown: ({ event }) => means(event, 'linkDown'),
      saysLinkRestored: ({ event }) => means(event, 'linkRestored', 'linkRestoredDataLost'),
      saysClientIdHeld: ({ event }) => means(event, 'clientIdHeld'),
      saysFarm: ({ event }) => means(event, 'farmOk', 'farmInactive', 'farmBroken'),
    },
    actions: {
      enter: assign(({ context }, params: { phase: ConnectionPhase }) => ({
        status: enterPhase(context.status, params.phase, ports.now()),
      })),
      blame: assign(({ context }, params: { cause: string }) => ({
        status: { ...context.status, cause: params.cause },
      })),
      startAttempt: assign(({ context }) => startAttempt(context)),
      planRetry: assign(({ context }) => planRetry(context, ports.now(), ports.random)),
      recordVersion: assign(({ context }, params: { serverVersion: number }) => ({
        status: { ...context.status, serverVersion: params.serverVersion },
      })),
      recordNextValidId: assign((_, params: { orderId: number }) => ({ nextValidId: params.orderId })),
      recordAccounts: assign(({ context }, params: { accounts: readonly string[] }) => ({
        status: { ...context.status, accounts: params.accounts },
      })),
      recordHeartbeat: assign(({ context }, params: { heartbeat: Heartbeat }) =>
        recordHeartbeat(context, params.heartbeat),
      ),
      recordMiss: assign(({ context }) => ({ misses: context.misses + 1 })),
      recordLink: assign(({ context }, params: { link: 'up' | 'down' }) => ({
        status: { ...context.status, link: params.link },
      })),
      recordFarm: assign(({ context }, params: { code: number; message: string }) => {
        const farm = farmOf(params.code, params.message);
        if (farm === null) return {};
        return {
          status: { ...context.status, farms: updateFarms(context.status.farms, farm, ports.now()) },
        };
      }),
      announceReady: enqueueActions(({ context, enqueue }, params: { loaded: LoadedFacts }) => {
        enqueue.assign({
          announced: true,
          status: { ...context.status, attempts: 0 },
        });
        enqueue.emit({
          type: 'connection.ready',
          facts: {
            // Loading starts when the handshake has told it.
            nextValidId: context.nextValidId ?? 0,
            accounts: context.status.accounts,
            ...params.loaded,
          },
        });
      }),
      announceLost: enqueueActions(({ context, enqueue }) => {
        if (!context.announced) return;
        enqueue.assign({ announced: false });
        enqueue.emit({ type: 'connection.lost', cause: context.status.cause ?? 'unknown' });
      }),
      announceChange: emit(({ context }) => ({ type: 'connection.changed', status: context.status })),
    },
  }).createMachine({
    id: 'connection',
    context: ({ input }) => initialContext(input, ports.now()),
    type: 'parallel',
    states: {
      link: {
        description: 'Whether the gateway reaches IBKR.',
        initial: 'up',
        on: {
          'socket.notice': {
            guard: 'saysFarm',
            actions: [{ type: 'recordFarm', params: ({ event }) => event }, 'announceChange'],
          },
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
                always: { guard: 'isIntroduced', target: 'loading' },
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
