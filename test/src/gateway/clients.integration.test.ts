import { OrderAction, OrderType, TimeInForce } from '@stoqey/ib';
import { describe, expect, test } from 'vitest';
import { startGateway } from '../../../src/gateway/start.ts';
import { isError, RawClient } from './raw-client.ts';
import { ACME, connected, SESSION_MS, silentLog, TestClient, testConfig, testGateway } from './support.ts';

const market = { action: OrderAction.BUY, orderType: OrderType.MKT, totalQuantity: 10, transmit: true };
const resting = { ...market, orderType: OrderType.LMT, lmtPrice: 50, tif: TimeInForce.GTC, orderRef: 'rest' };

describe('connecting', () => {
  test('brings account, next valid id and the farms, and a clock in market time', async () => {
    const gateway = await testGateway();
    const client = new TestClient(gateway.port, 3);
    expect(await client.connect()).toBe(1);
    await client.settled();
    expect(client.all('managedAccounts')).toEqual([['DU1000001']]);
    expect(client.all('info').map((args) => args[1])).toEqual([2104, 2106, 2158]);
    expect(client.all('server')[0]?.[0]).toBe(193);
    expect(client.all('currentTime')[0]?.[0]).toBe(Math.floor(gateway.now() / 1000));
  });

  test('with a client id that is in use ends with 326; when it is free again it works', async () => {
    const gateway = await testGateway();
    const first = await connected(gateway.port, 3);
    const second = new TestClient(gateway.port, 3);
    second.ib.connect();
    const [, code] = (await second.next('info')).args;
    expect(code).toBe(326);
    await second.next('disconnected');
    first.ib.disconnect();
    await first.next('disconnected');
    // The gateway hears of the end a moment later than the client that ended.
    for (;;) {
      const third = new RawClient(gateway.port);
      third.hello('v100..193');
      third.send(71, 2, 3, '');
      const answer = await third.next((fields) => fields[0] === '9' || isError(326)(fields));
      if (answer?.[0] === '9') break;
    }
  });

  test('below the floor is refused with a reason', async () => {
    const gateway = await testGateway();
    const client = new RawClient(gateway.port);
    client.hello('v100..150');
    await client.end();
    expect(client.messages[0]?.[0]).toBe('150');
    expect(client.messages[1]?.slice(0, 4)).toEqual(['4', '2', '-1', '506']);
    expect(client.messages[1]?.[4]).toMatch(/needs 151 or newer/);
  });

  test('with an older client gives it its own version', async () => {
    const gateway = await testGateway();
    const client = new RawClient(gateway.port);
    client.hello('v100..176');
    client.send(71, 2, 1, '');
    await client.next((fields) => fields[0] === '15');
    expect(client.messages[0]?.[0]).toBe('176');
    expect(client.messages[0]).toHaveLength(2);
  });
});

describe('what cannot be understood', () => {
  test('a malformed request is answered with 320 and the session goes on', async () => {
    const gateway = await testGateway();
    const client = new RawClient(gateway.port);
    client.hello('v100..193');
    client.send(71, 2, 1, '');
    client.send(3, 5, 'x');
    client.send(20, 6, 0, 'ACME');
    client.send(49, 1);
    expect(await client.next((fields) => isError(320)(fields) && fields[2] === '5')).toBeDefined();
    expect(await client.next((fields) => isError(320)(fields) && fields[2] === '6')).toBeDefined();
    expect(await client.next((fields) => fields[0] === '49')).toBeDefined();
  });

  test('an unknown request is an error, never silence', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    client.ib.reqFundamentalData(44, ACME, 'ReportSnapshot');
    client.ib.requestFA(1);
    await client.settled();
    expect(client.errors(44)).toEqual([321]);
    expect(client.all('info').map((args) => args[1])).toContain(321);
  });

  test('bytes that are not this protocol end the connection and nothing else', async () => {
    const gateway = await testGateway();
    const good = await connected(gateway.port);
    const bad = new RawClient(gateway.port);
    bad.write('GET / HTTP/1.1\r\n\r\n');
    await bad.end();
    await good.settled();
  });
});

describe('several clients', () => {
  test('see the orders and executions of each other when they ask, and positions as they change', async () => {
    const gateway = await testGateway();
    const one = await connected(gateway.port, 1);
    const two = await connected(gateway.port, 2);
    two.ib.reqPositions();
    await two.next('positionEnd');
    gateway.pass(SESSION_MS / 2);
    one.ib.placeOrder(1, ACME, market);
    one.ib.placeOrder(2, ACME, resting);
    await one.settled();
    await two.settled();
    expect(two.all('position').at(-1)?.[2]).toBe(10);
    expect(two.all('execDetails')).toEqual([]);
    expect(two.all('openOrder')).toEqual([]);
    two.ib.reqAllOpenOrders();
    await two.next('openOrderEnd');
    expect(two.all('openOrder').map(([id, , order]) => [id, order.clientId, order.orderRef])).toEqual([
      [2, 1, 'rest'],
    ]);
    two.forget();
    two.ib.reqOpenOrders();
    await two.next('openOrderEnd');
    expect(two.all('openOrder')).toEqual([]);
    two.ib.reqExecutions(9, {});
    await two.next('execDetailsEnd');
    const [[reqId, , execution]] = two.all('execDetails') as [
      [number, object, { clientId: number; orderId: number }],
    ];
    expect([reqId, execution.clientId, execution.orderId]).toEqual([9, 1, 1]);
    two.ib.reqCompletedOrders(false);
    await two.next('completedOrdersEnd');
    expect(two.all('completedOrder').map(([, order, state]) => [order.permId > 0, state.status])).toEqual([
      [true, 'Filled'],
    ]);
  });

  test('one of them may be the master, which hears of everything as it happens', async () => {
    const gateway = await testGateway({ config: { ...testConfig(), masterClientId: 7 } });
    const master = await connected(gateway.port, 7);
    const other = await connected(gateway.port, 1);
    gateway.pass(SESSION_MS / 2);
    other.ib.placeOrder(1, ACME, market);
    await other.settled();
    await master.settled();
    const heard = master.names().filter((name) => name !== 'info' && name !== 'currentTime');
    expect(heard.slice(-5)).toEqual([
      'orderStatus',
      'execDetails',
      'openOrder',
      'orderStatus',
      'commissionReport',
    ]);
    expect(other.all('execDetails')).toHaveLength(1);
  });

  test('filter executions by client, side, symbol and time', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port, 1);
    gateway.pass(SESSION_MS / 2);
    client.ib.placeOrder(1, ACME, market);
    client.ib.placeOrder(2, ACME, { ...market, action: OrderAction.SELL });
    await client.settled();
    const count = async (filter: object): Promise<number> => {
      const reqId = 100 + client.heard.length;
      client.ib.reqExecutions(reqId, filter);
      await client.next('execDetailsEnd', (id) => id === reqId);
      return client.all('execDetails').filter((args) => args[0] === reqId).length;
    };
    expect(await count({})).toBe(2);
    expect(await count({ side: 'SELL' })).toBe(1);
    expect(await count({ clientId: '2' })).toBe(0);
    expect(await count({ symbol: 'IDX' })).toBe(0);
    expect(await count({ time: '20240108 00:00:00' })).toBe(2);
    expect(await count({ time: '20240109 00:00:00' })).toBe(0);
  });
});

test('a port in use is a named error of one line', async () => {
  const gateway = await testGateway();
  const second = startGateway({ port: gateway.port, config: testConfig(), log: silentLog() });
  await expect(second).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.not.stringContaining('\n'),
  });
});
