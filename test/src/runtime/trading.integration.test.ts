import { afterEach, describe, expect, it } from 'vitest';
import type { DifferencePolicy } from '../../../machines/domain/session.ts';
import type { Config } from '../../../src/config/load.ts';
import { sql } from '../../support/postgres.ts';
import { until } from '../../support/system.ts';
import { beginWorld, idOf, poison, symbols, type World } from './trading.world.ts';

const withPolicy = (config: Config, onDifference: DifferencePolicy): Config => ({
  ...config,
  sessions: config.sessions.map((session) => ({ ...session, onDifference })),
});

describe('startTrading', () => {
  let world: World;

  const begin = async (): Promise<World> => {
    world = await beginWorld();
    return world;
  };

  const tradeByHand = async (): Promise<void> => {
    world.tradeByHand('SP500', 'BUY', 7);
    await until('the trade by hand is known', async () => {
      const rows = await world.rows("select 1 from orders where is_foreign and state = 'filled'");
      return rows.length > 0;
    });
  };

  afterEach(async () => {
    await world.end();
  });

  it('goes on trading after a crash of each service, and sends no order twice', async () => {
    await begin();
    const sessions = symbols.map((symbol) => `session:${idOf(symbol)}`);
    const crashes = [
      ['orderDesk', { type: 'desk.submit' }],
      ['portfolio', { type: 'connection.ready' }],
      ['connection', poison('socket.notice', 'code')],
      ['marketData', { type: 'xstate.error.actor.stranger', actorId: 'stranger', error: new Error('crash') }],
    ] as const;
    for (const [id, event] of crashes) {
      await world.crash(id, event);
      await world.open();
      await world.trades(2);
    }
    expect(sessions.map(world.restarts), 'sessions never noticed').toEqual([0, 0, 0]);
    expect(await world.undecided()).toEqual([]);
    await world.agrees();
  });

  it('recognises a working order after crashes of desk and connection, and can still cancel it', async () => {
    await begin();
    const { dashboard } = world.trading;
    const { ref } = await dashboard.placeOrder({
      ...{ instrumentId: 'SP500.STK.SMART.USD', side: 'BUY', quantity: '3', timeInForce: 'GTC' },
      ...{ orderType: 'LMT', limitPrice: '1' },
    });
    const state = async () =>
      (await sql<{ state: string }>(world.database.url, `select state from orders where key = '${ref}'`))[0]
        ?.state;
    await until('the order works', async () => (await state()) === 'working');
    for (const [id, event] of [
      ['orderDesk', { type: 'desk.submit' }],
      ['connection', poison('socket.notice', 'code')],
    ] as const) {
      await world.crash(id, event);
      await world.open();
      await until('the order is recognised', async () => (await state()) === 'working');
    }
    expect(await dashboard.cancelOrder(ref ?? '')).toMatchObject({ outcome: 'accepted' });
    await world.agrees();
    expect(await state()).toBe('cancelled');
  });

  it('loses and repeats nothing when the desk dies with a commit on its way', async () => {
    await begin();
    for (let crashes = 0; crashes < 3; crashes += 1) {
      const before = world.restarts('orderDesk');
      world.dieAtCommit();
      await until('the desk died while an order was being committed', () => {
        return world.restarts('orderDesk') > before;
      });
      await world.open();
      await world.trades(1);
    }
    expect(await world.undecided()).toEqual([]);
    await world.agrees();
  });

  it('pauses a session whose policy is halt at a trade by hand, and lets a person resume it', async () => {
    world = await beginWorld((config) => withPolicy(config, 'halt'));
    const desired = (symbol: string) => world.trading.dashboard.session(idOf(symbol))?.desired;
    await tradeByHand();
    // Every opening of the desk looks at once.
    await world.crash('connection', poison('socket.notice', 'code'));
    await world.open();
    await until('the session is paused', () => desired('SP500') === 'paused');
    expect(desired('SP500-2008')).toBe('running');
    expect(world.trading.dashboard.system().alarms.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(
        /Session "sp500-busy" is paused by its policy "halt": 7 of SP500\S+ were traded outside/,
      ),
    );
    await world.trading.dashboard.commandSession(idOf('SP500'), 'resume');
    await world.crash('connection', poison('socket.notice', 'code'));
    await world.open();
    await world.trades(1);
    expect(desired('SP500')).toBe('running');
  });

  it('closes what is held when the policy is flatten, by the order desk', async () => {
    world = await beginWorld((config) => withPolicy(config, 'flatten'));
    await world.rest();
    await tradeByHand();
    await world.crash('connection', poison('socket.notice', 'code'));
    await world.open();
    const [first = ''] = symbols;
    await until('the position is closed', async () => {
      const [closed] = await world.rows<{ state: string }>(
        `select state from orders where reason like 'Closed by the policy "flatten" of session "${idOf(first)}"%'`,
      );
      return closed?.state === 'filled';
    });
    const held = (await world.trading.dashboard.refreshPositions()).filter(
      ({ instrumentId }) => instrumentId === 'SP500.STK.SMART.USD',
    );
    expect(held.every(({ quantity }) => Number(quantity) === 0)).toBe(true);
    await world.agrees();
  });

  it('starts a crashed session again without disturbing the others', async () => {
    await begin();
    const [first = ''] = symbols;
    await world.crash(`session:${idOf(first)}`, { type: 'session.crash', message: 'on purpose' } as never);
    await until('the session decides again', () => {
      const view = world.trading.dashboard.session(idOf(first));
      return view.restarts === 1 && view.state === 'collecting' && view.lastDecision !== null;
    });
    await world.trades(2);
    expect(symbols.slice(1).map((symbol) => world.restarts(`session:${idOf(symbol)}`))).toEqual([0, 0]);
    expect(await world.undecided()).toEqual([]);
    await world.agrees();
  });

  it('has every session back after their supervisor was started again with all to its right', async () => {
    await begin();
    world.trading.dashboard.setRisk('reduce', 'a test');
    await world.crash('risk', poison('risk.halt', 'cause'));
    expect(world.trading.dashboard.system().risk).toMatchObject({ state: 'reducing', cause: 'a test' });
    world.trading.dashboard.setRisk('halt', 'the kill switch still works');
    expect(world.trading.dashboard.system().risk.state).toBe('halted');
    world.trading.dashboard.setRisk('resume', 'the test goes on');
    await world.open();
    await world.trades(2);
    for (const symbol of symbols) {
      expect(world.trading.dashboard.session(idOf(symbol))).toMatchObject({
        desired: 'running',
        restarts: 1,
      });
    }
    expect(await world.undecided()).toEqual([]);
    await world.agrees();
  });

  it('keeps no actor of an order that has ended', async () => {
    await begin();
    await world.agrees();
    const orders = world.trading.directory.views().filter(({ path }) => /(order|commit):/.test(path));
    expect(orders).toEqual([]);
  });

  it('goes on where it ended after a stop and a start, under a risk state that was kept', async () => {
    await begin();
    world.trading.dashboard.setRisk('halt', 'a person said so');
    await world.trading.stop();
    world.trading = await world.start();
    await world.open();
    expect(world.trading.dashboard.system().risk).toMatchObject({ state: 'halted', author: 'person' });
    const before = await world.filled();
    await until('bars are decided', async () => {
      const refused = await sql(world.database.url, "select 1 from decisions where guard = 'riskHalted'");
      return refused.length >= 2;
    });
    expect(await world.filled(), 'a halt lets nothing through').toBe(before);
    world.trading.dashboard.setRisk('resume', 'go on');
    await world.trades(2);
    expect(await world.undecided()).toEqual([]);
    await world.agrees();
  });
});
