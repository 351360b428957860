import { afterEach, describe, expect, it } from 'vitest';
import type { WorkingOrdersPolicy } from '../../../src/runtime/safe-halt.ts';
import { sql } from '../../support/postgres.ts';
import { connectSecondClient } from '../../support/second-client.ts';
import { until } from '../../support/system.ts';
import { beginWorld, idOf, poison, symbols, type World } from './trading.world.ts';

describe('a root that gives up', () => {
  let world: World;

  afterEach(async () => {
    await world.end();
  });

  const stateOf = async (ref: string | null): Promise<string | undefined> => {
    const rows = await sql<{ state: string }>(
      world.database.url,
      `select state from orders where key = '${ref}'`,
    );
    return rows[0]?.state;
  };

  /** A working order that opens a position, and one that closes one. */
  const placeBoth = async () => {
    const { dashboard } = world.trading;
    const far = { quantity: '1', timeInForce: 'GTC', orderType: 'LMT' } as const;
    const instrumentId = 'SP500-2008.STK.SMART.USD';
    for (const symbol of symbols) await dashboard.commandSession(idOf(symbol), 'pause');
    const bought = await dashboard.placeOrder({
      ...{ instrumentId, side: 'BUY', quantity: '5', timeInForce: 'GTC', orderType: 'MKT', limitPrice: null },
    });
    await until('a position is held', async () => (await stateOf(bought.ref)) === 'filled');
    await dashboard.refreshPositions();
    const entry = await dashboard.placeOrder({
      ...{ instrumentId: 'SP500.STK.SMART.USD', side: 'BUY', limitPrice: '1', ...far },
    });
    const exit = await dashboard.placeOrder({
      ...{ instrumentId, side: 'SELL', limitPrice: '99999', ...far },
    });
    for (const { ref } of [entry, exit]) {
      await until('the order works', async () => (await stateOf(ref)) === 'working');
    }
    return { entry: entry.ref, exit: exit.ref };
  };

  /** Fells a child of the root, again and again, until the root has had enough. */
  const exhaust = async (): Promise<void> => {
    await until(
      'the root has given up',
      () => {
        if (world.trading.dashboard.supervision().state === 'halted') return true;
        world.trading.directory.running('risk')?.send(poison('risk.halt', 'cause'));
        return false;
      },
      60_000,
    );
  };

  it.each([
    ['leave', 'working', 'working'],
    ['cancelEntries', 'cancelled', 'working'],
    ['cancelAll', 'cancelled', 'cancelled'],
  ] as const satisfies readonly (readonly [WorkingOrdersPolicy, string, string])[])(
    'halts safely: with working orders "%s" an entry is %s and an exit %s',
    async (policy, entryState, exitState) => {
      world = await beginWorld((config) => ({
        ...config,
        runtime: { ...config.runtime, supervision: { workingOrders: policy } },
      }));
      const { entry, exit } = await placeBoth();
      const intents = await sql(world.database.url, 'select 1 from order_intents');
      await exhaust();

      const { dashboard } = world.trading;
      await until('the halted tree stands', () => dashboard.system().orderDesk === 'open');
      await until('what is to be cancelled is', async () => {
        return (await stateOf(entry)) === entryState && (await stateOf(exit)) === exitState;
      });
      const view = dashboard.supervision();
      expect(view).toMatchObject({ state: 'halted', cause: expect.stringContaining('risk') });
      expect(view.measures.map(({ message }) => message).join('\n')).toContain('Trading is halted');
      expect(view.reports).toContainEqual(
        expect.objectContaining({ supervisor: 'root', context: 'shutdown', offender: 'risk' }),
      );
      expect(dashboard.system().risk).toMatchObject({ state: 'halted', author: 'supervisor' });
      expect(
        dashboard
          .system()
          .alarms.map(({ message }) => message)
          .join('\n'),
      ).toContain('Trading is halted');
      await expect(
        dashboard.placeOrder({
          ...{ instrumentId: 'SP500.STK.SMART.USD', side: 'BUY', limitPrice: '1', quantity: '1' },
          ...{ timeInForce: 'GTC', orderType: 'LMT' },
        }),
      ).rejects.toThrow();
      expect(() => dashboard.setRisk('resume', 'a person')).toThrow(/halted for good/);
      // What happened is still served, and nothing was sent but cancels.
      expect((await dashboard.trades({ limit: 10 })).length).toBeGreaterThan(0);
      expect(await sql(world.database.url, 'select 1 from order_intents')).toHaveLength(intents.length);
      const again = await world.store.state.get('risk');
      expect(again, 'a restart finds the halt').toMatchObject({ state: 'halted', author: 'supervisor' });
    },
    120_000,
  );

  it('still hears and stores what is filled at the broker', async () => {
    world = await beginWorld();
    await exhaust();
    await until('the halted tree stands', () => world.trading.dashboard.system().orderDesk === 'open');
    const stranger = await connectSecondClient(world.gateway.port);
    const executions = () => sql(world.database.url, "select 1 from executions where source = 'ibkr'");
    expect(await executions()).toEqual([]);
    await stranger.trade('SP500', 'BUY', 2);
    await until('the fill is stored', async () => (await executions()).length > 0);
    stranger.close();
  }, 120_000);

  it('starts nothing any more when what was left gives up too', async () => {
    world = await beginWorld();
    await exhaust();
    const { dashboard, directory } = world.trading;
    await until('the halted tree stands', () => dashboard.system().orderDesk === 'open');
    await until(
      'the halted tree has given up',
      () => {
        directory.running('connection')?.send(poison('socket.notice', 'code'));
        return dashboard
          .supervision()
          .measures.some(({ message }) => message.includes('look after them in TWS'));
      },
      90_000,
    );
    expect(directory.running('halted')).toBeUndefined();
    expect(directory.running('orderDesk')).toBeUndefined();
    expect(dashboard.supervision().state).toBe('halted');
  }, 150_000);
});
