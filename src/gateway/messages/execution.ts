import type { Decimal } from 'decimal.js';
import { type Field, type FieldReader, since, UNSET_DOUBLE } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { V } from '../wire/versions.ts';
import { contractFields, type WireContract } from './contract.ts';

export interface WireExecution {
  execId: string;
  orderId: number;
  clientId: number;
  permId: number;
  contract: WireContract;
  time: string;
  account: string;
  exchange: string;
  side: 'BOT' | 'SLD';
  shares: Decimal;
  price: Decimal;
  cumQty: Decimal;
  avgPrice: Decimal;
  orderRef: string;
  commission: Decimal;
  commissionCurrency: string;
  /** Undefined for an execution that closes nothing. */
  realizedPnl: Decimal | undefined;
}

/** EXECUTION_DATA; reqId -1 for live executions. */
export const execution = (version: number, reqId: number, e: WireExecution): Field[] => [
  Reply.execution,
  reqId,
  e.orderId,
  ...contractFields(e.contract),
  e.execId,
  e.time,
  e.account,
  e.exchange,
  e.side,
  e.shares,
  e.price,
  e.permId,
  e.clientId,
  0, // liquidation
  e.cumQty,
  e.avgPrice,
  e.orderRef,
  '', // evRule
  '', // evMultiplier
  '', // modelCode
  2, // lastLiquidity: removed liquidity
  ...since(version, V.pendingPriceRevision, [0]),
];

export const executionEnd = (reqId: number): Field[] => [Reply.executionEnd, 1, reqId];

/** COMMISSION_REPORT; must follow the execution that it belongs to. */
export const commissionReport = (e: WireExecution): Field[] => [
  Reply.commissionReport,
  1,
  e.execId,
  e.commission,
  e.commissionCurrency,
  e.realizedPnl ?? UNSET_DOUBLE,
  '', // yield
  '', // yieldRedemptionDate
];

/** REQ_EXECUTIONS. */
export function readExecutionsRequest(r: FieldReader) {
  r.skip('version');
  const reqId = r.int('reqId');
  const clientId = r.int('clientId');
  const account = r.str('acctCode');
  const time = r.str('time');
  const symbol = r.str('symbol');
  const secType = r.str('secType').toUpperCase();
  const exchange = r.str('exchange');
  const side = r.str('side').toUpperCase();
  r.end();
  return { reqId, filter: { clientId, account, time, symbol, secType, exchange, side } };
}

export type ExecutionFilter = ReturnType<typeof readExecutionsRequest>['filter'];
