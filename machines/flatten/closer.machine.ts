/**
 * Closes one position in steps: asks the broker what is held, sends one order of at most a step's worth inside the
 * collar, waits for it, cancels what is left of it, and asks again. It ends when nothing is held.
 */
import { assign, fromPromise, sendParent, setup } from 'xstate';
import type { DecimalString } from '../domain/decimal.ts';
import { failureMessage } from '../domain/failure.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import { noPrices, type OrderIntent, type OrderRef } from '../domain/order.ts';
import { machineOptions } from '../machine.options.ts';
import type { CancelResult, SubmitResult } from '../order/desk.events.ts';
import { type CloseObstacle, type ClosePolicy, type CloseStep, nextStep } from './close.logic.ts';
import type { FlattenPorts, FlattenTiming, HeldNow } from './flatten.ports.ts';
import { cancelWords, obstacleWords, stepWords, submitWords } from './flatten.words.ts';

export interface CloserInput {
  readonly instrumentId: InstrumentId;
  readonly held: DecimalString;
  readonly policy: ClosePolicy;
  readonly timing: FlattenTiming;
  /** Why everything is closed; part of each order's reason. */
  readonly cause: string;
}

interface CloserContext extends CloserInput {
  readonly step: CloseStep;
  /** Of the newest step. */
  readonly intent: OrderIntent | null;
  readonly workingSince: number;
}

/** What a closer says to its parent. */
export type CloserReport = {
  readonly type: 'closer.told';
  readonly instrumentId: InstrumentId;
  readonly held: DecimalString;
  readonly state: 'working' | 'waiting' | 'closed';
  readonly obstacle: CloseObstacle | null;
  /** Null: nothing new to say to people. */
  readonly message: string | null;
};

type Obstructed = { readonly obstacle: CloseObstacle; readonly message: string | null };

/** Builds the machine over its ports. */
export const createCloserMachine = (ports: FlattenPorts) =>
  setup({
    types: { context: {} as CloserContext, input: {} as CloserInput },
    actors: {
      survey: fromPromise<readonly HeldNow[]>(() => ports.survey()),
      submit: fromPromise<SubmitResult | null, { readonly intent: OrderIntent | null }>(
        async ({ input: { intent } }) => (intent === null ? null : ports.submit(intent)),
      ),
      cancelAll: fromPromise<readonly CancelResult[], { readonly refs: readonly OrderRef[] }>(({ input }) =>
        Promise.all(input.refs.map((ref) => ports.cancel(ref))),
      ),
    },
    delays: {
      poll: ({ context }) => context.timing.pollMs,
      retry: ({ context }) => context.timing.retryMs,
      silence: ({ context }) => context.timing.askMs,
    },
    guards: {
      isClosed: ({ context }) => context.step.do === 'done',
      hasWorkingOrders: ({ context }) => context.step.do === 'cancel',
      mayOrder: ({ context }) => context.step.do === 'order',
      /** Known or not: it is in flight, and nothing else is sent before it is settled. */
      isOnItsWay: (_, { result }: { readonly result: SubmitResult | null }) =>
        result?.outcome === 'accepted' || result?.outcome === 'unknown',
      isSettled: ({ context }) => ports.look(context.instrumentId).inFlight?.length === 0,
      isOutOfPatience: ({ context }) => ports.now() - context.workingSince >= context.timing.patienceMs,
      areSettled: (_, { results }: { readonly results: readonly CancelResult[] }) =>
        results.every(({ outcome }) => outcome !== 'unknown'),
    },
    actions: {
      look: assign(({ context }) => {
        const look = ports.look(context.instrumentId);
        const step = nextStep(look, context.policy);
        const held = look.held ?? context.held;
        if (step.do !== 'order') return { step, held, intent: null };
        const { side, quantity, limitPrice } = step;
        const intent: OrderIntent = {
          ...{ ref: ports.newRef(), source: 'manual', sessionId: null, instrumentId: context.instrumentId },
          ...{ side, quantity, orderType: 'LMT', timeInForce: 'DAY', ...noPrices, limitPrice },
          ...{ parentRef: null, purpose: 'exit', barTime: null, createdAt: ports.now() },
          reason: `Flatten: ${context.cause}`,
        };
        return { step, held, intent };
      }),
      noteStart: assign(() => ({ workingSince: ports.now() })),
      tellStep: sendParent(({ context }) => told(context, 'working', stepWords(context.step))),
      tellOutcome: sendParent(({ context }, { result }: { readonly result: SubmitResult | null }) =>
        told(context, 'working', submitWords(context.intent?.ref ?? '', result)),
      ),
      tellCancels: sendParent(({ context }, { results }: { readonly results: readonly CancelResult[] }) =>
        told(context, 'working', cancelWords(results)),
      ),
      tellObstacle: sendParent(({ context }, { obstacle, message }: Obstructed) =>
        told(context, 'waiting', obstacleWords(obstacle, message), obstacle),
      ),
      tellClosed: sendParent(({ context }) =>
        told({ ...context, held: '0' }, 'closed', 'nothing is held any more.'),
      ),
    },
  }).createMachine({
    id: 'closer',
    options: machineOptions,
    context: ({ input }) => ({
      ...input,
      ...{ step: { do: 'wait', obstacle: 'positionUnknown' }, intent: null },
      workingSince: 0,
    }),
    initial: 'settling',
    states: {
      settling: {
        description: 'The broker is asked for orders, executions and positions before each step.',
        invoke: {
          id: 'survey',
          src: 'survey',
          onDone: 'looking',
          onError: {
            target: 'waiting',
            actions: {
              type: 'tellObstacle',
              params: ({ event }) => ({
                obstacle: 'brokerSilent',
                message: failureMessage(event.error),
              }),
            },
          },
        },
        after: {
          silence: {
            target: 'waiting',
            actions: {
              type: 'tellObstacle',
              params: () => ({ obstacle: 'brokerSilent', message: 'it did not answer in time' }),
            },
          },
        },
      },
      looking: {
        entry: 'look',
        always: [
          { guard: 'isClosed', target: 'closed' },
          { guard: 'hasWorkingOrders', target: 'cancelling' },
          { guard: 'mayOrder', target: 'ordering' },
          {
            target: 'waiting',
            actions: {
              type: 'tellObstacle',
              params: ({ context: { step } }) => ({
                obstacle: step.do === 'wait' ? step.obstacle : 'failed',
                message: null,
              }),
            },
          },
        ],
      },
      ordering: {
        description: 'One order; its intent is committed before it is sent.',
        entry: ['noteStart', 'tellStep'],
        invoke: {
          id: 'submit',
          src: 'submit',
          input: ({ context }) => ({ intent: context.intent }),
          onDone: [
            {
              guard: { type: 'isOnItsWay', params: ({ event }) => ({ result: event.output }) },
              target: 'working',
              actions: { type: 'tellOutcome', params: ({ event }) => ({ result: event.output }) },
            },
            {
              target: 'waiting',
              actions: {
                type: 'tellObstacle',
                params: ({ event, context }) => ({
                  obstacle: 'orderRefused',
                  message: submitWords(context.intent?.ref ?? '', event.output),
                }),
              },
            },
          ],
          onError: {
            target: 'waiting',
            actions: {
              type: 'tellObstacle',
              params: ({ event }) => ({
                obstacle: 'failed',
                message: failureMessage(event.error),
              }),
            },
          },
        },
      },
      working: {
        description: 'Waits for the fill.',
        after: {
          poll: [
            { guard: 'isSettled', target: 'settling' },
            { guard: 'isOutOfPatience', target: 'settling' },
            { target: 'working', reenter: true },
          ],
        },
      },
      cancelling: {
        description:
          'What is left of a step, or any other order of ours in the instrument, may not fill any more.',
        invoke: {
          id: 'cancelAll',
          src: 'cancelAll',
          input: ({ context: { step } }) => ({ refs: step.do === 'cancel' ? step.refs : [] }),
          onDone: [
            {
              guard: { type: 'areSettled', params: ({ event }) => ({ results: event.output }) },
              target: 'resting',
              actions: { type: 'tellCancels', params: ({ event }) => ({ results: event.output }) },
            },
            {
              target: 'waiting',
              actions: {
                type: 'tellObstacle',
                params: ({ event }) => ({
                  obstacle: 'cancelUnsettled',
                  message: cancelWords(event.output),
                }),
              },
            },
          ],
          onError: {
            target: 'waiting',
            actions: {
              type: 'tellObstacle',
              params: ({ event }) => ({
                obstacle: 'failed',
                message: failureMessage(event.error),
              }),
            },
          },
        },
      },
      resting: {
        description: 'A cancel that was refused is not repeated at once.',
        after: { poll: 'settling' },
      },
      waiting: {
        description: 'Something is in the way; it is tried again.',
        after: { retry: 'settling' },
      },
      closed: { type: 'final', entry: 'tellClosed' },
    },
  });

export type CloserMachine = ReturnType<typeof createCloserMachine>;

const told = (
  { instrumentId, held }: Pick<CloserContext, 'instrumentId' | 'held'>,
  state: CloserReport['state'],
  message: string | null,
  obstacle: CloseObstacle | null = null,
): CloserReport => ({ type: 'closer.told', instrumentId, held, state, obstacle, message });
