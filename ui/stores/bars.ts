import { defineStore } from 'pinia';
import { shallowReactive } from 'vue';
import type { BarView } from '../../src/contract/session.schema.ts';
import { api } from '../api/client.ts';
import { listsByTopic } from './by-topic.ts';

export const barsTopic = (instrumentId: string, timeframe: string): string =>
  `bars:${instrumentId}:${timeframe}`;

/** Merges two runs of bars by start time, ascending; the second wins where both have one. */
export function mergeBars<A extends BarView, B extends BarView>(
  older: readonly A[],
  newer: readonly B[],
): (A | B)[] {
  const byTime = new Map<number, A | B>();
  for (const bar of older) byTime.set(bar.time, bar);
  for (const bar of newer) byTime.set(bar.time, bar);
  return [...byTime.values()].sort((a, b) => a.time - b.time);
}

/** Bars by instrument and timeframe: history from the database, the newest from the feed. */
export const useBarsStore = defineStore('bars', () => {
  const lists = listsByTopic('bars');
  const history = shallowReactive(new Map<string, readonly BarView[]>());
  const complete = shallowReactive(new Set<string>());

  /** Fetches `limit` bars before the oldest known one, or the newest. @throws ApiError */
  async function load(instrumentId: string, timeframe: string, limit: number, older = false): Promise<void> {
    const topic = barsTopic(instrumentId, timeframe);
    const known = history.get(topic) ?? [];
    const before = older ? known[0]?.time : undefined;
    const answer = await api.bars({
      instrumentId,
      timeframe,
      limit,
      ...(before === undefined ? {} : { before }),
    });
    if (answer.items.length < limit) complete.add(topic);
    history.set(topic, mergeBars(known, answer.items));
  }

  /** Known bars, ascending by time; the last one may still be forming. */
  function of(instrumentId: string, timeframe: string): readonly BarView[] {
    const topic = barsTopic(instrumentId, timeframe);
    return mergeBars(history.get(topic) ?? [], lists.list(topic).items.value);
  }

  const isComplete = (instrumentId: string, timeframe: string): boolean =>
    complete.has(barsTopic(instrumentId, timeframe));

  return { ...lists, load, of, isComplete };
});
