/**
 * The feed of one instrument: contract details, quotes and several bar series, from the one connection.
 *
 * It owns the subscriptions and their proof: "live" is said only after a fresh value of each of them. Closed bars go
 * through its collector to the database before anyone hears of them. Ticks never pass through it: the streams publish
 * them on the hub's bus and tell the machine a pulse. Supervised by `marketData`.
 */
import { assign, enqueueActions, sendTo, setup } from 'xstate';
import type { Timeframe } from '../domain/bar.ts';
import { failureKind, failureMessage } from '../domain/failure.ts';
import { instrumentId } from '../domain/instrument.ts';
import { machineOptions } from '../machine.options.ts';
import { collectorMachine } from './collector.machine.ts';
import { type FeedPorts, feedPortActors, reportOf, wireFeedPorts } from './feed.actors.ts';
import type { BarBatch, FeedContext, FeedEvent, FeedInput, FeedState, StreamNews } from './feed.events.ts';
import {
  faultBackoffMs,
  hoursRunOut,
  interruptionBackoffMs,
  isMarketOpen,
  liquidSpans,
} from './feed.logic.ts';

type StreamBars = Extract<StreamNews, { type: 'stream.bars' }>;

function resolved(context: FeedContext): NonNullable<FeedContext['instrument']> {
  if (context.instrument === null) throw new Error(`feed ${context.id}: found no contract details`);
  return context.instrument;
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error && error.name === 'BrokerError' && 'code' in error && error.code === 'refused';

/** The feed's chart. Run it through `withFeedPorts`. */
export const feedMachine = setup({
  types: {
    input: {} as FeedInput,
    context: {} as FeedContext,
    events: {} as FeedEvent,
    children: {} as { collector: 'collector'; streams: 'streams'; refresher: 'refresher' },
  },
  actors: { ...feedPortActors, collector: collectorMachine },
  delays: {
    faultBackoff: ({ context }) => faultBackoffMs(context.attempts, context.refused),
    interruptionBackoff: ({ context }) => interruptionBackoffMs(context.interruptions),
    staleTimeout: 60_000,
    resubscribeTimeout: 60_000,
    // Silence was waited for already; an instrument that is merely quiet costs a message.
    staleResubscribeTimeout: 15_000,
  },
  guards: {
    isBrokerReady: ({ context }) => context.brokerReady,
    isProven: ({ context }) =>
      ['quote', ...Object.keys(context.timeframes)].every((name) => context.proven.includes(name)),
    isMarketOpen: ({ context }) => isMarketOpen(liquidSpans(resolved(context)), context.marketTime) === true,
    passes: (_, params: { error: unknown }) => failureKind(params.error) !== 'unexpected',
  },
  actions: {
    // Overridden with the hub's by `withFeedPorts`.
    report: (_, _params: { state: FeedState }) => {},
    noteReady: assign({ brokerReady: true, cause: null, attempts: 0, interruptions: 0 }),
    noteLost: assign((_, params: { cause: string }) => ({ brokerReady: false, cause: params.cause })),
    noteFault: assign(({ context }, params: { error: unknown }) => ({
      cause: failureMessage(params.error),
      refused: isRefused(params.error),
      attempts: context.attempts + 1,
    })),
    noteInterruption: assign(({ context }, params: { message: string }) => ({
      cause: params.message,
      interruptions: context.interruptions + 1,
      proven: context.proven.filter((name) => name !== 'quote'),
    })),
    noteDetails: assign((_, params: { instrument: FeedContext['instrument'] }) => ({
      instrument: params.instrument,
      refused: false,
    })),
    noteTimeframes: assign(({ context }, params: { timeframes: FeedContext['timeframes'] }) => {
      const keep = <V>(record: Readonly<Partial<Record<Timeframe, V>>>) =>
        Object.fromEntries(Object.entries(record).filter(([name]) => name in params.timeframes));
      return {
        timeframes: params.timeframes,
        newest: keep(context.newest),
        stored: keep(context.stored),
        proven: context.proven.filter((name) => name === 'quote' || name in params.timeframes),
      };
    }),
    passTimeframes: sendTo('streams', (_, params: { timeframes: FeedContext['timeframes'] }) => ({
      type: 'streams.timeframes',
      timeframes: params.timeframes,
    })),
    passMarketTime: sendTo('streams', (_, params: { marketTime: number }) => ({
      type: 'streams.marketTime',
      marketTime: params.marketTime,
    })),
    beginSubscription: assign(({ context }) => ({
      generation: context.generation + 1,
      proven: [],
      refreshing: false,
      cause: 'Subscribed; no fresh value has come yet.',
    })),
    noteNewest: assign(({ context }, params: StreamBars) => {
      const last = params.bars.at(-1);
      return last === undefined ? {} : { newest: { ...context.newest, [params.timeframe]: last.time } };
    }),
    collect: sendTo('collector', ({ context }, params: StreamBars) => {
      const { timeframe, bars, late, isHistory } = params;
      const { id, generation } = context;
      const batch: BarBatch = { instrumentId: id, timeframe, bars, late, isHistory, generation };
      return { type: 'collector.write' as const, batch };
    }),
    noteStored: assign(({ context }, { batch }: { batch: BarBatch }) => {
      const last = batch.bars.at(-1);
      const isProof = batch.isHistory && batch.generation === context.generation;
      return {
        stored: last === undefined ? context.stored : { ...context.stored, [batch.timeframe]: last.time },
        proven: isProof ? [...context.proven, batch.timeframe] : context.proven,
      };
    }),
    goBackToStored: assign(({ context }) => ({ newest: context.stored })),
    notePulse: assign(({ context }, params: { marketTime: number | null }) => ({
      marketTime: params.marketTime ?? context.marketTime,
      refreshHold: Math.max(0, context.refreshHold - 1),
    })),
    proveQuote: assign(({ context }) => ({
      proven: context.proven.includes('quote') ? context.proven : [...context.proven, 'quote'],
    })),
    noteLive: assign({ cause: null, attempts: 0, interruptions: 0 }),
    noteStale: assign(({ context }) => ({
      cause:
        isMarketOpen(liquidSpans(resolved(context)), context.marketTime) === false
          ? 'The market is closed.'
          : 'No price has arrived for a minute.',
    })),
    refreshDetailsIfDue: enqueueActions(({ context, enqueue }) => {
      const { instrument, marketTime, refreshing, refreshHold } = context;
      if (instrument === null || marketTime === null || refreshing || refreshHold > 0) return;
      if (!hoursRunOut(instrument, marketTime)) return;
      enqueue.assign({ refreshing: true });
      enqueue.sendTo('refresher', { type: 'details.refresh' });
    }),
    // Hours that did not grow are not asked for again at once: a replay may have come to its end.
    noteRefreshed: assign(({ context }, params: { instrument: FeedContext['instrument'] }) => ({
      instrument: params.instrument,
      refreshing: false,
      refreshHold: params.instrument?.liquidHours === context.instrument?.liquidHours ? 30 : 0,
    })),
    noteRefreshRefused: assign({ refreshing: false, refreshHold: 30 }),
    fail: (_, params: { error: unknown }) => {
      throw params.error;
    },
  },
}).createMachine({
  id: 'feed',
  options: machineOptions,
  context: ({ input }) => ({
    key: input.key,
    id: instrumentId(input.key),
    timeframes: input.timeframes,
    instrument: null,
    newest: {},
    stored: {},
    generation: 0,
    proven: [],
    brokerReady: input.brokerReady,
    cause: input.brokerReady ? null : 'The broker is not connected.',
    attempts: 0,
    interruptions: 0,
    refused: false,
    marketTime: null,
    refreshing: false,
    refreshHold: 0,
  }),
  invoke: { id: 'collector', src: 'collector' },
  initial: 'waitingForBroker',
  on: {
    'connection.ready': { target: '.resolving', actions: 'noteReady' },
    'connection.lost': {
      target: '.waitingForBroker',
      actions: { type: 'noteLost', params: ({ event }) => event },
    },
    'feed.timeframes': { actions: { type: 'noteTimeframes', params: ({ event }) => event } },
    'collector.stored': { actions: { type: 'noteStored', params: ({ event }) => event } },
    'collector.overflowed': { actions: 'goBackToStored' },
  },
  states: {
    waitingForBroker: {
      description: 'No connection is ready; nothing is subscribed.',
      entry: { type: 'report', params: { state: 'waitingForBroker' } },
      always: { guard: 'isBrokerReady', target: 'resolving' },
    },
    resolving: {
      description: 'Asks the broker for the contract details, which carry today’s trading hours.',
      entry: { type: 'report', params: { state: 'resolving' } },
      invoke: {
        src: 'resolve',
        input: ({ context }) => ({ key: context.key }),
        onDone: {
          target: 'streaming',
          actions: { type: 'noteDetails', params: ({ event }) => ({ instrument: event.output }) },
        },
        onError: [
          {
            guard: { type: 'passes', params: ({ event }) => event },
            target: 'faulted',
            actions: { type: 'noteFault', params: ({ event }) => event },
          },
          { actions: { type: 'fail', params: ({ event }) => event } },
        ],
      },
    },
    faulted: {
      description: 'The instrument was not found, or a stream ended; tried again, slowly.',
      entry: { type: 'report', params: { state: 'faulted' } },
      after: { faultBackoff: 'resolving' },
    },
    streaming: {
      entry: 'beginSubscription',
      invoke: [
        {
          id: 'streams',
          src: 'streams',
          input: ({ context }) => ({
            instrument: resolved(context),
            timeframes: context.timeframes,
            newest: context.newest,
          }),
        },
        { id: 'refresher', src: 'refresher', input: ({ context }) => ({ key: context.key }) },
      ],
      on: {
        'stream.bars': {
          actions: [
            { type: 'noteNewest', params: ({ event }) => event },
            { type: 'collect', params: ({ event }) => event },
          ],
        },
        'stream.quote': {
          actions: [{ type: 'notePulse', params: ({ event }) => event }, 'proveQuote', 'refreshDetailsIfDue'],
        },
        'stream.interrupted': {
          target: '.interrupted',
          actions: { type: 'noteInterruption', params: ({ event }) => event },
        },
        'stream.failed': {
          target: 'faulted',
          actions: { type: 'noteFault', params: ({ event }) => ({ error: event.message }) },
        },
        'market.told': {
          actions: [
            { type: 'notePulse', params: ({ event }) => event },
            { type: 'passMarketTime', params: ({ event }) => event },
            'refreshDetailsIfDue',
          ],
        },
        'details.refreshed': { actions: { type: 'noteRefreshed', params: ({ event }) => event } },
        'details.refused': { actions: 'noteRefreshRefused' },
        'feed.timeframes': {
          actions: [
            { type: 'noteTimeframes', params: ({ event }) => event },
            { type: 'passTimeframes', params: ({ event }) => event },
          ],
        },
        'collector.overflowed': { target: 'streaming', reenter: true, actions: 'goBackToStored' },
      },
      initial: 'subscribing',
      states: {
        subscribing: {
          description: 'Subscribed; waits for a fresh quote and for the stored history of every bar size.',
          entry: { type: 'report', params: { state: 'subscribing' } },
          always: { guard: 'isProven', target: 'live' },
          after: {
            resubscribeTimeout: [
              { guard: 'isMarketOpen', target: '#feed.streaming', reenter: true },
              { target: 'silent' },
            ],
          },
        },
        live: {
          description: 'Every subscription has given a fresh value.',
          entry: ['noteLive', { type: 'report', params: { state: 'live' } }],
          on: {
            'stream.quote': {
              target: 'live',
              reenter: true,
              actions: [{ type: 'notePulse', params: ({ event }) => event }, 'refreshDetailsIfDue'],
            },
          },
          after: { staleTimeout: { target: 'stale', actions: 'noteStale' } },
        },
        interrupted: {
          description:
            'The broker has stopped the prices, e.g. for a competing session; subscribed anew until they come.',
          entry: { type: 'report', params: { state: 'interrupted' } },
          on: {
            'stream.quote': {
              target: 'subscribing',
              actions: [{ type: 'notePulse', params: ({ event }) => event }, 'proveQuote'],
            },
          },
          after: { interruptionBackoff: { target: '#feed.streaming', reenter: true } },
        },
        stale: {
          description:
            'No price for a minute: a silent feed, or a closed market. Open markets are resubscribed.',
          entry: { type: 'report', params: { state: 'stale' } },
          on: {
            'stream.quote': {
              target: 'live',
              actions: [{ type: 'notePulse', params: ({ event }) => event }, 'refreshDetailsIfDue'],
            },
          },
          after: {
            staleResubscribeTimeout: [
              { guard: 'isMarketOpen', target: '#feed.streaming', reenter: true },
              { target: 'silent' },
            ],
          },
        },
        silent: {
          description: 'Silent in a closed market, which proves nothing.',
          on: {
            'stream.quote': {
              target: 'subscribing',
              actions: [
                { type: 'notePulse', params: ({ event }) => event },
                'proveQuote',
                'refreshDetailsIfDue',
              ],
            },
          },
          initial: 'dormant',
          states: {
            dormant: { always: { guard: 'isMarketOpen', target: 'opening' } },
            opening: {
              description: 'The first price is given a moment, and then the subscription is doubted.',
              after: { staleResubscribeTimeout: { target: '#feed.streaming', reenter: true } },
            },
          },
        },
      },
    },
  },
});

/** Gives the feed its abilities; a forgotten port does not compile. */
export const withFeedPorts = (ports: FeedPorts) => {
  const { storeBars, ...actors } = wireFeedPorts(ports);
  return feedMachine.provide({
    actors: {
      ...actors,
      collector: collectorMachine.provide({
        actors: { storeBars },
        actions: { announceBars: (_, params) => ports.announceBars(params.batch) },
      }),
    },
    actions: { report: ({ context }, params) => ports.report(reportOf(context, params.state)) },
  });
};
