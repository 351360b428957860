import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrderAction, OrderType, TimeInForce } from '@stoqey/ib';
import { describe, expect, test } from 'vitest';
import { startGateway } from '../../../src/gateway/start.ts';
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
});
