import type { Field, FieldReader } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { readContract, type WireContract } from './contract.ts';

/** SECURITY_DEFINITION_OPTION_PARAMETER_END: the list before it may be empty. */
export const secDefOptParamsEnd = (reqId: number): Field[] => [Reply.secDefOptParamsEnd, reqId];

export interface SmartComponent {
  bit: number;
  exchange: string;
  letter: string;
}

/** SMART_COMPONENTS: which exchange each letter of a quote means. */
export const smartComponents = (reqId: number, components: readonly SmartComponent[]): Field[] => [
  ...[Reply.smartComponents, reqId, components.length],
  ...components.flatMap(({ bit, exchange, letter }): Field[] => [bit, exchange, letter]),
];

/** NEWS_PROVIDERS. */
export const newsProviders = (providers: readonly { code: string; name: string }[]): Field[] => [
  ...[Reply.newsProviders, providers.length],
  ...providers.flatMap(({ code, name }): Field[] => [code, name]),
];

export interface Bulletin {
  id: number;
  /** 1 regular, 2 exchange no longer available, 3 exchange available again. */
  type: 1 | 2 | 3;
  text: string;
  exchange: string;
}

/** NEWS_BULLETINS. */
export const newsBulletin = ({ id, type, text, exchange }: Bulletin): Field[] => [
  ...[Reply.newsBulletin, 1, id, type, text, exchange],
];

/** REQ_HISTOGRAM_DATA. */
export function readHistogramRequest(reader: FieldReader) {
  const reqId = reader.int('reqId');
  const contract = readContract(reader, { includeExpired: true });
  const useRth = reader.bool('useRTH');
  const period = reader.str('timePeriod');
  reader.end();
  return { reqId, contract, useRth, period };
}

/** HISTOGRAM_DATA: volume by price. */
export const histogramData = (
  reqId: number,
  entries: readonly { price: number; size: number }[],
): Field[] => [
  ...[Reply.histogramData, reqId, entries.length],
  ...entries.flatMap(({ price, size }): Field[] => [price, size]),
];

export const scannerParameters = (xml: string): Field[] => [Reply.scannerParameters, 1, xml];

/** REQ_SCANNER_SUBSCRIPTION, as far as the gateway looks at it; the filters behind are read and not applied. */
export function readScannerRequest(reader: FieldReader) {
  const reqId = reader.int('reqId');
  const rows = reader.intOrUnset('numberOfRows');
  const instrument = reader.str('instrument');
  const location = reader.str('locationCode');
  const scanCode = reader.str('scanCode');
  const abovePrice = reader.decimal('abovePrice');
  const belowPrice = reader.decimal('belowPrice');
  const aboveVolume = reader.decimal('aboveVolume');
  return { reqId, rows, instrument, location, scanCode, abovePrice, belowPrice, aboveVolume };
}

/** SCANNER_DATA: the ranking, best first. */
export function scannerData(reqId: number, rows: readonly WireContract[]): Field[] {
  return [
    ...[Reply.scannerData, 3, reqId, rows.length],
    ...rows.flatMap((c, rank): Field[] => [
      ...[rank, c.conId, c.symbol, c.secType, c.lastTradeDate, 0, '', c.exchange, c.currency],
      ...[c.localSymbol, c.symbol, c.tradingClass, '', '', '', ''],
    ]),
  ];
}
