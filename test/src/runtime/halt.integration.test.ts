import { afterEach, describe, expect, it } from 'vitest';
import type { DeskRef } from '../../../machines/order/desk.client.ts';
import type { Config } from '../../../src/config/load.ts';
import { until } from '../../support/system.ts';
import { openWorld, type World } from './trading.world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.end();
  world = undefined;
});

const MANY = 200;
const symbols = Array.from({ length: MANY }, (_, n) => `S${n}`);

/** The same session two hundred times, each on a share of its own. */
const manySessions = (config: Config): Config => {
  const [first] = config.sessions;
  if (first === undefined) throw new Error('there is no session');
  return {
    ...config,
    runtime: { ...config.runtime, broker: { ...config.runtime.broker, marketDataLines: MANY } },
    sessions: symbols.map((symbol) => ({
      ...first,
      ...{ id: symbol.toLowerCase(), name: symbol, sizing: { kind: 'fixed', quantity: '1' } },
      instrument: { ...first.instrument, symbol },
    })),
  };
};

describe('a halt', () => {
  it('lets no order leave after it, with two hundred sessions signalling at once', async () => {
    world = await openWorld({
      config: manySessions,
      barsPerSecond: 0.25,
      gateway: (config) => {
        const [share] = config.instruments;
        if (share === undefined) throw new Error('there is no instrument');
        const instruments = symbols.map((symbol) => ({ ...share, symbol }));
        return { ...config, instruments, marketData: { ...config.marketData, lines: MANY } };
      },
    });
    const open = world;
    const { trading, gateway } = open;
    const refsAtGateway = () => gateway.broker.desk.orders().map(({ ticket }) => ticket.orderRef);
    await world.open();
    const desk = () => (trading.directory.running('orderDesk') as DeskRef).getSnapshot().context;
    const coming = () => desk().held.length + Object.keys(desk().committing).length;

    // History comes at IBKR's pace: it takes a while before all of them decide.
    await until(
      'every session decides',
      async () => (await open.rows('select distinct session_id from decisions')).length === MANY,
      90_000,
    );
    // They decide on the same bars, and the database takes its time: their orders wait to leave.
    const { orders } = open.store;
    const commit = orders.commitIntent.bind(orders);
    const gate = Promise.withResolvers<void>();
    orders.commitIntent = async (...args) => {
      await gate.promise;
      return commit(...args);
    };
    await until('most of them want to order', () => coming() >= MANY / 2, 60_000);
    const before = coming();
    trading.dashboard.setRisk('halt', 'a test');
    gate.resolve();
    // What the socket has been given before is no longer ours to stop.
    const gone = new Set(Object.keys(desk().orders));
    const earlier = new Set(refsAtGateway());

    await until('nothing waits any more', () => coming() === 0);
    const decided = async () =>
      (await open.rows<{ n: number }>('select count(*)::int as n from decisions'))[0]?.n ?? 0;
    const soFar = await decided();
    await until(
      'as many bars more are decided as there are sessions',
      async () => (await decided()) >= soFar + MANY,
      40_000,
    );
    const later = refsAtGateway().filter((ref) => !gone.has(ref) && !earlier.has(ref));
    expect(later).toEqual([]);
    const turnedAway = await world.rows<{ n: number }>(
      "select count(*)::int as n from orders where state = 'absent' and message like 'Trading is halted%'",
    );
    const refused = await world.rows<{ n: number }>(
      "select count(*)::int as n from decisions where guard = 'riskHalted'",
    );
    expect((turnedAway[0]?.n ?? 0) + (refused[0]?.n ?? 0)).toBeGreaterThanOrEqual(before);
  }, 150_000);
});
