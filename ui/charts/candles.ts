import type { UTCTimestamp } from 'lightweight-charts';
import type { TradeView } from '../../src/contract/portfolio.schema.ts';
import type { BarView, DecisionView } from '../../src/contract/session.schema.ts';

/** Chart time of a moment: whole seconds. */
export const chartTime = (ms: number): UTCTimestamp => Math.floor(ms / 1000) as UTCTimestamp;

/** How one run of bars became the next: nothing, a new or changed tail, or something that needs a redraw. */
export type BarChange = { kind: 'none' } | { kind: 'all' } | { kind: 'tail'; from: number };

const sameBar = (a: BarView, b: BarView): boolean =>
  a.time === b.time &&
  a.close === b.close &&
  a.high === b.high &&
  a.low === b.low &&
  a.open === b.open &&
  a.volume === b.volume;

/** Compares two ascending runs. A tail is at most the last known bar and what follows it. */
export function barChange(before: readonly BarView[], after: readonly BarView[]): BarChange {
  const lastBefore = before.at(-1);
  if (lastBefore === undefined) return after.length === 0 ? { kind: 'none' } : { kind: 'all' };
  const from = before.length - 1;
  const lastKept = after[from];
  if (after.length < before.length || lastKept === undefined || lastKept.time !== lastBefore.time) {
    return { kind: 'all' };
  }
  if (after[0]?.time !== before[0]?.time) return { kind: 'all' };
  for (let i = 0; i < from; i += 1) {
    const [a, b] = [before[i], after[i]];
    if (a === undefined || b === undefined || (a !== b && !sameBar(a, b))) return { kind: 'all' };
  }
  if (after.length === before.length && sameBar(lastBefore, lastKept)) return { kind: 'none' };
  return { kind: 'tail', from };
}

/** Start of the bar that a moment falls into: the last start not after it; null before the first bar. */
export function barAt(times: readonly number[], moment: number): number | null {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? Number.POSITIVE_INFINITY) <= moment) low = middle + 1;
    else high = middle;
  }
  return times[low - 1] ?? null;
}

export interface ChartMark {
  readonly time: number;
  readonly kind: 'signal' | 'fill';
  readonly side: 'BUY' | 'SELL';
  /** Price of a fill; null for a signal, which stands beside its bar. */
  readonly price: number | null;
}

/** Marks on bars that are on the chart, ascending: a signal on the bar that decided, a fill on the bar it fell in. */
export function chartMarks(
  bars: readonly BarView[],
  decisions: readonly DecisionView[],
  trades: readonly TradeView[],
): readonly ChartMark[] {
  const times = bars.map((bar) => bar.time);
  const known = new Set(times);
  const signals = decisions.flatMap((decision): ChartMark[] =>
    decision.outcome === 'order' && decision.order !== null && known.has(decision.barTime)
      ? [{ time: decision.barTime, kind: 'signal', side: decision.order.side, price: null }]
      : [],
  );
  const fills = trades.flatMap((trade): ChartMark[] => {
    const price = trade.averagePrice === null ? null : Number(trade.averagePrice);
    const time = Number(trade.filled) > 0 ? barAt(times, trade.time) : null;
    return time === null || price === null ? [] : [{ time, kind: 'fill', side: trade.side, price }];
  });
  return [...signals, ...fills].sort((a, b) => a.time - b.time);
}

/** What is known of each bar beyond its prices, for hovers. */
export interface BarStory {
  readonly decision: DecisionView | null;
  readonly trades: readonly TradeView[];
}

/** Figures of decisions that are prices: drawn as lines over the candles. */
export const overlayNames = [
  'fast',
  'slow',
  'emaFast',
  'emaSlow',
  'bollingerUpper',
  'bollingerLower',
  'stop',
] as const;
export type OverlayName = (typeof overlayNames)[number];

/** The line of one figure over the bars shown, ascending; bars without it leave a gap. */
export function overlayLine(
  name: OverlayName,
  bars: readonly BarView[],
  decisions: readonly DecisionView[],
): readonly { time: UTCTimestamp; value?: number }[] {
  const byBar = new Map(decisions.map((decision) => [decision.barTime, decision.values[name]]));
  if (![...byBar.values()].some((value) => typeof value === 'number')) return [];
  return bars.map((bar) => {
    const value = byBar.get(bar.time);
    return typeof value === 'number' ? { time: chartTime(bar.time), value } : { time: chartTime(bar.time) };
  });
}

/** Decisions and fills by the start of their bar. */
export function barStories(
  bars: readonly BarView[],
  decisions: readonly DecisionView[],
  trades: readonly TradeView[],
): ReadonlyMap<number, BarStory> {
  const times = bars.map((bar) => bar.time);
  const stories = new Map<number, { decision: DecisionView | null; trades: TradeView[] }>();
  const at = (time: number) => {
    const known = stories.get(time);
    if (known !== undefined) return known;
    const made = { decision: null, trades: [] };
    stories.set(time, made);
    return made as { decision: DecisionView | null; trades: TradeView[] };
  };
  for (const decision of decisions) at(decision.barTime).decision = decision;
  for (const trade of trades) {
    const time = Number(trade.filled) > 0 ? barAt(times, trade.time) : null;
    if (time !== null) at(time).trades.push(trade);
  }
  return stories;
}

/** Whether a bar has something to explain: an order, a fill, or a wish that was refused. */
export const isWorthTelling = (story: BarStory | undefined): boolean =>
  story !== undefined &&
  (story.trades.length > 0 || story.decision?.outcome === 'order' || isRefusedWish(story.decision));

/** A signal that a guard turned down: drawn as a faint tick. */
export const isRefusedWish = (decision: DecisionView | null): boolean =>
  decision !== null && decision.outcome === 'refused' && decision.signal !== 'hold';
