import type { ClientSession } from '../client-session.ts';
import { FormingBarStream } from '../market/bar-stream.ts';
import { inLiquidHours } from '../market/history.ts';
import type { Instrument } from '../market/instrument.ts';
import { quoteAround } from '../market/price-grid.ts';
import { readRealTimeBarsRequest, realTimeBar } from '../messages/market-data.ts';
import { Request } from '../wire/ids.ts';
import { cancel, isTaken } from './market-data.ts';
import { invalid, type RequestHandlers, resolve } from './types.ts';

const SHOWN = ['TRADES', 'MIDPOINT', 'BID', 'ASK'];

/** Five-second bars. https://interactivebrokers.github.io/tws-api/realtime_bars.html */
export const realTimeBarRequests: RequestHandlers = {
  [Request.realTimeBars]: (session, reader) => {
    const { reqId, contract, barSize, whatToShow, useRth } = readRealTimeBarsRequest(reader);
    if (isTaken(session, 'bars', reqId)) return;
    if (barSize !== undefined && barSize !== 5 && barSize !== 0) {
      invalid(
        session,
        reqId,
        `Historical data bar size setting is invalid: ${barSize}, only 5 seconds are possible`,
      );
      return;
    }
    if (!SHOWN.includes(whatToShow)) {
      invalid(session, reqId, `No real-time bars of "${whatToShow}", expected one of ${SHOWN.join(', ')}`);
      return;
    }
    const instrument = resolve(session, reqId, contract);
    if (instrument === undefined) return;
    const bars = fiveSeconds(session, reqId, instrument, whatToShow, useRth);
    session.streams.set(`bars ${reqId}`, session.broker.follow(instrument, bars));
  },

  [Request.cancelRealTimeBars]: (session, reader) => {
    reader.skip('version');
    cancel(session, 'bars', reader.int('tickerId'));
  },
};

/**
 * Five-second bars of market time, each sent when the next begins. Five seconds without a trade bring no bar:
 * at thousands of times real speed the empty ones would be thousands a second.
 */
function fiveSeconds(
  session: ClientSession,
  reqId: number,
  instrument: Instrument,
  whatToShow: string,
  useRth: boolean,
): FormingBarStream {
  const quoted = (price: number): number => {
    const { bid, ask } = quoteAround(price, instrument.grid, instrument.config.spreadTicks);
    if (whatToShow === 'BID') return bid;
    return whatToShow === 'ASK' ? ask : Number(((bid + ask) / 2).toPrecision(12));
  };
  return new FormingBarStream({
    instrument,
    size: { kind: 'intraday', ms: 5000 },
    accepts: (at) => !useRth || inLiquidHours(instrument, { start: at }),
    finished: (bar) => {
      const at = Math.floor(bar.start / 1000);
      const wap = bar.volume > 0 ? bar.turnover / bar.volume : bar.close;
      if (whatToShow === 'TRADES') {
        session.send(realTimeBar(reqId, at, { ...bar, wap }));
        return;
      }
      const [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(quoted);
      if (open === undefined || high === undefined || low === undefined || close === undefined) return;
      // Quotes have no volume: TWS sends -1 for it.
      session.send(realTimeBar(reqId, at, { open, high, low, close, volume: -1, wap: -1, count: -1 }));
    },
  });
}
