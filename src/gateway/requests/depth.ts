import { DepthStream } from '../market/depth-stream.ts';
import { exchangesOf } from '../market/market.ts';
import { depthExchanges, marketDepth, marketDepthL2, readDepthRequest } from '../messages/depth.ts';
import { Request } from '../wire/ids.ts';
import { isTaken } from './market-data.ts';
import { invalid, type RequestHandlers, resolve } from './types.ts';

/** What an account with up to 400 market data lines may have at once. */
const MOST_SUBSCRIPTIONS = 3;
const MOST_ROWS = 20;

/** Market depth. https://interactivebrokers.github.io/tws-api/market_depth.html */
export const depthRequests: RequestHandlers = {
  [Request.mktDepth]: (session, reader) => {
    const { reqId, contract, rows, isSmart } = readDepthRequest(reader);
    if (isTaken(session, 'depth', reqId)) return;
    if (rows < 1) {
      invalid(session, reqId, `The number of rows must be above 0, found ${rows}`);
      return;
    }
    const others = [...session.streams.keys()].filter((key) => key.startsWith('depth '));
    if (others.length >= MOST_SUBSCRIPTIONS) {
      session.error(
        reqId,
        309,
        `Max number (${MOST_SUBSCRIPTIONS}) of market depth requests has been reached`,
      );
      return;
    }
    const instrument = resolve(session, reqId, contract);
    const feed = instrument === undefined ? undefined : session.broker.market.feed(instrument.conId);
    if (instrument === undefined || feed === undefined) return;
    const { exchange, primaryExchange } = instrument.config;
    const maker = primaryExchange || exchange;
    if (isSmart) session.error(reqId, 2152, `Exchanges - Depth: ${maker}; Top: ${maker}; `);
    const stream = new DepthStream(
      () => feed.book(Math.min(rows, MOST_ROWS)),
      (row) => session.send(isSmart ? marketDepthL2(reqId, maker, row, true) : marketDepth(reqId, row)),
    );
    stream.flush();
    session.streams.set(`depth ${reqId}`, session.broker.follow(instrument, stream));
  },

  [Request.cancelMktDepth]: (session, reader) => {
    reader.skip('version');
    const reqId = reader.int('tickerId');
    const stop = session.streams.get(`depth ${reqId}`);
    if (stop === undefined)
      session.error(reqId, 310, `Can't find the subscribed market depth with tickerId:${reqId}`);
    else stop();
    session.streams.delete(`depth ${reqId}`);
  },

  [Request.mktDepthExchanges]: (session) => {
    const known = new Map<string, { exchange: string; secType: string }>();
    for (const instrument of session.broker.market.instruments)
      for (const exchange of exchangesOf(instrument)) {
        const { secType } = instrument.config;
        if (exchange !== 'SMART') known.set(`${exchange}|${secType}`, { exchange, secType });
      }
    session.send(depthExchanges([...known.values()]));
  },
};
