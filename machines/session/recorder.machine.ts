import { assign, fromPromise, sendParent, setup } from 'xstate';
import type { Decision } from '../domain/decision.ts';
import { failureKind, failureMessage } from '../domain/failure.ts';
import { machineOptions } from '../machine.options.ts';
import { retryBackoffMs } from './session.logic.ts';

function kept(context: { decision: Decision | null }): Decision {
  if (context.decision === null) throw new Error('recorder: nothing to write, expected a decision');
  return context.decision;
}

/**
 * Writes the decisions of one session, one at a time, until the database has them: nothing is skipped.
 * It owns no data; the session waits for `recorder.recorded` before it goes on. Supervised by its session.
 */
export const recorderMachine = setup({
  types: {
    context: {} as { decision: Decision | null; attempts: number },
    events: {} as { type: 'recorder.record'; decision: Decision },
  },
  actors: {
    recordDecision: fromPromise<boolean, Decision>(() => {
      throw new Error('recorder: port "recordDecision" was not provided');
    }),
  },
  delays: { retryBackoff: ({ context }) => retryBackoffMs(context.attempts) },
  guards: { passes: (_, params: { error: unknown }) => failureKind(params.error) !== 'unexpected' },
  actions: {
    keep: assign(({ event }) => ({ decision: event.decision, attempts: 0 })),
    countFailure: assign({ attempts: ({ context }) => context.attempts + 1 }),
    tellRecorded: sendParent(({ context }, params: { first: boolean }) => ({
      type: 'recorder.recorded',
      decision: context.decision,
      first: params.first,
    })),
    tellWaiting: sendParent((_, params: { error: unknown }) => ({
      type: 'recorder.waiting',
      cause: failureMessage(params.error),
    })),
    fail: (_, params: { error: unknown }) => {
      throw params.error;
    },
  },
}).createMachine({
  id: 'recorder',
  options: machineOptions,
  context: { decision: null, attempts: 0 },
  initial: 'free',
  states: {
    free: {
      on: { 'recorder.record': { target: 'writing', actions: 'keep' } },
    },
    writing: {
      invoke: {
        src: 'recordDecision',
        input: ({ context }) => kept(context),
        onDone: {
          target: 'free',
          actions: { type: 'tellRecorded', params: ({ event }) => ({ first: event.output }) },
        },
        onError: [
          {
            guard: { type: 'passes', params: ({ event }) => ({ error: event.error }) },
            target: 'waiting',
            actions: [
              'countFailure',
              { type: 'tellWaiting', params: ({ event }) => ({ error: event.error }) },
            ],
          },
          { actions: { type: 'fail', params: ({ event }) => ({ error: event.error }) } },
        ],
      },
    },
    waiting: {
      description: 'The database did not take the decision; tried again, ever more slowly.',
      after: { retryBackoff: 'writing' },
    },
  },
});
