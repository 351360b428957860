/**
 * Commits one intent and tells the desk what came of it. It sends nothing.
 * A store that fails may have committed all the same: the intent is read back before anything is said.
 */
import { assign, fromPromise, sendParent, setup } from 'xstate';
import type { Decision } from '../domain/decision.ts';
import { failureMessage } from '../domain/failure.ts';
import type { Order, OrderIntent } from '../domain/order.ts';
import { machineOptions } from '../machine.options.ts';
import type { OrderStorePort } from './order.ports.ts';

export type Lease = { readonly name: string; readonly epoch: number };

export interface SubmissionInput {
  readonly intent: OrderIntent;
  readonly children: readonly OrderIntent[];
  readonly lease: Lease | null;
  readonly decision: Decision | null;
  readonly deadlineMs: number;
}

/** `storeDown`: it is not known whether the intent is stored; it was not sent, and will not be. */
export type SubmissionVerdict = 'committed' | 'leaseLost' | 'duplicate' | 'storeDown';

export type SubmissionReport = {
  readonly type: 'submission.settled';
  readonly ref: string;
  readonly verdict: SubmissionVerdict;
  readonly message: string;
};

type SubmissionContext = SubmissionInput & { readonly message: string };

/** Builds the submission machine over the store. */
export const createSubmissionMachine = (store: OrderStorePort) =>
  setup({
    types: { context: {} as SubmissionContext, input: {} as SubmissionInput },
    actors: {
      commitIntent: fromPromise<'committed' | 'leaseLost' | 'duplicate', SubmissionInput>(async ({ input }) =>
        store.commitIntent(input.intent, input),
      ),
      readBack: fromPromise<Order | null, { ref: string }>(async ({ input }) => store.get(input.ref)),
    },
    delays: { deadline: ({ context }) => context.deadlineMs },
    guards: {
      isStored: (_, params: { order: Order | null }) => params.order?.state === 'intended',
    },
    actions: {
      explain: assign((_, params: { message: string }) => ({ message: params.message })),
      settle: sendParent(({ context }, params: { verdict: SubmissionVerdict }) => ({
        type: 'submission.settled',
        ref: context.intent.ref,
        verdict: params.verdict,
        message: context.message,
      })),
    },
  }).createMachine({
    id: 'submission',
    options: machineOptions,
    context: ({ input }) => ({ ...input, message: '' }),
    initial: 'committing',
    states: {
      committing: {
        invoke: {
          id: 'commitIntent',
          src: 'commitIntent',
          input: ({ context }) => context,
          onDone: {
            target: 'settled',
            actions: { type: 'settle', params: ({ event }) => ({ verdict: event.output }) },
          },
          onError: {
            target: 'readingBack',
            actions: {
              type: 'explain',
              params: ({ event }) => ({ message: failureMessage(event.error) }),
            },
          },
        },
        after: {
          deadline: {
            target: 'readingBack',
            actions: { type: 'explain', params: { message: 'the database did not answer in time' } },
          },
        },
      },
      readingBack: {
        invoke: {
          id: 'readBack',
          src: 'readBack',
          input: ({ context }) => ({ ref: context.intent.ref }),
          onDone: [
            {
              guard: { type: 'isStored', params: ({ event }) => ({ order: event.output }) },
              target: 'settled',
              actions: { type: 'settle', params: { verdict: 'committed' } },
            },
            { target: 'settled', actions: { type: 'settle', params: { verdict: 'storeDown' } } },
          ],
          onError: { target: 'settled', actions: { type: 'settle', params: { verdict: 'storeDown' } } },
        },
        after: {
          deadline: { target: 'settled', actions: { type: 'settle', params: { verdict: 'storeDown' } } },
        },
      },
      settled: { type: 'final' },
    },
  });

export type SubmissionMachine = ReturnType<typeof createSubmissionMachine>;
