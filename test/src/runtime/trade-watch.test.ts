import { describe, expect, it } from 'vitest';
import type { HeldBack } from '../../../machines/risk/risk.status.ts';
import type { TradeLimits } from '../../../machines/risk/trades.logic.ts';
import { TradeWatch } from '../../../src/runtime/trade-watch.ts';
import type { TradedFill } from '../../../src/store/executions/executions.repository.ts';

const MINUTE = 60_000;
const turn = () => new Promise((done) => setImmediate(done));

function world(limits: TradeLimits, since: Record<string, number> = {}) {
  const fills: TradedFill[] = [];
  const state = new Map<string, unknown>();
  const seen = {
    streaks: [] as string[],
    overheld: [] as [string, string][],
    warnings: [] as string[],
    faults: [] as string[],
    reads: [] as (string | undefined)[],
  };
  const given = { now: 1_000_000, down: false, gate: Promise.resolve() };
  let look: () => void = () => undefined;
  const watch = new TradeWatch(
    {
      limits,
      store: {
        tradedFills: async (id) => {
          seen.reads.push(id);
          await given.gate;
          if (given.down) throw new Error('the database is away');
          return fills;
        },
      },
      multiplierOf: () => '1',
      state: {
        get: async (key) => state.get(key),
        set: async (key, value) => void state.set(key, value),
      },
      now: () => given.now,
      onStreak: (id, cause) => seen.streaks.push(`${id}: ${cause}`),
      onOverheld: (id, _, held, cause) => seen.overheld.push([`${id} ${held}`, cause]),
      onWarning: (message) => seen.warnings.push(message),
      onFault: (message) => seen.faults.push(message),
      every: (each) => {
        look = each;
        return () => undefined;
      },
    },
    since,
    [],
  );
  const trade = (quantity: number, price: number, sessionId: string | null = 'a') => {
    fills.push({
      ...{ execId: String(fills.length), sessionId, account: 'DU1', instrumentId: 'X' },
      ...{ side: quantity < 0 ? 'SELL' : 'BUY', quantity: String(Math.abs(quantity)), price: String(price) },
      ...{ commission: null, commissionCurrency: null, at: given.now },
    });
    watch.note('a');
  };
  /** A trade that gains or loses so much, and the reading of its fills. */
  const round = async (profit: number) => {
    trade(1, 100);
    trade(-1, 100 + profit);
    await turn();
    given.now += MINUTE;
  };
  const begin = async () => {
    watch.start();
    await turn();
  };
  return { watch, seen, given, state, trade, round, begin, look: () => look() };
}

const reduced: HeldBack = {
  scope: { kind: 'session', id: 'a' },
  status: { state: 'reducing', since: 1, cause: 'a streak', author: 'limit' },
};

describe('the watch over trades', () => {
  it('warns at the soft level of losses in a row, and stops the session at the hard one', async () => {
    const { seen, round, begin } = world({ losingStreak: { soft: '2', hard: '3' } });
    await begin();
    await round(-1);
    expect([seen.warnings, seen.streaks]).toEqual([[], []]);
    await round(-1);
    expect(seen.warnings).toEqual(['Session a has lost 2 trades in a row, warned of from 2 (losingStreak).']);
    await round(-1);
    expect(seen.streaks).toEqual(['a: Session a has lost 3 trades in a row, stopped at 3 (losingStreak).']);
  });

  it('begins to count anew after a trade that gains, and after a person has resumed the session', async () => {
    const { watch, seen, round, begin, state, given } = world({ losingStreak: { soft: null, hard: '2' } });
    await begin();
    for (const profit of [-1, 1, -1]) await round(profit);
    expect(seen.streaks).toEqual([]);
    await round(-1);
    expect(seen.streaks).toHaveLength(1);
    watch.noteParts([reduced]);
    watch.noteParts([]);
    await turn();
    expect(state.get('risk.streaks')).toEqual({ a: expect.any(Number) });
    given.now += 1;
    await round(-1);
    expect(seen.streaks).toHaveLength(1);
    await round(-1);
    expect(seen.streaks).toHaveLength(2);
  });

  it('counts, after a start, only what came after the last resuming', async () => {
    const { seen, trade, begin, given } = world(
      { losingStreak: { soft: null, hard: '1' } },
      { a: 1_000_000 },
    );
    trade(1, 100);
    trade(-1, 90);
    await begin();
    expect(seen.streaks).toEqual([]);
    given.now += 1;
    trade(1, 100);
    trade(-1, 90);
    await turn();
    expect(seen.streaks).toHaveLength(1);
  });

  it('asks again for a session to be stopped until it is', async () => {
    const { watch, seen, round, begin, look, given } = world({ losingStreak: { soft: null, hard: '1' } });
    await begin();
    await round(-1);
    look();
    expect(seen.streaks).toHaveLength(2);
    watch.noteParts([reduced]);
    given.now += MINUTE;
    look();
    expect(seen.streaks).toHaveLength(2);
  });

  it('lets nothing be entered for so many minutes after a loss', async () => {
    const { watch, given, trade, begin } = world({ cooldown: { soft: null, hard: '10' } });
    await begin();
    expect(watch.refusal('a')).toBeNull();
    trade(1, 100);
    trade(-1, 90);
    expect(watch.refusal('a')).toMatch(/^The fills of session a are being read/);
    await turn();
    expect(watch.refusal('a')).toBe(
      'The last trade of session a was a loss: nothing is entered for 10 of 10 more minutes (cooldown).',
    );
    expect(watch.refusal('b')).toBeNull();
    given.now += 10 * MINUTE;
    expect(watch.refusal('a')).toBeNull();
  });

  it('reads again what came while it was reading, and what could not be read', async () => {
    const { watch, seen, given, trade, begin, look } = world({ cooldown: { soft: null, hard: '10' } });
    await begin();
    let open: () => void = () => undefined;
    given.gate = new Promise((done) => {
      open = done;
    });
    trade(1, 100);
    trade(-1, 90);
    expect(watch.refusal('a')).toMatch(/are being read/);
    given.down = true;
    open();
    await turn();
    expect(seen.faults).toEqual([
      'Trades of sessions could not be read, and are read again: the database is away',
    ]);
    expect(watch.refusal('a')).toMatch(/are being read/);
    given.down = false;
    look();
    await turn();
    expect(watch.refusal('a')).toMatch(/was a loss/);
  });

  it('has a position closed that was held for too long, and asks again while it is there', async () => {
    const { seen, given, trade, begin, look } = world({ holding: { soft: '5', hard: '10' } });
    await begin();
    trade(3, 100);
    await turn();
    given.now += 5 * MINUTE;
    look();
    expect([seen.warnings, seen.overheld]).toEqual([
      ['Session a has held 3 of X for 5 minutes, warned of from 5 (holding).'],
      [],
    ]);
    given.now += 5 * MINUTE;
    look();
    look();
    expect(seen.overheld).toEqual([
      ['a 3', 'Session a has held 3 of X for 10 minutes, allowed for 10 (holding).'],
    ]);
    given.now += 10_000;
    look();
    expect(seen.overheld).toHaveLength(2);
    trade(-3, 100);
    await turn();
    given.now += 10_000;
    look();
    expect(seen.overheld).toHaveLength(2);
  });

  it('takes a position for closed that somebody else has closed', async () => {
    const { seen, given, trade, begin, look } = world({
      ...{ holding: { soft: null, hard: '10' }, losingStreak: { soft: null, hard: '1' } },
    });
    await begin();
    trade(3, 100);
    trade(-3, 90, null);
    await turn();
    expect(seen.streaks).toHaveLength(1);
    given.now += 11 * MINUTE;
    trade(2, 100);
    await turn();
    look();
    expect(seen.overheld).toEqual([]);
    given.now += 10 * MINUTE;
    look();
    expect(seen.overheld).toHaveLength(1);
  });

  it('leaves alone what somebody else holds and has traded', async () => {
    const { watch, seen, given, trade, begin, look } = world({
      ...{ holding: { soft: null, hard: '10' }, cooldown: { soft: null, hard: '10' } },
    });
    await begin();
    trade(1, 100);
    trade(-1, 110);
    trade(3, 100, null);
    trade(-3, 90, null);
    trade(5, 100, null);
    await turn();
    expect(watch.refusal('a')).toBeNull();
    given.now += 11 * MINUTE;
    look();
    expect(seen.overheld).toEqual([]);
  });

  it('reads nothing when there is no limit', async () => {
    const { watch, seen, trade, begin } = world({});
    await begin();
    trade(1, 100);
    await turn();
    expect([seen.reads, watch.refusal('a')]).toEqual([[], null]);
  });
});
