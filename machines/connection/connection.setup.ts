/**
 * What the chart of the connection is made of: its actors over the ports, its waits, guards and actions.
 */
import { assign, type EventObject, emit, enqueueActions, fromCallback, fromPromise, setup } from 'xstate';
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
  enterPhase,
  farmOf,
  inOrder,
  isAccountMissing,
  isAnyBroken,
  isIntroduced,
  planRetry,
  recordHeartbeat,
  startAttempt,
  unfitAccounts,
  updateFarms,
} from './connection.logic.ts';
import { type LoginStatus, nextLogin, nextRestart } from './connection.plans.ts';
import type { ConnectionPorts, Endpoint, SocketEvent } from './connection.ports.ts';
import type { ConnectionPhase, FarmStatus } from './connection.status.ts';

type OfKind = { readonly kind: FarmStatus['kind'] };
type Notice = Extract<SocketEvent, { type: 'socket.notice' }>;
const means = (event: { type: string }, ...consequences: CodeConsequence[]): boolean =>
  event.type === 'socket.notice' && consequences.includes(consequenceOf((event as Notice).code));

/** The action that records a cause, by where its words come from. */
export const blame = (cause: (context: ConnectionContext) => string) =>
  ({
    type: 'blame',
    params: ({ context }: { context: ConnectionContext }) => ({ cause: cause(context) }),
  }) as const;
export const blameError = (cause: (error: unknown) => string) =>
  ({
    type: 'blame',
    params: ({ event }: { event: { error: unknown } }) => ({ cause: cause(event.error) }),
  }) as const;
export const blameCode = (cause: (code: number) => string) =>
  ({
    type: 'blame',
    params: ({ event }: { event: Notice }) => ({ cause: cause(event.code) }),
  }) as const;

/** Binds the parts to the ports; all of them are needed. */
export function connectionSetup(ports: ConnectionPorts) {
  const until = (at: number | undefined): number => Math.max(0, (at ?? 0) - ports.now());
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
          try {
            handle.close();
          } catch {
            // A dispose that throws would fell the machine while it leaves a broken socket; the port logs its own.
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
      quietBegins: ({ context }) => until(context.status.restart?.quietFrom),
      quietEnds: ({ context }) => until(context.status.restart?.quietUntil),
      warningDue: ({ context }) =>
        until((context.status.login?.dueAt ?? 0) - (context.loginPlan?.warnBeforeMs ?? 0)),
      loginDue: ({ context }) => until(context.status.login?.dueAt),
      loginGrace: ({ context }) => context.timing.loginGraceMs,
    },
    guards: {
      isAutomatic: ({ context }) => context.autoConnect,
      isIntroduced: ({ context }) => isIntroduced(context),
      isWrongAccount: ({ context }) =>
        isIntroduced(context) && (unfitAccounts(context).length > 0 || isAccountMissing(context)),
      hasRestartPlan: ({ context }) => context.restartPlan !== null,
      hasLoginPlan: ({ context }) => context.loginPlan !== null,
      isReady: ({ context }) => context.status.phase === 'ready',
      isAway: ({ context }) => context.status.phase !== 'ready',
      isLinkUp: ({ context }) => context.status.link === 'up',
      isLastMiss: ({ context }) => context.misses >= context.timing.heartbeatMisses,
      saysLinkDown: ({ event }) => means(event, 'linkDown'),
      saysLinkRestored: ({ event }) => means(event, 'linkRestored', 'linkRestoredDataLost'),
      saysClientIdHeld: ({ event }) => means(event, 'clientIdHeld'),
      isAnyBroken: ({ context }, { kind }: OfKind) => isAnyBroken(context.status.farms, kind),
      isNoneBroken: ({ context }, { kind }: OfKind) => !isAnyBroken(context.status.farms, kind),
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
        status: { ...context.status, accounts: inOrder(context, params.accounts) },
      })),
      recordHeartbeat: assign(({ context }, params: { heartbeat: Heartbeat }) =>
        recordHeartbeat(context, params.heartbeat),
      ),
      recordMiss: assign(({ context }) => ({ misses: context.misses + 1 })),
      planRestart: assign(({ context }) => ({
        status: {
          ...context.status,
          restart: context.restartPlan === null ? null : nextRestart(context.restartPlan, ports.now()),
        },
      })),
      beginQuiet: assign(({ context: { status } }) => ({
        status: {
          ...status,
          restart: status.restart === null ? null : { ...status.restart, isQuiet: true },
        },
      })),
      planLogin: assign(({ context }) => ({
        status: {
          ...context.status,
          login: context.loginPlan === null ? null : nextLogin(context.loginPlan, ports.now()),
        },
      })),
      noteLogin: assign(({ context: { status } }, params: { state: LoginStatus['state'] }) => ({
        status: { ...status, login: status.login === null ? null : { ...status.login, state: params.state } },
      })),
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
          // What kept it from being ready is over.
          status: { ...context.status, attempts: 0, cause: null },
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
  });
}
