import { assign, fromPromise, sendParent, setup } from 'xstate';
import { failureKind } from '../domain/failure.ts';
import { machineOptions } from '../machine.options.ts';
import type { BarBatch, CollectorNews } from './feed.events.ts';
import { faultBackoffMs } from './feed.logic.ts';

/** Bars that may wait for the database per instrument; beyond it they are dropped and fetched again later. */
export const maxPendingBars = 20_000;

interface CollectorContext {
  readonly queue: readonly BarBatch[];
  readonly attempts: number;
  /** Bars were dropped; everything is, until the queue is empty, so that what is announced has no hole. */
  readonly overflowed: boolean;
}

const pendingBars = (queue: readonly BarBatch[]): number =>
  queue.reduce((sum, batch) => sum + batch.bars.length, 0);

/** Takes a batch in, or drops it when memory is used up. */
export function enqueueBatch(context: CollectorContext, batch: BarBatch): Partial<CollectorContext> {
  if (context.overflowed) return {};
  const tooMany = context.queue.length > 0 && pendingBars(context.queue) + batch.bars.length > maxPendingBars;
  return tooMany ? { overflowed: true } : { queue: [...context.queue, batch] };
}

function head(context: CollectorContext): BarBatch {
  const [batch] = context.queue;
  if (batch === undefined) throw new Error('collector: found an empty queue, expected a batch to write');
  return batch;
}

/**
 * Writes the closed bars of one instrument in their order; only then are they announced.
 * While the database is away it waits and keeps a bounded number of bars. Supervised by its feed.
 */
export const collectorMachine = setup({
  types: {
    context: {} as CollectorContext,
    events: {} as { type: 'collector.write'; batch: BarBatch },
  },
  actors: {
    storeBars: fromPromise<void, BarBatch>(() => {
      throw new Error('collector: port "storeBars" was not provided');
    }),
  },
  delays: { retryBackoff: ({ context }) => Math.min(10_000, faultBackoffMs(context.attempts, false)) },
  guards: {
    hasMore: ({ context }) => context.queue.length > 0,
    hasDropped: ({ context }) => context.overflowed,
    passes: (_, params: { error: unknown }) => failureKind(params.error) !== 'unexpected',
  },
  actions: {
    enqueueBatch: assign(({ context, event }) => enqueueBatch(context, event.batch)),
    // Overridden with the hub's announcement by `withFeedPorts`.
    announceBars: (_, _params: { batch: BarBatch }) => {},
    tellStored: sendParent(
      ({ context }) => ({ type: 'collector.stored', batch: head(context) }) satisfies CollectorNews,
    ),
    tellOverflowed: sendParent({ type: 'collector.overflowed' } satisfies CollectorNews),
    dropHead: assign({ queue: ({ context }) => context.queue.slice(1), attempts: 0 }),
    countFailure: assign({ attempts: ({ context }) => context.attempts + 1 }),
    forgetOverflow: assign({ overflowed: false }),
    fail: (_, params: { error: unknown }) => {
      throw params.error;
    },
  },
}).createMachine({
  id: 'collector',
  options: machineOptions,
  context: { queue: [], attempts: 0, overflowed: false },
  initial: 'free',
  on: { 'collector.write': { actions: 'enqueueBatch' } },
  states: {
    free: {
      always: [
        { guard: 'hasMore', target: 'writing' },
        { guard: 'hasDropped', actions: ['forgetOverflow', 'tellOverflowed'] },
      ],
    },
    writing: {
      invoke: {
        src: 'storeBars',
        input: ({ context }) => head(context),
        onDone: {
          target: 'free',
          actions: [
            { type: 'announceBars', params: ({ context }) => ({ batch: head(context) }) },
            'tellStored',
            'dropHead',
          ],
        },
        onError: [
          {
            guard: { type: 'passes', params: ({ event }) => event },
            target: 'waiting',
            actions: 'countFailure',
          },
          { actions: { type: 'fail', params: ({ event }) => event } },
        ],
      },
    },
    waiting: {
      description: 'The database did not take the bars; tried again, ever more slowly. Nothing is announced.',
      after: { retryBackoff: 'writing' },
    },
  },
});
