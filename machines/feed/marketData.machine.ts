/**
 * The market data service: one feed actor per watched instrument.
 *
 * It owns the feed actors and restarts one that fails, with backoff, without touching the others. Who watches what is
 * counted by the hub, which survives this actor; at every start the hub tells it anew. Supervised by the broker subtree.
 */
import { assign, cancel, enqueueActions, fromCallback, raise, sendTo, setup, stopChild } from 'xstate';
import { failureMessage } from '../domain/failure.ts';
import { type InstrumentId, type InstrumentKey, instrumentId } from '../domain/instrument.ts';
import { machineOptions } from '../machine.options.ts';
import type { FeedPorts } from './feed.actors.ts';
import type { FeedEvent, FeedInput, WatchedTimeframes } from './feed.events.ts';
import { faultBackoffMs } from './feed.logic.ts';
import { feedMachine, withFeedPorts } from './feed.machine.ts';

export type MarketDataEvent =
  /** Watches an instrument, or changes its bar sizes. */
  | { readonly type: 'feed.watch'; readonly key: InstrumentKey; readonly timeframes: WatchedTimeframes }
  | { readonly type: 'feed.unwatch'; readonly instrumentId: InstrumentId }
  | { readonly type: 'connection.ready' }
  | { readonly type: 'connection.lost'; readonly cause: string }
  | { readonly type: 'market.told'; readonly marketTime: number }
  | { readonly type: 'feed.respawn'; readonly instrumentId: InstrumentId }
  | { readonly type: `xstate.error.actor.${string}`; readonly error: unknown; readonly actorId: string };

interface WatchedFeed {
  readonly key: InstrumentKey;
  readonly timeframes: WatchedTimeframes;
  /** Failures in a row. */
  readonly failures: number;
  readonly running: boolean;
}

export interface MarketDataContext {
  readonly feeds: Readonly<Record<InstrumentId, WatchedFeed>>;
  readonly brokerReady: boolean;
}

export interface MarketDataPorts extends FeedPorts {
  /** The actor has started: it takes events until the answer is called. */
  attach(send: (event: MarketDataEvent) => void): () => void;
  /** The actor was told so directly, by its siblings. */
  connectionChanged(cause: string | null): void;
  feedFailed(id: InstrumentId, cause: string): void;
}

const without = (feeds: MarketDataContext['feeds'], id: InstrumentId): MarketDataContext['feeds'] =>
  Object.fromEntries(Object.entries(feeds).filter(([key]) => key !== id));

/** The chart of the service. Run it through `withMarketDataPorts`. */
export const marketDataMachine = setup({
  types: { context: {} as MarketDataContext, events: {} as MarketDataEvent },
  actors: {
    feed: feedMachine,
    hubLink: fromCallback<{ type: 'none' }>(() => {
      throw new Error('marketData: port "attach" was not provided, expected withMarketDataPorts(ports)');
    }),
  },
  guards: {
    isRunning: ({ context }, params: { id: InstrumentId }) => context.feeds[params.id]?.running === true,
    isFeed: ({ context }, params: { id: InstrumentId }) => params.id in context.feeds,
  },
  actions: {
    // Overridden with the hub's by `withMarketDataPorts`.
    tellConnection: (_, _params: { cause: string | null }) => {},
    tellFeedFailed: (_, _params: { id: InstrumentId; cause: string }) => {},
    spawnFeed: enqueueActions(({ context, enqueue }, params: { id: InstrumentId }) => {
      const feed = context.feeds[params.id];
      if (feed === undefined || feed.running) return;
      const input: FeedInput = {
        key: feed.key,
        timeframes: feed.timeframes,
        brokerReady: context.brokerReady,
      };
      enqueue.spawnChild('feed', { id: params.id, input });
      enqueue.assign(({ context: now }) => ({
        feeds: { ...now.feeds, [params.id]: { ...feed, running: true } },
      }));
    }),
    noteWatch: assign(({ context }, params: { key: InstrumentKey; timeframes: WatchedTimeframes }) => {
      const id = instrumentId(params.key);
      const known = context.feeds[id] ?? { failures: 0, running: false };
      return {
        feeds: { ...context.feeds, [id]: { ...known, key: params.key, timeframes: params.timeframes } },
      };
    }),
    tellTimeframes: enqueueActions(
      ({ context, enqueue }, params: { id: InstrumentId; timeframes: WatchedTimeframes }) => {
        if (context.feeds[params.id]?.running !== true) return;
        const event = { type: 'feed.timeframes', timeframes: params.timeframes } satisfies FeedEvent;
        enqueue(sendTo(params.id, event));
      },
    ),
    stopFeed: stopChild((_, params: { id: InstrumentId }) => params.id),
    cancelRespawn: cancel((_, params: { id: InstrumentId }) => `respawn:${params.id}`),
    forgetFeed: assign(({ context }, params: { id: InstrumentId }) => ({
      feeds: without(context.feeds, params.id),
    })),
    noteFailure: assign(({ context }, params: { id: InstrumentId }) => {
      const feed = context.feeds[params.id];
      return feed === undefined
        ? {}
        : {
            feeds: {
              ...context.feeds,
              [params.id]: { ...feed, running: false, failures: feed.failures + 1 },
            },
          };
    }),
    respawnLater: enqueueActions(({ context, enqueue }, params: { id: InstrumentId }) => {
      const delay = faultBackoffMs(context.feeds[params.id]?.failures ?? 1, false);
      enqueue(
        raise({ type: 'feed.respawn', instrumentId: params.id }, { id: `respawn:${params.id}`, delay }),
      );
    }),
    noteConnection: assign(({ context }, params: { ready: boolean }) => ({
      brokerReady: params.ready,
      feeds: Object.fromEntries(
        Object.entries(context.feeds).map(([id, feed]) => [id, { ...feed, failures: 0 }]),
      ),
    })),
    tellFeeds: enqueueActions(({ context, enqueue }, params: { event: FeedEvent }) => {
      for (const [id, feed] of Object.entries(context.feeds)) {
        if (feed.running) enqueue(sendTo(id, params.event));
      }
    }),
    fail: (_, params: { error: unknown }) => {
      throw params.error;
    },
  },
}).createMachine({
  id: 'marketData',
  options: machineOptions,
  context: { feeds: {}, brokerReady: false },
  invoke: { id: 'hubLink', src: 'hubLink' },
  initial: 'serving',
  states: {
    serving: {
      description: 'Runs one feed per watched instrument; a feed that fails comes back after a while.',
      on: {
        'feed.watch': [
          {
            guard: { type: 'isRunning', params: ({ event }) => ({ id: instrumentId(event.key) }) },
            actions: [
              { type: 'noteWatch', params: ({ event }) => event },
              {
                type: 'tellTimeframes',
                params: ({ event }) => ({ id: instrumentId(event.key), timeframes: event.timeframes }),
              },
            ],
          },
          {
            // A feed that is waiting to be restarted keeps waiting.
            guard: { type: 'isFeed', params: ({ event }) => ({ id: instrumentId(event.key) }) },
            actions: { type: 'noteWatch', params: ({ event }) => event },
          },
          {
            actions: [
              { type: 'noteWatch', params: ({ event }) => event },
              { type: 'spawnFeed', params: ({ event }) => ({ id: instrumentId(event.key) }) },
            ],
          },
        ],
        'feed.unwatch': {
          actions: [
            { type: 'cancelRespawn', params: ({ event }) => ({ id: event.instrumentId }) },
            { type: 'stopFeed', params: ({ event }) => ({ id: event.instrumentId }) },
            { type: 'forgetFeed', params: ({ event }) => ({ id: event.instrumentId }) },
          ],
        },
        'feed.respawn': {
          actions: { type: 'spawnFeed', params: ({ event }) => ({ id: event.instrumentId }) },
        },
        'connection.ready': {
          actions: [
            { type: 'noteConnection', params: { ready: true } },
            { type: 'tellConnection', params: { cause: null } },
            { type: 'tellFeeds', params: { event: { type: 'connection.ready' } } },
          ],
        },
        'connection.lost': {
          actions: [
            { type: 'noteConnection', params: { ready: false } },
            { type: 'tellConnection', params: ({ event }) => ({ cause: event.cause }) },
            {
              type: 'tellFeeds',
              params: ({ event }) => ({ event: { type: 'connection.lost', cause: event.cause } }),
            },
          ],
        },
        'market.told': {
          actions: {
            type: 'tellFeeds',
            params: ({ event }) => ({ event: { type: 'market.told', marketTime: event.marketTime } }),
          },
        },
        'xstate.error.actor.*': [
          {
            guard: { type: 'isFeed', params: ({ event }) => ({ id: event.actorId }) },
            actions: [
              { type: 'stopFeed', params: ({ event }) => ({ id: event.actorId }) },
              { type: 'noteFailure', params: ({ event }) => ({ id: event.actorId }) },
              {
                type: 'tellFeedFailed',
                params: ({ event }) => ({ id: event.actorId, cause: failureMessage(event.error) }),
              },
              { type: 'respawnLater', params: ({ event }) => ({ id: event.actorId }) },
            ],
          },
          { actions: { type: 'fail', params: ({ event }) => event } },
        ],
      },
    },
  },
});

/** Gives the service its abilities; a forgotten port does not compile. */
export const withMarketDataPorts = (ports: MarketDataPorts) =>
  marketDataMachine.provide({
    actors: {
      feed: withFeedPorts(ports),
      hubLink: fromCallback<{ type: 'none' }>(({ sendBack }) => ports.attach(sendBack)),
    },
    actions: {
      tellConnection: (_, params) => ports.connectionChanged(params.cause),
      tellFeedFailed: (_, params) => ports.feedFailed(params.id, params.cause),
    },
  });
