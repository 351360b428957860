import { createRequire } from 'node:module';
import type { Order } from '@stoqey/ib';
import { Decimal } from 'decimal.js';
import { describe, expect, test } from 'vitest';

import {
  contractData,
  readContractDataRequest,
  symbolSamples,
} from '../../../src/gateway/messages/contract.ts';
import {
  commissionReport,
  execution,
  readExecutionsRequest,
} from '../../../src/gateway/messages/execution.ts';
import {
  historicalData,
  historicalDataUpdate,
  readHeadTimestampRequest,
  readHistoricalDataRequest,
} from '../../../src/gateway/messages/history.ts';
import { readMarketDataRequest, readRealTimeBarsRequest } from '../../../src/gateway/messages/market-data.ts';
import {
  completedOrder,
  openOrder,
  orderStatus,
  type WireOrder,
} from '../../../src/gateway/messages/order-report.ts';
import {
  type OrderTicket,
  readCancelOrder,
  readPlaceOrder,
} from '../../../src/gateway/messages/place-order.ts';
import { errorMessage } from '../../../src/gateway/messages/system.ts';
import { type Field, FieldReader, fieldTexts } from '../../../src/gateway/wire/fields.ts';
import { SERVER_VERSION_MAX, SERVER_VERSION_MIN } from '../../../src/gateway/wire/versions.ts';
import { encoded } from './encoded.ts';
import { ticketOf } from './tickets.ts';

// IBApi always negotiates 193; its decoder and encoder know the older layouts too.
const require = createRequire(import.meta.url);
const { Decoder } = require('@stoqey/ib/dist/core/io/decoder.js');

const versions = Array.from(
  { length: SERVER_VERSION_MAX - SERVER_VERSION_MIN + 1 },
  (_, i) => SERVER_VERSION_MIN + i,
);

/** What @stoqey/ib makes of a message at a server version; any complaint of its decoder fails the test. */
function decoded(serverVersion: number, fields: readonly Field[]): { name: string; args: unknown[] }[] {
  const events: { name: string; args: unknown[] }[] = [];
  const complaints: unknown[] = [];
  const decoder = new Decoder({
    serverVersion,
    emitEvent: (name: string, ...args: unknown[]) => events.push({ name, args }),
    emitError: (...args: unknown[]) => {
      if (args[1] === 505) complaints.push(args);
      events.push({ name: 'error', args });
    },
    emitInfo: (...args: unknown[]) => events.push({ name: 'info', args }),
  });
  decoder.enqueueMessage(fieldTexts(fields));
  decoder.process();
  expect(complaints).toEqual([]);
  return events;
}

/** The same as the gateway reads them. */
const request = (serverVersion: number, call: string, ...args: unknown[]): FieldReader =>
  new FieldReader(encoded(serverVersion, call, ...args));

const contract = {
  conId: 42,
  symbol: 'ACME',
  secType: 'STK',
  lastTradeDate: '',
  multiplier: '',
  exchange: 'SMART',
  currency: 'USD',
  localSymbol: 'ACME',
  tradingClass: 'ACME',
};
const details = {
  ...contract,
  primaryExchange: 'NYSE',
  marketName: 'ACME',
  minTick: new Decimal('0.01'),
  orderTypes: 'LMT,MKT',
  validExchanges: 'SMART,NYSE',
  longName: 'Acmé Corp',
  contractMonth: '',
  industry: 'a',
  category: 'b',
  subcategory: 'c',
  timeZoneId: 'America/New_York',
  tradingHours: '20240108:0930-20240108:1600',
  liquidHours: '20240108:0930-20240108:1600',
  marketRuleIds: '10010,10010',
  stockType: 'COMMON',
};
const ticket: OrderTicket = ticketOf({
  ...{ totalQuantity: new Decimal(100), orderType: 'LMT', lmtPrice: new Decimal('10.5'), ocaGroup: 'oca' },
  ...{ account: 'DU1', openClose: 'O', orderRef: 'ref', parentId: 3, outsideRth: true, ocaType: 1 },
});
const order: WireOrder = {
  orderId: 7,
  clientId: 2,
  permId: 123456789,
  parentPermId: 0,
  account: 'DU1',
  contract,
  ticket,
  status: 'Submitted',
  filled: new Decimal(40),
  remaining: new Decimal(60),
  avgFillPrice: new Decimal('10.25'),
  lastFillPrice: new Decimal('10.3'),
  whyHeld: '',
  completedTime: '20240108 10:00:00 America/New_York',
  completedStatus: 'Filled Size: 40',
  warning: '',
  trailStopPrice: undefined,
  whatIf: undefined,
};

describe.each(versions)('server version %i', (version) => {
  test('open order, order status and completed order are decoded whole', () => {
    const [open] = decoded(version, openOrder(version, order));
    expect(open?.name).toBe('openOrder');
    expect(open?.args).toMatchObject([
      7,
      { conId: 42, symbol: 'ACME', exchange: 'SMART' },
      {
        action: 'BUY',
        totalQuantity: 100,
        orderType: 'LMT',
        lmtPrice: 10.5,
        tif: 'GTC',
        orderRef: 'ref',
        clientId: 2,
        permId: 123456789,
        outsideRth: true,
        parentId: 3,
        ocaType: 1,
        clearingIntent: 'IB',
        account: 'DU1',
        whatIf: false,
        adjustedOrderType: 'None',
      },
      { status: 'Submitted' },
    ]);
    expect(decoded(version, orderStatus(order))[0]?.args).toEqual([
      7,
      'Submitted',
      40,
      60,
      10.25,
      123456789,
      3,
      10.3,
      2,
      '',
      0,
    ]);
    // Below 177 this decoder (1.6.10) does not expect the faProfile that IBKR's own clients read there.
    if (version < 177) return;
    const [completed] = decoded(version, completedOrder(version, order));
    expect(completed?.args).toMatchObject([
      { symbol: 'ACME' },
      { permId: 123456789, filledQuantity: 40, orderRef: 'ref' },
      { status: 'Submitted', completedStatus: 'Filled Size: 40' },
    ]);
  });

  test('contract details and symbol samples are decoded whole', () => {
    const [data] = decoded(version, contractData(version, 9, details));
    expect(data?.args).toMatchObject([
      9,
      {
        contract: { conId: 42, primaryExch: 'NYSE', tradingClass: 'ACME' },
        minTick: 0.01,
        longName: 'Acmé Corp',
        timeZoneId: 'America/New_York',
        liquidHours: '20240108:0930-20240108:1600',
        marketRuleIds: '10010,10010',
        ...(version >= 152 ? { stockType: 'COMMON' } : {}),
      },
    ]);
    expect(decoded(version, symbolSamples(version, 9, [details]))[0]?.args).toMatchObject([
      9,
      [{ contract: { conId: 42, symbol: 'ACME', primaryExch: 'NYSE' } }],
    ]);
  });

  test('execution, commission, bars and errors are decoded whole', () => {
    const wire = {
      execId: '0000e0d5.65f1a2b3.01.01',
      orderId: 7,
      clientId: 2,
      permId: 5,
      contract,
      time: '20240108 10:00:00 America/New_York',
      account: 'DU1',
      exchange: 'NYSE',
      side: 'BOT',
      shares: new Decimal(40),
      price: new Decimal('10.3'),
      cumQty: new Decimal(40),
      avgPrice: new Decimal('10.3'),
      orderRef: 'ref',
      commission: new Decimal(1),
      commissionCurrency: 'USD',
      realizedPnl: undefined,
    } as const;
    expect(decoded(version, execution(version, -1, wire))[0]?.args).toMatchObject([
      -1,
      { symbol: 'ACME' },
      {
        execId: wire.execId,
        shares: 40,
        price: 10.3,
        cumQty: 40,
        orderRef: 'ref',
        permId: 5,
        lastLiquidity: 2,
      },
    ]);
    expect(decoded(version, commissionReport(wire))[0]?.args).toMatchObject([
      { execId: wire.execId, commission: 1, realizedPNL: undefined },
    ]);
    const bar = { date: '20240108', open: 1, high: 4, low: 0.5, close: 2, volume: 10, wap: 1.5, count: 3 };
    expect(decoded(version, historicalData(4, 'a', 'b', [bar]))[0]?.args).toEqual([
      4,
      '20240108',
      1,
      4,
      0.5,
      2,
      10,
      3,
      1.5,
      undefined,
    ]);
    expect(decoded(version, historicalDataUpdate(4, bar))[0]?.args).toEqual([
      4,
      '20240108',
      1,
      4,
      0.5,
      2,
      10,
      3,
      1.5,
    ]);
    expect(decoded(version, errorMessage(version, 4, 200, 'né'))).toMatchObject([
      { name: 'error', args: ['né', 200, 4, undefined] },
    ]);
  });

  test('orders and cancels are read as they were meant', () => {
    const asked: Order = {
      action: 'SELL',
      totalQuantity: 12,
      orderType: 'LMT',
      lmtPrice: 9.75,
      tif: 'GTC',
      orderRef: 'r',
      transmit: true,
      account: 'DU1',
      parentId: 4,
      whatIf: true,
      outsideRth: true,
      algoStrategy: 'Twap',
      algoParams: [{ tag: 'a', value: 'b' }],
    } as Order;
    const plain = { symbol: 'ACME', secType: 'STK', exchange: 'SMART', currency: 'USD', conId: 42 };
    expect(readPlaceOrder(request(version, 'placeOrder', 8, plain, asked), version)).toMatchObject({
      orderId: 8,
      contract: { symbol: 'ACME', conId: 42, exchange: 'SMART', currency: 'USD' },
      ticket: {
        action: 'SELL',
        totalQuantity: new Decimal(12),
        lmtPrice: new Decimal('9.75'),
        tif: 'GTC',
        orderRef: 'r',
        transmit: true,
        parentId: 4,
        whatIf: true,
        outsideRth: true,
        algoStrategy: 'Twap',
        auxPrice: undefined,
      },
    });
    expect(readCancelOrder(request(version, 'cancelOrder', 8, {}), version)).toEqual({ orderId: 8 });
  });

  test('requests for data are read as they were meant', () => {
    const plain = { symbol: 'ACME', secType: 'STK', exchange: 'SMART', currency: 'USD' };
    const named = { symbol: 'ACME', secType: 'STK', exchange: 'SMART', currency: 'USD', conId: 0 };
    expect(readContractDataRequest(request(version, 'reqContractDetails', 1, plain), version)).toMatchObject({
      reqId: 1,
      contract: named,
    });
    expect(readMarketDataRequest(request(version, 'reqMktData', 2, plain, '233', true, false))).toMatchObject(
      {
        reqId: 2,
        contract: named,
        genericTicks: '233',
        snapshot: true,
      },
    );
    expect(
      readRealTimeBarsRequest(request(version, 'reqRealTimeBars', 3, plain, 5, 'TRADES', true)),
    ).toMatchObject({
      reqId: 3,
      barSize: 5,
      useRth: true,
    });
    expect(
      readHistoricalDataRequest(
        request(version, 'reqHistoricalData', 4, plain, '', '1 M', '1 day', 'TRADES', 1, 2, true),
      ),
    ).toMatchObject({
      reqId: 4,
      duration: '1 M',
      barSize: '1 day',
      formatDate: 2,
      keepUpToDate: true,
      useRth: true,
    });
    expect(
      readHeadTimestampRequest(request(version, 'reqHeadTimestamp', 5, plain, 'TRADES', false, 1)),
    ).toMatchObject({ reqId: 5, whatToShow: 'TRADES', useRth: false });
    expect(readExecutionsRequest(request(version, 'reqExecutions', 6, { symbol: 'X', side: 'BUY' }))).toEqual(
      {
        reqId: 6,
        filter: { clientId: 0, account: '', time: '', symbol: 'X', secType: '', exchange: '', side: 'BUY' },
      },
    );
  });
});
