import { fromCallback, fromPromise } from 'xstate';
import { failureMessage } from '../domain/failure.ts';
import type { Instrument, InstrumentId, InstrumentKey } from '../domain/instrument.ts';
import type { BarBatch, FeedContext, FeedState, StreamNews, WatchedTimeframes } from './feed.events.ts';
import type { OpenStreams, StreamsRequest } from './feed.streams.ts';

/** What a feed tells of itself at every change. */
export interface FeedReport {
  readonly instrumentId: InstrumentId;
  readonly state: FeedState;
  readonly cause: string | null;
}

/** All that a feed needs of the world; given by the market data hub. */
export interface FeedPorts {
  /** Contract details fresh from the broker, stored. @throws BrokerError, StoreError */
  resolve(key: InstrumentKey): Promise<Instrument>;
  openStreams(request: StreamsRequest, tell: (news: StreamNews) => void): OpenStreams;
  storeBars(batch: BarBatch): Promise<void>;
  /** Called after the batch was stored. */
  announceBars(batch: BarBatch): void;
  report(report: FeedReport): void;
}

export type StreamsCommand =
  | { readonly type: 'streams.timeframes'; readonly timeframes: WatchedTimeframes }
  | { readonly type: 'streams.marketTime'; readonly marketTime: number };
export type RefresherCommand = { readonly type: 'details.refresh' };

const missing = (port: string) => (): never => {
  throw new Error(`feed: port "${port}" was not provided, expected withFeedPorts(ports)`);
};

/** The shapes of the feed's actors. */
export const feedPortActors = {
  resolve: fromPromise<Instrument, { key: InstrumentKey }>(missing('resolve')),
  streams: fromCallback<StreamsCommand, StreamsRequest>(missing('openStreams')),
  refresher: fromCallback<RefresherCommand, { key: InstrumentKey }>(missing('resolve')),
};

/** Wraps the plain functions as the actors that the chart names. */
export const wireFeedPorts = (ports: FeedPorts) => ({
  resolve: fromPromise<Instrument, { key: InstrumentKey }>(async ({ input }) => ports.resolve(input.key)),
  streams: fromCallback<StreamsCommand, StreamsRequest>(({ input, receive, sendBack }) => {
    const streams = ports.openStreams(input, (news) => sendBack(news));
    receive((command) => {
      if (command.type === 'streams.timeframes') streams.setTimeframes(command.timeframes);
      else streams.tellMarketTime(command.marketTime);
    });
    return () => streams.close();
  }),
  refresher: fromCallback<RefresherCommand, { key: InstrumentKey }>(({ input, receive, sendBack }) => {
    receive(() => {
      (async () => ports.resolve(input.key))().then(
        (instrument) => sendBack({ type: 'details.refreshed', instrument }),
        (error: unknown) => sendBack({ type: 'details.refused', message: failureMessage(error) }),
      );
    });
  }),
  storeBars: fromPromise<void, BarBatch>(async ({ input }) => ports.storeBars(input)),
});

/** The report of a feed in a state. */
export const reportOf = (context: FeedContext, state: FeedState): FeedReport => ({
  instrumentId: context.id,
  state,
  cause: context.cause,
});
