import type { TradeStream } from '../broker.ts';
import type { ClientSession } from '../client-session.ts';
import { DelayedStream } from '../market/delayed-stream.ts';
import type { Feed } from '../market/feed.ts';
import { type GenericTick, parseGenericTicks, TradeTicks, ticksOnRequest } from '../market/generic-ticks.ts';
import { TickStream } from '../market/tick-stream.ts';
import {
  DELAYED_TICK_TYPE,
  MarketDataType,
  marketDataType,
  readMarketDataRequest,
  TickType,
  tickGeneric,
  tickPrice,
  tickReqParams,
  tickSize,
  tickSnapshotEnd,
  tickString,
} from '../messages/market-data.ts';
import { Request } from '../wire/ids.ts';
import { invalid, type RequestHandlers, resolve } from './types.ts';

export const marketDataRequests: RequestHandlers = {
  [Request.mktData]: (session, reader) => {
    const { reqId, contract, genericTicks, snapshot } = readMarketDataRequest(reader);
    if (isTaken(session, 'ticks', reqId)) return;
    const instrument = resolve(session, reqId, contract);
    const feed = instrument === undefined ? undefined : session.broker.market.feed(instrument.conId);
    if (instrument === undefined || feed === undefined) return;
    const generic = parseGenericTicks(genericTicks, instrument.config.secType);
    if (typeof generic === 'string') {
      invalid(session, reqId, generic);
      return;
    }
    if (snapshot && generic.length > 0) {
      invalid(session, reqId, 'Snapshot market data subscription is not applicable to generic ticks');
      return;
    }
    const type = grantedType(session, reqId, feed);
    if (type === undefined) return;
    if (!snapshot && lines(session) >= session.broker.config.marketData.lines) {
      session.error(reqId, 101, 'Max number of tickers has been reached');
      return;
    }
    session.send(marketDataType(reqId, type));
    session.send(tickReqParams(reqId, instrument.minTick, instrument.config.exchange));
    const stream = subscription(session, reqId, feed, generic, type);
    stream.flush(feed.quote);
    if (snapshot) session.send(tickSnapshotEnd(reqId));
    else session.streams.set(`ticks ${reqId}`, session.broker.follow(instrument, stream));
  },

  [Request.cancelMktData]: (session, reader) => {
    reader.skip('version');
    cancel(session, 'ticks', reader.int('tickerId'));
  },

  [Request.marketDataType]: (session, reader) => {
    reader.skip('version');
    const type = reader.int('marketDataType');
    if (type < MarketDataType.live || type > MarketDataType.delayedFrozen)
      invalid(session, -1, `Invalid market data type ${type}`);
    else session.marketDataType = type;
  },
};

const lines = (session: ClientSession): number =>
  [...session.streams.keys()].filter((key) => key.startsWith('ticks ')).length;

/**
 * The type of data that a subscription gets: live where it is permitted (frozen when the market is closed and the
 * client asked for that); delayed only when it asked for it. Undefined when it gets none, and was told.
 * https://interactivebrokers.github.io/tws-api/market_data_type.html
 */
function grantedType(session: ClientSession, reqId: number, feed: Feed): number | undefined {
  const { dataPermission, market, faults } = session.broker;
  if (faults.conditions.competing.isSo) {
    session.error(reqId, 10197, 'No market data during competing live session');
    return undefined;
  }
  const wanted = session.marketDataType;
  if (dataPermission === 'live') {
    const isFrozen = wanted === MarketDataType.frozen || wanted === MarketDataType.delayedFrozen;
    return isFrozen && !feed.isLiquid(market.now) ? MarketDataType.frozen : MarketDataType.live;
  }
  if (dataPermission === 'delayed' && wanted >= MarketDataType.delayed) {
    session.error(reqId, 10167, 'Requested market data is not subscribed. Displaying delayed market data.');
    return wanted;
  }
  const more = dataPermission === 'delayed' ? ' Delayed market data is available.' : '';
  session.error(reqId, 354, `Requested market data is not subscribed.${more}`);
  return undefined;
}

function subscription(
  session: ClientSession,
  reqId: number,
  feed: Feed,
  generic: readonly number[],
  type: number,
): TradeStream {
  const isDelayed = type >= MarketDataType.delayed;
  const ticks = tickStream(session, reqId, feed, isDelayed);
  if (isDelayed) return new DelayedStream(ticks, () => session.broker.market.now);
  const { now } = session.broker.market;
  tellExchanges(session, reqId, feed);
  for (const tick of ticksOnRequest(generic, feed, now)) sendGeneric(session, reqId, tick);
  let halted: number | undefined;
  const tellHalt = (): void => {
    if (feed.halted === halted || feed.instrument.config.secType === 'CASH') return;
    halted = feed.halted;
    session.send(tickGeneric(reqId, TickType.halted, halted));
  };
  const trades = new TradeTicks(generic);
  const countsTrades = generic.length > 0;
  return {
    trade(trade) {
      ticks.trade(trade);
      if (!countsTrades) return;
      for (const tick of trades.trade(trade, feed.quote.dayVolume)) sendGeneric(session, reqId, tick);
    },
    flush(quote) {
      tellHalt();
      ticks.flush(quote);
    },
  };
}

/** Where bid, ask and last come from (tick types 32, 33, 84), by the letters of the smart components. */
function tellExchanges(session: ClientSession, reqId: number, { instrument }: Feed): void {
  const { secType, exchange, primaryExchange } = instrument.config;
  if (secType !== 'STK') return;
  const letter = (primaryExchange || exchange).slice(0, 1);
  for (const type of [TickType.bidExchange, TickType.askExchange, TickType.lastExchange])
    session.send(tickString(reqId, type, letter));
}

function sendGeneric(session: ClientSession, reqId: number, { as, type, value }: GenericTick): void {
  if (as === 'string') session.send(tickString(reqId, type, String(value)));
  else if (as === 'generic') session.send(tickGeneric(reqId, type, Number(value)));
  else if (as === 'size') session.send(tickSize(reqId, type, Number(value)));
  else session.send(tickPrice(reqId, type, Number(value), 0));
}

function tickStream(session: ClientSession, reqId: number, feed: Feed, isDelayed: boolean): TickStream {
  const idOf = (type: keyof typeof DELAYED_TICK_TYPE): number =>
    isDelayed ? DELAYED_TICK_TYPE[type] : TickType[type];
  return new TickStream(
    {
      price: (type, price, size) => session.send(tickPrice(reqId, idOf(type), price, size)),
      size: (type, size) => session.send(tickSize(reqId, idOf(type), size)),
      lastTime: (seconds) => session.send(tickString(reqId, idOf('lastTimestamp'), String(seconds))),
    },
    feed.instrument.config.secType !== 'CASH',
  );
}

/** A ticker id can carry one subscription of a kind at a time. */
export function isTaken(session: ClientSession, kind: string, reqId: number): boolean {
  if (!session.streams.has(`${kind} ${reqId}`)) return false;
  session.error(reqId, 322, "Error processing request.-'bQ' : cause - Duplicate ticker id");
  return true;
}

/** Ends a subscription of a kind; an unknown one is error 300. */
export function cancel(session: ClientSession, kind: string, reqId: number): void {
  const stop = session.streams.get(`${kind} ${reqId}`);
  if (stop === undefined) session.error(reqId, 300, `Can't find EId with tickerId:${reqId}`);
  else stop();
  session.streams.delete(`${kind} ${reqId}`);
}
