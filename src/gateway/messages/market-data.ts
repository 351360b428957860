import type { Decimal } from 'decimal.js';
import type { Field, FieldReader } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { type ContractQuery, readContract } from './contract.ts';

/** IBKR tick types: https://interactivebrokers.github.io/tws-api/tick_types.html */
export const TickType = {
  bidSize: 0,
  bid: 1,
  ask: 2,
  askSize: 3,
  last: 4,
  lastSize: 5,
  high: 6,
  low: 7,
  volume: 8,
  close: 9,
  open: 14,
  bidExchange: 32,
  askExchange: 33,
  lastTimestamp: 45,
  halted: 49,
  lastExchange: 84,
} as const;

/** The tick types of delayed data. */
export const DELAYED_TICK_TYPE = {
  ...{ bid: 66, ask: 67, last: 68, bidSize: 69, askSize: 70, lastSize: 71, high: 72, low: 73 },
  ...{ volume: 74, close: 75, open: 76, lastTimestamp: 88 },
} as const;

export const MarketDataType = { live: 1, frozen: 2, delayed: 3, delayedFrozen: 4 } as const;

export interface MarketDataRequest {
  reqId: number;
  contract: ContractQuery;
  genericTicks: string;
  snapshot: boolean;
}

/** REQ_MKT_DATA. */
export function readMarketDataRequest(reader: FieldReader): MarketDataRequest {
  reader.skip('version');
  const reqId = reader.int('tickerId');
  const contract = readContract(reader);
  if (contract.secType === 'BAG')
    reader.list('comboLegs', () => reader.skip('conId', 'ratio', 'action', 'exchange'));
  if (reader.bool('deltaNeutral')) reader.skip('conId', 'delta', 'price');
  const genericTicks = reader.str('genericTickList');
  const snapshot = reader.bool('snapshot');
  const regulatory = reader.bool('regulatorySnapshot');
  reader.skip('mktDataOptions');
  reader.end();
  return { reqId, contract, genericTicks, snapshot: snapshot || regulatory };
}

/** REQ_REAL_TIME_BARS. */
export function readRealTimeBarsRequest(reader: FieldReader) {
  reader.skip('version');
  const reqId = reader.int('tickerId');
  const contract = readContract(reader);
  const barSize = reader.intOrUnset('barSize');
  const whatToShow = reader.str('whatToShow').toUpperCase();
  const useRth = reader.bool('useRTH');
  reader.skip('realTimeBarsOptions');
  reader.end();
  return { reqId, contract, barSize, whatToShow, useRth };
}

/** TICK_PRICE carries its size; clients derive the size tick from it. Price -1 means "none". */
export const tickPrice = (reqId: number, type: number, price: number | Decimal, size: number): Field[] => [
  Reply.tickPrice,
  6,
  reqId,
  type,
  price,
  size,
  type === TickType.bid || type === TickType.ask ? 1 : 0,
];
export const tickSize = (reqId: number, type: number, size: number): Field[] => [
  Reply.tickSize,
  6,
  reqId,
  type,
  size,
];
export const tickString = (reqId: number, type: number, value: string): Field[] => [
  Reply.tickString,
  6,
  reqId,
  type,
  value,
];
export const tickGeneric = (reqId: number, type: number, value: number): Field[] => [
  Reply.tickGeneric,
  6,
  reqId,
  type,
  value,
];
export const marketDataType = (reqId: number, type: number): Field[] => [
  Reply.marketDataType,
  1,
  reqId,
  type,
];
export const tickReqParams = (reqId: number, minTick: Decimal, bboExchange: string): Field[] => [
  Reply.tickReqParams,
  reqId,
  minTick,
  bboExchange,
  3, // snapshot permissions
];
export const tickSnapshotEnd = (reqId: number): Field[] => [Reply.tickSnapshotEnd, 1, reqId];

export interface WireBar {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  wap: number;
  count: number;
}

/** REAL_TIME_BARS; `time` is the bar's start in epoch seconds. */
export const realTimeBar = (reqId: number, time: number, bar: WireBar): Field[] => [
  Reply.realTimeBar,
  3,
  reqId,
  time,
  bar.open,
  bar.high,
  bar.low,
  bar.close,
  bar.volume,
  bar.wap,
  bar.count,
];
