/**
 * Writes what happened to orders, one thing at a time and in order, for as long as it takes.
 * A store that is down delays it and loses nothing; a write that can never succeed delays nobody else.
 * The desk owns it and hears of every write.
 */
import { assign, fromPromise, sendParent, setup } from 'xstate';
import { failureMessage } from '../domain/failure.ts';
import { machineOptions } from '../machine.options.ts';
import type { OrderStorePort } from './order.ports.ts';
import {
  enqueue,
  isOurs,
  nextWrite,
  putBack,
  type Queued,
  type Writing,
  type Written,
  write,
} from './recorder.logic.ts';

interface RecorderContext {
  readonly queue: readonly Queued[];
  readonly serial: number;
  /** Number of the last command, told by the desk. */
  readonly command: number;
  /** Serial of the write under way. */
  readonly busy: number | null;
  /** Failures in a row. */
  readonly failures: number;
}

export interface RecorderCommand {
  readonly type: 'recorder.write';
  readonly command: number;
  readonly writings: readonly Writing[];
}

/** What the recorder tells the desk. */
export type RecorderReport =
  | {
      readonly type: 'recorder.written';
      readonly writing: Writing;
      readonly result: Written;
    }
  /** After every attempt: how many writes still wait that trading depends on, as of a command. */
  | { readonly type: 'recorder.progress'; readonly command: number; readonly pendingOurs: number }
  /** The first of a row of failures. */
  | { readonly type: 'recorder.failing'; readonly message: string };

/** Rest after a failure, in ms; longer after each one in a row. */
const retryPauseMs = (failures: number): number => Math.min(250 * 2 ** (failures - 1), 5_000);

const count = (queue: readonly Queued[]): number => queue.filter(({ writing }) => isOurs(writing)).length;

/** Builds the recorder over the store. */
export const createRecorderMachine = (store: OrderStorePort) =>
  setup({
    types: { context: {} as RecorderContext, events: {} as RecorderCommand },
    actors: {
      write: fromPromise<{ writing: Writing; result: Written }, { writing: Writing }>(async ({ input }) => ({
        writing: input.writing,
        result: await write(store, input.writing),
      })),
    },
    delays: { retryPause: ({ context }) => retryPauseMs(context.failures) },
    guards: {
      isIdle: ({ context }) => context.queue.length === 0,
      // After a success the store is back: what it has refused before is tried at once, one after the other.
      hasOnlyFailures: ({ context }) => context.failures > 0 && (nextWrite(context.queue)?.attempts ?? 0) > 0,
      isFirstFailure: ({ context }) => context.failures === 0,
    },
    actions: {
      enqueue: assign(({ context }, params: RecorderCommand) => {
        let { queue, serial } = context;
        for (const writing of params.writings) {
          serial += 1;
          queue = enqueue(queue, writing, serial, context.busy);
        }
        return { queue, serial, command: params.command };
      }),
      start: assign(({ context }) => ({ busy: nextWrite(context.queue)?.serial ?? null })),
      finish: assign(({ context }) => ({
        queue: context.queue.filter(({ serial }) => serial !== context.busy),
        busy: null,
        failures: 0,
      })),
      fail: assign(({ context }) => ({
        queue: putBack(context.queue, context.busy),
        busy: null,
        failures: context.failures + 1,
      })),
      reportWritten: sendParent((_, params: { writing: Writing; result: Written }) => ({
        type: 'recorder.written',
        ...params,
      })),
      reportProgress: sendParent(({ context }) => ({
        type: 'recorder.progress',
        command: context.command,
        pendingOurs: count(context.queue),
      })),
      reportFailure: sendParent((_, params: { message: string }) => ({
        type: 'recorder.failing',
        message: params.message,
      })),
    },
  }).createMachine({
    id: 'recorder',
    options: machineOptions,
    context: { queue: [], serial: 0, command: 0, busy: null, failures: 0 },
    initial: 'idle',
    on: { 'recorder.write': { actions: { type: 'enqueue', params: ({ event }) => event } } },
    states: {
      idle: {
        always: [
          { guard: 'isIdle', target: 'resting' },
          { guard: 'hasOnlyFailures', target: 'backingOff' },
          { target: 'writing' },
        ],
      },
      resting: {
        on: {
          'recorder.write': { target: 'idle', actions: { type: 'enqueue', params: ({ event }) => event } },
        },
      },
      writing: {
        entry: 'start',
        invoke: {
          id: 'write',
          src: 'write',
          input: ({ context }) => ({
            // Entered only with something to write, and `start` has just chosen it.
            writing: nextWrite(context.queue)?.writing as Writing,
          }),
          onDone: {
            target: 'idle',
            actions: [
              'finish',
              { type: 'reportWritten', params: ({ event }) => event.output },
              'reportProgress',
            ],
          },
          onError: [
            {
              guard: 'isFirstFailure',
              target: 'idle',
              actions: [
                'fail',
                { type: 'reportFailure', params: ({ event }) => ({ message: failureMessage(event.error) }) },
                'reportProgress',
              ],
            },
            { target: 'idle', actions: ['fail', 'reportProgress'] },
          ],
        },
      },
      backingOff: {
        description:
          'The last write failed, and all that wait have failed before. Something new is tried at once.',
        on: {
          'recorder.write': { target: 'idle', actions: { type: 'enqueue', params: ({ event }) => event } },
        },
        after: { retryPause: 'writing' },
      },
    },
  });

export type RecorderMachine = ReturnType<typeof createRecorderMachine>;
