import { OrderAction, OrderType } from '@stoqey/ib';
import { expect, test } from 'vitest';
import { ACME, acmeConfig, connected, SESSION_MS, type TestClient, testGateway } from './support.ts';

const order = (action: OrderAction, totalQuantity: number) => ({
  action,
  orderType: OrderType.MKT,
  totalQuantity,
  transmit: true,
});

const value = (client: TestClient, tag: string): string | undefined =>
  client.all('accountSummary').findLast((args) => args[2] === tag)?.[3];

test('summary, updates, positions and profit agree with what was traded', async () => {
  const gateway = await testGateway({ config: acmeConfig() });
  const client = await connected(gateway.port);
  gateway.pass(SESSION_MS / 2);
  client.ib.reqAccountSummary(1, 'All', 'NetLiquidation,TotalCashValue,BuyingPower');
  client.ib.reqAccountUpdates(true, '');
  client.ib.reqPositions();
  client.ib.reqPnL(2, 'DU1000001', '');
  await client.settled();
  expect(value(client, 'NetLiquidation')).toBe('1000000.00');
  expect(client.names()).toEqual(
    expect.arrayContaining(['accountSummaryEnd', 'accountDownloadEnd', 'positionEnd', 'pnl']),
  );

  client.ib.placeOrder(1, ACME, order(OrderAction.BUY, 100));
  await client.next('commissionReport');
  await client.settled();
  const bought = client.all('execDetails')[0]?.[2].price;
  expect(value(client, 'TotalCashValue')).toBe((1_000_000 - bought * 100 - 1).toFixed(2));
  expect(client.all('position').at(-1)?.slice(2)).toEqual([100, Number((bought + 0.01).toFixed(4))]);

  gateway.pass(SESSION_MS * 2);
  await client.settled();
  client.ib.placeOrder(2, ACME, order(OrderAction.SELL, 100));
  await client.next('commissionReport', (report) => report.realizedPNL !== undefined);
  await client.settled();
  const sold = client.all('execDetails')[1]?.[2].price;
  const profit = (sold - bought) * 100 - 2;
  const report = client.all('commissionReport').at(-1)?.[0];
  expect(report.realizedPNL).toBeCloseTo(profit, 6);
  expect(client.all('commissionReport')[0]?.[0].realizedPNL).toBeUndefined();
  expect(Number(value(client, 'NetLiquidation'))).toBeCloseTo(1_000_000 + profit, 2);
  expect(client.all('position').at(-1)?.[2]).toBe(0);
  expect(client.all('updatePortfolio').at(-1)?.[1]).toBe(0);
  expect(client.all('pnl').at(-1)?.slice(2)).toEqual([0, expect.closeTo(profit, 6)]);

  client.forget();
  client.ib.reqPositions();
  await client.next('positionEnd');
  expect(client.all('position'), 'a closed position is not listed').toEqual([]);
});

test('a short position earns when the price falls; its profit is told for itself', async () => {
  const gateway = await testGateway({ config: acmeConfig() });
  const client = await connected(gateway.port);
  gateway.pass(1);
  client.ib.placeOrder(1, ACME, order(OrderAction.SELL, 100));
  await client.next('commissionReport');
  client.ib.reqContractDetails(1, ACME);
  const { conId } = (await client.next('contractDetails')).args[1].contract;
  client.ib.reqPnLSingle(5, 'DU1000001', '', conId);
  await client.next('pnlSingle');
  gateway.pass(SESSION_MS * 1.99);
  await client.settled();
  const [, position, , unrealized] = client.all('pnlSingle').at(-1) ?? [];
  // Sold near 100.90 on the 8th; the 9th closes at 98.60.
  expect(position).toBe(-100);
  expect(unrealized).toBeGreaterThan(200);
});

test('cancelled subscriptions are silent', async () => {
  const gateway = await testGateway({ config: acmeConfig() });
  const client = await connected(gateway.port);
  gateway.pass(SESSION_MS / 2);
  client.ib.reqAccountSummary(1, 'All', 'NetLiquidation');
  client.ib.reqPnL(2, 'DU1000001', '');
  client.ib.reqAccountUpdates(true, '');
  client.ib.reqPositions();
  client.ib.cancelAccountSummary(1);
  client.ib.cancelPnL(2);
  client.ib.reqAccountUpdates(false, '');
  client.ib.cancelPositions();
  await client.settled();
  client.forget();
  client.ib.placeOrder(1, ACME, order(OrderAction.BUY, 100));
  await client.next('commissionReport');
  gateway.pass(SESSION_MS * 2);
  await client.settled();
  expect(new Set(client.names())).toEqual(
    new Set(['openOrder', 'orderStatus', 'execDetails', 'commissionReport', 'currentTime']),
  );
});
