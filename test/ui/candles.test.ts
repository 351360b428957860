import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TradeView } from '../../src/contract/portfolio.schema.ts';
import type { BarView, DecisionView } from '../../src/contract/session.schema.ts';
import {
  barAt,
  barChange,
  barStories,
  chartMarks,
  isRefusedWish,
  isWorthTelling,
  overlayLine,
} from '../../ui/charts/candles.ts';
import { withAlpha } from '../../ui/charts/chart-theme.ts';

const bar = (time: number, close = 1): BarView => ({ time, open: 1, high: 1, low: 1, close, volume: 1 });
const decision = (barTime: number, change: Partial<DecisionView> = {}): DecisionView => ({
  sessionId: 's',
  instrumentId: 'X',
  barTime,
  at: barTime,
  close: 1,
  signal: 'hold',
  outcome: 'refused',
  guard: 'noSignal',
  reason: '',
  values: {},
  order: null,
  orderRef: null,
  ...change,
});
const ordered = (barTime: number) =>
  decision(barTime, {
    signal: 'long',
    outcome: 'order',
    guard: null,
    order: {
      side: 'BUY',
      quantity: '1',
      orderType: 'MKT',
      limitPrice: null,
      timeInForce: 'DAY',
      purpose: 'entry',
    },
  });
const fill = (time: number, averagePrice: string | null = '2.5', filled = '1') =>
  ({ key: `t${time}`, time, averagePrice, filled, side: 'BUY' }) as TradeView;

describe('barChange', () => {
  it.each([
    ['nothing', [bar(1)], [bar(1)], { kind: 'none' }],
    ['a forming bar that moved', [bar(1), bar(2)], [bar(1), bar(2, 5)], { kind: 'tail', from: 1 }],
    ['a new bar', [bar(1), bar(2)], [bar(1), bar(2), bar(3)], { kind: 'tail', from: 1 }],
    ['older bars in front', [bar(2)], [bar(1), bar(2)], { kind: 'all' }],
    ['a corrected older bar', [bar(1), bar(2)], [bar(1, 9), bar(2)], { kind: 'all' }],
    ['another series', [bar(1), bar(2)], [bar(5)], { kind: 'all' }],
    ['the first bars', [], [bar(1)], { kind: 'all' }],
    ['still none', [], [], { kind: 'none' }],
  ])('sees %s', (_what, before, after, change) => {
    expect(barChange(before, after)).toEqual(change);
  });
});

describe('barAt', () => {
  it('answers the last start that is not after the moment', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1000)), fc.nat(1000), (starts, moment) => {
        const times = starts.sort((a, b) => a - b);
        expect(barAt(times, moment)).toBe(times.findLast((time) => time <= moment) ?? null);
      }),
    );
  });
});

describe('chartMarks', () => {
  it('puts a signal on the bar that decided and a fill on the bar it fell in', () => {
    expect(chartMarks([bar(10), bar(20)], [ordered(10)], [fill(25)])).toEqual([
      { time: 10, kind: 'signal', side: 'BUY', price: null },
      { time: 20, kind: 'fill', side: 'BUY', price: 2.5 },
    ]);
  });

  it('leaves out what is not on the chart, not filled, or without a price', () => {
    expect(
      chartMarks([bar(10)], [ordered(5), decision(10)], [fill(5), fill(11, null), fill(12, '1', '0')]),
    ).toEqual([]);
  });
});

describe('what a bar has to tell', () => {
  const stories = barStories([bar(10), bar(20), bar(30)], [ordered(10), decision(20)], [fill(31)]);

  it('is an order, a fill or a refused wish', () => {
    expect([10, 20, 30].map((time) => isWorthTelling(stories.get(time)))).toEqual([true, false, true]);
    expect(isWorthTelling(undefined)).toBe(false);
    expect(isRefusedWish(decision(1, { signal: 'short', guard: 'shortNotAllowed' }))).toBe(true);
    expect(isRefusedWish(decision(1))).toBe(false);
  });
});

describe('overlayLine', () => {
  it('leaves a gap where a bar has no figure, and draws nothing when none has', () => {
    const decisions = [decision(1000, { values: { fast: 5 } }), decision(2000, { values: { fast: null } })];
    expect(overlayLine('fast', [bar(1000), bar(2000)], decisions)).toEqual([
      { time: 1, value: 5 },
      { time: 2 },
    ]);
    expect(overlayLine('slow', [bar(1000)], decisions)).toEqual([]);
  });
});

describe('withAlpha', () => {
  it('writes an opacity into a hex colour', () => {
    expect(withAlpha('#112233', 0.5)).toBe('#11223380');
    expect(withAlpha('#11223344', 1)).toBe('#112233ff');
  });
});
