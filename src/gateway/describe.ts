import type { GatewayConfig } from './config.ts';
import { calendarOf } from './market/calendar/exchanges.ts';
import { dayIndexAt, hoursOf, type Instrument } from './market/instrument.ts';
import { exchangesOf, localSymbol, type Market } from './market/market.ts';
import { hash } from './market/random.ts';
import { addDays, compactDate, localDate, stamp } from './market/zone.ts';
import { type BrokerExecution, type BrokerOrder, remainingOf } from './matching/order.ts';
import { ORDER_TYPES } from './matching/order-types.ts';
import type { WireContract, WireContractDetails } from './messages/contract.ts';
import type { WireExecution } from './messages/execution.ts';
import type { WireOrder } from './messages/order-report.ts';

/** How the broker's own things look to clients. */

/** The market rule that a grid of prices is known by; instruments with the same increments share it. */
export const marketRuleId = ({ grid }: Instrument): number => 10_000 + (hash(JSON.stringify(grid)) % 900_000);

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
    tradingClass: config.secType === 'CASH' ? localSymbol(instrument) : config.symbol,
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
    tradingHours: schedule(instrument, market.now, 'trading'),
    liquidHours: schedule(instrument, market.now, 'liquid'),
    // One rule per valid exchange, as TWS lists them.
    marketRuleIds: validExchanges.map(() => marketRuleId(instrument)).join(','),
    stockType: config.secType === 'STK' ? config.stockType : '',
  };
}

/**
 * The next seven days, `20010102:0930-20010102:1600;20010106:CLOSED;...`. With a calendar by its rules; without one
 * the days on which nothing trades are closed.
 */
function schedule(instrument: Instrument, now: number, which: 'liquid' | 'trading'): string {
  const { config } = instrument;
  const today = localDate(config.timeZone, now);
  const sessionsOf = config.calendar === undefined ? playedSessions(instrument, now, which) : undefined;
  const calendar = config.calendar === undefined ? undefined : calendarOf(config.calendar);
  return Array.from({ length: 7 }, (_, index) => {
    const date = addDays(today, index);
    const sessions = calendar === undefined ? sessionsOf?.(date) : calendar.day(date)?.[which];
    if (sessions === undefined || sessions.length === 0) return `${compactDate(date)}:CLOSED`;
    return sessions.map(({ open, close }) => `${moment(date, open)}-${moment(date, close)}`).join(',');
  }).join(';');
}

function playedSessions(instrument: Instrument, now: number, which: 'liquid' | 'trading') {
  const { config } = instrument;
  const hours = hoursOf(
    which === 'liquid' ? config.liquidHours : (config.tradingHours ?? config.liquidHours),
  );
  const from = dayIndexAt(instrument.days, now - 86_400_000);
  const played = new Set(instrument.days.slice(from, from + 12).map(({ date }) => date));
  return (date: string) => (played.has(date) ? [hours] : undefined);
}

/** `20010102:0930`; a negative time of day lies on the day before. */
function moment(date: string, timeOfDay: number): string {
  const days = Math.floor(timeOfDay / 86_400_000);
  const time = new Date(timeOfDay - days * 86_400_000).toISOString().slice(11, 16).replace(':', '');
  return `${compactDate(addDays(date, days))}:${time}`;
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
