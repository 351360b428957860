import { afterEach, describe, expect, it } from 'vitest';
import type { TradeLimits } from '../../../machines/risk/trades.logic.ts';
import { until } from '../../support/system.ts';
import { idOf, openWorld, symbols, type World } from './trading.world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.end();
  world = undefined;
});

async function trading(trades: TradeLimits): Promise<World> {
  world = await openWorld({ config: (config) => ({ ...config, trades }), barsPerSecond: 8 });
  await world.open();
  return world;
}
const hard = (allowed: string) => ({ soft: null, hard: allowed });

describe('limits on the trades of sessions', () => {
  it('stop a session that has lost in a row: exits leave, entries are refused by name, until a person resumes it', async () => {
    const { trading: runtime } = await trading({ losingStreak: hard('1') });
    const { dashboard } = runtime;
    const parts = () => dashboard.system().riskParts;
    await until('a session is stopped', () => parts().length > 0, 60_000);
    const [part] = parts();
    const id = part?.scope.id ?? '';
    expect(part).toMatchObject({
      scope: { kind: 'session' },
      status: {
        ...{ state: 'reducing', author: 'limit' },
        cause: `Session ${id} has lost 1 trades in a row, stopped at 1 (losingStreak).`,
      },
    });
    await until('an entry was refused', async () =>
      (await dashboard.decisions(id, { limit: 200 })).some(({ guard }) => guard === 'riskReducing'),
    );
    dashboard.setRisk('resume', 'seen', { kind: 'session', id });
    await until('it may trade again', () => parts().every(({ scope }) => scope.id !== id));
    const orders = async () =>
      (await world?.rows(`select 1 from order_intents where session_id = '${id}'`))?.length ?? 0;
    const before = await orders();
    await until('it has ordered again', async () => (await orders()) > before, 60_000);
    await world?.agrees();
  });

  it('let a session enter nothing for a while after a loss', async () => {
    const { trading: runtime } = await trading({ cooldown: hard('600') });
    const refused = async () => {
      const each = symbols.map((symbol) => runtime.dashboard.decisions(idOf(symbol), { limit: 200 }));
      return (await Promise.all(each))
        .flat()
        .find(({ guard, reason }) => guard === 'riskLimit' && reason?.includes('was a loss'));
    };
    await until('an entry was refused', async () => (await refused()) !== undefined, 60_000);
    expect((await refused())?.reason).toMatch(
      /^The last trade of session \S+ was a loss: nothing is entered for \d+ of 600 more minutes \(cooldown\)\.$/,
    );
    await world?.agrees();
  });

  it('close a position that was held for too long, in the name of the limit, and let the session go on', async () => {
    const { trading: runtime } = await trading({ holding: hard('0.01') });
    const closed = () =>
      runtime.dashboard
        .system()
        .alarms.find(({ message }) => /^Limit on holding of session .*: accepted$/.test(message));
    await until('one is closed', () => closed() !== undefined, 60_000);
    expect(closed()?.message).toMatch(
      /^Limit on holding of session "\S+": SELL \d+ of \S+ at the market: accepted$/,
    );
    await world?.trades(1);
    await world?.agrees();
  });
});
