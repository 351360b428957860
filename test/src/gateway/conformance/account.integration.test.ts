import { expect } from 'vitest';
import { instrumentSchema } from '../../../../src/gateway/config.ts';
import { ACME, type TestClient } from '../support.ts';
import { conformance, when } from './harness.ts';
import { executions, order, play, sell } from './order-story.ts';

const ACCOUNT = 'DU1000001';
/** Values of an account summary by tag and currency, the newest of each. */
const summary = (client: TestClient): Map<string, string> =>
  new Map(client.all('accountSummary').map(([, , tag, value, currency]) => [`${tag} ${currency}`, value]));
/** The same of account updates. */
const updates = (client: TestClient): Map<string, string> =>
  new Map(client.all('updateAccountValue').map(([tag, value, currency]) => [`${tag} ${currency}`, value]));

conformance('account summary', {
  'tells what was asked for, then that it is all': async ({ client }) => {
    client.ib.reqAccountSummary(1, 'All', 'NetLiquidation,TotalCashValue,BuyingPower');
    await client.next('accountSummaryEnd', (id) => id === 1);
    const told = client
      .all('accountSummary')
      .map(([, account, tag, value, currency]) => [account, tag, value, currency]);
    expect(told).toEqual([
      [ACCOUNT, 'NetLiquidation', '1000000.00', 'USD'],
      [ACCOUNT, 'TotalCashValue', '1000000.00', 'USD'],
      [ACCOUNT, 'BuyingPower', '2000000.00', 'USD'],
    ]);
  },
  '$LEDGER tells all currencies together': async ({ client }) => {
    client.ib.reqAccountSummary(1, 'All', '$LEDGER');
    await client.next('accountSummaryEnd');
    const found = summary(client);
    expect(found.get('CashBalance BASE')).toBe('1000000.00');
    expect(found.get('ExchangeRate BASE')).toBe('1.000000');
  },
  'a third at once is 322': async ({ client }) => {
    for (const id of [1, 2, 3]) client.ib.reqAccountSummary(id, 'All', 'NetLiquidation');
    await client.settled();
    expect([1, 2, 3].map((id) => client.errors(id))).toEqual([[], [], [322]]);
    client.ib.cancelAccountSummary(1);
    client.ib.reqAccountSummary(4, 'All', 'NetLiquidation');
    await client.settled();
    expect(client.errors(4)).toEqual([]);
  },
  'tells what a fill has changed': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqAccountSummary(1, 'All', 'TotalCashValue,GrossPositionValue');
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    await client.settled();
    const [{ price }] = executions(client, 1);
    const cash = client.all('accountSummary').findLast(([, , tag]) => tag === 'TotalCashValue')?.[3];
    expect(Number(cash)).toBeCloseTo(1_000_000 - 100 * price - 1, 2);
  },
  'reaches IBApiNext': async ({ next }) => {
    const api = await next();
    const update = await when(api.getAccountSummary('All', 'NetLiquidation'), ({ all }) => all.has(ACCOUNT));
    expect(
      update.all
        .get(ACCOUNT)
        ?.get('NetLiquidation' as never)
        ?.get('USD')?.value,
    ).toBe('1000000.00');
  },
});

conformance('account updates', {
  'tell values, portfolio and their time, then that it is all': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    client.ib.reqAccountUpdates(true, ACCOUNT);
    await client.next('accountDownloadEnd');
    const found = updates(client);
    expect(found.get('AccountType ')).toBe('INDIVIDUAL');
    expect(Number(found.get('GrossPositionValue USD'))).toBeGreaterThan(9000);
    expect(client.all('updatePortfolio')[0]?.slice(0, 2)).toMatchObject([
      { symbol: 'ACME', secType: 'STK' },
      100,
    ]);
    expect(client.all('updateAccountTime')[0]?.[0]).toMatch(/^\d\d:\d\d$/);
  },
  'of another account are 321': async ({ client }) => {
    client.ib.reqAccountUpdates(true, 'DU9');
    await client.settled();
    expect([...client.all('error'), ...client.all('info')].flat()).toContain(321);
  },
  'multi tell the same under a request id': async ({ client }) => {
    client.ib.reqAccountUpdatesMulti(5, ACCOUNT, '', false);
    await client.next('accountUpdateMultiEnd');
    const tags = new Set(client.all('accountUpdateMulti').map(([, , , tag]) => tag));
    expect(tags.has('NetLiquidation')).toBe(true);
  },
  'multi of another account are 321': async ({ client }) => {
    client.ib.reqAccountUpdatesMulti(5, 'DU9', '', false);
    await client.settled();
    expect(client.errors(5)).toEqual([321]);
  },
  'managed accounts and family codes name the account': async ({ client }) => {
    client.ib.reqManagedAccts();
    client.ib.reqFamilyCodes();
    const [codes] = (await client.next('familyCodes')).args;
    expect(codes[0].accountID).toBe(ACCOUNT);
    await client.settled();
    expect(client.all('managedAccounts')).toEqual([[ACCOUNT], [ACCOUNT]]);
  },
});

conformance('positions', {
  'are none at first, and that is an answer': async ({ client }) => {
    client.ib.reqPositions();
    await client.next('positionEnd');
    expect(client.all('position')).toEqual([]);
  },
  'have quantity and average cost with the commission': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    client.ib.reqPositions();
    await client.next('positionEnd');
    const [account, contract, quantity, cost] = client.all('position')[0] ?? [];
    const [{ price }] = executions(client, 1);
    expect([account, contract.symbol, quantity]).toEqual([ACCOUNT, 'ACME', 100]);
    expect(cost).toBeCloseTo(price + 0.01, 6);
  },
  'that are closed are told once as zero': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order());
    client.ib.reqPositions();
    await client.next('positionEnd');
    client.ib.placeOrder(2, ACME, sell({}));
    await client.next('position', (_, __, quantity) => quantity === 0);
    client.ib.cancelPositions();
    client.forget();
    client.ib.reqPositions();
    await client.next('positionEnd');
    expect(client.all('position')).toEqual([]);
  },
  'may be short': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, sell({}));
    await client.next('commissionReport');
    client.ib.reqPositions();
    await client.next('positionEnd');
    expect(client.all('position')[0]?.[2]).toBe(-100);
  },
  'multi come under a request id': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    client.ib.reqPositionsMulti(6, ACCOUNT, '');
    await client.next('positionMultiEnd', (id) => id === 6);
    expect(client.all('positionMulti')[0]?.slice(0, 2)).toEqual([6, ACCOUNT]);
  },
  'reach IBApiNext': async (world) => {
    await play(world, 0.5);
    world.client.ib.placeOrder(1, ACME, order());
    await world.client.next('commissionReport');
    const api = await world.next();
    const update = await when(api.getPositions(), ({ all }) => (all.get(ACCOUNT)?.length ?? 0) > 0);
    expect(update.all.get(ACCOUNT)?.[0]?.pos).toBe(100);
  },
});

conformance('profit and loss', {
  'of the account is nothing at first': async ({ client }) => {
    client.ib.reqPnL(7, ACCOUNT, '');
    const [id, daily, unrealized, realized] = (await client.next('pnl')).args;
    expect([id, daily, unrealized, realized]).toEqual([7, 0, 0, 0]);
  },
  'of the account counts commissions of closed trades': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    client.ib.placeOrder(2, ACME, sell({}));
    await client.next(
      'commissionReport',
      ({ realizedPNL }) => realizedPNL !== undefined && realizedPNL < 1e9,
    );
    client.ib.reqPnL(7, ACCOUNT, '');
    await client.next('pnl');
    const [, , , realized] = client.all('pnl').at(-1) ?? [];
    const [bought, sold] = [executions(client, 1), executions(client, 2)];
    expect(realized).toBeCloseTo(100 * (sold[0]?.price - bought[0]?.price) - 2, 2);
  },
  'of one position': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order());
    const { args } = await client.next('execDetails');
    client.ib.reqPnLSingle(8, ACCOUNT, '', args[1].conId);
    const [id, position, , unrealized, , value] = (await client.next('pnlSingle')).args;
    expect([id, position]).toEqual([8, 100]);
    expect(value).toBeGreaterThan(9000);
    expect(Math.abs(unrealized)).toBeLessThan(100);
  },
  'of another account is 321': async ({ client }) => {
    client.ib.reqPnL(7, 'DU9', '');
    await client.settled();
    expect(client.errors(7)).toEqual([321]);
  },
  'reaches IBApiNext': async ({ next }) => {
    const api = await next();
    expect((await when(api.getPnL(ACCOUNT), () => true)).dailyPnL).toBe(0);
  },
});

const day = { timeframe: '5m', days: 5, historyDays: 1 } as const;
conformance(
  'an account of several currencies',
  {
    'has cash in each, and their sum by the pair that trades': async (world) => {
      const { client } = world;
      await play(world, 0.2);
      client.ib.reqAccountSummary(1, 'All', '$LEDGER:ALL,NetLiquidation');
      await client.next('accountSummaryEnd');
      const found = summary(client);
      expect([found.get('CashBalance USD'), found.get('CashBalance EUR')]).toEqual(['100000.00', '50000.00']);
      const rate = Number(found.get('ExchangeRate EUR'));
      expect(rate).toBeGreaterThan(1.05);
      expect(Number(found.get('NetLiquidation USD'))).toBeCloseTo(100_000 + 50_000 * rate, 0);
    },
    'pays for shares in their currency, and goes below zero in it': async (world) => {
      const { client } = world;
      // 23,400 s a session of New York: a quarter to ten in Paris.
      await play(world, 1.5);
      const share = { symbol: 'PARIS', secType: 'STK' as never, exchange: 'SBF', currency: 'EUR' };
      client.ib.placeOrder(1, share, order({ totalQuantity: 600 }));
      await client.next('commissionReport');
      await client.settled();
      const spent = executions(client, 1).reduce((sum, each) => sum + each.shares * each.price, 0);
      const paid = client.all('commissionReport').reduce((sum, [report]) => sum + report.commission, 0);
      expect(paid).toBeCloseTo(Math.max(3, spent * 0.0005), 2);
      client.ib.reqAccountSummary(1, 'All', '$LEDGER:EUR,$LEDGER:USD');
      await client.next('accountSummaryEnd');
      const found = summary(client);
      expect(Number(found.get('CashBalance EUR'))).toBeCloseTo(50_000 - spent - paid, 1);
      expect(found.get('CashBalance USD')).toBe('100000.00');
    },
    'exchanges one for the other': async (world) => {
      const { client } = world;
      await play(world, 0.2);
      const pair = { symbol: 'EUR', secType: 'CASH' as never, exchange: 'IDEALPRO', currency: 'USD' };
      client.ib.placeOrder(1, pair, sell({ totalQuantity: 400 }));
      await client.next('commissionReport');
      client.ib.reqAccountSummary(1, 'All', '$LEDGER:ALL');
      await client.next('accountSummaryEnd');
      const found = summary(client);
      const [{ price }] = executions(client, 1);
      expect(found.get('CashBalance EUR')).toBe('49600.00');
      expect(Number(found.get('CashBalance USD'))).toBeCloseTo(100_000 + 400 * price - 2, 2);
    },
  },
  {
    config: {
      ...{ marketStart: '2024-01-08', speed: 23_400 },
      account: { cash: 100_000, currencies: { EUR: 50_000 }, rates: { EUR: 1.1 } },
      instruments: [
        instrumentSchema.parse({
          ...{ symbol: 'PARIS', exchange: 'SBF', currency: 'EUR', calendar: 'SBF', timeZone: 'Europe/Paris' },
          source: { synthetic: day },
        }),
        instrumentSchema.parse({
          ...{ symbol: 'EUR', secType: 'CASH', exchange: 'IDEALPRO', calendar: 'IDEALPRO', minTick: 0.00005 },
          source: { synthetic: { ...day, startPrice: 1.1, annualVolatility: 0.08 } },
        }),
      ],
    },
  },
);
