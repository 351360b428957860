import { OrderAction, OrderType, TimeInForce } from '@stoqey/ib';
import { expect } from 'vitest';
import { ACME, SESSION_MS, TestClient } from '../support.ts';
import { conformance } from './harness.ts';

const market = { action: OrderAction.BUY, orderType: OrderType.MKT, totalQuantity: 10, transmit: true };
const resting = { ...market, orderType: OrderType.LMT, lmtPrice: 50, tif: TimeInForce.GTC, orderRef: 'rest' };

conformance('clients', {
  'a client id in use is refused with 326, and its holder goes on': async ({ client, gateway }) => {
    const second = new TestClient(gateway.port, 1);
    second.ib.connect();
    const [text, code] = (await second.next('info', (_, each) => each === 326)).args;
    expect(code).toBe(326);
    expect(text).toBe('Unable to connect as the client id is already in use. Retry with a unique client id.');
    await second.next('disconnected');
    expect(second.all('nextValidId')).toEqual([]);
    await client.settled();
  },

  'client id 0 may bind orders automatically, others may not': async ({ client, another }) => {
    const zero = await another(0);
    zero.ib.reqAutoOpenOrders(true);
    await zero.settled();
    expect(zero.all('info').map((args) => args[1])).not.toContain(321);
    client.ib.reqAutoOpenOrders(true);
    await client.settled();
    expect(client.all('info').map((args) => args[1])).toContain(321);
  },

  'each counts its own order ids': async ({ client, another, gateway }) => {
    gateway.pass(SESSION_MS / 2);
    const other = await another(2);
    client.ib.placeOrder(1, ACME, resting);
    other.ib.placeOrder(1, ACME, { ...resting, orderRef: 'other' });
    await client.next('orderStatus', (id, status) => id === 1 && status === 'Submitted');
    await other.next('orderStatus', (id, status) => id === 1 && status === 'Submitted');
    expect(client.all('openOrder').map(([, , order]) => order.orderRef)).not.toContain('other');
    expect(other.all('openOrder').map(([, , order]) => order.orderRef)).not.toContain('rest');
    const permId = (of: TestClient) => of.all('orderStatus').at(-1)?.[5];
    expect(permId(client)).not.toBe(permId(other));
  },

  'what one is told about its order, others are not': async ({ client, another, gateway }) => {
    gateway.pass(SESSION_MS / 2);
    const other = await another(2);
    client.ib.placeOrder(1, ACME, market);
    await client.next('commissionReport');
    await other.settled();
    for (const name of ['openOrder', 'orderStatus', 'execDetails', 'commissionReport'])
      expect(other.all(name), name).toEqual([]);
  },

  'all see the orders of all when they ask for them': async ({ client, another, gateway }) => {
    gateway.pass(SESSION_MS / 2);
    client.ib.placeOrder(1, ACME, resting);
    await client.next('openOrder');
    const other = await another(2);
    other.ib.reqAllOpenOrders();
    await other.next('openOrderEnd');
    expect(other.all('openOrder').map(([id, , order]) => [id, order.clientId, order.lmtPrice])).toEqual([
      [1, 1, 50],
    ]);
  },

  'an order outlives its client, who finds it under the same ids': async ({ client, another, gateway }) => {
    gateway.pass(SESSION_MS / 2);
    client.ib.placeOrder(1, ACME, resting);
    const before = (await client.next('orderStatus', (_, status) => status === 'Submitted')).args;
    client.ib.disconnect();
    await client.next('disconnected');
    const witness = await another(2);
    await witness.settled();
    const again = await another(1);
    again.ib.reqOpenOrders();
    await again.next('openOrderEnd');
    const after = again.all('orderStatus').at(-1);
    expect([after?.[0], after?.[5], after?.[8]]).toEqual([1, before[5], 1]);
    expect(again.all('nextValidId')[0]?.[0]).toBeGreaterThan(1);
  },

  'a fill while its client is away is found among the executions': async ({ client, another, gateway }) => {
    gateway.pass(SESSION_MS / 10);
    client.ib.placeOrder(1, ACME, { ...resting, lmtPrice: 99.6 });
    await client.next('orderStatus', (_, status) => status === 'Submitted');
    client.ib.disconnect();
    await client.next('disconnected');
    gateway.pass(SESSION_MS);
    const again = await another(1);
    again.ib.reqExecutions(5, {});
    await again.next('execDetailsEnd');
    const executions = again.all('execDetails').map((args) => args[2]);
    expect(executions.every((each) => each.orderId === 1 && each.clientId === 1)).toBe(true);
    expect(executions.reduce((sum, each) => sum + each.shares, 0)).toBe(10);
    expect(again.all('commissionReport')).toHaveLength(executions.length);
  },

  'a global cancel ends the orders of every client': async ({ client, another, gateway }) => {
    gateway.pass(SESSION_MS / 2);
    const other = await another(2);
    client.ib.placeOrder(1, ACME, resting);
    other.ib.placeOrder(1, ACME, resting);
    await client.next('openOrder');
    await other.next('openOrder');
    other.ib.reqGlobalCancel();
    await client.next('orderStatus', (_, status) => status === 'Cancelled');
    await other.next('orderStatus', (_, status) => status === 'Cancelled');
  },

  'thirty-two of them are served at once': async ({ another }) => {
    const all = await Promise.all(Array.from({ length: 32 }, (_, index) => another(100 + index)));
    for (const each of all) {
      each.ib.reqCurrentTime();
      await each.next('currentTime');
    }
  },
});

conformance(
  'a master client',
  {
    "hears of others' orders, executions and commissions": async ({ client, another, gateway }) => {
      const master = await another(7);
      gateway.pass(SESSION_MS / 2);
      client.ib.placeOrder(1, ACME, market);
      await client.next('commissionReport');
      await master.next('commissionReport');
      expect(master.all('execDetails').map(([reqId, , each]) => [reqId, each.clientId])).toEqual([[-1, 1]]);
      expect(master.all('orderStatus').at(-1)?.[1]).toBe('Filled');
    },
  },
  { config: { masterClientId: 7 } },
);

conformance(
  'read-only mode',
  {
    'refuses an order under its id and keeps nothing of it': async ({ client, gateway }) => {
      gateway.pass(SESSION_MS / 2);
      client.ib.placeOrder(5, ACME, market);
      const [error, code, id] = (await client.next('error')).args;
      expect([code, id]).toEqual([321, 5]);
      expect(error.message).toMatch(/cause - The API interface is currently in Read-Only mode\.$/);
      client.ib.reqAllOpenOrders();
      await client.next('openOrderEnd');
      expect(client.all('openOrder')).toEqual([]);
    },

    'refuses a cancel and a what-if under their ids': async ({ client }) => {
      client.ib.cancelOrder(5);
      client.ib.placeOrder(6, ACME, { ...market, whatIf: true });
      await client.settled();
      expect(client.errors()).toEqual([321, 321]);
      expect(client.all('error').map((args) => args[2])).toEqual([5, 6]);
    },

    'goes on answering what only reads': async ({ client }) => {
      client.ib.reqContractDetails(5, ACME);
      client.ib.reqAccountSummary(6, 'All', 'NetLiquidation');
      client.ib.reqPositions();
      await client.next('contractDetailsEnd');
      await client.next('accountSummaryEnd');
      await client.next('positionEnd');
      expect(client.errors()).toEqual([]);
    },
  },
  { config: { readOnly: true } },
);
