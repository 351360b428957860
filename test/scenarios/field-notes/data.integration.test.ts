import { Decimal } from 'decimal.js';
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
    const { dashboard } = story.world.trading;
    expect((await dashboard.reconcile({ accept: false })).differences).toEqual([
      expect.objectContaining({
        kind: 'manualTrade',
        explanation: expect.stringMatching(/^7 of SP500.STK.SMART.USD were traded outside Tradewarden/),
      }),
    ]);
    expect((await dashboard.reconcile({ accept: true })).differences).toHaveLength(1);
    expect((await dashboard.reconcile({ accept: false })).differences, 'accepted').toEqual([]);
  });
});

describe('11. a symbol vanishes, or changes by itself', () => {
  it('what the broker holds and no trade explains is named, over the union of both sides, until it is accepted', async () => {
    const story = await trading();
    await story.world.rest();
    const { dashboard } = story.world.trading;
    // Sold while Tradewarden did not run, on a day that the broker lists no more: the book alone knows.
    const [instrument] = story.world.gateway.broker.market.instruments;
    if (instrument === undefined) throw new Error('the gateway plays nothing');
    const { state, desk } = story.world.gateway.broker;
    await dashboard.reconcile({ accept: true });
    const booked = desk.account.booked(instrument, new Decimal(11), new Decimal(1_000), new Decimal(0));
    state.saveLedger(booked.ledger);
    const [difference] = (await dashboard.reconcile({ accept: false })).differences;
    expect(difference).toMatchObject({
      kind: 'unknown',
      instrumentId: 'SP500.STK.SMART.USD',
      found: expect.any(String),
      explanation: expect.stringContaining('the broker holds'),
    });
    expect(Number(difference?.found) - Number(difference?.expected)).toBe(11);
    // It is found without being asked for, after every restore.
    story.world.strike({ fault: 'drop-connection' });
    await until('it is alarmed', () =>
      story
        .alarms()
        .some((alarm) => alarm.includes('The broker and the books differ. unknown: SP500.STK.SMART.USD')),
    );
    await dashboard.reconcile({ accept: true });
    expect((await dashboard.reconcile({ accept: false })).differences).toEqual([]);
  });
});

describe('15. data silently loses its quality', () => {
  it('a competing session is named as the cause, no order leaves on it, and prices come back by themselves', async () => {
    const story = await trading();
    story.world.strike({ fault: 'competing-session', for: '2s' });
    await until('the cause is shown', () =>
      story.everyFeed(({ cause }) => cause?.includes('10197') === true),
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
    await until('feeds say why', () => story.everyFeed(({ cause }) => cause?.includes('354') === true));
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
  // Bars of other years are played on this one, so that some fall on the holiday that the contract's hours name.
  const holiday = '2001-01-15';
  const onHoliday = (at: number): boolean =>
    new Date(at).toLocaleDateString('sv-SE', { timeZone: 'America/New_York' }) === holiday;

  it('on a holiday of the contract no order leaves, whatever its bars say, and the record names the hours', async () => {
    const story = await begin({
      gateway: (config) => ({
        ...config,
        instruments: config.instruments.map((each) => ({ ...each, calendar: 'NYSE' })),
      }),
    });
    await story.world.open();
    await until('the holiday is over', () => story.world.gateway.now() > Date.UTC(2001, 0, 17, 12));
    await story.world.trades(1);
    const placed = story.world.gateway.broker.desk.orders().map(({ placedAt }) => placedAt);
    expect(placed.filter(onHoliday)).toEqual([]);
    const closed = (await story.decisions()).filter(({ values }) =>
      onHoliday(Number(values.marketTime ?? 0)),
    );
    expect(closed.filter(({ outcome }) => outcome === 'order')).toEqual([]);
    for (const { guard } of closed) expect(guard).toBe('outsideTradingHours');
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
