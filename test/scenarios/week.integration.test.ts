import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { instrumentSchema } from '../../src/gateway/config.ts';
import { openWorld, type World } from '../src/runtime/trading.world.ts';
import { until } from '../support/system.ts';
import { hasty, symbols } from '../support/trading-world.ts';

/** A trading day of thirteen half hours in so many ms. */
const DAY_MS = 3_000;
const DAYS = 5;

let world: World | undefined;
afterEach(async () => {
  await world?.end();
  world = undefined;
});

/** What a day brings: two trades by hand, a farm that flaps, and the restart of the night. */
async function day(open: World, symbol: string): Promise<void> {
  const began = performance.now();
  const at = (ms: number): Promise<void> => pause(Math.max(0, began + ms - performance.now()));
  await at(400);
  open.tradeByHand(symbol, 'BUY', 7);
  await at(900);
  open.strike({ fault: 'farm-down', farm: 'market-data', for: '300ms' });
  await at(1_700);
  open.tradeByHand(symbol, 'SELL', 5);
  await at(2_400);
  open.strike({ fault: 'restart', for: '200ms' });
  await at(DAY_MS);
}

it('a week with a restart every night, a login, farm flaps and two trades by hand a day loses and repeats nothing', async () => {
  const tomorrow = new Date(Date.now() + 20_000);
  const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
  const weeklyLogin = {
    ...{ weekday: weekdays[tomorrow.getUTCDay()] ?? 'sunday', time: tomorrow.toISOString().slice(11, 19) },
    ...{ timeZone: 'UTC', warnHours: 1 },
  };
  world = await openWorld({
    timing: hasty,
    barsPerSecond: 1_000 / DAY_MS,
    gateway: (config) => ({
      ...config,
      marketStart: '2024-01-08',
      instruments: symbols.map((symbol) =>
        instrumentSchema.parse({
          symbol,
          calendar: 'NYSE',
          source: { synthetic: { kind: 'meanReverting', timeframe: '30m', days: 60, historyDays: 20 } },
        }),
      ),
    }),
    config: (config) => ({
      ...config,
      runtime: { ...config.runtime, broker: { ...config.runtime.broker, weeklyLogin } },
      sessions: config.sessions.map((session) => ({ ...session, timeframe: '30m' })),
    }),
  });
  const open = world;
  await open.open();
  for (let n = 0; n < DAYS; n += 1) await day(open, symbols[n % symbols.length] ?? 'SP500');

  const { dashboard } = open.trading;
  const login = () => dashboard.system().connection.login;
  await until('the login is due', () => Date.now() > (login()?.dueAt ?? 0), 30_000);
  open.strike({ fault: 'refuse-connection', for: '800ms' });
  open.strike({ fault: 'drop-connection' });
  await until('a person is awaited', () => login()?.state === 'awaited', 20_000);
  await until('the login is over', () => login()?.state === 'later', 20_000);
  await open.open();

  await open.agrees();
  expect(await open.undecided('30m')).toEqual([]);
  const trades = await dashboard.trades({ limit: 1_000 });
  const byHand = trades.filter(({ source }) => source === 'ibkr');
  expect(byHand.map(({ side, filled }) => `${side} ${filled}`).sort()).toEqual([
    ...Array(DAYS).fill('BUY 7'),
    ...Array(DAYS).fill('SELL 5'),
  ]);
  // Everything else is ours, and says of which session and why.
  for (const trade of trades)
    if (trade.source !== 'ibkr')
      expect(trade).toMatchObject({ source: 'autotrader', reason: expect.any(String) });
  expect(trades.filter(({ source }) => source === 'autotrader').length).toBeGreaterThan(5);
  expect(open.readies()).toBeGreaterThanOrEqual(DAYS + 1);
}, 120_000);
