import { type Order, OrderAction, OrderType, TimeInForce } from '@stoqey/ib';
import { describe, expect, test } from 'vitest';
import { ACME, connected, IDX, SESSION_MS, type TestClient, testConfig, testGateway } from './support.ts';

const buy = (totalQuantity: number, more: Partial<Order> = {}): Order => ({
  action: OrderAction.BUY,
  orderType: OrderType.MKT,
  totalQuantity,
  transmit: true,
  orderRef: 'ref-1',
  ...more,
});
const limit = (totalQuantity: number, lmtPrice: number, more: Partial<Order> = {}): Order =>
  buy(totalQuantity, { orderType: OrderType.LMT, lmtPrice, tif: TimeInForce.GTC, ...more });

/** What the client heard of one order, in order: the status of each orderStatus, and the other events' names. */
function story(client: TestClient, orderId: number): string[] {
  return client.heard.flatMap(({ name, args }) => {
    if (name === 'orderStatus' && args[0] === orderId) return [args[1]];
    if (name === 'openOrder' && args[0] === orderId) return ['openOrder'];
    if (name === 'execDetails' && args[2].orderId === orderId) return [name];
    if (name === 'commissionReport') return [name];
    if (name === 'error' && args[2] === orderId) return [args[1]];
    return [];
  });
}

describe('a market order', () => {
  test('is told as TWS tells it: accepted, executed, filled, commission', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(SESSION_MS / 2);
    client.ib.placeOrder(1, ACME, buy(100));
    await client.next('commissionReport');
    expect(story(client, 1)).toEqual([
      'openOrder',
      'PreSubmitted',
      'execDetails',
      'openOrder',
      'Filled',
      'commissionReport',
    ]);
    const [, , execution] = client.all('execDetails')[0] ?? [];
    const status = client.all('orderStatus').at(-1) ?? [];
    expect(execution).toMatchObject({
      side: 'BOT',
      shares: 100,
      orderRef: 'ref-1',
      clientId: 1,
      cumQty: 100,
    });
    expect(execution.execId).toMatch(/^[0-9a-f]{8}\.[0-9a-f]{8}\.01\.01$/);
    expect(status.slice(1, 6)).toEqual(['Filled', 100, 0, execution.price, execution.permId]);
    expect(client.all('commissionReport')[0]?.[0]).toMatchObject({ execId: execution.execId, commission: 1 });
    const order = client.all('openOrder').at(-1)?.[2];
    expect(order).toMatchObject({
      orderRef: 'ref-1',
      permId: execution.permId,
      totalQuantity: 100,
      orderType: 'MKT',
    });
  });

  test('larger than the quote is filled in parts that add up, with one minimum commission', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(SESSION_MS / 2);
    client.ib.placeOrder(1, ACME, buy(1250));
    await client.settled();
    expect(client.all('orderStatus').at(-1)?.slice(1, 4)).toEqual(['Submitted', 500, 750]);
    gateway.pass(SESSION_MS / 4);
    await client.next('orderStatus', (_, status) => status === 'Filled');
    await client.settled();
    const shares = client.all('execDetails').map(([, , execution]) => execution.shares);
    expect(shares).toEqual([500, 500, 250]);
    const commission = client.all('commissionReport').reduce((sum, [report]) => sum + report.commission, 0);
    expect(commission).toBeCloseTo(1250 * 0.005, 9);
  });

  test('outside liquid hours waits for the opening, and the client is told', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    client.ib.placeOrder(1, ACME, buy(10));
    await client.settled();
    expect(story(client, 1)).toEqual(['openOrder', 'PreSubmitted', 399]);
    gateway.pass(SESSION_MS / 4);
    await client.next('orderStatus', (_, status) => status === 'Filled');
    expect(client.all('execDetails')[0]?.[2].time).toBe('20240108 09:30:00 America/New_York');
  });
});

describe('a limit order', () => {
  test('works until the quote reaches it, and never fills at a worse price', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(1);
    client.ib.placeOrder(1, ACME, limit(100, 98.3));
    await client.settled();
    expect(client.all('orderStatus').map((args) => args[1])).toEqual(['PreSubmitted', 'Submitted']);
    gateway.pass(SESSION_MS * 3);
    const [, , execution] = (await client.next('execDetails')).args;
    expect(execution.price).toBeLessThanOrEqual(98.3);
  });

  test('that crosses the quote is filled at once at the better price', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(SESSION_MS / 2);
    client.ib.placeOrder(1, ACME, limit(100, 150));
    const [, , execution] = (await client.next('execDetails')).args;
    expect(execution.price).toBeLessThan(103);
  });

  test('is changed under its own id and keeps its permId', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(1);
    client.ib.placeOrder(1, ACME, limit(100, 50));
    client.ib.placeOrder(1, ACME, limit(200, 51));
    await client.settled();
    const orders = client.all('openOrder').map(([, , order]) => order);
    expect(orders.at(-1)).toMatchObject({ totalQuantity: 200, lmtPrice: 51, permId: orders[0].permId });
    client.forget();
    client.ib.reqAllOpenOrders();
    await client.next('openOrderEnd');
    expect(client.all('openOrder')).toHaveLength(1);
  });

  test('is cancelled: 202, then Cancelled', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(1);
    client.ib.placeOrder(1, ACME, limit(100, 50));
    client.ib.cancelOrder(1, '');
    await client.settled();
    expect(story(client, 1).slice(-3)).toEqual([202, 'openOrder', 'Cancelled']);
    client.ib.cancelOrder(1, '');
    client.ib.cancelOrder(77, '');
    await client.settled();
    expect(client.errors(1)).toContain(10148);
    expect(client.errors(77)).toEqual([10147]);
  });

  test('for the day ends with the session', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(1);
    client.ib.placeOrder(1, ACME, limit(100, 50, { tif: TimeInForce.DAY }));
    await client.settled();
    gateway.pass(SESSION_MS * 1.5);
    await client.next('orderStatus', (_, status) => status === 'Cancelled');
  });

  test('not transmitted does nothing until it is', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(1);
    client.ib.placeOrder(1, ACME, limit(100, 150, { transmit: false }));
    await client.settled();
    gateway.pass(SESSION_MS / 4);
    await client.settled();
    expect(client.all('orderStatus').map((args) => args[1])).toEqual(['Inactive']);
    client.ib.placeOrder(1, ACME, limit(100, 150));
    await client.next('execDetails');
  });
});

describe('an order that cannot be taken', () => {
  test.each([
    ['off the tick grid', ACME, limit(1, 100.005), 110],
    ['without size', ACME, buy(0), 434],
    ['of a fraction', ACME, buy(1.5), 10243],
    ['of an unsupported type', ACME, buy(1, { orderType: 'PEG MKT' as OrderType }), 387],
    ['with a parent that is not known', ACME, buy(1, { parentId: 4 }), 135],
    ['for another account', ACME, buy(1, { account: 'DU9' }), 321],
    ['of an unknown symbol', { ...ACME, symbol: 'NOPE' }, buy(1), 200],
  ])('%s is refused with its code and leaves nothing behind', async (_, contract, order, code) => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(1);
    client.ib.placeOrder(5, contract, order);
    await client.settled();
    expect(story(client, 5)).toEqual([code]);
  });

  test('because the money is missing is rejected with 201 and becomes Inactive', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(1);
    client.ib.placeOrder(5, ACME, limit(1_000_000, 100));
    await client.settled();
    expect(story(client, 5)).toEqual([201, 'openOrder', 'Inactive']);
  });

  test('under the id of a finished order is a duplicate, 103', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(SESSION_MS / 2);
    client.ib.placeOrder(1, ACME, buy(1));
    await client.next('commissionReport');
    client.ib.placeOrder(1, ACME, buy(1));
    await client.settled();
    expect(client.errors(1)).toEqual([103]);
    expect(client.all('execDetails')).toHaveLength(1);
  });
});

test('a what-if order is answered and not kept', async () => {
  const gateway = await testGateway();
  const client = await connected(gateway.port);
  gateway.pass(SESSION_MS / 2);
  client.ib.placeOrder(1, ACME, buy(10, { whatIf: true }));
  const [, , order, state] = (await client.next('openOrder')).args;
  expect([order.whatIf, state.status]).toEqual([true, 'PreSubmitted']);
  client.forget();
  client.ib.reqAllOpenOrders();
  await client.next('openOrderEnd');
  expect(client.all('openOrder')).toEqual([]);
});

test('global cancel ends the orders of every client', async () => {
  const gateway = await testGateway();
  const one = await connected(gateway.port, 1);
  const two = await connected(gateway.port, 2);
  gateway.pass(1);
  one.ib.placeOrder(1, ACME, limit(1, 50));
  two.ib.placeOrder(1, ACME, limit(1, 51));
  await one.settled();
  await two.settled();
  two.ib.reqGlobalCancel({});
  await one.next('orderStatus', (_, status) => status === 'Cancelled');
  await two.next('orderStatus', (_, status) => status === 'Cancelled');
});

test('a future is margined, charged per contract and counted with its multiplier', async () => {
  // 9:00 in Berlin is before the market start in New York, so let the night pass first.
  const gateway = await testGateway({ config: testConfig({ speed: 60 }) });
  const client = await connected(gateway.port);
  for (let i = 0; i < 500 && new Date(gateway.now()).toISOString() < '2024-01-09T08:01'; i += 1)
    gateway.pass(1000);
  client.ib.placeOrder(1, IDX, buy(2));
  await client.next('commissionReport');
  client.ib.reqPositions();
  const [, contract, quantity, cost] = (await client.next('position')).args;
  const [, , execution] = client.all('execDetails')[0] ?? [];
  expect([contract.symbol, contract.multiplier, quantity]).toEqual(['IDX', 10, 2]);
  expect(cost).toBeCloseTo(execution.price * 10 + 2, 6);
});
