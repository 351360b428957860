import fc from 'fast-check';
import { createPinia, setActivePinia } from 'pinia';
import { describe, expect, it } from 'vitest';
import type { TradeView } from '../../src/contract/portfolio.schema.ts';
import type { BarView } from '../../src/contract/session.schema.ts';
import { mergeBars } from '../../ui/stores/bars.ts';
import { keyedList, nextItems } from '../../ui/stores/keyed-list.ts';
import { byNewest, useTradesStore } from '../../ui/stores/trades.ts';

const bar = (time: number, close = 1) => ({
  time,
  open: 1,
  high: 1,
  low: 1,
  close,
  volume: 1,
  closed: true,
});

describe('a list of the feed', () => {
  it('holds after any changes what the server holds', () => {
    const change = fc.record({
      items: fc.array(fc.tuple(fc.nat(9), fc.nat(99)), { maxLength: 5 }),
      removed: fc.array(fc.nat(9), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(fc.nat(9)), fc.array(change), (first, changes) => {
        const server = new Map(first.map((time) => [time, bar(time)]));
        let page = nextItems('bars', new Map(), {
          kind: 'snapshot',
          items: [...server.values()],
        });
        for (const { items, removed } of changes) {
          const gone = removed.filter((time) => !items.some(([other]) => other === time));
          const list = items.map(([time, close]) => bar(time, close));
          for (const item of list) server.set(item.time, item);
          for (const time of gone) server.delete(time);
          page = nextItems('bars', page, { kind: 'change', items: list, removed: gone.map(String) });
        }
        const sorted = (list: Iterable<BarView>) => [...list].sort((a, b) => a.time - b.time);
        expect(sorted(page.values())).toEqual(sorted(server.values()));
      }),
    );
  });

  it('keeps what it showed when an error comes, and says so', () => {
    const list = keyedList('bars');
    list.take({ kind: 'snapshot', items: [bar(1)] }, 10);
    list.take({ kind: 'error', message: 'unreadable' }, 20);
    expect(list.items.value).toHaveLength(1);
    expect([list.state.value, list.error.value, list.updatedAt.value]).toEqual(['ready', 'unreadable', 10]);
  });

  it('is in error when nothing ever came, and well after the next snapshot', () => {
    const list = keyedList('bars');
    list.take({ kind: 'error', message: 'unknown topic' }, 10);
    expect(list.state.value).toBe('error');
    list.take({ kind: 'snapshot', items: [] }, 20);
    expect([list.state.value, list.error.value]).toEqual(['ready', null]);
  });
});

describe('trades', () => {
  const trade = (key: string, at: number): TradeView => ({
    key,
    at,
    source: 'ibkr',
    sessionId: null,
    instrumentId: 'X',
    symbol: 'X',
    side: 'BUY',
    quantity: '1',
    filled: '1',
    averagePrice: '1',
    orderType: 'MKT',
    ...{ limitPrice: null, stopPrice: null, trailAmount: null, trailPercent: null, limitOffset: null },
    ...{ timeInForce: null, parentRef: null },
    state: 'filled',
    commission: null,
    commissionCurrency: null,
    realizedPnl: null,
    ref: null,
    permIds: [],
    executions: 1,
    reason: null,
    message: null,
    time: 0,
  });

  it('come newest first, by the time at which they became known', () => {
    setActivePinia(createPinia());
    const store = useTradesStore();
    store.take({ kind: 'snapshot', items: [trade('a', 1), trade('b', 3), trade('c', 2)] }, 0);
    expect(store.items.map((one) => one.key)).toEqual(['b', 'c', 'a']);
  });

  it('do not swap places when their times agree', () => {
    expect(byNewest(trade('a', 1), trade('b', 1))).toBe(-byNewest(trade('b', 1), trade('a', 1)));
    expect(byNewest(trade('a', 1), trade('a', 1))).toBe(0);
  });
});

describe('mergeBars', () => {
  it('answers each bar once, ascending, the newer run winning', () => {
    const merged = mergeBars([bar(2), bar(1)], [bar(2, 9), bar(3)]);
    expect(merged.map(({ time, close }) => [time, close])).toEqual([
      [1, 1],
      [2, 9],
      [3, 1],
    ]);
  });
});
