import { describe, expect, it } from 'vitest';
import { until } from '../../support/system.ts';
import { idOf, symbols } from '../../support/trading-world.ts';
import { begin, trading } from './world.ts';

describe('11. trades by hand in TWS are not seen', () => {
  it('they are seen, told apart from ours, and the position is that of the broker at the next decision', async () => {
    const story = await trading();
    story.world.tradeByHand('SP500', 'BUY', 7);
    const trade = await until('it is seen', async () =>
      (await story.world.trading.dashboard.trades({ limit: 50, source: 'ibkr' })).find(
        ({ filled }) => filled === '7',
      ),
    );
    expect(trade).toMatchObject({ source: 'ibkr', sessionId: null, ref: null, symbol: 'SP500', side: 'BUY' });
    await story.world.agrees();
  });
});

describe('15. data silently loses its quality', () => {
  it('a competing session is named as the cause, no order leaves on it, and prices come back by themselves', async () => {
    const story = await trading();
    story.world.strike({ fault: 'competing-session', for: '2s' });
    await until('the cause is shown', async () =>
      (await story.prices()).every(({ feed }) => feed.cause?.includes('10197')),
    );
    await expect(story.order()).rejects.toThrow(/price: found .*expected a live one/);
    await story.feedsLive();
    await story.world.trades(1);
  });

  it('delayed data is shown as what it is, and orders are refused on it', async () => {
    const story = await begin({
      gateway: (config) => ({ ...config, marketData: { ...config.marketData, permission: 'delayed' } }),
    });
    await story.world.open();
    await until('feeds say why', async () => (await story.prices()).every(({ feed }) => feed.cause !== null));
    await expect(story.order()).rejects.toThrow(/price: found/);
    expect(story.world.gateway.broker.desk.orders()).toEqual([]);
  });
});

describe('17. rejected for the tick size, or for the noise of floats', () => {
  const bands = [
    { lowEdge: 0, increment: 0.01 },
    { lowEdge: 1_000, increment: 0.5 },
  ];

  it('limits of sessions lie on the market rule at their own price, and none is refused', async () => {
    const story = await trading({
      gateway: (config) => ({
        ...config,
        instruments: config.instruments.map((each) => ({ ...each, priceIncrements: bands })),
      }),
      config: (config) => ({
        ...config,
        sessions: config.sessions.map((session) => ({ ...session, orderType: 'LMT', limitOffsetBps: 37 })),
      }),
    });
    await story.world.trades(2);
    const limits = await story.world.rows<{ price: string; state: string }>(
      "select limit_price as price, state from orders where order_type = 'LMT'",
    );
    expect(limits.length).toBeGreaterThan(2);
    expect(limits.filter(({ price }) => Number(price) % 0.5 !== 0)).toEqual([]);
    expect(limits.filter(({ state }) => state === 'rejected')).toEqual([]);
  });

  it('a limit by hand off the rule is refused before it leaves, with the prices beside it', async () => {
    const story = await trading({
      gateway: (config) => ({
        ...config,
        instruments: config.instruments.map((each) => ({ ...each, priceIncrements: bands })),
      }),
    });
    await expect(story.order({ limitPrice: '1100.25' })).rejects.toThrow(
      'limit price: found 1100.25, expected a price of SP500.STK.SMART.USD, such as 1100 or 1100.5',
    );
  });
});

describe('18. calendars and zones', () => {
  it('outside the liquid hours of the contract no order leaves, whatever its bars say', async () => {
    const story = await begin({
      gateway: (config) => ({
        ...config,
        instruments: config.instruments.map((each) => ({
          ...each,
          ...{ liquidHours: '15:58-15:59', tradingHours: '09:30-16:00' },
        })),
      }),
    });
    await story.world.open();
    await until('decisions are refused for it', async () =>
      (await story.decisions()).some(({ guard }) => guard === 'outsideTradingHours'),
    );
    expect((await story.decisions()).filter(({ outcome }) => outcome === 'order')).toEqual([]);
    expect(story.world.gateway.broker.desk.orders()).toEqual([]);
  });
});

describe('19. P&L is zero after a restart', () => {
  it('what the broker has not told is null, never 0, and every figure has its age', async () => {
    const story = await trading();
    await story.world.trading.stop();
    story.world.strike({ fault: 'no-handshake', for: '1s' });
    await story.world.start();
    const account = await story.world.trading.dashboard.snapshot('account');
    const positions = await story.world.trading.dashboard.snapshot('positions');
    expect(JSON.stringify([account, positions])).not.toMatch(
      /"(daily|unrealized|realized|unrealizedPnl)":"0"/,
    );
    await story.world.open();
    const told = (await until('P&L is told', async () => {
      const [view] = (await story.world.trading.dashboard.snapshot('account')) as {
        pnl: { unrealized: string | null; at: number } | null;
      }[];
      return view?.pnl?.unrealized == null ? null : view.pnl;
    })) as { at: number };
    expect(Date.now() - told.at).toBeLessThan(20_000);
  });
});

describe('21. why is it not trading?', () => {
  it('every closed bar of every session has one record that names the guard, in words', async () => {
    const story = await trading();
    await story.decide(9);
    const decisions = await story.decisions();
    for (const symbol of symbols)
      expect(decisions.filter(({ sessionId }) => sessionId === idOf(symbol)).length).toBeGreaterThan(1);
    for (const { outcome, guard, reason } of decisions) {
      expect(reason).toMatch(/\w+ \w+/);
      expect(guard === null).toBe(outcome === 'order');
    }
    expect(await story.world.undecided()).toEqual([]);
  });
});
