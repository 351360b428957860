import type { Field, FieldReader } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { readContract } from './contract.ts';

/** One trade or quote, time in epoch seconds as these messages have it. */
export interface WireTrade {
  time: number;
  price: number;
  size: number;
  exchange: string;
}
export interface WireQuote {
  time: number;
  bid: number;
  ask: number;
  bidSize: number;
  askSize: number;
}

/** REQ_TICK_BY_TICK_DATA. */
export function readTickByTickRequest(reader: FieldReader) {
  const reqId = reader.int('reqId');
  const contract = readContract(reader);
  const tickType = reader.str('tickType');
  const numberOfTicks = reader.int('numberOfTicks');
  const ignoreSize = reader.bool('ignoreSize');
  reader.end();
  return { reqId, contract, tickType, numberOfTicks, ignoreSize };
}

/** REQ_HISTORICAL_TICKS. */
export function readHistoricalTicksRequest(reader: FieldReader) {
  const reqId = reader.int('reqId');
  const contract = readContract(reader, { includeExpired: true });
  const start = reader.str('startDateTime');
  const end = reader.str('endDateTime');
  const count = reader.int('numberOfTicks');
  const whatToShow = reader.str('whatToShow').toUpperCase();
  const useRth = reader.bool('useRth');
  const ignoreSize = reader.bool('ignoreSize');
  reader.skip('miscOptions');
  reader.end();
  return { reqId, contract, start, end, count, whatToShow, useRth, ignoreSize };
}

const TICK = { Last: 1, AllLast: 2, BidAsk: 3, MidPoint: 4 } as const;
/** Attribute masks: nothing is past a limit, unreported, or past the day's range here. */
const NO_ATTRIBUTES = 0;

export const tickByTickTrade = (reqId: number, type: 'Last' | 'AllLast', t: WireTrade): Field[] => [
  ...[Reply.tickByTick, reqId, TICK[type], t.time, t.price, t.size, NO_ATTRIBUTES, t.exchange, ''],
];
export const tickByTickQuote = (reqId: number, q: WireQuote): Field[] => [
  ...[Reply.tickByTick, reqId, TICK.BidAsk, q.time, q.bid, q.ask, q.bidSize, q.askSize, NO_ATTRIBUTES],
];
export const tickByTickMidpoint = (reqId: number, time: number, price: number): Field[] => [
  ...[Reply.tickByTick, reqId, TICK.MidPoint, time, price],
];

/** HISTORICAL_TICKS: midpoints. */
export const historicalMidpoints = (
  reqId: number,
  ticks: readonly { time: number; price: number }[],
): Field[] => [
  ...[Reply.historicalTicks, reqId, ticks.length],
  ...ticks.flatMap(({ time, price }): Field[] => [time, 0, price, 0]),
  true,
];
export const historicalQuotes = (reqId: number, ticks: readonly WireQuote[]): Field[] => [
  ...[Reply.historicalTicksBidAsk, reqId, ticks.length],
  ...ticks.flatMap((q): Field[] => [q.time, NO_ATTRIBUTES, q.bid, q.ask, q.bidSize, q.askSize]),
  true,
];
export const historicalTrades = (reqId: number, ticks: readonly WireTrade[]): Field[] => [
  ...[Reply.historicalTicksLast, reqId, ticks.length],
  ...ticks.flatMap((t): Field[] => [t.time, NO_ATTRIBUTES, t.price, t.size, t.exchange, '']),
  true,
];
