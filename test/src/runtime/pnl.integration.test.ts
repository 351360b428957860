import { afterEach, expect, it } from 'vitest';
import type { PnlView } from '../../../src/contract/portfolio.schema.ts';
import { until } from '../../support/system.ts';
import { openWorld, type World } from './trading.world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.end();
  world = undefined;
});

const euro = 'SP500-2008';
const rate = 1.25;

/** One of three sessions trades in euros, in an account that is kept in dollars. */
const twoCurrencies = (): Promise<World> =>
  openWorld({
    config: (config) => ({
      ...config,
      sessions: config.sessions.map((session) =>
        session.instrument.symbol === euro
          ? { ...session, instrument: { ...session.instrument, currency: 'EUR' } }
          : session,
      ),
    }),
    gateway: (config) => ({
      ...config,
      account: { ...config.account, currencies: { EUR: 1_000_000 }, rates: { EUR: rate } },
      instruments: config.instruments.map((each) =>
        each.symbol === euro ? { ...each, currency: 'EUR' } : each,
      ),
    }),
  });

const rows = async (scope?: PnlView['scope']): Promise<readonly PnlView[]> => {
  const all = (await world?.trading.dashboard.snapshot('pnl')) as readonly PnlView[];
  return all.filter((row) => scope === undefined || row.scope === scope);
};
const session = async (id: string) => (await rows('session')).find((row) => row.id === id);

it('tells profit and loss by session, instrument, account and currency, and all of it by live rates', async () => {
  world = await twoCurrencies();
  await world.open();
  await until('each session has closed a position', async () => {
    const sessions = await rows('session');
    return sessions.length === 3 && sessions.every(({ realized }) => Number(realized) !== 0);
  });
  await world.rest();

  const trades = (await world.trading.dashboard.trades({ limit: 1_000 })).filter(
    ({ sessionId }) => sessionId === 'sp500-2008-busy',
  );
  await until('every commission was told', async () => (await session('sp500-2008-busy'))?.missing === null);
  const paid = trades.reduce((sum, trade) => sum + Number(trade.commission ?? 0), 0);
  const before = await session('sp500-2008-busy');
  expect(before).toMatchObject({ currency: 'EUR', source: 'fills', period: 'all' });
  expect(Number(before?.commission)).toBeCloseTo(paid, 6);

  expect((await rows('instrument')).map(({ id }) => id)).toContain('SP500-2008.STK.SMART.EUR');
  expect(await rows('account')).toMatchObject([{ id: 'DU1000001', currency: 'USD', source: 'ibkr' }]);
  const [[together], currencies] = [await rows('base'), await rows('currency')];
  const figure = (currency: string) => Number(currencies.find(({ id }) => id === currency)?.realized);
  expect(currencies.map(({ id }) => id).sort()).toEqual(['EUR', 'USD']);
  expect(together).toMatchObject({ currency: 'USD', source: 'converted', missing: null });
  expect(Number(together?.realized)).toBeCloseTo(figure('USD') + rate * figure('EUR'), 2);
  for (const row of await rows()) expect(row.at, row.key).not.toBeNull();

  await world.trading.stop();
  await world.start();
  await world.open();
  await until('it is told again', async () => (await rows('session')).length === 3);
  expect(await session('sp500-2008-busy')).toMatchObject({
    realized: before?.realized,
    commission: before?.commission,
  });
});
