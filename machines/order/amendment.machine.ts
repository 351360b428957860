/**
 * Commits one change of an order that works, and tells the desk what came of it. It sends nothing: a change that is not
 * surely committed is not sent, so that nothing need be read back.
 */
import { fromPromise, sendParent, setup } from 'xstate';
import { failureMessage } from '../domain/failure.ts';
import type { OrderAmendment } from '../domain/order.ts';
import { machineOptions } from '../machine.options.ts';
import type { OrderStorePort } from './order.ports.ts';

export interface AmendmentInput {
  readonly amendment: OrderAmendment;
  readonly deadlineMs: number;
}

export type AmendmentReport = {
  readonly type: 'amendment.settled';
  readonly ref: string;
  readonly verdict: 'committed' | 'notWorking' | 'storeDown';
  readonly message: string;
};

/** Builds the amendment machine over the store. */
export const createAmendmentMachine = (store: Pick<OrderStorePort, 'commitAmendment'>) =>
  setup({
    types: { context: {} as AmendmentInput, input: {} as AmendmentInput },
    actors: {
      commitAmendment: fromPromise<'committed' | 'notWorking', OrderAmendment>(async ({ input }) =>
        store.commitAmendment(input),
      ),
    },
    delays: { deadline: ({ context }) => context.deadlineMs },
    actions: {
      settle: sendParent(({ context }, params: Pick<AmendmentReport, 'verdict' | 'message'>) => ({
        type: 'amendment.settled',
        ref: context.amendment.ref,
        ...params,
      })),
    },
  }).createMachine({
    id: 'amendment',
    options: machineOptions,
    context: ({ input }) => input,
    initial: 'committing',
    states: {
      committing: {
        invoke: {
          id: 'commitAmendment',
          src: 'commitAmendment',
          input: ({ context }) => context.amendment,
          onDone: {
            target: 'settled',
            actions: { type: 'settle', params: ({ event }) => ({ verdict: event.output, message: '' }) },
          },
          onError: {
            target: 'settled',
            actions: {
              type: 'settle',
              params: ({ event }) => ({
                verdict: 'storeDown' as const,
                message: failureMessage(event.error),
              }),
            },
          },
        },
        after: {
          deadline: {
            target: 'settled',
            actions: {
              type: 'settle',
              params: { verdict: 'storeDown', message: 'the database did not answer in time' },
            },
          },
        },
      },
      settled: { type: 'final' },
    },
  });

export type AmendmentMachine = ReturnType<typeof createAmendmentMachine>;
