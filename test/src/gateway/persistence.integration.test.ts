import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrderAction, OrderType, TimeInForce } from '@stoqey/ib';
import { describe, expect, test, vi } from 'vitest';
import { GatewayError } from '../../../src/gateway/errors.ts';
import { isLive } from '../../../src/gateway/matching/order.ts';
import { startGateway } from '../../../src/gateway/start.ts';
import { BrokerState } from '../../../src/gateway/state.ts';
import { limit, order, sell, status, statuses, told } from './conformance/order-story.ts';
import {
  ACME,
  acmeConfig,
  connected,
  SESSION_MS,
  silentLog,
  type TestClient,
  temporaryFolder,
  testGateway,
} from './support.ts';

const market = { action: OrderAction.BUY, orderType: OrderType.MKT, totalQuantity: 700, transmit: true };
const resting = {
  ...market,
  orderType: OrderType.LMT,
  lmtPrice: 98.2,
  tif: TimeInForce.GTC,
  orderRef: 'rest',
};

/** All that a client can learn about orders, executions and positions. */
async function picture(client: TestClient) {
  client.forget();
  client.ib.reqAllOpenOrders();
  client.ib.reqExecutions(1, {});
  client.ib.reqPositions();
  client.ib.reqCompletedOrders(false);
  client.ib.reqAccountSummary(2, 'All', 'TotalCashValue,NetLiquidation,RealizedPnL');
  for (const end of [
    'openOrderEnd',
    'execDetailsEnd',
    'positionEnd',
    'completedOrdersEnd',
    'accountSummaryEnd',
  ])
    await client.next(end);
  client.ib.cancelPositions();
  client.ib.cancelAccountSummary(2);
  return [
    'openOrder',
    'orderStatus',
    'execDetails',
    'commissionReport',
    'position',
    'completedOrder',
    'accountSummary',
  ].map((name) => [name, client.all(name)]);
}

describe('the state file', () => {
  test('brings everything back after a kill, and the working order goes on working', async () => {
    const stateFile = join(temporaryFolder(), 'deep', 'state.jsonl');
    const config = acmeConfig();
    const first = await startGateway({ port: 0, config, log: silentLog(), autoplay: false, stateFile });
    const before = await connected(first.port);
    first.pass(SESSION_MS / 2);
    before.ib.placeOrder(1, ACME, market);
    before.ib.placeOrder(2, ACME, resting);
    await before.settled();
    first.pass(SESSION_MS / 10);
    await before.settled();
    const known = await picture(before);
    const time = first.now();
    await first.kill();

    const second = await testGateway({ config, stateFile });
    expect(second.now(), 'market time stands still meanwhile').toBe(time);
    const after = await connected(second.port, 9);
    expect(await picture(after)).toEqual(known);

    const owner = await connected(second.port, 1);
    expect(owner.all('nextValidId')).toEqual([[3]]);
    second.pass(SESSION_MS * 3);
    await owner.next('orderStatus', (id, status) => id === 2 && status === 'Filled');
    const ids = owner.all('execDetails').map(([, , execution]) => execution.execId);
    const old = known.find(([name]) => name === 'execDetails')?.[1] as [number, object, { execId: string }][];
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
    expect(
      old.some(([, , execution]) => ids.includes(execution.execId)),
      'execution ids are never used again',
    ).toBe(false);
    owner.ib.placeOrder(2, ACME, resting);
    await owner.settled();
    expect(owner.errors(2)).toContain(103);
  });

  test('survives a line that a kill cut in half', async () => {
    const stateFile = join(temporaryFolder(), 'state.jsonl');
    const first = await startGateway({
      port: 0,
      config: acmeConfig(),
      log: silentLog(),
      autoplay: false,
      stateFile,
    });
    first.pass(SESSION_MS);
    const time = first.now();
    await first.kill();
    appendFileSync(stateFile, '{"k":"clock","at":99');
    const second = await testGateway({ config: acmeConfig(), stateFile });
    expect(second.now()).toBe(time);
  });

  test('that is not one of ours, or of another account, is refused in one line', async () => {
    const stateFile = join(temporaryFolder(), 'state.jsonl');
    writeFileSync(stateFile, 'something else\nand more\n');
    const start = () => startGateway({ port: 0, config: acmeConfig(), log: silentLog(), stateFile });
    await expect(start()).rejects.toMatchObject({
      code: 'BAD_STATE',
      message: expect.stringContaining(`${stateFile}:1`),
    });
    expect(readFileSync(stateFile, 'utf8'), 'it is left as it was').toBe('something else\nand more\n');
    writeFileSync(stateFile, '');
    await (await start()).stop();
    const config = acmeConfig();
    const other = startGateway({
      port: 0,
      config: { ...config, account: { ...config.account, id: 'DU7' } },
      log: silentLog(),
      stateFile,
    });
    await expect(other).rejects.toMatchObject({ code: 'BAD_STATE' });
  });

  test('keeps brackets, triggers and trailing stops as they stood', async () => {
    const stateFile = join(temporaryFolder(), 'state.jsonl');
    const config = acmeConfig();
    const first = await startGateway({ port: 0, config, log: silentLog(), autoplay: false, stateFile });
    const before = await connected(first.port);
    first.pass(SESSION_MS / 2);
    const tif = TimeInForce.GTC;
    before.ib.placeOrder(1, ACME, limit(50, { tif, transmit: false }));
    before.ib.placeOrder(2, ACME, sell({ parentId: 1, orderType: OrderType.LMT, lmtPrice: 150, tif }));
    before.ib.placeOrder(3, ACME, order({ transmit: false }));
    before.ib.placeOrder(
      4,
      ACME,
      sell({ parentId: 3, orderType: OrderType.LMT, lmtPrice: 150, tif, transmit: false }),
    );
    before.ib.placeOrder(5, ACME, sell({ parentId: 3, orderType: OrderType.TRAIL, auxPrice: 3, tif }));
    await before.settled();
    first.pass(SESSION_MS / 4);
    await before.settled();
    const trail = told(before, 5).order.trailStopPrice;
    const permIds = [1, 2, 4, 5].map((id) => status(before, id).permId);
    await first.kill();

    const second = await testGateway({ config, stateFile });
    const after = await connected(second.port);
    after.ib.reqOpenOrders();
    await after.next('openOrderEnd');
    expect([1, 2, 4, 5].map((id) => status(after, id).permId)).toEqual(permIds);
    expect(status(after, 2)).toMatchObject({ name: 'PreSubmitted', whyHeld: 'child', parentId: 1 });
    expect(status(after, 5)).toMatchObject({ name: 'PreSubmitted', whyHeld: 'trigger' });
    expect(told(after, 5).order.trailStopPrice).toBe(trail);
    // 104.20 is the highest price before ACME falls: the trail follows it there and is not yet reached.
    second.pass(SESSION_MS * 3.4);
    await after.settled();
    expect(told(after, 5).order.trailStopPrice).toBeGreaterThan(trail);
    after.ib.cancelOrder(1);
    after.ib.cancelOrder(4);
    await after.settled();
    expect([1, 2, 4, 5].map((id) => statuses(after, id).at(-1))).toEqual(Array(4).fill('Cancelled'));
  });

  test('of the time of one currency and two order types still loads', async () => {
    const stateFile = join(temporaryFolder(), 'state.jsonl');
    const ticket = {
      ...{
        action: 'BUY',
        totalQuantity: '10',
        orderType: 'LMT',
        lmtPrice: '50',
        tif: 'GTC',
        ocaGroup: '',
        account: '',
      },
      ...{
        openClose: '',
        origin: 0,
        orderRef: 'old',
        transmit: true,
        parentId: 0,
        outsideRth: false,
        hidden: false,
      },
      ...{
        allOrNone: false,
        displaySize: 0,
        triggerMethod: 0,
        goodAfterTime: '',
        goodTillDate: '',
        ocaType: 0,
      },
      ...{ whatIf: false, algoStrategy: '', conditionCount: 0 },
    };
    const probe = await testGateway({ config: acmeConfig() });
    const conId = probe.broker.market.instruments[0]?.conId;
    const old = {
      ...{
        permId: 77,
        clientId: 1,
        orderId: 4,
        conId,
        exchange: 'SMART',
        ticket,
        status: 'Submitted',
        filled: '0',
      },
      ...{
        avgFillPrice: '0',
        lastFillPrice: '0',
        commission: '0',
        whyHeld: '',
        warning: '',
        placedAt: 1,
        completedStatus: '',
      },
    };
    const snapshot = {
      ...{ k: 'snapshot', version: 1, account: 'DU1000001', permIdBase: 77, execIdBase: 9, orderCount: 1 },
      ...{ executionCount: 0, nextOrderIds: { 1: 5 }, orders: [old], executions: [] },
      ledger: { cash: '1234.5', holdings: {}, day: '2024-01-05', netLiquidationAtDayStart: '1234.5' },
    };
    writeFileSync(stateFile, `${JSON.stringify(snapshot)}\n`);
    const gateway = await testGateway({ config: acmeConfig(), stateFile });
    const client = await connected(gateway.port);
    client.ib.reqOpenOrders();
    client.ib.reqAccountSummary(1, 'All', 'TotalCashValue');
    await client.next('openOrderEnd');
    await client.next('accountSummaryEnd');
    expect(client.all('nextValidId')).toEqual([[5]]);
    expect(told(client, 4).order).toMatchObject({ orderRef: 'old', lmtPrice: 50, permId: 77 });
    expect(client.all('accountSummary')[0]?.slice(3)).toEqual(['1234.50', 'USD']);
  });

  test('cut anywhere by a kill has each change whole: no child without its parent, no half of a group', async () => {
    const stateFile = join(temporaryFolder(), 'state.jsonl');
    const config = acmeConfig();
    const first = await startGateway({ port: 0, config, log: silentLog(), autoplay: false, stateFile });
    const client = await connected(first.port);
    first.pass(SESSION_MS / 2);
    await client.settled();
    const tif = TimeInForce.GTC;
    const child = { tif, orderType: OrderType.LMT, lmtPrice: 150 };
    client.ib.placeOrder(1, ACME, limit(50, { tif, transmit: false }));
    client.ib.placeOrder(2, ACME, sell({ ...child, parentId: 1 }));
    client.ib.placeOrder(3, ACME, order({ transmit: false }));
    client.ib.placeOrder(4, ACME, sell({ ...child, parentId: 3, transmit: false }));
    client.ib.placeOrder(5, ACME, sell({ tif, parentId: 3, orderType: OrderType.STP, auxPrice: 99.2 }));
    client.ib.placeOrder(6, ACME, limit(60, { tif, ocaGroup: 'g', ocaType: 1 }));
    client.ib.placeOrder(7, ACME, limit(61, { tif, ocaGroup: 'g', ocaType: 1 }));
    client.ib.cancelOrder(1);
    client.ib.cancelOrder(6);
    await client.settled();
    first.pass(SESSION_MS * 2);
    await client.settled();
    expect([2, 4, 7].map((id) => status(client, id).name)).toEqual(Array(3).fill('Cancelled'));
    await first.kill();
    const text = readFileSync(stateFile, 'utf8');
    const lines = text.split('\n').length;
    expect(lines).toBeGreaterThan(8);
    for (let kept = text.indexOf('\n') + 1; kept <= text.length; kept += 37) {
      writeFileSync(stateFile, text.slice(0, kept));
      const { orders, close } = readState(stateFile);
      for (const each of orders) {
        const parent = orders.find(({ permId }) => permId === each.parentPermId);
        if (isLive(each) && parent !== undefined && !isLive(parent))
          expect(parent.status, `child ${each.orderId} lives`).toBe('Filled');
        const rest = orders.filter(
          (other) => other !== each && other.ticket.ocaGroup === each.ticket.ocaGroup,
        );
        if (each.ticket.ocaGroup !== '' && !isLive(each)) expect(rest.filter(isLive)).toEqual([]);
      }
      close();
    }
  });

  test('that cannot be written any more ends the connection: nobody hears what is not remembered', async () => {
    const stateFile = join(temporaryFolder(), 'state.jsonl');
    const gateway = await testGateway({ config: acmeConfig(), stateFile });
    const client = await connected(gateway.port);
    gateway.pass(SESSION_MS / 2);
    await client.settled();
    client.forget();
    vi.spyOn(gateway.broker.state, 'saveOrder').mockImplementation(() => {
      throw new GatewayError('BAD_STATE', 'the state file cannot be written: no space left');
    });
    client.ib.placeOrder(1, ACME, order());
    await client.next('disconnected');
    expect(client.all('openOrder')).toEqual([]);
    expect(client.all('orderStatus')).toEqual([]);
  });
});

function readState(file: string) {
  const state = new BrokerState(file, 'DU1000001');
  return { orders: [...state.orders.values()], close: () => state.close() };
}
