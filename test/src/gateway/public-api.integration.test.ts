import {
  BarSizeSetting,
  type ExecutionDetail,
  IBApiNext,
  IBApiTickType,
  type OpenOrder,
  OrderAction,
  OrderType,
  TimeInForce,
  WhatToShow,
} from '@stoqey/ib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunningGateway } from '../../../src/gateway/start.ts';
import { when } from './conformance/harness.ts';
import { ACME, connected, IDX, SESSION_MS, testGateway } from './support.ts';

const market = { action: OrderAction.BUY, orderType: OrderType.MKT, totalQuantity: 10, transmit: true };
const resting = { ...market, orderType: OrderType.LMT, lmtPrice: 50.25, tif: TimeInForce.GTC };

/** In the middle of the first session, with nobody connected. */
async function open(): Promise<RunningGateway> {
  const gateway = await testGateway();
  gateway.pass(SESSION_MS / 2);
  return gateway;
}

async function connectedNext(port: number, clientId = 5): Promise<IBApiNext> {
  const api = new IBApiNext({ port, maxReqPerSec: 10_000, reconnectInterval: 0 });
  onTestFinished(() => {
    api.disconnect();
  });
  api.connect(clientId);
  await api.getCurrentTime();
  return api;
}

describe('IBApiNext, at the newest version', () => {
  test('connects, and tells when the connection is gone', async () => {
    const gateway = await open();
    const api = await connectedNext(gateway.port);
    expect(api.isConnected).toBe(true);
    const gone = when(api.connectionState, (state) => state === 0);
    await gateway.kill();
    await gone;
    expect(api.isConnected).toBe(false);
  });

  test('reads contract details and matching symbols', async () => {
    const api = await connectedNext((await open()).port);
    const [stock] = await api.getContractDetails(ACME);
    expect(stock).toMatchObject({
      contract: { symbol: 'ACME', secType: 'STK', currency: 'USD', primaryExch: 'NYSE' },
      minTick: 0.01,
      longName: 'Acmé Corp',
    });
    const [future] = await api.getContractDetails(IDX);
    expect(future?.contract).toMatchObject({
      symbol: 'IDX',
      multiplier: 10,
      lastTradeDateOrContractMonth: '20240315',
    });
    const samples = await api.getMatchingSymbols('ACM');
    expect(samples?.map(({ contract }) => contract?.symbol)).toEqual(['ACME']);
    await expect(api.getContractDetails({ ...ACME, symbol: 'NONE' })).rejects.toMatchObject({ code: 200 });
  });

  test('takes a snapshot and a stream of market data', async () => {
    const gateway = await open();
    const api = await connectedNext(gateway.port);
    const snapshot = await api.getMarketDataSnapshot(ACME, '', false);
    const price = (type: number): number => snapshot.get(type)?.value ?? Number.NaN;
    expect(price(IBApiTickType.BID)).toBeLessThan(price(IBApiTickType.ASK));
    const later = when(
      api.getMarketData(ACME, '', false, false),
      ({ all }) => all.get(IBApiTickType.LAST) !== undefined && all.get(IBApiTickType.ASK_SIZE) !== undefined,
    );
    await api.getCurrentTime();
    gateway.pass(SESSION_MS / 10);
    expect((await later).all.get(IBApiTickType.LAST)?.value).toBeGreaterThan(0);
  });

  test('reads historical bars, and how far back they go', async () => {
    const api = await connectedNext((await open()).port);
    const bars = await api.getHistoricalData(
      ACME,
      '',
      '2 D',
      BarSizeSetting.DAYS_ONE,
      WhatToShow.TRADES,
      1,
      1,
    );
    expect(bars[0]).toMatchObject({ time: '20240105', open: 102.4, high: 102.9, low: 100.1, close: 100.9 });
    expect(await api.getHeadTimestamp(ACME, WhatToShow.TRADES, true, 1)).toMatch(/^20240102/);
  });

  test('places a new order, hears of its fill, and finds the execution and the position', async () => {
    const gateway = await open();
    const api = await connectedNext(gateway.port);
    const id = await api.placeNewOrder(ACME, market);
    const details = await eventually(
      () => api.getExecutionDetails({}),
      (found: ExecutionDetail[]) => found.length > 0,
    );
    expect(details[0]?.execution).toMatchObject({ orderId: id, shares: 10, side: 'BOT', clientId: 5 });
    const [report] = await api.getCommissionReport({});
    expect(report).toMatchObject({ execId: details[0]?.execution.execId, currency: 'USD' });
    const positions = await when(api.getPositions(), ({ all }) => (all.get('DU1000001')?.length ?? 0) > 0);
    expect(positions.all.get('DU1000001')?.[0]).toMatchObject({ pos: 10, contract: { symbol: 'ACME' } });
  });

  test('modifies and cancels an order that rests', async () => {
    const gateway = await open();
    const api = await connectedNext(gateway.port);
    const id = await api.placeNewOrder(ACME, resting);
    const shows = (limit: number) => (orders: OpenOrder[]) =>
      orders.some(({ order }) => order.lmtPrice === limit);
    await eventually(() => api.getAllOpenOrders(), shows(50.25));
    api.modifyOrder(id, ACME, { ...resting, lmtPrice: 51.5 });
    const [changed] = await eventually(() => api.getAllOpenOrders(), shows(51.5));
    expect(changed).toMatchObject({ orderId: id, orderState: { status: 'Submitted' } });
    api.cancelOrder(id);
    await eventually(
      () => api.getAllOpenOrders(),
      (orders) => orders.length === 0,
    );
  });

  test('reads the account', async () => {
    const api = await connectedNext((await open()).port);
    expect(await api.getManagedAccounts()).toEqual(['DU1000001']);
    const summary = await when(
      api.getAccountSummary('All', 'NetLiquidation,TotalCashValue'),
      ({ all }) => all.get('DU1000001')?.get('NetLiquidation') !== undefined,
    );
    expect(Number(summary.all.get('DU1000001')?.get('NetLiquidation')?.get('USD')?.value)).toBe(1_000_000);
  });
});

describe('IBApi, at the newest version', () => {
  test('hears the callbacks of an order in the order in which TWS makes them', async () => {
    const gateway = await open();
    const client = await connected(gateway.port);
    client.forget();
    client.ib.placeOrder(1, ACME, market);
    await client.next('commissionReport');
    await client.settled();
    const names = client.names();
    expect(names.indexOf('openOrder')).toBeLessThan(names.indexOf('execDetails'));
    expect(names.indexOf('execDetails')).toBeLessThan(names.indexOf('commissionReport'));
    expect(client.all('orderStatus').at(-1)?.slice(0, 4)).toEqual([1, 'Filled', 10, 0]);
  });

  test('asks again after it was gone, and finds orders, executions and positions', async () => {
    const gateway = await open();
    const first = await connected(gateway.port, 3);
    first.ib.placeOrder(1, ACME, market);
    first.ib.placeOrder(2, ACME, resting);
    await first.next('orderStatus', (id, status) => id === 2 && status === 'Submitted');
    first.ib.disconnect();
    await first.next('disconnected');
    const second = await connected(gateway.port, 4);
    second.ib.reqAllOpenOrders();
    second.ib.reqExecutions(9, {});
    second.ib.reqPositions();
    await second.next('positionEnd');
    expect(second.all('openOrder').map(([id, , order]) => [id, order.clientId])).toEqual([[2, 3]]);
    expect(second.all('execDetails').map(([reqId, , each]) => [reqId, each.orderId])).toEqual([[9, 1]]);
    expect(second.all('position').map((args) => args[2])).toEqual([10]);
  });

  test('hears of what is wrong with a request under its own id', async () => {
    const client = await connected((await open()).port);
    client.ib.reqContractDetails(11, { ...ACME, symbol: 'NONE' });
    client.ib.placeOrder(12, { ...ACME, symbol: 'NONE' }, market);
    client.ib.cancelHistoricalData(13);
    client.ib.cancelMktData(14);
    await client.settled();
    for (const id of [11, 12, 13, 14]) expect(client.errors(id), `request ${id}`).toHaveLength(1);
  });
});

/** Asks until the answer passes; each question is a round trip, so there is nothing to sleep for. */
async function eventually<T>(ask: () => Promise<T>, passes: (answer: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const answer = await ask();
    if (passes(answer)) return answer;
  }
  throw new Error('the answer never passed');
}
