import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decimal, decimalString } from '../../../machines/domain/decimal.ts';
import { effectiveExecutions } from '../../../machines/domain/execution.ts';
import { noPrices } from '../../../machines/domain/order.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { sql, type TestDatabase, testDatabase } from '../../support/postgres.ts';
import { brokerOrder, execution, freshRef, intent } from './fixtures.ts';

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

const commit = async (ref: string) => {
  const answer = await store.orders.commitIntent(intent({ ref }), { lease: null, decision: null });
  expect(answer).toBe('committed');
};
const tradeOf = async (key: string) => (await store.trades.list({ limit: 1000 })).find((t) => t.key === key);

describe('executions', () => {
  it('stores a fill once and sums it into its order', async () => {
    const ref = freshRef();
    await commit(ref);
    const first = execution({ execId: 'a.1.01.01', orderRef: ref, quantity: '4', price: '100' });
    const second = execution({ execId: 'a.2.01.01', orderRef: ref, quantity: '6', price: '101' });
    expect(await store.executions.record(first)).toBe(true);
    expect(await store.executions.record(first)).toBe(false);
    expect(await store.executions.record(second)).toBe(true);
    expect(await store.orders.get(ref)).toMatchObject({ filled: '10', averagePrice: '100.6' });
    expect(await store.executions.ofOrder(ref)).toStrictEqual([first, second]);
  });

  it.each([
    ['after', [1, 2]],
    ['before', [2, 1]],
  ])('lets a correction that arrives %s replace its predecessor', async (when, revisions) => {
    const ref = freshRef();
    await commit(ref);
    for (const revision of revisions) {
      const execId = `b.${when}.01.0${revision}`;
      const quantity = revision === 1 ? '4' : '3';
      await store.executions.record(execution({ execId, orderRef: ref, quantity }));
    }
    expect((await store.orders.get(ref))?.filled).toBe('3');
    expect(await tradeOf(ref)).toMatchObject({ filled: '3', executions: 1 });
    expect(await store.executions.ofOrder(ref), 'nothing is forgotten').toHaveLength(2);
  });

  it('loses nothing when fills of one order arrive together', async () => {
    const ref = freshRef();
    await commit(ref);
    const fills = Array.from({ length: 12 }, (_, i) =>
      execution({ execId: `c.${i}.01.01`, orderRef: ref, quantity: '1' }),
    );
    await Promise.all([...fills, ...fills].map((fill) => store.executions.record(fill)));
    expect((await store.orders.get(ref))?.filled).toBe('12');
  });

  it('finds the order of a fill without ref by its permId', async () => {
    const ref = freshRef();
    await commit(ref);
    await store.orders.update(ref, { permId: 777 });
    await store.executions.record(execution({ execId: 'd.1.01.01', permId: 777, quantity: '2' }));
    expect((await store.orders.get(ref))?.filled).toBe('2');
  });

  it('lists from a market time on', async () => {
    const late = execution({ execId: 'e.1.01.01', permId: 778, time: 1_900_000_000_000 });
    await store.executions.record(late);
    expect(await store.executions.list({ since: 1_900_000_000_000, limit: 5 })).toStrictEqual([late]);
    expect(await store.executions.list({ limit: 2 })).toHaveLength(2);
  });

  it('refuses update and delete', async () => {
    for (const statement of ['update executions set quantity = 1', 'delete from executions']) {
      await expect(sql(database.url, statement)).rejects.toThrow('executions is append-only');
    }
  });
});

describe('trades', () => {
  it('shows an order of ours with its fills and commissions, whichever came first', async () => {
    const ref = freshRef('oracle-sma');
    await commit(ref);
    await store.orders.update(ref, { state: 'filled', permId: 801 });
    const report = { execId: 'f.1.01.01', commission: '1.10', currency: 'USD', realizedPnl: null };
    expect(await store.executions.recordCommission(report)).toBe(true);
    expect(await store.executions.recordCommission(report)).toBe(false);
    const fill = execution({ orderRef: ref, permId: 801, quantity: '5', price: '100' });
    await store.executions.record({ ...fill, execId: 'f.1.01.01' });
    await store.executions.record({ ...fill, execId: 'f.2.01.01', time: fill.time + 5 });
    await store.executions.recordCommission({ ...report, execId: 'f.2.01.01', realizedPnl: '-3.5' });
    expect(await tradeOf(ref)).toStrictEqual({
      ...{ key: ref, ref, source: 'autotrader', sessionId: 'oracle-sma' },
      ...{ instrumentId: 'ORCL.STK.SMART.USD', symbol: 'ORCL', side: 'BUY', quantity: '10' },
      ...noPrices,
      ...{ filled: '10', averagePrice: '100', orderType: 'LMT', limitPrice: '101.25', state: 'filled' },
      ...{ timeInForce: 'DAY', parentRef: null },
      ...{ commission: '2.2', commissionCurrency: 'USD', realizedPnl: '-3.5', permIds: [801], executions: 2 },
      ...{ reason: 'fast average crossed above slow', message: null },
      ...{ time: fill.time + 5, at: 1_700_000_300_000 },
    });
  });

  it('does not turn an unreported commission into 0', async () => {
    const ref = freshRef(null);
    await commit(ref);
    expect(await tradeOf(ref)).toMatchObject({
      ...{ filled: '0', averagePrice: null, commission: null, commissionCurrency: null, realizedPnl: null },
      ...{ executions: 0, time: 1_700_000_300_000 },
    });
  });

  it('shows the fills of an order that was never seen as one trade of IBKR', async () => {
    await store.executions.record(execution({ execId: 'g.1.01.01', permId: 901, quantity: '1' }));
    await store.executions.record(
      execution({ execId: 'g.2.01.01', permId: 901, quantity: '2', orderRef: 'x' }),
    );
    expect(await tradeOf('perm:901')).toMatchObject({
      ...{ source: 'ibkr', ref: null, sessionId: null, quantity: null, filled: '3', state: null },
      ...{ orderType: null, permIds: [901], executions: 2 },
    });
    await store.orders.saveForeign(brokerOrder({ permId: 901, side: 'BUY', quantity: '3' }), 'filled');
    expect(await tradeOf('perm:901'), 'the order joins its fills').toMatchObject({
      ...{ source: 'ibkr', quantity: '3', filled: '3', state: 'filled', orderType: 'TRAIL' },
    });
    const stored = (await store.orders.list({ limit: 1000, source: 'ibkr' })).find(
      (o) => o.ref === 'perm:901',
    );
    expect(stored?.filled).toBe('3');
  });

  it('recognises its own fills although the order is not stored', async () => {
    const ref = freshRef('forgotten');
    await store.executions.record(execution({ execId: 'h.1.01.01', permId: 902, orderRef: ref }));
    expect(await tradeOf(ref)).toMatchObject({
      source: 'autotrader',
      sessionId: 'forgotten',
      ref,
      state: null,
    });
  });

  it('filters by source and pages from the newest back without gap or double', async () => {
    const all = await store.trades.list({ limit: 1000 });
    for (const source of ['autotrader', 'manual', 'ibkr'] as const) {
      const some = await store.trades.list({ source, limit: 1000 });
      expect(some).toEqual(all.filter((trade) => trade.source === source));
    }
    const times = all.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const [newest] = all;
    const rest = await store.trades.list({ limit: 1000, before: newest?.at });
    expect(rest).toEqual(all.filter(({ at }) => at < (newest?.at ?? 0)));
    expect(await store.trades.list({ limit: 3 })).toEqual(all.slice(0, 3));
  });

  it('adds up to the effective executions, in whatever order and however often they arrive', async () => {
    let run = 0;
    const fill = fc.record({
      root: fc.integer({ min: 1, max: 5 }),
      revision: fc.integer({ min: 1, max: 3 }),
      hundredths: fc.integer({ min: 1, max: 100_000 }),
      order: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fill, { minLength: 1, maxLength: 12 }), async (fills) => {
        run += 1;
        const keys = [freshRef(), freshRef(null), `perm:${10_000 + run}`];
        await commit(keys[0] ?? '');
        const told = fills.map(({ root, revision, hundredths, order }) =>
          execution({
            execId: `p${run}.${order}.${root}.0${revision}`,
            orderRef: order === 2 ? null : (keys[order] ?? null),
            permId: order === 2 ? 10_000 + run : order,
            quantity: decimalString(decimal(hundredths).div(100)),
          }),
        );
        const first = new Map<string, (typeof told)[number]>();
        for (const one of told) {
          expect(await store.executions.record(one)).toBe(!first.has(one.execId));
          if (!first.has(one.execId)) first.set(one.execId, one);
        }
        const trades = (await store.trades.list({ limit: 10_000 })).filter(({ key }) => keys.includes(key));
        const sum = (texts: readonly string[]) =>
          texts.reduce((total, text) => total.plus(text), decimal(0)).toFixed();
        const expected = effectiveExecutions([...first.values()]);
        expect(sum(trades.map(({ filled }) => filled))).toBe(sum(expected.map(({ quantity }) => quantity)));
        expect(trades.reduce((total, trade) => total + trade.executions, 0)).toBe(expected.length);
        const order = await store.orders.get(keys[0] ?? '');
        expect(order?.filled).toBe(trades.find(({ key }) => key === keys[0])?.filled);
      }),
      { numRuns: 25 },
    );
  });
});
