import type { GatewayConfig } from './config.ts';
import { dayIndexAt, hoursOf, type Instrument, type TradingDay } from './market/instrument.ts';
import { exchangesOf, localSymbol, type Market } from './market/market.ts';
import { addDays, compactDate, localDate, stamp } from './market/zone.ts';
import { type BrokerExecution, type BrokerOrder, remainingOf } from './matching/order.ts';
import { ORDER_TYPES } from './matching/order-types.ts';
import type { WireContract, WireContractDetails } from './messages/contract.ts';
import type { WireExecution } from './messages/execution.ts';
import type { WireOrder } from './messages/order-report.ts';

/** How the broker's own things look to clients. */

/** The market rule that a price increment is known by. Only instruments with the same minTick share it. */
export const marketRuleId = (instrument: Instrument): number => 10_000 + Math.round(instrument.tick * 1000);

export function wireContract(instrument: Instrument, exchange?: string): WireContract {
  const { config } = instrument;
  return {
    conId: instrument.conId,
    symbol: config.symbol,
    secType: config.secType,
    lastTradeDate: config.expiry === undefined ? '' : compactDate(config.expiry),
    multiplier: config.multiplier === undefined ? '' : String(config.multiplier),
    exchange: exchange ?? config.exchange,
    currency: config.currency,
    localSymbol: localSymbol(instrument),
    tradingClass: config.symbol,
  };
}

export function contractDetails(instrument: Instrument, market: Market): WireContractDetails {
  const { config } = instrument;
  const isFuture = config.secType === 'FUT';
  const validExchanges = exchangesOf(instrument);
  return {
    ...wireContract(instrument),
    primaryExchange: config.primaryExchange,
    marketName: config.symbol,
    minTick: instrument.minTick,
    orderTypes: ORDER_TYPES.join(','),
    validExchanges: validExchanges.join(','),
    longName: instrument.longName,
    contractMonth: config.expiry === undefined ? '' : compactDate(config.expiry).slice(0, 6),
    industry: isFuture ? '' : 'Simulated',
    category: isFuture ? '' : 'Simulated',
    subcategory: isFuture ? '' : 'Simulated',
    timeZoneId: config.timeZone,
    tradingHours: schedule(instrument, market.now, config.tradingHours ?? config.liquidHours),
    liquidHours: schedule(instrument, market.now, config.liquidHours),
    // One rule per valid exchange, as TWS lists them.
    marketRuleIds: validExchanges.map(() => marketRuleId(instrument)).join(','),
    stockType: config.secType === 'STK' ? config.stockType : '',
  };
}

/** The next seven days, `20010102:0930-20010102:1600;20010106:CLOSED;...`: days on which nothing trades are closed. */
function schedule(instrument: Instrument, now: number, hours: string): string {
  const { open, close } = hoursOf(hours);
  const trading = new Set<string>();
  const from = dayIndexAt(instrument.days, now - 86_400_000);
  for (const day of instrument.days.slice(from, from + 12) as TradingDay[]) trading.add(day.date);
  const today = localDate(instrument.config.timeZone, now);
  const at = (ms: number): string => new Date(ms).toISOString().slice(11, 16).replace(':', '');
  return Array.from({ length: 7 }, (_, index) => {
    const date = addDays(today, index);
    const day = compactDate(date);
    return trading.has(date) ? `${day}:${at(open)}-${day}:${at(close)}` : `${day}:CLOSED`;
  }).join(';');
}

export function wireOrder(order: BrokerOrder, instrument: Instrument, config: GatewayConfig): WireOrder {
  const zone = instrument.config.timeZone;
  return {
    orderId: order.orderId,
    clientId: order.clientId,
    permId: order.permId,
    parentPermId: order.parentPermId,
    account: config.account.id,
    contract: wireContract(instrument, order.exchange || undefined),
    ticket: order.ticket,
    status: order.status,
    filled: order.filled,
    remaining: remainingOf(order),
    avgFillPrice: order.avgFillPrice,
    lastFillPrice: order.lastFillPrice,
    whyHeld: order.whyHeld,
    completedTime: order.doneAt === undefined ? '' : stamp(zone, order.doneAt),
    completedStatus: order.completedStatus,
    warning: order.warning,
    trailStopPrice: order.ticket.orderType.startsWith('TRAIL') ? order.stopPrice : undefined,
    whatIf: undefined,
  };
}

/** Before server version 174 times of executions carry no zone and two blanks. */
export function wireExecution(
  execution: BrokerExecution,
  instrument: Instrument,
  config: GatewayConfig,
  withZone: boolean,
): WireExecution {
  const zone = instrument.config.timeZone;
  const time = stamp(zone, execution.at);
  return {
    execId: execution.execId,
    orderId: execution.orderId,
    clientId: execution.clientId,
    permId: execution.permId,
    contract: wireContract(instrument, execution.exchange),
    time: withZone ? time : `${time.slice(0, 8)}  ${time.slice(9, 17)}`,
    account: config.account.id,
    exchange: execution.exchange,
    side: execution.side,
    shares: execution.shares,
    price: execution.price,
    cumQty: execution.cumQty,
    avgPrice: execution.avgPrice,
    orderRef: execution.orderRef,
    commission: execution.commission,
    commissionCurrency: instrument.config.currency,
    realizedPnl: execution.realizedPnl,
  };
}
