import { afterEach, describe, expect, it } from 'vitest';
import type { ScopedLimits } from '../../../machines/risk/limits.ts';
import { until } from '../../support/system.ts';
import { idOf, openWorld, symbols, type World } from './trading.world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.end();
  world = undefined;
});

const open = (): World => {
  if (world === undefined) throw new Error('there is no world');
  return world;
};
const limited = (limits: readonly ScopedLimits[]): Promise<World> =>
  openWorld({ config: (config) => ({ ...config, limits }) });
const hard = (allowed: string) => ({ soft: null, hard: allowed });

describe('limits of risk.yaml', () => {
  it('refuse the entries of a session by name and with figures, and let another trade', async () => {
    world = await limited([
      { scope: { kind: 'session', id: idOf('SP500') }, limits: { orderQuantity: hard('1') } },
    ]);
    await world.open();
    const { dashboard } = world.trading;
    await until('an entry was refused', async () => {
      const decisions = await dashboard.decisions(idOf('SP500'), { limit: 200 });
      return decisions.some(({ guard }) => guard === 'riskLimit');
    });
    const refused = (await dashboard.decisions(idOf('SP500'), { limit: 200 })).find(
      ({ guard }) => guard === 'riskLimit',
    );
    expect(refused).toMatchObject({ outcome: 'refused', orderRef: null });
    expect(refused?.reason).toMatch(
      /^The quantity of the order would be \d+, allowed up to 1 for session sp500-busy \(orderQuantity\)\.$/,
    );
    await world.trades(1);
    const intents = await world.rows<{ n: string }>(
      `select count(*) as n from order_intents where session_id = '${idOf('SP500')}'`,
    );
    expect(Number(intents[0]?.n)).toBe(0);
    await world.agrees();
  });

  it('refuse what a person orders and changes, and count what is in flight', async () => {
    world = await limited([
      { scope: { kind: 'instrument', id: 'SP500.STK.SMART.USD' }, limits: { position: hard('10') } },
    ]);
    await world.open();
    const { dashboard } = world.trading;
    await world.rest();
    const held = Number(
      (
        await world.rows<{ q: string }>(
          "select coalesce(sum(quantity), 0) as q from positions where symbol = 'SP500'",
        )
      )[0]?.q,
    );
    expect(held).toBe(0);
    const place = (quantity: string) =>
      dashboard.placeOrder({
        ...{ instrumentId: 'SP500.STK.SMART.USD', side: 'BUY', quantity, orderType: 'LMT' },
        ...{ limitPrice: '1', timeInForce: 'GTC' },
      });
    const { ref } = await place('6');
    if (ref === null) throw new Error('the order was not placed');
    await until('it works', async () =>
      (await dashboard.trades({ limit: 10 })).some((each) => each.key === ref && each.state === 'working'),
    );
    expect(await place('5')).toMatchObject({
      ...{ ref: null, outcome: 'notSent' },
      message:
        'The position that could come of it would be 11, allowed up to 10 for instrument SP500.STK.SMART.USD (position).',
    });
    expect(await dashboard.changeOrder(ref, { quantity: '11' })).toMatchObject({
      ...{ outcome: 'notSent', message: expect.stringMatching(/would be 11, allowed up to 10/) },
    });
    expect(await dashboard.changeOrder(ref, { quantity: '10' })).toMatchObject({ outcome: 'accepted' });
    await dashboard.cancelOrder(ref);
    await world.agrees();
  });

  it('let only exits through once the loss of the day is confirmed, by a limit and with figures', async () => {
    world = await openWorld({
      config: (config) => ({
        ...config,
        losses: { levels: { dailyLoss: { soft: '0.01', hard: '0.02' } }, confirm: 2, action: 'reduce' },
      }),
    });
    await world.open();
    const { dashboard } = world.trading;
    await until('a loss is confirmed', () => dashboard.system().risk.state === 'reducing', 60_000);
    const { risk, alarms } = dashboard.system();
    expect(risk.author).toBe('limit');
    expect(risk.cause).toMatch(
      /^The loss of the day is [\d.]+, allowed up to 0\.02 for account \w+ \(dailyLoss\)\.$/,
    );
    expect(alarms.some(({ message }) => message.includes('warned of above 0.01'))).toBe(true);
    await until(
      'an entry was refused for it',
      async () => {
        const all = await Promise.all(symbols.map((each) => dashboard.decisions(idOf(each), { limit: 200 })));
        return all.flat().some(({ guard }) => guard === 'riskReducing');
      },
      60_000,
    );
    await world.agrees();
  });

  it('hold one session back by itself, over a restart, while the others trade', async () => {
    world = await openWorld();
    await world.open();
    await world.trades(2);
    const [first] = symbols;
    const scope = { kind: 'session', id: idOf(first) } as const;
    world.trading.dashboard.setRisk('halt', 'a test', scope);
    const intents = async (of: string) =>
      (await open().rows(`select 1 from order_intents where session_id ${of} '${scope.id}'`)).length;
    const before = { own: await intents('='), others: await intents('<>') };
    await until('others trade on', async () => (await intents('<>')) >= before.others + 2, 60_000);
    const refused = async () =>
      (await open().trading.dashboard.decisions(scope.id, { limit: 20 })).some(
        ({ guard, reason }) => guard === 'riskHalted' && /halted/i.test(reason),
      );
    await until('it says why it does not', refused, 60_000);
    await world.trading.stop();
    await world.start();
    await world.open();
    expect(world.trading.dashboard.system()).toMatchObject({
      risk: { state: 'active' },
      riskParts: [{ scope, status: { state: 'halted', cause: 'a test', author: 'person' } }],
    });
    const later = await intents('<>');
    await until('others trade on', async () => (await intents('<>')) >= later + 2, 60_000);
    expect(await intents('=')).toBe(before.own);
    world.trading.dashboard.setRisk('resume', 'done', scope);
    expect(world.trading.dashboard.system().riskParts).toEqual([]);
    await until('it trades again', async () => (await intents('=')) > before.own, 60_000);
    await world.agrees();
  });
});
