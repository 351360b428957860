import { assign, emit, fromPromise, raise, setup } from 'xstate';
import { machineOptions } from '../machine.options.ts';

/**
 * The database's health, found by round trips. It owns no connection and stores nothing: it only knows whether what
 * must be committed can be. Supervised by the root; a database that is away is a state, not a failure.
 */

export interface StoreStatus {
  /** `degraded`: it answers, but slowly. */
  readonly state: 'up' | 'degraded' | 'down';
  /** One sentence; null while it is up. */
  readonly cause: string | null;
  /** Epoch ms, wall clock. */
  readonly since: number;
}

export interface StorePorts {
  /** A round trip; answers how long it took. Rejects when the database is away. */
  ping(): Promise<number>;
  now(): number;
}

export type StoreEmitted = { readonly type: 'store.changed'; readonly status: StoreStatus };

/** Rest between two round trips. */
const PING_PAUSE_MS = 1_000;
/** A round trip of a healthy local database takes a millisecond or two. */
export const SLOW_PING_MS = 1_000;

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const causeOf = (event: StoreEvent): string => {
  if (event.type === 'ping.slow') return `The database took ${Math.round(event.tookMs)} ms to answer.`;
  return event.type === 'ping.failed' ? event.cause : '';
};

type StoreEvent =
  | { readonly type: 'shutdown' }
  | { readonly type: 'ping.answered' }
  | { readonly type: 'ping.slow'; readonly tookMs: number }
  | { readonly type: 'ping.failed'; readonly cause: string };

/** Makes the machine; ports are complete by their type. */
export function createStoreMachine(ports: StorePorts) {
  return setup({
    types: {
      context: {} as { status: StoreStatus },
      events: {} as StoreEvent,
      emitted: {} as StoreEmitted,
    },
    actors: { ping: fromPromise<number>(() => ports.ping()) },
    delays: { pingPause: PING_PAUSE_MS },
    actions: {
      enter: assign((_, params: Pick<StoreStatus, 'state' | 'cause'>) => ({
        status: { ...params, since: ports.now() },
      })),
      announce: emit(({ context }) => ({ type: 'store.changed', status: context.status })),
      tellAnswer: raise((_, { tookMs }: { tookMs: number }) =>
        tookMs > SLOW_PING_MS ? { type: 'ping.slow', tookMs } : { type: 'ping.answered' },
      ),
      tellFailure: raise((_, params: { cause: string }) => ({ type: 'ping.failed', ...params })),
    },
  }).createMachine({
    id: 'store',
    options: machineOptions,
    context: () => ({ status: { state: 'up', cause: null, since: ports.now() } }),
    type: 'parallel',
    states: {
      health: {
        initial: 'up',
        states: {
          up: {
            entry: [{ type: 'enter', params: { state: 'up', cause: null } }, 'announce'],
            on: { 'ping.slow': 'degraded', 'ping.failed': 'down' },
          },
          degraded: {
            description: 'It answers, but slowly.',
            entry: [
              { type: 'enter', params: ({ event }) => ({ state: 'degraded', cause: causeOf(event) }) },
              'announce',
            ],
            on: { 'ping.answered': 'up', 'ping.failed': 'down' },
          },
          down: {
            description: 'It does not answer: nothing can be committed, so nothing is sent.',
            entry: [
              { type: 'enter', params: ({ event }) => ({ state: 'down', cause: causeOf(event) }) },
              'announce',
            ],
            on: { 'ping.answered': 'up', 'ping.slow': 'degraded' },
          },
          finished: { type: 'final' },
        },
        on: { shutdown: '.finished' },
      },
      probe: {
        initial: 'asking',
        states: {
          asking: {
            invoke: {
              src: 'ping',
              onDone: {
                target: 'resting',
                actions: { type: 'tellAnswer', params: ({ event }) => ({ tookMs: event.output }) },
              },
              onError: {
                target: 'resting',
                actions: { type: 'tellFailure', params: ({ event }) => ({ cause: sentenceOf(event.error) }) },
              },
            },
          },
          resting: { after: { pingPause: 'asking' } },
          finished: { type: 'final' },
        },
        on: { shutdown: '.finished' },
      },
    },
  });
}
