/**
 * What the broker says is held and worth: positions, account values, market values and P&L, each with its age.
 * It only repeats the broker, never computes a position from fills; what is stored is what was told.
 *
 * The broker supervisor owns it (systemId `portfolio`) and sends it `connection.ready` and `connection.lost`; after a
 * restart of the portfolio alone it is sent `connection.ready` again. It counts as synced only when it has asked itself.
 */
import {
  assign,
  type EventObject,
  emit,
  enqueueActions,
  fromCallback,
  fromPromise,
  raise,
  setup,
} from 'xstate';
import type { ReadyFacts } from '../connection/connection.ports.ts';
import { failureMessage } from '../domain/failure.ts';
import type { Position } from '../domain/position.ts';
import { machineOptions } from '../machine.options.ts';
import type {
  PortfolioContext,
  PortfolioEmitted,
  PortfolioEvent,
  PortfolioInput,
  RefreshFailure,
} from './portfolio.events.ts';
import {
  type Batch,
  batchOf,
  doneSaving,
  failureOf,
  hasUnsaved,
  hasUnsavedPositions,
  initialPortfolio,
  putBack,
  save,
  startSaving,
  takeNews,
  takePositions,
  viewOf,
} from './portfolio.logic.ts';
import type { AccountNews, AccountPort, PortfolioStorePort } from './portfolio.ports.ts';

/** All that the portfolio needs of the world. */
export interface PortfolioPorts {
  readonly account: AccountPort;
  readonly store: PortfolioStorePort;
  /** Wall clock, epoch ms. */
  now(): number;
}

const lost: RefreshFailure = {
  kind: 'broker',
  code: 'unavailable',
  brokerCode: null,
  message: 'there is no ready connection to the broker',
};
const late: RefreshFailure = { ...lost, code: 'timeout', message: 'the broker did not answer in time' };

type Waiting = 'waiting' | 'asking' | 'storing';

/** Builds the portfolio machine over its ports; all of them are needed. */
export function createPortfolioMachine(ports: PortfolioPorts) {
  return setup({
    types: {
      context: {} as PortfolioContext,
      events: {} as PortfolioEvent,
      emitted: {} as PortfolioEmitted,
      input: {} as PortfolioInput | undefined,
    },
    actors: {
      /** Live figures, from a ready connection until it is lost. */
      stream: fromCallback<EventObject, { accounts: readonly string[] }>(({ input, sendBack }) => {
        let muted = false;
        const cancel = ports.account.stream(input.accounts, (news: AccountNews) => {
          if (!muted) sendBack(news);
        });
        return () => {
          muted = true;
          // A dispose that throws would fell the machine while the connection is being lost anyway.
          try {
            cancel();
          } catch {
            // The stream is muted and its connection is gone.
          }
        };
      }),
      askPositions: fromPromise<readonly Position[]>(async () => ports.account.positions()),
      save: fromPromise<void, Batch>(({ input }) => save(ports.store, input)),
    },
    delays: {
      batchPause: ({ context }) => context.timing.batchMs,
      askTimeout: ({ context }) => context.timing.askMs,
      retryPause: ({ context }) => context.timing.retryMs,
    },
    guards: {
      hasUnsaved: ({ context }) => hasUnsaved(context),
      hasUnsavedPositions: ({ context }) => hasUnsavedPositions(context),
      isAwaited: ({ context }) => context.waiting.length > 0,
      isUnsynced: ({ context }) => !context.synced,
    },
    actions: {
      takeFacts: assign(({ context }, { accounts, positions }: ReadyFacts) => ({
        accounts,
        ...takePositions({ ...context, accounts }, positions, ports.now(), ports.now()),
      })),
      takePositions: assign(({ context }, params: { positions: readonly Position[] }) => ({
        ...takePositions(context, params.positions, context.askedAt, ports.now()),
        synced: true,
      })),
      takeNews: assign(({ context }, news: AccountNews) => takeNews(context, news)),
      forgetSync: assign({ synced: false }),
      announce: emit(({ context }) => ({ type: 'portfolio.changed', view: viewOf(context) })),
      markDirty: raise({ type: 'portfolio.dirty' }),
      alarm: emit((_, params: { message: string }) => ({
        type: 'portfolio.alarm',
        message: params.message,
      })),
      remember: assign(({ context }, params: { requestId: string }) => ({
        waiting: [...context.waiting, params.requestId],
      })),
      startAsking: assign(({ context }) => ({
        askedAt: ports.now(),
        asking: [...context.asking, ...context.waiting],
        waiting: [],
      })),
      awaitStoring: assign(({ context }) => ({
        storing: [...context.storing, ...context.asking],
        asking: [],
      })),
      /** Requests that came while a write was under way wait for the next one: their answer is not in it. */
      answerStored: enqueueActions(({ context, enqueue }) => {
        if (hasUnsavedPositions(context)) return;
        for (const requestId of context.storing) {
          enqueue.emit({
            type: 'portfolio.answer',
            requestId,
            positions: Object.values(context.positions),
            failure: null,
          });
        }
        enqueue.assign({ storing: [] });
      }),
      fail: enqueueActions(
        ({ context, enqueue }, params: { of: readonly Waiting[]; failure: RefreshFailure }) => {
          for (const list of params.of) {
            for (const requestId of context[list]) {
              enqueue.emit({
                type: 'portfolio.answer',
                requestId,
                positions: null,
                failure: params.failure,
              });
            }
            enqueue.assign({ [list]: [] });
          }
        },
      ),
      startSaving: assign(({ context }) => startSaving(context)),
      putBack: assign(({ context }) => putBack(context)),
      doneSaving: assign(() => doneSaving()),
    },
  }).createMachine({
    id: 'portfolio',
    options: machineOptions,
    context: ({ input }) => initialPortfolio(input),
    type: 'parallel',
    states: {
      link: {
        initial: 'waiting',
        on: {
          // Never with `reenter`: that would leave the whole machine and silence the other regions' transitions.
          'connection.ready': {
            target: '.following',
            actions: [{ type: 'takeFacts', params: ({ event }) => event.facts }, 'announce'],
          },
          'connection.lost': { target: '.waiting', actions: ['forgetSync', 'announce'] },
          'account.position': {
            actions: [{ type: 'takeNews', params: ({ event }) => event }, 'announce'],
          },
          'account.*': {
            actions: [{ type: 'takeNews', params: ({ event }) => event }, 'markDirty'],
          },
        },
        states: {
          waiting: { description: 'No ready connection: figures stay, and grow old.' },
          following: {
            invoke: {
              id: 'stream',
              src: 'stream',
              input: ({ context }) => ({ accounts: context.accounts }),
            },
          },
        },
      },
      inquiry: {
        description: 'Asks the broker for all positions, one question at a time.',
        initial: 'off',
        on: {
          'connection.ready': '.asking',
          'connection.lost': {
            target: '.off',
            actions: { type: 'fail', params: { of: ['waiting', 'asking'], failure: lost } },
          },
          'portfolio.refresh': { actions: { type: 'remember', params: ({ event }) => event } },
        },
        states: {
          off: {
            on: {
              'portfolio.refresh': {
                actions: [
                  { type: 'remember', params: ({ event }) => event },
                  { type: 'fail', params: { of: ['waiting'], failure: lost } },
                ],
              },
            },
          },
          resting: {
            always: { guard: 'isAwaited', target: 'asking' },
            after: { retryPause: { guard: 'isUnsynced', target: 'asking' } },
          },
          asking: {
            entry: 'startAsking',
            invoke: {
              id: 'askPositions',
              src: 'askPositions',
              onDone: {
                target: 'resting',
                actions: [
                  { type: 'takePositions', params: ({ event }) => ({ positions: event.output }) },
                  'awaitStoring',
                  'announce',
                ],
              },
              onError: {
                target: 'resting',
                actions: {
                  type: 'fail',
                  params: ({ event }) => ({ of: ['asking'], failure: failureOf(event.error) }),
                },
              },
            },
            after: {
              askTimeout: {
                target: 'resting',
                actions: { type: 'fail', params: { of: ['asking'], failure: late } },
              },
            },
          },
        },
      },
      announcing: {
        initial: 'quiet',
        states: {
          quiet: { on: { 'portfolio.dirty': 'gathering' } },
          gathering: {
            description: 'Figures come in bursts; they are told together.',
            after: { batchPause: { target: 'quiet', actions: 'announce' } },
          },
        },
      },
      storing: {
        initial: 'idle',
        states: {
          idle: { always: { guard: 'hasUnsaved', target: 'writing' } },
          writing: {
            entry: 'startSaving',
            invoke: {
              id: 'save',
              src: 'save',
              input: ({ context }) => batchOf(context),
              onDone: { target: 'pausing', actions: ['doneSaving', 'answerStored'] },
              onError: {
                target: 'backingOff',
                actions: [
                  'putBack',
                  {
                    type: 'fail',
                    params: ({ event }) => ({ of: ['storing'], failure: failureOf(event.error, 'store') }),
                  },
                  {
                    type: 'alarm',
                    params: ({ event }) => ({
                      message: `positions and account values cannot be stored: ${failureMessage(event.error)}`,
                    }),
                  },
                ],
              },
            },
          },
          pausing: {
            description: 'Values wait for the next batch, positions do not.',
            always: { guard: 'hasUnsavedPositions', target: 'writing' },
            after: { batchPause: 'idle' },
          },
          backingOff: { after: { retryPause: 'idle' } },
        },
      },
    },
  });
}

export type PortfolioMachine = ReturnType<typeof createPortfolioMachine>;

const missing = (port: string) => (): never => {
  throw new Error(`portfolio: port "${port}" was not provided`);
};

/** The chart alone, to draw and to read; started, it reports that its ports are missing. */
export const portfolioMachine: PortfolioMachine = createPortfolioMachine({
  account: { positions: missing('positions'), stream: missing('stream') },
  store: {
    replacePositions: missing('replacePositions'),
    savePosition: missing('savePosition'),
    saveAccountValues: missing('saveAccountValues'),
  },
  now: missing('now'),
});
