import type { Decimal } from 'decimal.js';
import type { Quote } from '../market/feed.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Market } from '../market/market.ts';

const change = (q: Quote): number | undefined =>
  q.last === undefined || q.previousClose === undefined ? undefined : q.last / q.previousClose - 1;
const negative = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : -value;

/** What each scan ranks by, the largest first. */
const RANKINGS: Readonly<Record<string, (quote: Quote) => number | undefined>> = {
  TOP_PERC_GAIN: change,
  TOP_PERC_LOSE: (q) => negative(change(q)),
  MOST_ACTIVE: (q) => q.dayVolume,
  HOT_BY_VOLUME: (q) => q.dayVolume,
  TOP_PRICE_RANGE: (q) =>
    q.dayHigh === undefined || q.dayLow === undefined ? undefined : q.dayHigh - q.dayLow,
};
export const SCAN_CODES: readonly string[] = Object.keys(RANKINGS);
/** IBKR answers at most 50 rows. */
const MOST_ROWS = 50;

export interface Scan {
  readonly scanCode: string;
  readonly instrument: string;
  readonly rows: number | undefined;
  readonly abovePrice: Decimal | undefined;
  readonly belowPrice: Decimal | undefined;
  readonly aboveVolume: Decimal | undefined;
}

/** The simulated instruments of a scan, best first. */
export function scan(market: Market, wanted: Scan): Instrument[] {
  const rank = RANKINGS[wanted.scanCode];
  if (rank === undefined) return [];
  const rows: { instrument: Instrument; value: number }[] = [];
  for (const instrument of market.instruments) {
    const quote = market.feed(instrument.conId)?.quote;
    if (quote?.last === undefined || !wanted.instrument.startsWith(instrument.config.secType)) continue;
    if (wanted.abovePrice?.gt(quote.last) === true || wanted.belowPrice?.lt(quote.last) === true) continue;
    if (wanted.aboveVolume?.gt(quote.dayVolume) === true) continue;
    const value = rank(quote);
    if (value !== undefined) rows.push({ instrument, value });
  }
  rows.sort((a, b) => b.value - a.value || a.instrument.conId - b.instrument.conId);
  const count = wanted.rows === undefined || wanted.rows < 1 ? MOST_ROWS : Math.min(wanted.rows, MOST_ROWS);
  return rows.slice(0, count).map(({ instrument }) => instrument);
}

/** A small but valid answer to reqScannerParameters: what can be scanned here, in TWS's elements. */
export function scannerXml(): string {
  const types = SCAN_CODES.map(
    (code) =>
      `<ScanType><displayName>${code.replaceAll('_', ' ').toLowerCase()}</displayName><scanCode>${code}</scanCode><instruments>STK</instruments></ScanType>`,
  ).join('');
  const location =
    '<Location><displayName>US Stocks</displayName><locationCode>STK.US.MAJOR</locationCode><instruments>STK</instruments></Location>';
  return `<?xml version="1.0" encoding="UTF-8"?><ScanParameterResponse><InstrumentList><Instrument><name>US Stocks</name><type>STK</type></Instrument></InstrumentList><LocationTree>${location}</LocationTree><ScanTypeList>${types}</ScanTypeList></ScanParameterResponse>`;
}
