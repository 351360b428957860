import type { ClientSession } from '../client-session.ts';
import { FormingBarStream } from '../market/bar-stream.ts';
import {
  type BarSize,
  barDate,
  durationStart,
  type HistoryBar,
  historyBars,
  inLiquidHours,
  parseBarSize,
  parseDuration,
} from '../market/history.ts';
import type { Instrument } from '../market/instrument.ts';
import { parseMoment } from '../market/moment.ts';
import { quoteAround } from '../market/price-grid.ts';
import { pastSessions } from '../market/schedule.ts';
import { clockTime, compactDate, localDate, stamp } from '../market/zone.ts';
import {
  type DatedBar,
  type HistoricalDataRequest,
  headTimestamp,
  historicalData,
  historicalDataUpdate,
  historicalSchedule,
  readHeadTimestampRequest,
  readHistoricalDataRequest,
} from '../messages/history.ts';
import { Request } from '../wire/ids.ts';
import { V } from '../wire/versions.ts';
import { isTaken } from './market-data.ts';
import { invalid, type RequestHandlers, resolve } from './types.ts';

/** Currency pairs have quotes, no trades. */
const TRADE_DATA = ['TRADES', 'ADJUSTED_LAST', 'AGGTRADES'];
const SHOWN = ['TRADES', 'ADJUSTED_LAST', 'MIDPOINT', 'BID', 'ASK', 'BID_ASK', 'AGGTRADES', 'SCHEDULE'];

export const historyRequests: RequestHandlers = {
  [Request.historicalData]: (session, reader) => {
    const request = readHistoricalDataRequest(reader);
    const { reqId } = request;
    if (isTaken(session, 'history', reqId)) return;
    const instrument = resolve(session, reqId, request.contract);
    if (instrument === undefined) return;
    const size = parseBarSize(request.barSize);
    if (size === undefined) {
      invalid(session, reqId, `Historical data bar size setting is invalid. Found "${request.barSize}"`);
      return;
    }
    const duration = parseDuration(request.duration);
    if (duration === undefined) {
      invalid(
        session,
        reqId,
        `Historical data query duration "${request.duration}" is invalid, expected e.g. "10 D"`,
      );
      return;
    }
    if (!SHOWN.includes(request.whatToShow)) {
      invalid(session, reqId, `No historical data for "${request.whatToShow}" on this gateway`);
      return;
    }
    if (instrument.config.secType === 'CASH' && TRADE_DATA.includes(request.whatToShow)) {
      const { symbol } = instrument.config;
      session.error(reqId, 162, `${SERVICE}No historical market data for ${symbol}/CASH@FXSUBPIP Last 1`);
      return;
    }
    if (request.keepUpToDate && request.endDateTime !== '') {
      invalid(session, reqId, 'End date not supported with keepUpToDate');
      return;
    }
    if (!mayAsk(session, request, instrument)) return;
    const end = endOf(session, instrument, request.endDateTime);
    if (end === undefined) {
      invalid(session, reqId, `Invalid date, time or time-zone "${request.endDateTime}"`);
      return;
    }
    const from = durationStart(instrument, end, duration);
    if (request.whatToShow === 'SCHEDULE') {
      if (size.kind !== 'day') invalid(session, reqId, 'SCHEDULE needs a bar size of 1 day');
      else {
        const sessions = pastSessions(instrument, from, end);
        session.send(historicalSchedule(reqId, instrument.config.timeZone, sessions));
      }
      return;
    }
    answer(session, request, instrument, size, { from, to: end });
  },

  [Request.cancelHistoricalData]: (session, reader) => {
    reader.skip('version');
    const reqId = reader.int('tickerId');
    const stop = session.streams.get(`history ${reqId}`);
    if (stop === undefined) {
      session.error(reqId, 366, `No historical data query found for ticker id:${reqId}`);
      return;
    }
    stop();
    session.streams.delete(`history ${reqId}`);
    session.error(reqId, 162, `${SERVICE}API historical data query cancelled: ${reqId}`);
  },

  [Request.headTimestamp]: (session, reader) => {
    const { reqId, contract, formatDate } = readHeadTimestampRequest(reader);
    const instrument = resolve(session, reqId, contract);
    const first = instrument?.bars[0];
    if (instrument === undefined || first === undefined) return;
    // TWS answers in UTC here, with a hyphen; formatDate 2 is epoch seconds.
    const utc = `${compactDate(localDate('UTC', first.start))}-${clockTime('UTC', first.start)}`;
    session.send(headTimestamp(reqId, formatDate === 2 ? String(Math.floor(first.start / 1000)) : utc));
  },

  // The answer to reqHeadTimestamp is complete at once.
  [Request.cancelHeadTimestamp]: () => undefined,
};

/** Whether the farm is there and the client within its budget; otherwise it was told. */
function mayAsk(session: ClientSession, request: HistoricalDataRequest, instrument: Instrument): boolean {
  const { conditions, wallMs } = session.broker.faults;
  if (conditions.historyFarmDown.isSo || conditions.linkDown.isSo) {
    session.error(request.reqId, 162, `${SERVICE}HMDS server disconnect occurred.`);
    return false;
  }
  if (!conditions.isPaced) return true;
  const { endDateTime, barSize, duration, whatToShow } = request;
  const asked = `${instrument.conId}|${endDateTime}|${barSize}|${duration}|${whatToShow}`;
  const violation = session.historyBudget.violation(wallMs, String(instrument.conId), asked);
  if (violation === undefined) return true;
  session.error(request.reqId, 162, `${SERVICE}Historical data request ${violation}`);
  return false;
}

/** What fits well into one message; IBKR limits the duration per bar size instead. */
const MOST_BARS = 100_000;
const SERVICE = 'Historical Market Data Service error message:';

function answer(
  session: ClientSession,
  request: HistoricalDataRequest,
  instrument: Instrument,
  size: BarSize,
  window: { from: number; to: number },
): void {
  const { reqId, useRth } = request;
  const bars = historyBars(instrument, size, { ...window, useRth });
  if (bars.length === 0 && !request.keepUpToDate) {
    const { symbol, exchange } = instrument.config;
    session.error(
      reqId,
      162,
      `${SERVICE}HMDS query returned no data: ${symbol}@${exchange} ${request.whatToShow}`,
    );
    return;
  }
  if (bars.length > MOST_BARS) {
    invalid(
      session,
      reqId,
      `${bars.length} bars were asked for, more than ${MOST_BARS}: ask for less time at once`,
    );
    return;
  }
  const show = (bar: HistoryBar): DatedBar => shown(instrument, size, bar, request, session.version);
  const zone = instrument.config.timeZone;
  session.send(historicalData(reqId, stamp(zone, window.from), stamp(zone, window.to), bars.map(show)));
  if (!request.keepUpToDate) return;
  const stream = new FormingBarStream({
    instrument,
    size,
    forming: bars.at(-1),
    accepts: (at) => !useRth || inLiquidHours(instrument, { start: at }),
    changed: (bar) => session.send(historicalDataUpdate(reqId, show(bar))),
  });
  session.streams.set(`history ${reqId}`, session.broker.follow(instrument, stream));
}

/** Quotes have no volume: TWS sends -1 for it. */
function shown(
  instrument: Instrument,
  size: BarSize,
  bar: HistoryBar,
  request: HistoricalDataRequest,
  version: number,
): DatedBar {
  const date = barDate(instrument, size, bar, request.formatDate, version >= V.instrumentTimezone);
  const { open, high, low, close, volume, count } = bar;
  if (TRADE_DATA.includes(request.whatToShow)) {
    const wap = volume > 0 ? Number((bar.turnover / volume).toPrecision(10)) : close;
    return { date, open, high, low, close, volume, count, wap };
  }
  if (request.whatToShow === 'BID_ASK') {
    // IBKR's bars of both sides: average bid, highest ask, lowest bid, average ask.
    const around = (price: number) => quoteAround(price, instrument.grid, instrument.config.spreadTicks);
    const middle = around((open + close) / 2);
    const [top, bottom] = [around(high).ask, around(low).bid];
    return {
      date,
      open: middle.bid,
      high: top,
      low: bottom,
      close: middle.ask,
      volume: -1,
      count: -1,
      wap: -1,
    };
  }
  const quote = (price: number): number => {
    const { bid, ask } = quoteAround(price, instrument.grid, instrument.config.spreadTicks);
    if (request.whatToShow === 'BID') return bid;
    return request.whatToShow === 'ASK' ? ask : Number(((bid + ask) / 2).toPrecision(12));
  };
  return {
    date,
    open: quote(open),
    high: quote(high),
    low: quote(low),
    close: quote(close),
    volume: -1,
    count: -1,
    wap: -1,
  };
}

/**
 * The end that a request asks for, never later than now: empty, `yyyyMMdd HH:mm:ss[ zone]` in the instrument's or the
 * named zone, or `yyyyMMdd-HH:mm:ss` in UTC. Undefined when it is none of them.
 */
function endOf(session: ClientSession, instrument: Instrument, text: string): number | undefined {
  const { now } = session.broker.market;
  if (text.trim() === '') return now;
  const moment = parseMoment(text, instrument.config.timeZone);
  return moment === undefined ? undefined : Math.min(moment.at, now);
}
