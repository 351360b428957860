import type { ClientSession } from '../client-session.ts';
import { FormingBarStream } from '../market/bar-stream.ts';
import { inLiquidHours } from '../market/history.ts';
import type { Instrument } from '../market/instrument.ts';
import { TickStream } from '../market/tick-stream.ts';
import {
  marketDataType,
  readMarketDataRequest,
  readRealTimeBarsRequest,
  realTimeBar,
  TickType,
  tickPrice,
  tickReqParams,
  tickSize,
  tickSnapshotEnd,
  tickString,
} from '../messages/market-data.ts';
import { Request } from '../wire/ids.ts';
import { invalid, type RequestHandlers, resolve } from './types.ts';

/** Market data type 1: what this gateway has is always live. */
const LIVE = 1;

export const marketDataRequests: RequestHandlers = {
  [Request.mktData]: (session, reader) => {
    const { reqId, contract, snapshot } = readMarketDataRequest(reader);
    if (isTaken(session, 'ticks', reqId)) return;
    const instrument = resolve(session, reqId, contract);
    if (instrument === undefined) return;
    const quote = session.broker.market.feed(instrument.conId)?.quote;
    session.send(marketDataType(reqId, LIVE));
    session.send(tickReqParams(reqId, instrument.minTick, instrument.config.exchange));
    const stream = tickStream(session, reqId);
    if (quote !== undefined) stream.flush(quote);
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
    if (type < 1 || type > 4) invalid(session, -1, `Invalid market data type ${type}`);
  },

  [Request.realTimeBars]: (session, reader) => {
    const { reqId, contract, barSize, useRth } = readRealTimeBarsRequest(reader);
    if (isTaken(session, 'bars', reqId)) return;
    if (barSize !== undefined && barSize !== 5 && barSize !== 0) {
      invalid(
        session,
        reqId,
        `Historical data bar size setting is invalid: ${barSize}, only 5 seconds are possible`,
      );
      return;
    }
    const instrument = resolve(session, reqId, contract);
    if (instrument === undefined) return;
    session.streams.set(
      `bars ${reqId}`,
      session.broker.follow(instrument, fiveSeconds(session, reqId, instrument, useRth)),
    );
  },

  [Request.cancelRealTimeBars]: (session, reader) => {
    reader.skip('version');
    cancel(session, 'bars', reader.int('tickerId'));
  },
};

function tickStream(session: ClientSession, reqId: number): TickStream {
  return new TickStream({
    price: (type, price, size) => session.send(tickPrice(reqId, TickType[type], price, size)),
    size: (type, size) => session.send(tickSize(reqId, TickType[type], size)),
    lastTime: (seconds) => session.send(tickString(reqId, TickType.lastTimestamp, String(seconds))),
  });
}

/**
 * Five-second bars of market time, each sent when the next begins. Five seconds without a trade bring no bar:
 * at thousands of times real speed the empty ones would be thousands a second.
 */
function fiveSeconds(
  session: ClientSession,
  reqId: number,
  instrument: Instrument,
  useRth: boolean,
): FormingBarStream {
  return new FormingBarStream({
    instrument,
    size: { kind: 'intraday', ms: 5000 },
    accepts: (at) => !useRth || inLiquidHours(instrument, { start: at }),
    finished: (bar) => {
      const wap = bar.volume > 0 ? bar.turnover / bar.volume : bar.close;
      session.send(realTimeBar(reqId, Math.floor(bar.start / 1000), { ...bar, wap }));
    },
  });
}

/** A ticker id can carry one subscription of a kind at a time. */
export function isTaken(session: ClientSession, kind: string, reqId: number): boolean {
  if (!session.streams.has(`${kind} ${reqId}`)) return false;
  session.error(reqId, 322, "Error processing request.-'bQ' : cause - Duplicate ticker id");
  return true;
}

function cancel(session: ClientSession, kind: string, reqId: number): void {
  const stop = session.streams.get(`${kind} ${reqId}`);
  if (stop === undefined) session.error(reqId, 300, `Can't find EId with tickerId:${reqId}`);
  else stop();
  session.streams.delete(`${kind} ${reqId}`);
}
