import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/load.ts';
import { removeArming, writeArming } from '../../../src/process/arming-record.ts';
import { openStore } from '../../../src/store/store.ts';
import { testDatabase } from '../../support/postgres.ts';
import { until } from '../../support/system.ts';
import { createTradingWorld, hasty, idOf, type TradingWorld } from '../../support/trading-world.ts';

const account = 'U1000001';
const live = (config: Config): Config => ({
  ...config,
  runtime: { ...config.runtime, broker: { ...config.runtime.broker, mode: 'live', account } },
});

/** The runtime takes the gateway for a live one: its account has the number of one. */
describe('live trading', () => {
  let dir: string;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let world: TradingWorld;

  const arm = (forMs = 3_600_000, of = account) =>
    writeArming(dir, { account: of, by: 'ann', at: Date.now(), until: Date.now() + forMs });
  const system = () => world.trading.dashboard.system();
  const buy = (quantity = '1') =>
    world.trading.dashboard.placeOrder({
      ...{ instrumentId: 'SP500.STK.SMART.USD', side: 'BUY', quantity, orderType: 'MKT' },
      ...{ limitPrice: null, timeInForce: 'DAY' },
    });

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'live-'));
    database = await testDatabase();
    arm();
    const store = await openStore({ url: database.url });
    await store.backtests.save({
      ...{ name: 'a test', strategy: 'busy', metrics: {} },
      parameters: { fast: 2, slow: 4, exitOnly: true },
    });
    await store.close();
    world = await createTradingWorld({
      ...{ databaseUrl: database.url, liveDir: dir, config: live, timing: hasty },
      gateway: (config) => ({ ...config, account: { ...config.account, id: account } }),
    });
    await world.open();
  });
  afterEach(async () => {
    await world.close();
    await database.drop();
    rmSync(dir, { recursive: true });
  });

  it('trades the account that was named, says by whom it is armed, and starts only while it is', async () => {
    await world.trades(2);
    expect(system()).toMatchObject({ mode: 'live', arming: { account, by: 'ann' } });
    expect(await world.rows('select distinct account from executions')).toEqual([{ account }]);
    await world.rest();
    await world.trading.stop();

    removeArming(dir);
    await expect(world.start()).rejects.toThrow(
      /^live trading: Live trading of account U1000001 is not armed; /,
    );
    arm(3_600_000, 'U7');
    await expect(world.start()).rejects.toThrow(/is armed for account U7, and the account is U1000001; /);
    arm(-1);
    await expect(world.start()).rejects.toThrow(/The arming of account U1000001 by ann ended at /);
    arm();
    await world.start();
    await world.open();
  });

  it('takes a stored backtest of every strategy: to start, to resume a session, and to make one', async () => {
    await world.rest();
    await world.rows('update backtests set parameters = \'{"fast": 3}\'');
    const { dashboard } = world.trading;
    const untried = /live trading: session .* by strategy "busy", which has no stored backtest/;
    await expect(dashboard.commandSession(idOf('SP500'), 'resume')).rejects.toThrow(untried);
    expect(dashboard.session(idOf('SP500')).desired).toBe('paused');
    await dashboard.commandSession(idOf('SP500'), 'stop');
    const { instrument, timeframe, sizing, orderType } = dashboard.session(idOf('SP500'));
    await expect(
      dashboard.createSession({
        ...{ id: 'another', instrument, timeframe, sizing, orderType, strategy: 'busy', active: true },
        ...{ limitOffsetBps: 0, allowShort: false, bufferSize: 200, thread: 'main', onDifference: 'adopt' },
      }),
    ).rejects.toThrow(untried);
    await world.trading.stop();
    await expect(world.start()).rejects.toThrow(untried);
    await world.rows("delete from sessions where id <> ''");
    await world.rows('update backtests set parameters = \'{"fast": 2, "slow": 4, "exitOnly": true}\'');
    await world.start();
  });

  it('lets only exits through from the moment the arming is over, until it is armed and resumed again', async () => {
    await world.trades(1);
    // No session may sell what is bought here.
    await world.rest();
    const { ref } = await buy('2');
    await until('it is filled', async () => {
      const rows = await world.rows(`select 1 from orders where key = '${ref}' and state = 'filled'`);
      return rows.length > 0;
    });
    removeArming(dir);
    await until('risk says so', () => system().risk.state === 'reducing');
    expect(system()).toMatchObject({
      arming: null,
      risk: { author: 'limit', cause: expect.stringMatching(/account U1000001 is not armed/) },
    });
    const before = world.gateway.broker.desk.orders().length;
    await expect(buy()).rejects.toThrow(/not armed/);
    expect(world.gateway.broker.desk.orders()).toHaveLength(before);
    await world.trading.dashboard.refreshPositions();
    const sell = await world.trading.dashboard.placeOrder({
      ...{ instrumentId: 'SP500.STK.SMART.USD', side: 'SELL', quantity: '1', orderType: 'MKT' },
      ...{ limitPrice: null, timeInForce: 'DAY' },
    });
    expect(sell.outcome).toBe('accepted');

    world.trading.dashboard.setRisk('resume', 'no matter');
    await expect(buy()).rejects.toThrow(/not armed/);
    arm();
    await until('it is armed', () => system().arming !== null);
    world.trading.dashboard.setRisk('resume', 'armed again');
    await until('risk is active', () => system().risk.state === 'active');
    expect(await buy()).toMatchObject({ outcome: 'accepted' });
  });
});
