import type { Decimal } from 'decimal.js';
import { type Field, UNSET_DOUBLE } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { contractFields, type WireContract } from './contract.ts';

export interface AccountValue {
  tag: string;
  value: string;
  currency: string;
}

export interface WirePosition {
  contract: WireContract;
  primaryExchange: string;
  quantity: Decimal;
  avgCost: Decimal;
  marketPrice: Decimal;
  marketValue: Decimal;
  unrealizedPnl: Decimal;
  realizedPnl: Decimal;
  dailyPnl: Decimal;
}

export const accountValue = (account: string, v: AccountValue): Field[] => [
  Reply.accountValue,
  2,
  v.tag,
  v.value,
  v.currency,
  account,
];

/** PORTFOLIO_VALUE: its contract block differs from the usual one (primary exchange after the multiplier). */
export const portfolioValue = (account: string, p: WirePosition): Field[] => [
  Reply.portfolioValue,
  8,
  p.contract.conId,
  p.contract.symbol,
  p.contract.secType,
  p.contract.lastTradeDate,
  0,
  '',
  p.contract.multiplier,
  p.primaryExchange,
  p.contract.currency,
  p.contract.localSymbol,
  p.contract.tradingClass,
  p.quantity,
  p.marketPrice,
  p.marketValue,
  p.avgCost,
  p.unrealizedPnl,
  p.realizedPnl,
  account,
];

/** `time` is HH:mm. */
export const accountUpdateTime = (time: string): Field[] => [Reply.accountUpdateTime, 1, time];
export const accountDownloadEnd = (account: string): Field[] => [Reply.accountDownloadEnd, 1, account];

export const position = (account: string, p: WirePosition): Field[] => [
  Reply.position,
  3,
  account,
  ...contractFields(p.contract),
  p.quantity,
  p.avgCost,
];
export const positionEnd = (): Field[] => [Reply.positionEnd, 1];

export const positionMulti = (reqId: number, account: string, p: WirePosition): Field[] => [
  Reply.positionMulti,
  1,
  reqId,
  account,
  ...contractFields(p.contract),
  p.quantity,
  p.avgCost,
  '',
];
export const positionMultiEnd = (reqId: number): Field[] => [Reply.positionMultiEnd, 1, reqId];

export const accountUpdateMulti = (reqId: number, account: string, v: AccountValue): Field[] => [
  Reply.accountUpdateMulti,
  1,
  reqId,
  account,
  '',
  v.tag,
  v.value,
  v.currency,
];
export const accountUpdateMultiEnd = (reqId: number): Field[] => [Reply.accountUpdateMultiEnd, 1, reqId];

export const accountSummary = (reqId: number, account: string, v: AccountValue): Field[] => [
  Reply.accountSummary,
  1,
  reqId,
  account,
  v.tag,
  v.value,
  v.currency,
];
export const accountSummaryEnd = (reqId: number): Field[] => [Reply.accountSummaryEnd, 1, reqId];

export interface PnlFigures {
  daily: Decimal;
  unrealized: Decimal;
  realized: Decimal;
}

export const pnl = (reqId: number, p: PnlFigures): Field[] => [
  Reply.pnl,
  reqId,
  p.daily,
  p.unrealized,
  p.realized,
];

/** Without a position TWS sends 0 and unset figures. */
export const pnlSingle = (reqId: number, p: WirePosition | undefined): Field[] =>
  p === undefined
    ? [Reply.pnlSingle, reqId, 0, UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE]
    : [Reply.pnlSingle, reqId, p.quantity, p.dailyPnl, p.unrealizedPnl, p.realizedPnl, p.marketValue];
