import type { TradeStream } from '../broker.ts';
import type { ClientSession } from '../client-session.ts';
import type { Instrument } from '../market/instrument.ts';
import { parseMoment } from '../market/moment.ts';
import { type PastTick, pastTicks } from '../market/ticks.ts';
import * as messages from '../messages/tick-by-tick.ts';
import { Request } from '../wire/ids.ts';
import { isTaken } from './market-data.ts';
import { invalid, type RequestHandlers, resolve } from './types.ts';

/** As for market depth: three with up to 400 market data lines. */
const MOST_SUBSCRIPTIONS = 3;
const MOST_TICKS = 1000;
const TYPES = ['Last', 'AllLast', 'BidAsk', 'MidPoint'] as const;
type TickType = (typeof TYPES)[number];

/** Tick-by-tick data and historical ticks. https://interactivebrokers.github.io/tws-api/tick_data.html */
export const tickByTickRequests: RequestHandlers = {
  [Request.tickByTick]: (session, reader) => {
    const { reqId, contract, tickType, numberOfTicks, ignoreSize } = messages.readTickByTickRequest(reader);
    if (isTaken(session, 'tick-by-tick', reqId)) return;
    const type = TYPES.find((each) => each.toUpperCase() === tickType.toUpperCase());
    if (type === undefined) {
      invalid(session, reqId, `Tick type found "${tickType}", expected one of ${TYPES.join(', ')}`);
      return;
    }
    const instrument = resolve(session, reqId, contract);
    if (instrument === undefined) return;
    if (instrument.config.secType === 'CASH' && (type === 'Last' || type === 'AllLast')) {
      session.error(
        reqId,
        10189,
        `Failed to request tick-by-tick data:No market data permissions for ${type}`,
      );
      return;
    }
    const others = [...session.streams.keys()].filter((key) => key.startsWith('tick-by-tick '));
    if (others.length >= MOST_SUBSCRIPTIONS) {
      session.error(reqId, 10190, 'Max number of tick-by-tick requests has been reached.');
      return;
    }
    if (numberOfTicks > 0) {
      const window = { from: undefined, to: session.broker.market.now, useRth: false };
      const ticks = pastTicks(instrument, { ...window, count: Math.min(numberOfTicks, MOST_TICKS) });
      sendPast(session, reqId, instrument, type === 'AllLast' ? 'Last' : type, ticks);
    }
    session.streams.set(
      `tick-by-tick ${reqId}`,
      session.broker.follow(instrument, stream(session, reqId, instrument, type, ignoreSize)),
    );
  },

  [Request.cancelTickByTick]: (session, reader) => {
    const reqId = reader.int('reqId');
    const stop = session.streams.get(`tick-by-tick ${reqId}`);
    if (stop === undefined) session.error(reqId, 300, `Can't find EId with tickerId:${reqId}`);
    else stop();
    session.streams.delete(`tick-by-tick ${reqId}`);
  },

  [Request.historicalTicks]: (session, reader) => {
    const request = messages.readHistoricalTicksRequest(reader);
    const { reqId, count, useRth } = request;
    const type = { TRADES: 'Last', BID_ASK: 'BidAsk', MIDPOINT: 'MidPoint' }[request.whatToShow] as
      | 'Last'
      | 'BidAsk'
      | 'MidPoint'
      | undefined;
    if (type === undefined) {
      invalid(
        session,
        reqId,
        `whatToShow found "${request.whatToShow}", expected TRADES, BID_ASK or MIDPOINT`,
      );
      return;
    }
    if (count < 1 || count > MOST_TICKS) {
      invalid(session, reqId, `The number of ticks must lie between 1 and ${MOST_TICKS}, found ${count}`);
      return;
    }
    if ((request.start === '') === (request.end === '')) {
      session.error(reqId, 10187, 'Failed to request historical ticks: give either a start or an end time');
      return;
    }
    const instrument = resolve(session, reqId, request.contract);
    if (instrument === undefined) return;
    const moment = parseMoment(request.start || request.end, instrument.config.timeZone);
    if (moment === undefined) {
      invalid(session, reqId, `Invalid date, time or time-zone "${request.start || request.end}"`);
      return;
    }
    const { now } = session.broker.market;
    const isForward = request.start !== '';
    const to = isForward ? now : Math.min(now, moment.at);
    const window = { from: isForward ? moment.at : undefined, to, count, useRth };
    sendPast(session, reqId, instrument, type, pastTicks(instrument, window));
  },
};

const exchangeOf = ({ config }: Instrument): string => config.primaryExchange || config.exchange;
const seconds = (ms: number): number => Math.floor(ms / 1000);
const middle = (bid: number, ask: number): number => Number(((bid + ask) / 2).toPrecision(12));

function sendPast(
  session: ClientSession,
  reqId: number,
  instrument: Instrument,
  type: 'Last' | 'BidAsk' | 'MidPoint',
  ticks: readonly PastTick[],
): void {
  if (type === 'Last') {
    const exchange = exchangeOf(instrument);
    const trades = ticks.map((t) => ({ time: seconds(t.time), price: t.price, size: t.volume, exchange }));
    session.send(messages.historicalTrades(reqId, trades));
  } else if (type === 'BidAsk') {
    const size = instrument.config.quoteSize;
    const quotes = ticks.map(({ time, bid, ask }) => ({
      time: seconds(time),
      bid,
      ask,
      bidSize: size,
      askSize: size,
    }));
    session.send(messages.historicalQuotes(reqId, quotes));
  } else {
    const midpoints = ticks.map(({ time, bid, ask }) => ({ time: seconds(time), price: middle(bid, ask) }));
    session.send(messages.historicalMidpoints(reqId, midpoints));
  }
}

/** Every single trade or quote as it happens; nothing is thinned out here. */
function stream(
  session: ClientSession,
  reqId: number,
  instrument: Instrument,
  type: TickType,
  ignoreSize: boolean,
): TradeStream {
  const exchange = exchangeOf(instrument);
  const { quote } = session.broker.market.feed(instrument.conId) ?? {};
  let told = '';
  return {
    trade({ time, price, volume }) {
      const at = seconds(time);
      if (type === 'Last' || type === 'AllLast') {
        session.send(messages.tickByTickTrade(reqId, type, { time: at, price, size: volume, exchange }));
        return;
      }
      if (quote?.bid === undefined || quote.ask === undefined) return;
      const { bid, ask, bidSize, askSize } = quote;
      const state =
        type === 'BidAsk' && !ignoreSize ? `${bid}|${ask}|${bidSize}|${askSize}` : `${bid}|${ask}`;
      if (state === told) return;
      told = state;
      if (type === 'BidAsk')
        session.send(messages.tickByTickQuote(reqId, { time: at, bid, ask, bidSize, askSize }));
      else session.send(messages.tickByTickMidpoint(reqId, at, middle(bid, ask)));
    },
    flush() {
      // Told with each trade.
    },
  };
}
