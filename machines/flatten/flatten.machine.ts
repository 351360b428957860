import { assign, emit, enqueueActions, fromPromise, setup } from 'xstate';
import { failureMessage } from '../domain/failure.ts';
import { machineOptions } from '../machine.options.ts';
import type { CancelResult } from '../order/desk.events.ts';
import type { ClosePolicy } from './close.logic.ts';
import { type CloserReport, createCloserMachine } from './closer.machine.ts';
import { begun, broke, heard, inPhase, ours, report, surveyed } from './flatten.logic.ts';
import type { FlattenPorts, FlattenTiming, HeldNow } from './flatten.ports.ts';
import {
  type FlattenPhase,
  type FlattenRequest,
  type FlattenStatus,
  isFlattening,
  notFlattening,
} from './flatten.status.ts';
import { cancelWords } from './flatten.words.ts';

export type FlattenEvent =
  /** Everything is to be closed. Asking again while it is under way changes nothing. */
  | { readonly type: 'flatten.start'; readonly cause: string; readonly author: FlattenRequest['author'] }
  /** It is called off: its own orders are cancelled, and what is still held is kept. */
  | { readonly type: 'flatten.stop'; readonly cause: string }
  | CloserReport
  | {
      readonly type: `xstate.error.actor.${string}`;
      readonly actorId: string;
      readonly error: unknown;
    }
  /** Sent by a supervisor that ends. What is wanted stays wanted. */
  | { readonly type: 'shutdown' };

export type FlattenEmitted = { readonly type: 'flatten.changed'; readonly status: FlattenStatus };

interface FlattenContext {
  readonly status: FlattenStatus;
  readonly policy: ClosePolicy;
  readonly timing: FlattenTiming;
  /** Closers of this round that are neither done nor broken. */
  readonly running: readonly string[];
}
export interface FlattenInput {
  readonly policy: ClosePolicy;
  readonly timing: FlattenTiming;
}

const closerOf = (instrumentId: string): string => `closer:${instrumentId}`;

interface Cancelled {
  /** Null: the desk is not open. */
  readonly results: readonly CancelResult[] | null;
  readonly left: number;
}

/**
 * Makes the machine that closes everything: it cancels what works, waits until the broker has settled it, closes each
 * position by a closer of its own, asks the broker, and begins again with whatever is still there, until nothing is. It
 * decides nothing about risk, which is halted meanwhile. What is wanted is in `status`, which who listens stores: a new
 * process, or a new actor, goes on with it from the beginning, and asks the broker first.
 *
 * @param recall the status said last; null: none was ever.
 */
export function createFlattenMachine(ports: FlattenPorts, recall: () => FlattenStatus | null) {
  /** Cancels what may still fill; answers how much of it is left. */
  const cancelWorking = async (which: 'all' | 'mine'): Promise<Cancelled> => {
    const refs = ports.inFlight(which);
    if (refs === null) return { results: null, left: 0 };
    const results = await Promise.all(refs.map((ref) => ports.cancel(ref)));
    return { results, left: ports.inFlight(which)?.length ?? 0 };
  };
  return setup({
    types: {
      context: {} as FlattenContext,
      events: {} as FlattenEvent,
      emitted: {} as FlattenEmitted,
      input: {} as FlattenInput,
    },
    actors: {
      closer: createCloserMachine(ports),
      cancelWorking: fromPromise<Cancelled, { readonly which: 'all' | 'mine' }>(({ input }) =>
        cancelWorking(input.which),
      ),
      survey: fromPromise<readonly HeldNow[]>(() => ports.survey()),
    },
    delays: {
      retry: ({ context }) => context.timing.retryMs,
      silence: ({ context }) => context.timing.askMs,
      round: ({ context }) => context.timing.roundMs,
    },
    guards: {
      isUnderWay: ({ context }) => isFlattening(context.status),
      wasFlat: ({ context }) => context.status.phase === 'flat',
      wasStandingDown: ({ context }) => context.status.phase === 'standingDown',
      isNothingLeft: (_, { results, left }: Cancelled) => results !== null && left === 0,
      isNothingHeld: (_, { held }: { readonly held: readonly HeldNow[] }) => ours(held).length === 0,
      isRoundOver: ({ context }) => context.running.length === 0,
    },
    actions: {
      begin: assign(
        (_, { cause, author }: { readonly cause: string; readonly author: FlattenRequest['author'] }) => ({
          status: begun({ at: ports.now(), cause, author }),
        }),
      ),
      enter: assign(({ context }, { phase }: { readonly phase: FlattenPhase }) => ({
        status: inPhase(context.status, phase, ports.now()),
      })),
      /** A sentence about everything, said once in a row. */
      say: assign(({ context }, { message }: { readonly message: string }) => ({
        status:
          context.status.reports.at(-1)?.message === message
            ? context.status
            : report(context.status, { at: ports.now(), instrumentId: null, message }),
      })),
      announce: emit(({ context }) => ({ type: 'flatten.changed', status: context.status })),
      noteHeld: assign(({ context }, { held }: { readonly held: readonly HeldNow[] }) => {
        const at = ports.now();
        const others = held.filter(({ isOurs }) => !isOurs);
        return {
          status: others.reduce(
            (status, { instrumentId, quantity }) =>
              report(status, {
                ...{ at, instrumentId },
                message: `${quantity} are held in an account that orders do not go to, and are left.`,
              }),
            surveyed(context.status, held),
          ),
        };
      }),
      startClosers: enqueueActions(({ context, enqueue }) => {
        const { status, policy, timing } = context;
        const cause = status.request?.cause ?? '';
        enqueue.assign({ running: status.closing.map(({ instrumentId }) => instrumentId) });
        for (const { instrumentId, held } of status.closing) {
          enqueue.stopChild(closerOf(instrumentId));
          enqueue.spawnChild('closer', {
            id: closerOf(instrumentId),
            input: { instrumentId, held, policy, timing, cause },
          });
        }
      }),
      stopClosers: enqueueActions(({ context, enqueue }) => {
        for (const { instrumentId } of context.status.closing) enqueue.stopChild(closerOf(instrumentId));
        enqueue.assign({ running: [] });
      }),
      hear: assign(({ context }, { told }: { readonly told: CloserReport }) => ({
        status: heard(context.status, told, ports.now()),
        running: context.running.filter((id) => told.state !== 'closed' || id !== told.instrumentId),
      })),
      noteBroken: assign(({ context }, { id, cause }: { readonly id: string; readonly cause: string }) => ({
        status: broke(context.status, id, cause, ports.now()),
        running: context.running.filter((each) => each !== id),
      })),
    },
  }).createMachine({
    id: 'flatten',
    options: machineOptions,
    context: ({ input }) => ({ ...input, status: recall() ?? notFlattening, running: [] }),
    initial: 'restoring',
    on: { shutdown: '.stopped' },
    states: {
      restoring: {
        description: 'Takes over what was wanted before this actor, or this process, began.',
        always: [
          { guard: 'isUnderWay', target: 'cancelling' },
          { guard: 'wasStandingDown', target: 'standingDown' },
          { guard: 'wasFlat', target: 'flat' },
          { target: 'idle' },
        ],
      },
      idle: {
        description: 'Nobody wants everything closed.',
        entry: [{ type: 'enter', params: { phase: 'idle' } }, 'announce'],
        on: {
          'flatten.start': { target: 'cancelling', actions: { type: 'begin', params: ({ event }) => event } },
        },
      },
      cancelling: {
        description: 'Every order of ours that may still fill is cancelled first.',
        entry: [{ type: 'enter', params: { phase: 'cancelling' } }, 'announce'],
        invoke: {
          id: 'cancelWorking',
          src: 'cancelWorking',
          input: { which: 'all' },
          onDone: [
            {
              guard: { type: 'isNothingLeft', params: ({ event }) => event.output },
              target: 'surveying',
              actions: {
                type: 'say',
                params: ({ event }) => ({ message: cancelSentence(event.output) }),
              },
            },
            {
              target: 'resting',
              actions: {
                type: 'say',
                params: ({ event }) => ({ message: cancelSentence(event.output) }),
              },
            },
          ],
          onError: {
            target: 'resting',
            actions: { type: 'say', params: ({ event }) => ({ message: failureMessage(event.error) }) },
          },
        },
        on: { 'flatten.stop': 'standingDown' },
      },
      surveying: {
        description: 'The broker is asked what is held, now that nothing can fill any more.',
        entry: [{ type: 'enter', params: { phase: 'surveying' } }, 'announce'],
        invoke: {
          id: 'survey',
          src: 'survey',
          onDone: [
            {
              guard: { type: 'isNothingHeld', params: ({ event }) => ({ held: event.output }) },
              target: 'flat',
              actions: { type: 'noteHeld', params: ({ event }) => ({ held: event.output }) },
            },
            {
              target: 'closing',
              actions: { type: 'noteHeld', params: ({ event }) => ({ held: event.output }) },
            },
          ],
          onError: {
            target: 'resting',
            actions: {
              type: 'say',
              params: ({ event }) => ({
                message: `The broker could not be asked what is held: ${failureMessage(event.error)}; it is tried again.`,
              }),
            },
          },
        },
        after: {
          silence: {
            target: 'resting',
            actions: {
              type: 'say',
              params: { message: 'The broker did not say in time what is held; it is asked again.' },
            },
          },
        },
        on: { 'flatten.stop': 'standingDown' },
      },
      closing: {
        description:
          'One closer for each position; what one waits for holds no other up, nor what is new for long.',
        entry: [{ type: 'enter', params: { phase: 'closing' } }, 'startClosers', 'announce'],
        exit: 'stopClosers',
        always: { guard: 'isRoundOver', target: 'resting' },
        after: { round: 'cancelling' },
        on: {
          'closer.told': {
            actions: [{ type: 'hear', params: ({ event }) => ({ told: event }) }, 'announce'],
          },
          // Nothing but closers is a child here.
          'xstate.error.actor.*': {
            actions: [
              {
                type: 'noteBroken',
                params: ({ event }) => ({
                  id: event.actorId.slice(closerOf('').length),
                  cause: failureMessage(event.error),
                }),
              },
              'announce',
            ],
          },
          'flatten.stop': 'standingDown',
        },
      },
      resting: {
        description: 'Then it begins again with whatever is there.',
        entry: 'announce',
        after: { retry: 'cancelling' },
        on: { 'flatten.stop': 'standingDown' },
      },
      flat: {
        description: 'Nothing of ours is held, and nothing works.',
        entry: [
          { type: 'enter', params: { phase: 'flat' } },
          { type: 'say', params: { message: 'Everything is closed: nothing is held and no order works.' } },
          'announce',
        ],
        on: {
          'flatten.start': { target: 'cancelling', actions: { type: 'begin', params: ({ event }) => event } },
          'flatten.stop': 'idle',
        },
      },
      standingDown: {
        description: 'It was called off: its own orders are cancelled, what is held stays.',
        entry: [
          { type: 'enter', params: { phase: 'standingDown' } },
          {
            type: 'say',
            params: { message: 'It was called off: its own orders are cancelled, and what is held stays.' },
          },
          'announce',
        ],
        invoke: {
          id: 'cancelOwn',
          src: 'cancelWorking',
          input: { which: 'mine' },
          onDone: [
            { guard: { type: 'isNothingLeft', params: ({ event }) => event.output }, target: 'idle' },
            { target: 'standingDownLater' },
          ],
          onError: 'standingDownLater',
        },
        on: {
          'flatten.start': { target: 'cancelling', actions: { type: 'begin', params: ({ event }) => event } },
        },
      },
      standingDownLater: {
        description: 'Its orders could not be cancelled yet.',
        after: { retry: 'standingDown' },
        on: {
          'flatten.start': { target: 'cancelling', actions: { type: 'begin', params: ({ event }) => event } },
        },
      },
      stopped: { type: 'final' },
    },
  });
}

export type FlattenMachine = ReturnType<typeof createFlattenMachine>;

const cancelSentence = ({ results, left }: Cancelled): string => {
  if (results === null) return 'Nothing can be cancelled yet: the order desk is not open; it is tried again.';
  if (results.length === 0) return 'No order of ours works.';
  const rest = left === 0 ? '' : `; ${left} may still fill, and are tried again`;
  return `${cancelWords(results)}${rest}.`;
};
