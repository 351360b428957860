import type { Decision } from '../../../machines/domain/decision.ts';
import type { Execution } from '../../../machines/domain/execution.ts';
import type { Instrument } from '../../../machines/domain/instrument.ts';
import { noPrices, type OrderIntent, orderRef } from '../../../machines/domain/order.ts';
import { singleBand } from '../../../machines/domain/price-bands.ts';
import type { SessionDefinition } from '../../../machines/domain/session.ts';
import type { BrokerOrder } from '../../../machines/order/order.ports.ts';

export const oracle: Instrument = {
  id: 'ORCL.STK.SMART.USD',
  symbol: 'ORCL',
  secType: 'STK',
  exchange: 'SMART',
  currency: 'USD',
  primaryExchange: 'NYSE',
  conId: 272800,
  longName: 'ORACLE CORP',
  minTick: '0.01',
  priceBands: singleBand('0.01'),
  multiplier: '1',
  timeZone: 'America/New_York',
  tradingHours: '20260105:0400-20260105:2000',
  liquidHours: '20260105:0930-20260105:1600;20260106:CLOSED',
};

export const session: SessionDefinition = {
  id: 'oracle-sma',
  name: 'Oracle with moving averages',
  instrument: { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' },
  timeframe: '5m',
  strategy: 'sma-fast',
  sizing: { kind: 'fixed', quantity: '10' },
  orderType: 'MKT',
  limitOffsetBps: 2.5,
  allowShort: false,
  onDifference: 'adopt',
  thread: 'main',
  bufferSize: 250,
  active: true,
  origin: 'config',
};

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
let counter = 0;
/** A ref that no other test has. */
export function freshRef(sessionId: string | null = session.id): string {
  counter += 1;
  const digits = counter.toString(10).padStart(26, '0');
  return orderRef({ sessionId }, [...digits].map((d) => ALPHABET[Number(d)]).join(''));
}

export const intent = (overrides: Partial<OrderIntent> = {}): OrderIntent => ({
  ref: freshRef(),
  source: 'autotrader',
  sessionId: session.id,
  instrumentId: oracle.id,
  side: 'BUY',
  quantity: '10',
  orderType: 'LMT',
  ...noPrices,
  limitPrice: '101.25',
  parentRef: null,
  timeInForce: 'DAY',
  purpose: 'entry',
  reason: 'fast average crossed above slow',
  barTime: 1_700_000_000_000,
  createdAt: 1_700_000_300_000,
  ...overrides,
});

export const decision = (overrides: Partial<Decision> = {}): Decision => ({
  sessionId: session.id,
  instrumentId: oracle.id,
  barTime: 1_700_000_000_000,
  at: 1_700_000_300_000,
  close: 101.2,
  signal: 'long',
  outcome: 'order',
  guard: null,
  reason: 'fast average crossed above slow; "quotes", \\ and ? survive',
  values: { fast: 101.1, slow: 100.9, note: "it's", ready: true, none: null },
  order: {
    side: 'BUY',
    quantity: '10',
    orderType: 'LMT',
    limitPrice: '101.25',
    timeInForce: 'DAY',
    purpose: 'entry',
  },
  orderRef: null,
  ...overrides,
});

export const execution = (overrides: Partial<Execution> = {}): Execution => ({
  execId: '0000e0d5.6512ab01.01.01',
  permId: 900_001,
  orderId: 7,
  clientId: 1,
  orderRef: null,
  account: 'DU1234567',
  instrumentId: oracle.id,
  symbol: 'ORCL',
  side: 'BUY',
  quantity: '10',
  price: '101.2',
  time: 1_700_000_301_000,
  ...overrides,
});

export const brokerOrder = (overrides: Partial<BrokerOrder> = {}): BrokerOrder => ({
  ref: null,
  permId: 900_002,
  orderId: -1,
  clientId: 0,
  account: 'DU1234567',
  instrumentId: oracle.id,
  symbol: 'ORCL',
  side: 'SELL',
  quantity: '5',
  orderType: 'TRAIL',
  ...noPrices,
  status: 'Submitted',
  filled: '0',
  message: null,
  ...overrides,
});
