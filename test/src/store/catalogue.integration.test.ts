import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../../src/store/store.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';
import { oracle, session } from './fixtures.ts';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await testDatabase();
  store = await openStore({ url: database.url });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

describe('instruments', () => {
  it('answers what was saved, with absent parts absent', async () => {
    const future = {
      ...oracle,
      id: 'ESTX50-200603.FUT.EUREX.EUR',
      primaryExchange: undefined,
      expiry: '200603',
    };
    await store.instruments.save(oracle);
    await store.instruments.save(future);
    await store.instruments.save({ ...oracle, minTick: '0.0100', longName: 'ORACLE CORPORATION' });

    expect(await store.instruments.get(oracle.id)).toStrictEqual({
      ...oracle,
      longName: 'ORACLE CORPORATION',
    });
    const { primaryExchange: _, ...stored } = future;
    expect((await store.instruments.all()).map(({ id }) => id)).toEqual([stored.id, oracle.id]);
    expect(await store.instruments.get(stored.id)).toStrictEqual(stored);
    expect(await store.instruments.get('NONE.STK.SMART.USD')).toBeNull();
  });
});

describe('strategies', () => {
  const fast = {
    name: 'sma-fast',
    kind: 'sma',
    parameters: { fast: 5, slow: 20, nested: { list: [1, 2] } },
    notes: null,
    origin: 'builtin' as const,
  };

  it('keeps one row a name; the later definition wins', async () => {
    await store.strategies.save(fast);
    await store.strategies.save({ ...fast, parameters: { fast: 6 }, notes: "mine, isn't it?" });
    await store.strategies.save({ ...fast, name: 'another' });
    expect(await store.strategies.get('sma-fast')).toStrictEqual({
      ...fast,
      parameters: { fast: 6 },
      notes: "mine, isn't it?",
    });
    expect((await store.strategies.all()).map(({ name }) => name)).toEqual(['another', 'sma-fast']);
    await store.strategies.remove('another');
    expect(await store.strategies.get('another')).toBeNull();
  });
});

describe('sessions', () => {
  it('keeps what is wanted when the definition is saved again', async () => {
    await store.sessions.save(session);
    expect(await store.sessions.get(session.id)).toStrictEqual({ definition: session, desired: 'running' });
    await store.sessions.setDesired(session.id, 'paused');
    const changed = {
      ...session,
      thread: 'worker' as const,
      sizing: { kind: 'risk' as const, percent: 0.5 },
    };
    await store.sessions.save(changed);
    expect(await store.sessions.all()).toStrictEqual([{ definition: changed, desired: 'paused' }]);
    await store.sessions.save(changed, 'stopped');
    expect((await store.sessions.get(session.id))?.desired).toBe('stopped');
    await store.sessions.remove(session.id);
    expect(await store.sessions.get(session.id)).toBeNull();
  });

  it('does not start a session that is declared inactive', async () => {
    await store.sessions.save({ ...session, id: 'asleep', active: false });
    expect((await store.sessions.get('asleep'))?.desired).toBe('stopped');
  });
});

describe('bars', () => {
  const bar = (time: number, close: number) => ({
    time,
    open: close,
    high: close + 0.1,
    low: close - 0.1,
    close,
    volume: 1e9,
  });

  it('writes unsorted bars and lets the later value win', async () => {
    const id = 'A.STK.SMART.USD';
    expect(await store.bars.append(id, '1m', [bar(120_000, 3), bar(0, 1), bar(60_000, 2), bar(0, 1.5)])).toBe(
      3,
    );
    expect(await store.bars.append(id, '1m', [bar(60_000, 2.5)])).toBe(1);
    expect(await store.bars.last(id, '1m', 10)).toStrictEqual([
      bar(0, 1.5),
      bar(60_000, 2.5),
      bar(120_000, 3),
    ]);
    expect(await store.bars.last(id, '5m', 10), 'another timeframe is another series').toEqual([]);
  });

  it('cuts by count, bound and range', async () => {
    const id = 'B.STK.SMART.USD';
    expect(await store.bars.coverage(id, '1d')).toBeNull();
    const day = 86_400_000;
    const before1970 = [bar(-2 * day, 1), bar(-day, 2)];
    const series = [...before1970, ...Array.from({ length: 25_000 }, (_, i) => bar(i * day, i + 3))];
    expect(await store.bars.append(id, '1d', series), 'more than one chunk').toBe(25_002);
    expect(await store.bars.coverage(id, '1d')).toEqual({
      first: -2 * day,
      last: 24_999 * day,
      count: 25_002,
    });
    expect(await store.bars.last(id, '1d', 2)).toStrictEqual(series.slice(-2));
    expect(await store.bars.last(id, '1d', 2, day), 'the bound is exclusive').toStrictEqual(
      series.slice(1, 3),
    );
    expect(await store.bars.range(id, '1d', -day, 2 * day, 10)).toStrictEqual(series.slice(1, 4));
    expect(await store.bars.range(id, '1d', -day, 2 * day, 2)).toStrictEqual(series.slice(1, 3));
  });

  it('makes a series once when two write its first bars together', async () => {
    const id = 'C.STK.SMART.USD';
    const other = await openStore({ url: database.url });
    await Promise.all([
      store.bars.append(id, '1h', [bar(0, 1)]),
      other.bars.append(id, '1h', [bar(3_600_000, 2)]),
    ]);
    await other.close();
    expect(await store.bars.last(id, '1h', 5)).toHaveLength(2);
  });
});

describe('state', () => {
  it.each([{ risk: 'halted', since: 12 }, 'text with "quotes"', 41, null, [1, 'two']])(
    'keeps %j',
    async (value) => {
      await store.state.set('key', 'something else');
      await store.state.set('key', value);
      expect(await store.state.get('key')).toEqual(value);
    },
  );

  it('answers null for a key never set', async () => {
    expect(await store.state.get('never')).toBeNull();
  });
});

describe('webSessions', () => {
  it('forgets those that have run out or were removed', async () => {
    await store.webSessions.create('lasting', 60_000);
    await store.webSessions.create('removed', 60_000);
    await store.webSessions.create('over', 0);
    await store.webSessions.remove('removed');
    expect(await store.webSessions.exists('lasting')).toBe(true);
    expect(await store.webSessions.exists('removed')).toBe(false);
    expect(await store.webSessions.exists('over')).toBe(false);
    expect(await store.webSessions.purgeExpired()).toBe(1);
    expect(await store.webSessions.purgeExpired()).toBe(0);
  });
});

describe('positions and account', () => {
  const position = (instrumentId: string, quantity: string, at = 1) => ({
    account: 'DU1',
    instrumentId,
    symbol: instrumentId,
    quantity,
    averageCost: quantity === '0' ? null : '12.5',
    at,
  });

  it('replaces the positions of one account and notes each change of quantity', async () => {
    const elsewhere = { ...position('A', '7'), account: 'DU2' };
    await store.positions.save(elsewhere);
    await store.positions.replaceAll('DU1', [position('A', '10'), position('B', '-5')]);
    await store.positions.replaceAll('DU1', [position('A', '10', 2)]);
    await store.positions.save(position('A', '12.50', 3));
    expect(await store.positions.all()).toStrictEqual([position('A', '12.5', 3), elsewhere]);
    expect((await store.positions.history('DU1', 'A')).map((p) => p.quantity)).toEqual(['10', '12.5']);
    expect((await store.positions.history('DU1', 'B')).map((p) => p.quantity)).toEqual(['-5', '0']);
  });

  it('notes one change when two writers tell the same', async () => {
    await Promise.all(Array.from({ length: 8 }, () => store.positions.save(position('D', '3'))));
    expect(await store.positions.history('DU1', 'D')).toHaveLength(1);
  });

  it('keeps the latest figure a currency, and null as null', async () => {
    const value = (currency: string | null, text: string | null) => ({
      account: 'DU1',
      key: 'NetLiquidation',
      value: text,
      currency,
      at: 5,
    });
    await store.account.save([value('USD', '1'), value('USD', '2'), value('EUR', '3'), value(null, null)]);
    await store.account.save([value('EUR', '4')]);
    await store.account.save([]);
    expect(await store.account.all()).toStrictEqual([
      value(null, null),
      value('EUR', '4'),
      value('USD', '2'),
    ]);
  });
});
