import type { Field, FieldReader } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { readContract } from './contract.ts';

/** REQ_MKT_DEPTH. */
export function readDepthRequest(reader: FieldReader) {
  reader.skip('version');
  const reqId = reader.int('tickerId');
  const contract = readContract(reader);
  const rows = reader.int('numRows');
  const isSmart = reader.bool('isSmartDepth');
  reader.skip('mktDepthOptions');
  reader.end();
  return { reqId, contract, rows, isSmart };
}

export interface DepthRow {
  position: number;
  operation: 'insert' | 'update' | 'delete';
  side: 'ask' | 'bid';
  price: number;
  size: number;
}

const OPERATION = { insert: 0, update: 1, delete: 2 } as const;
const SIDE = { ask: 0, bid: 1 } as const;

/** MARKET_DEPTH: one row of the book, without who made it. */
export const marketDepth = (reqId: number, row: DepthRow): Field[] => [
  ...[Reply.marketDepth, 1, reqId, row.position],
  ...[OPERATION[row.operation], SIDE[row.side], row.price, row.size],
];

/** MARKET_DEPTH_L2: one row and its market maker, an exchange for SMART depth. */
export const marketDepthL2 = (reqId: number, maker: string, row: DepthRow, isSmart: boolean): Field[] => [
  ...[Reply.marketDepthL2, 1, reqId, row.position, maker],
  ...[OPERATION[row.operation], SIDE[row.side], row.price, row.size, isSmart],
];

export interface DepthExchange {
  exchange: string;
  secType: string;
}

/** MKT_DEPTH_EXCHANGES. */
export const depthExchanges = (exchanges: readonly DepthExchange[]): Field[] => [
  ...[Reply.mktDepthExchanges, exchanges.length],
  ...exchanges.flatMap(({ exchange, secType }): Field[] => [exchange, secType, '', 'Deep', '']),
];
