import { wireContract } from '../describe.ts';
import { durationStart, historyBars, parseDuration } from '../market/history.ts';
import { exchangesOf } from '../market/market.ts';
import * as messages from '../messages/reference.ts';
import { Request } from '../wire/ids.ts';
import { SCAN_CODES, scan, scannerXml } from './scanner.ts';
import { invalid, type RequestHandlers, resolve } from './types.ts';

/** IBKR's free provider; there is no article behind it. */
const PROVIDERS = [{ code: 'BRFG', name: 'Briefing.com General Market Columns' }];

/** Reference data: options, exchanges, providers, scanners, histograms. */
export const referenceRequests: RequestHandlers = {
  [Request.secDefOptParams]: (session, reader) => {
    // Nothing has options here; the end of the empty list is the answer.
    session.send(messages.secDefOptParamsEnd(reader.int('reqId')));
  },

  [Request.smartComponents]: (session, reader) => {
    const reqId = reader.int('reqId');
    const bboExchange = reader.str('bboExchange');
    const exchanges = new Set(session.broker.market.instruments.flatMap(exchangesOf));
    exchanges.delete('SMART');
    if (!session.broker.market.instruments.some(({ config }) => config.exchange === bboExchange)) {
      invalid(session, reqId, `Invalid BBO exchange "${bboExchange}"`);
      return;
    }
    const components = [...exchanges].map((exchange, bit) => ({
      bit,
      exchange,
      letter: exchange.slice(0, 1),
    }));
    session.send(messages.smartComponents(reqId, components));
  },

  [Request.newsProviders]: (session) => session.send(messages.newsProviders(PROVIDERS)),

  [Request.histogramData]: (session, reader) => {
    const { reqId, contract, useRth, period } = messages.readHistogramRequest(reader);
    const instrument = resolve(session, reqId, contract);
    if (instrument === undefined) return;
    const words: Record<string, string> = { DAY: 'D', WEEK: 'W', MONTH: 'M' };
    const match = /^(\d+)\s*(day|week|month)s?$/i.exec(period.trim());
    const duration = parseDuration(`${match?.[1] ?? ''} ${words[match?.[2]?.toUpperCase() ?? ''] ?? ''}`);
    if (duration === undefined) {
      invalid(session, reqId, `Histogram period found "${period}", expected for example "3 days"`);
      return;
    }
    const { now } = session.broker.market;
    const window = { from: durationStart(instrument, now, duration), to: now, useRth };
    const sizes = new Map<number, number>();
    for (const bar of historyBars(instrument, { kind: 'intraday', ms: 60_000 }, window))
      sizes.set(bar.close, (sizes.get(bar.close) ?? 0) + bar.volume);
    const entries = [...sizes].map(([price, size]) => ({ price, size })).sort((a, b) => a.price - b.price);
    session.send(messages.histogramData(reqId, entries));
  },

  // The histogram is complete at once.
  [Request.cancelHistogramData]: () => undefined,

  [Request.scannerParameters]: (session) => session.send(messages.scannerParameters(scannerXml())),

  [Request.scannerSubscription]: (session, reader) => {
    const request = messages.readScannerRequest(reader);
    const { reqId, scanCode } = request;
    if (!SCAN_CODES.includes(scanCode)) {
      session.error(
        reqId,
        162,
        `Historical Market Data Service error message:Scanner type "${scanCode}" is disabled`,
      );
      return;
    }
    const tell = (): void => {
      const ranked = scan(session.broker.market, request);
      session.send(
        messages.scannerData(
          reqId,
          ranked.map((instrument) => wireContract(instrument)),
        ),
      );
    };
    tell();
    session.scanners.set(reqId, tell);
  },

  [Request.cancelScannerSubscription]: (session, reader) => {
    reader.skip('version');
    const reqId = reader.int('tickerId');
    if (!session.scanners.delete(reqId))
      session.error(reqId, 365, `No scanner subscription found for ticker id:${reqId}`);
  },

  [Request.newsBulletins]: (session, reader) => {
    reader.skip('version');
    const all = reader.bool('allMsgs');
    session.wantsBulletins = true;
    if (all) for (const bulletin of session.broker.bulletins) session.bulletin(bulletin);
  },
  [Request.cancelNewsBulletins]: (session) => {
    session.wantsBulletins = false;
  },
};
