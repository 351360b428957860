import { OrderType, TimeInForce } from '@stoqey/ib';
import { expect } from 'vitest';
import { ACME } from '../support.ts';
import { conformance } from './harness.ts';
import { executions, limit, order, play, sell, status, statuses, told } from './order-story.ts';

// ACME on Monday 2024-01-08: opens 100.90, high 101.50, low 98.70, closes 99.30; Tuesday 99.30 to 98.60.
const STP = OrderType.STP;
const HELD = { name: 'PreSubmitted', whyHeld: 'trigger' };

conformance('orders', {
  'a market order is accepted, then filled': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    expect(statuses(client, 1)).toEqual(['PreSubmitted', 'Filled']);
    expect(status(client, 1)).toMatchObject({ filled: 100, remaining: 0, clientId: 1 });
  },

  'a limit order away from the market is submitted and rests': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(90));
    await client.settled();
    expect(statuses(client, 1)).toEqual(['PreSubmitted', 'Submitted']);
    expect(told(client, 1).order).toMatchObject({ orderType: 'LMT', lmtPrice: 90, tif: 'DAY' });
  },

  'a stop waits for its price, then trades at the market': async (world) => {
    const { client } = world;
    await play(world, 0.001);
    client.ib.placeOrder(1, ACME, sell({ orderType: STP, auxPrice: 99 }));
    await client.settled();
    expect(status(client, 1)).toMatchObject(HELD);
    await play(world, 1);
    expect(statuses(client, 1).at(-1)).toBe('Filled');
    expect(executions(client, 1)[0]?.price).toBeLessThanOrEqual(99);
  },

  'a stop that the market is already beyond trades at once': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order({ orderType: STP, auxPrice: 90 }));
    await client.settled();
    expect(statuses(client, 1).at(-1)).toBe('Filled');
  },

  'a stop limit rests at its limit once it is set off': async (world) => {
    const { client } = world;
    await play(world, 0.001);
    client.ib.placeOrder(
      1,
      ACME,
      sell({ orderType: OrderType.STP_LMT, auxPrice: 99, lmtPrice: 101.4, tif: TimeInForce.GTC }),
    );
    await client.settled();
    expect(status(client, 1)).toMatchObject(HELD);
    await play(world, 1);
    const last = status(client, 1);
    expect(['Submitted', 'Filled']).toContain(last.name);
    expect(last.whyHeld ?? '').toBe('');
    for (const each of executions(client, 1)) expect(each.price).toBeGreaterThanOrEqual(101.4);
  },

  'a trailing stop follows the market by its amount and never back': async (world) => {
    const { client } = world;
    await play(world, 0.001);
    client.ib.placeOrder(1, ACME, sell({ orderType: OrderType.TRAIL, auxPrice: 5, tif: TimeInForce.GTC }));
    await play(world, 4);
    const stops = client.all('openOrder').flatMap(([, , { trailStopPrice }]) => trailStopPrice ?? []);
    expect(stops.length).toBeGreaterThan(1);
    expect(stops).toEqual([...stops].sort((a, b) => a - b));
    // The high of these days is 104.20, on the 11th.
    expect(stops.at(-1)).toBe(99.2);
    expect(status(client, 1)).toMatchObject(HELD);
  },

  'a trailing stop by percentage is set off by a turn of the market': async (world) => {
    const { client } = world;
    await play(world, 0.001);
    client.ib.placeOrder(1, ACME, sell({ orderType: OrderType.TRAIL, trailingPercent: 1 }));
    await play(world, 1);
    expect(statuses(client, 1).at(-1)).toBe('Filled');
    expect(told(client, 1).order).toMatchObject({ trailingPercent: 1 });
  },

  'a trailing limit order keeps its offset behind its stop': async (world) => {
    const { client } = world;
    await play(world, 0.001);
    client.ib.placeOrder(
      1,
      ACME,
      sell({ orderType: OrderType.TRAIL_LIMIT, auxPrice: 1, lmtPriceOffset: 0.5 }),
    );
    await play(world, 0.9);
    const last = told(client, 1).order;
    expect(last).toMatchObject({ orderType: 'TRAIL LIMIT', lmtPriceOffset: 0.5 });
    for (const each of executions(client, 1))
      expect(each.price).toBeGreaterThanOrEqual(last.trailStopPrice - 0.5);
  },

  'market if touched waits for a better price': async (world) => {
    const { client } = world;
    await play(world, 0.001);
    client.ib.placeOrder(1, ACME, order({ orderType: OrderType.MIT, auxPrice: 99 }));
    await client.settled();
    expect(status(client, 1)).toMatchObject(HELD);
    await play(world, 1);
    expect(statuses(client, 1).at(-1)).toBe('Filled');
    expect(executions(client, 1)[0]?.price).toBeLessThan(99.2);
  },

  'limit if touched never trades beyond its limit': async (world) => {
    const { client } = world;
    await play(world, 0.001);
    client.ib.placeOrder(1, ACME, order({ orderType: OrderType.LIT, auxPrice: 99, lmtPrice: 98.9 }));
    await play(world, 1);
    expect(statuses(client, 1)).toContain('Filled');
    for (const each of executions(client, 1)) expect(each.price).toBeLessThanOrEqual(98.9);
  },

  'market on close trades at the closing price': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order({ orderType: 'MOC' as OrderType }));
    await client.settled();
    expect(statuses(client, 1)).toEqual(['PreSubmitted']);
    await play(world, 0.6);
    expect(executions(client, 1)).toMatchObject([{ shares: 100, price: 99.3 }]);
  },

  'limit on close ends unfilled when the close is beyond its limit': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order({ orderType: 'LOC' as OrderType, lmtPrice: 99 }));
    await play(world, 0.6);
    expect(statuses(client, 1)).toEqual(['PreSubmitted', 'Cancelled']);
    expect(executions(client, 1)).toEqual([]);
  },

  'market on open trades at the opening price': async (world) => {
    const { client } = world;
    client.ib.placeOrder(1, ACME, order({ tif: TimeInForce.OPG }));
    await client.settled();
    await play(world, 0.01);
    expect(executions(client, 1)).toMatchObject([{ shares: 100, price: 100.9 }]);
  },

  'a large order walks the book, moves the price and adds up': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order({ totalQuantity: 5000, tif: TimeInForce.GTC }));
    await play(world, 0.4);
    const parts = executions(client, 1);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.reduce((sum, each) => sum + each.shares, 0)).toBe(5000);
    expect(parts.map((each) => each.cumQty).at(-1)).toBe(5000);
    const average = parts.reduce((sum, each) => sum + each.shares * each.price, 0) / 5000;
    expect(status(client, 1).avgFillPrice).toBeCloseTo(average, 6);
  },

  'every execution comes before the status that it leads to, its commission after it': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    const names = client.names().filter((name) => /exec|order|commission/i.test(name));
    expect(names.slice(-4)).toEqual(['execDetails', 'openOrder', 'orderStatus', 'commissionReport']);
    const [report] = client.all('commissionReport')[0] ?? [];
    expect(report.execId).toBe(executions(client, 1)[0]?.execId);
  },

  'what the client wrote comes back with the order': async (world) => {
    const { client } = world;
    const written = {
      ...{ orderRef: 'ref-9', openClose: 'O', outsideRth: true, hidden: true, displaySize: 50, minQty: 10 },
      ...{ rule80A: 'I', clearingIntent: 'Away', discretionaryAmt: 0.05, notHeld: true, solicited: true },
    };
    client.ib.placeOrder(1, ACME, limit(90, written));
    await client.settled();
    expect(told(client, 1).order).toMatchObject(written);
  },
});

conformance('orders that TWS refuses', {
  'a price off the tick grid is 110': async ({ client }) => {
    client.ib.placeOrder(1, ACME, limit(90.005));
    await client.settled();
    expect(client.errors(1)).toEqual([110]);
  },
  'a stop without a price is 403': async ({ client }) => {
    client.ib.placeOrder(1, ACME, order({ orderType: STP, auxPrice: 0 }));
    await client.settled();
    expect(client.errors(1)).toEqual([403]);
  },
  'no size is 434': async ({ client }) => {
    client.ib.placeOrder(1, ACME, order({ totalQuantity: 0 }));
    await client.settled();
    expect(client.errors(1)).toEqual([434]);
  },
  'a fraction is 10243': async ({ client }) => {
    client.ib.placeOrder(1, ACME, order({ totalQuantity: 1.5 }));
    await client.settled();
    expect(client.errors(1)).toEqual([10243]);
  },
  'a type that is not simulated is 387': async ({ client }) => {
    client.ib.placeOrder(1, ACME, order({ orderType: 'PEG MKT' as OrderType }));
    await client.settled();
    expect(client.errors(1)).toEqual([387]);
  },
  'a stop that should adjust itself is 321: it would be traded without': async ({ client }) => {
    const adjusted = { adjustedOrderType: OrderType.TRAIL, triggerPrice: 95, adjustedStopPrice: 94 };
    client.ib.placeOrder(1, ACME, sell({ orderType: STP, auxPrice: 90, ...adjusted }));
    await client.settled();
    expect(client.errors(1)).toEqual([321]);
  },
  'the same message twice is one order': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(50));
    client.ib.placeOrder(1, ACME, limit(50));
    client.ib.reqAllOpenOrders();
    await client.next('openOrderEnd');
    const permIds = client.all('orderStatus').map(([, , , , , permId]) => permId);
    expect(new Set(permIds).size).toBe(1);
    expect(client.errors(1)).toEqual([]);
    client.forget();
    client.ib.reqAllOpenOrders();
    await client.next('openOrderEnd');
    expect(client.all('openOrder')).toHaveLength(1);
  },
  'an unknown contract is 200': async ({ client }) => {
    client.ib.placeOrder(1, { ...ACME, symbol: 'NOPE' }, order());
    await client.settled();
    expect(client.errors(1)).toEqual([200]);
  },
  'an id that was used is 103': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    client.ib.placeOrder(1, ACME, order());
    await client.settled();
    expect(client.errors(1)).toEqual([103]);
    expect(executions(client, 1)).toHaveLength(1);
  },
  'more than the account can carry is 201, and the order Inactive': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order({ totalQuantity: 1_000_000 }));
    await client.settled();
    expect(client.errors(1)).toEqual([201]);
    expect(statuses(client, 1)).toEqual(['Inactive']);
  },
  'orders that wait have their money set aside': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(95, { totalQuantity: 15_000 }));
    client.ib.placeOrder(2, ACME, limit(95, { totalQuantity: 15_000 }));
    await client.settled();
    expect(client.errors(1)).toEqual([]);
    expect(client.errors(2)).toEqual([201]);
  },
});

conformance(
  'short selling',
  {
    'without shares to borrow is 201': async (world) => {
      const { client } = world;
      await play(world, 0.5);
      client.ib.placeOrder(1, ACME, sell({ totalQuantity: 1001 }));
      await client.settled();
      expect(client.errors(1)).toEqual([201]);
      expect(client.all('error')[0]?.[0].message).toMatch(/not available for short sale/);
    },
    'counts the sales that wait': async (world) => {
      const { client } = world;
      await play(world, 0.5);
      client.ib.placeOrder(1, ACME, sell({ orderType: OrderType.LMT, lmtPrice: 120, totalQuantity: 900 }));
      client.ib.placeOrder(2, ACME, sell({ orderType: OrderType.LMT, lmtPrice: 120, totalQuantity: 200 }));
      await client.settled();
      expect(client.errors(1)).toEqual([]);
      expect(client.errors(2)).toEqual([201]);
    },
  },
  { shortable: 1000 },
);
