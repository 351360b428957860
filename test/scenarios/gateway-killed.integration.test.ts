import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SystemView, systemViewSchema } from '../../src/contract/system.schema.ts';
import { agreement, databaseUrl, disagreements } from '../support/agreement.ts';
import { busySystem } from '../support/busy-market.ts';
import { listenToFeed } from '../support/feed.ts';
import { sql } from '../support/sql.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { quiet, readSystem } from '../support/trading.ts';

let system: TestSystem;
let database: string;
beforeEach(async () => {
  system = await prepareSystem(busySystem());
  await system.start();
  database = databaseUrl(system.dataDir);
}, 90_000);
afterEach(() => system.cleanup());

const filledOrders = async (): Promise<number> =>
  (await sql(database, "select 1 from orders where state = 'filled' and session_id is not null")).length;

describe('the gateway, killed in the middle', () => {
  it('is told of at once with a cause, sessions wait, it comes back, and both sides agree', async () => {
    await until('sessions trade', async () => (await filledOrders()) >= 4, 60_000);
    const feed = await listenToFeed(system, 'system');
    const pid = system.gatewayPid();
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');

    const lost = await until('the feed tells', () => {
      const items = feed.items().map((item) => systemViewSchema.parse(item));
      return items.find(({ connection }) => connection.phase !== 'ready');
    });
    expect(Date.now() - killedAt, 'told within').toBeLessThan(2_000);
    expect(lost.connection.cause).toMatch(/\w+/);
    const asked: SystemView = await readSystem(system);
    if (asked.connection.phase !== 'ready') expect(asked.connection.cause).toMatch(/\w+/);

    const back = await until(
      'the connection is ready again',
      async () => {
        const view = await readSystem(system);
        return view.connection.phase === 'ready' && view.orderDesk === 'open' ? view : null;
      },
      30_000,
    );
    expect(system.gatewayPid(), 'another process').not.toBe(pid);
    const betweenOrders = await sql(
      database,
      `select 1 from order_intents where created_at > ${killedAt + 500} and created_at < ${back.connection.since}`,
    );
    expect(betweenOrders, 'intents while there was no broker').toEqual([]);

    const before = await filledOrders();
    await until('sessions trade again', async () => (await filledOrders()) >= before + 2, 60_000);
    await quiet(system, database);
    expect(await disagreements(system, database)).toEqual(agreement);
    feed.close();
  }, 180_000);
});
