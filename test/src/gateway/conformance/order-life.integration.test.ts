import { OrderType, TimeInForce } from '@stoqey/ib';
import { expect } from 'vitest';
import { ACME } from '../support.ts';
import { conformance } from './harness.ts';
import { executions, limit, order, play, sell, status, statuses, told } from './order-story.ts';

const { DAY, FOK, GTC, GTD, IOC } = TimeInForce;

conformance('time in force', {
  'DAY ends at the close': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(50, { tif: DAY }));
    await play(world, 1);
    expect(statuses(client, 1)).toEqual(['PreSubmitted', 'Submitted', 'Cancelled']);
    expect(client.errors(1)).toEqual([202]);
  },
  'GTC outlives the close': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(50, { tif: GTC }));
    await play(world, 3);
    expect(statuses(client, 1).at(-1)).toBe('Submitted');
  },
  'IOC takes what is there and ends': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order({ tif: IOC, totalQuantity: 100_00 }));
    await client.settled();
    const { filled, name } = status(client, 1);
    expect(name).toBe('Cancelled');
    expect(filled).toBeGreaterThan(0);
    expect(executions(client, 1).reduce((sum, each) => sum + each.shares, 0)).toBe(filled);
  },
  'IOC beyond the market ends unfilled and never rests': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(50, { tif: IOC }));
    await client.settled();
    expect(statuses(client, 1)).toEqual(['PreSubmitted', 'Cancelled']);
  },
  'FOK is filled whole or not at all': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order({ tif: FOK, totalQuantity: 1_000_0 }));
    client.ib.placeOrder(2, ACME, order({ tif: FOK, totalQuantity: 100 }));
    await client.settled();
    expect(status(client, 1)).toMatchObject({ name: 'Cancelled', filled: 0 });
    expect(status(client, 2)).toMatchObject({ name: 'Filled', filled: 100 });
  },
  'GTD ends at its moment': async (world) => {
    const { client } = world;
    await play(world, 0.1);
    client.ib.placeOrder(
      1,
      ACME,
      limit(50, { tif: GTD, goodTillDate: '20240108 12:00:00 America/New_York' }),
    );
    await play(world, 0.2);
    expect(statuses(client, 1).at(-1)).toBe('Submitted');
    await play(world, 0.2);
    expect(statuses(client, 1).at(-1)).toBe('Cancelled');
  },
  'GTD in UTC and GTD of a date are understood': async (world) => {
    const { client } = world;
    await play(world, 0.1);
    client.ib.placeOrder(1, ACME, limit(50, { tif: GTD, goodTillDate: '20240108-17:00:00' }));
    client.ib.placeOrder(2, ACME, limit(50, { tif: GTD, goodTillDate: '20240109' }));
    await play(world, 0.5);
    expect(statuses(client, 1).at(-1)).toBe('Cancelled');
    expect(statuses(client, 2).at(-1)).toBe('Submitted');
  },
  'GTD without a moment is 391': async ({ client }) => {
    client.ib.placeOrder(1, ACME, limit(50, { tif: GTD, goodTillDate: 'soon' }));
    await client.settled();
    expect(client.errors(1)).toEqual([391]);
  },
  'good after time waits': async (world) => {
    const { client } = world;
    await play(world, 0.1);
    client.ib.placeOrder(1, ACME, order({ goodAfterTime: '20240108 12:00:00 US/Eastern' }));
    await play(world, 0.1);
    expect(statuses(client, 1)).toEqual(['PreSubmitted']);
    await play(world, 0.5);
    expect(statuses(client, 1).at(-1)).toBe('Filled');
  },
  'an unknown time in force is 321': async ({ client }) => {
    client.ib.placeOrder(1, ACME, order({ tif: 'DTC' as TimeInForce }));
    await client.settled();
    expect(client.errors(1)).toEqual([321]);
  },
});

conformance('modify and cancel', {
  'a new price makes a resting order trade': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(50));
    await client.settled();
    const { permId } = status(client, 1);
    client.ib.placeOrder(1, ACME, limit(150));
    await client.settled();
    expect(status(client, 1)).toMatchObject({ name: 'Filled', permId });
  },
  'a new size is told with the order': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(50));
    client.ib.placeOrder(1, ACME, limit(50, { totalQuantity: 70 }));
    await client.settled();
    expect(told(client, 1).order).toMatchObject({ totalQuantity: 70, lmtPrice: 50 });
  },
  'a moved stop is the one that counts': async (world) => {
    const { client } = world;
    await play(world, 0.001);
    client.ib.placeOrder(1, ACME, sell({ orderType: OrderType.STP, auxPrice: 50 }));
    client.ib.placeOrder(1, ACME, sell({ orderType: OrderType.STP, auxPrice: 99 }));
    await play(world, 0.95);
    expect(statuses(client, 1).at(-1)).toBe('Filled');
  },
  'another side is 105 and changes nothing': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(50));
    client.ib.placeOrder(1, ACME, sell({ orderType: OrderType.LMT, lmtPrice: 150 }));
    await client.settled();
    expect(client.errors(1)).toEqual([105]);
    expect(told(client, 1).order).toMatchObject({ action: 'BUY', lmtPrice: 50 });
  },
  'a cancel is told as 202 and Cancelled': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(50));
    client.ib.cancelOrder(1);
    await client.settled();
    expect(client.errors(1)).toEqual([202]);
    expect(statuses(client, 1).at(-1)).toBe('Cancelled');
  },
  'a cancel of an unknown order is 10147': async ({ client }) => {
    client.ib.cancelOrder(44);
    await client.settled();
    expect(client.errors(44)).toEqual([10147]);
  },
  'a cancel of a filled order is 10148 and takes nothing back': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    client.ib.cancelOrder(1);
    await client.settled();
    expect(client.errors(1)).toEqual([10148]);
    expect(status(client, 1).name).toBe('Filled');
  },
  'a global cancel ends the orders of every client': async (world) => {
    const { client, another } = world;
    await play(world, 0.5);
    const other = await another(2);
    client.ib.placeOrder(1, ACME, limit(50));
    other.ib.placeOrder(1, ACME, limit(50));
    await other.settled();
    await client.settled();
    client.ib.reqGlobalCancel();
    await client.settled();
    await other.settled();
    expect(statuses(client, 1).at(-1)).toBe('Cancelled');
    expect(statuses(other, 1).at(-1)).toBe('Cancelled');
  },
  "another client's order cannot be cancelled": async (world) => {
    const { client, another } = world;
    await play(world, 0.5);
    const other = await another(2);
    client.ib.placeOrder(7, ACME, limit(50));
    await client.settled();
    other.ib.cancelOrder(7);
    await other.settled();
    await client.settled();
    expect(other.errors(7)).toEqual([10147]);
    expect(statuses(client, 7).at(-1)).toBe('Submitted');
  },
});

conformance('what if', {
  'tells margins before and after and the commission, and places nothing': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, limit(100, { whatIf: true }));
    await client.settled();
    const { state } = told(client, 1);
    expect(state).toMatchObject({ status: 'PreSubmitted', commission: 1, commissionCurrency: 'USD' });
    expect([state.initMarginBefore, state.initMarginAfter, state.initMarginChange]).toEqual(
      [0, 5000, 5000].map((each) => expect.closeTo(each, -2)),
    );
    expect(state.maintMarginChange).toBeGreaterThan(0);
    expect(state.equityWithLoanBefore).toBe(1_000_000);
    expect(client.all('orderStatus')).toEqual([]);
    client.ib.reqAllOpenOrders();
    await client.next('openOrderEnd');
    expect(client.all('openOrder')).toHaveLength(1);
  },
  'of an order that the account cannot carry warns': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.placeOrder(1, ACME, order({ whatIf: true, totalQuantity: 1_000_000 }));
    await client.settled();
    expect(told(client, 1).state.warningText).toMatch(/AVAILABLE FUNDS/);
  },
  'of an order that is wrong is refused': async ({ client }) => {
    client.ib.placeOrder(1, ACME, limit(100.001, { whatIf: true }));
    await client.settled();
    expect(client.errors(1)).toEqual([110]);
  },
});
