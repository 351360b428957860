import { afterEach, describe, expect, it } from 'vitest';
import { noPrices, type OrderIntent, orderRef } from '../../machines/domain/order.ts';
import { openStore } from '../../src/store/store.ts';
import { agreement, databaseUrl, disagreements } from '../support/agreement.ts';
import { barsPerSecond, busySystem } from '../support/busy-market.ts';
import { connectSecondClient } from '../support/second-client.ts';
import { sql } from '../support/sql.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { placeByHand, quiet, readTrade, whenOpen } from '../support/trading.ts';

let system: TestSystem;
afterEach(() => system.cleanup());

async function started(options: Parameters<typeof prepareSystem>[0]): Promise<void> {
  system = await prepareSystem(options);
  await system.start();
  await whenOpen(system);
}

/** Waits until an order may be placed by hand: its instrument is known. */
const place = (order: Parameters<typeof placeByHand>[1]): Promise<string> =>
  until('the instrument is known and the order placed', () => placeByHand(system, order));

async function atGateway<T>(
  ask: (client: Awaited<ReturnType<typeof connectSecondClient>>) => Promise<T>,
): Promise<T> {
  const client = await connectSecondClient(system.gatewayPort);
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}

const trade = async (ref: string) => {
  const found = await readTrade(system, ref);
  if (found === undefined) throw new Error(`no trade ${ref}`);
  return found;
};

describe('the runtime, killed with SIGKILL', () => {
  it('recognises the limit order that works at the broker, never places it again, and stores its fills once', async () => {
    // The index stands near 1300 in January 2001 and falls to 1265 in the seventh week.
    await started({ gateway: barsPerSecond(2), sessions: [] });
    const ref = await place({ symbol: 'SP500', side: 'BUY', quantity: '40', limitPrice: '1265' });
    await until('it works', async () => (await trade(ref)).state === 'working');
    const { permIds } = await trade(ref);
    expect(permIds).toHaveLength(1);

    await system.kill();
    const orphan = await atGateway((client) => client.openOrders());
    expect(
      orphan.map((order) => [order.ref, order.permId]),
      'lives on at the gateway',
    ).toEqual([[ref, permIds[0]]]);

    await system.start();
    await whenOpen(system);
    expect(await trade(ref)).toMatchObject({ state: 'working', permIds, filled: '0' });

    await until('the market comes to it', async () => (await trade(ref)).state === 'filled', 60_000);
    expect(await trade(ref)).toMatchObject({ filled: '40', permIds });
    const database = databaseUrl(system.dataDir);
    await quiet(system, database);
    expect(await disagreements(system, database)).toEqual(agreement);
  }, 150_000);

  it('stores every fill once of a market order that was filled in parts before, while and after it was down', async () => {
    // Some eight trades a second, each of which brings back a book of about twenty shares.
    await started({
      gateway: barsPerSecond(0.005, 1),
      sessions: [],
      // A thousand shares near 1300 are more than the shipped limits let through.
      risk: (shipped) => {
        shipped.whole = { orderNotional: 2_000_000, grossExposure: 3_000_000 };
      },
    });
    const ref = await place({ symbol: 'SP500', side: 'BUY', quantity: '1000' });
    await until('a part is filled', async () => Number((await trade(ref)).filled) > 0);
    await system.kill();
    const down = await until('more is filled while it is down', () =>
      atGateway(async (client) => {
        const fills = (await client.executions()).filter((fill) => fill.ref === ref);
        return fills.length > 10 ? fills : null;
      }),
    );
    expect(
      down.reduce((sum, { quantity }) => sum + quantity, 0),
      'and some is left',
    ).toBeLessThan(1000);

    await system.start();
    await until('it is filled', async () => (await trade(ref)).state === 'filled', 60_000);
    expect((await trade(ref)).filled).toBe('1000');
    const database = databaseUrl(system.dataDir);
    await quiet(system, database);
    expect(await disagreements(system, database)).toEqual(agreement);
  }, 150_000);

  it('never sends an intent that was committed and perhaps not sent; asked, the broker does not know it', async () => {
    await started({ gateway: barsPerSecond(1), sessions: [] });
    await system.kill();
    // What a kill between commit and send leaves behind.
    const ref = orderRef({ sessionId: null }, '01M82Q2B8R0CJADG9NEDT6NKEJ');
    const intent: OrderIntent = {
      ref,
      source: 'manual',
      sessionId: null,
      instrumentId: 'SP500.STK.SMART.USD',
      side: 'BUY',
      quantity: '10',
      orderType: 'MKT',
      ...noPrices,
      parentRef: null,
      timeInForce: 'DAY',
      purpose: 'entry',
      reason: 'A test.',
      barTime: null,
      createdAt: Date.now(),
    };
    const store = await openStore({ url: databaseUrl(system.dataDir) });
    expect(await store.orders.commitIntent(intent, { lease: null, decision: null })).toBe('committed');
    await store.close();

    await system.start();
    await until('it is settled', async () => (await trade(ref)).state === 'absent', 30_000);
    const seen = await atGateway(async (client) => [
      ...(await client.openOrders()),
      ...(await client.completedOrders()),
    ]);
    expect(seen.filter((order) => order.ref === ref)).toEqual([]);
  }, 120_000);

  it('loses and repeats nothing when it is killed again and again while sessions trade', async () => {
    await started(busySystem());
    for (let round = 0; round < 3; round += 1) {
      const database = databaseUrl(system.dataDir);
      const before = await sql(database, 'select 1 from order_intents');
      await until(
        'sessions trade',
        async () => (await sql(database, 'select 1 from order_intents')).length > before.length,
        30_000,
      );
      await system.kill();
      await system.start();
      await whenOpen(system);
    }
    const database = databaseUrl(system.dataDir);
    await quiet(system, database);
    expect(await disagreements(system, database)).toEqual(agreement);
  }, 180_000);
});
