import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import type { TradeView } from '../../src/contract/portfolio.schema.ts';
import { api } from '../api/client.ts';
import { keyedList } from './keyed-list.ts';

const PAGE = 100;

/** Newest first; the key settles ties so that rows never swap places on their own. */
export const byNewest = (a: TradeView, b: TradeView): number =>
  b.at - a.at || (a.key < b.key ? 1 : a.key > b.key ? -1 : 0);

/** Trades of every source: the feed brings the newest, older ones are fetched on demand. */
export const useTradesStore = defineStore('trades', () => {
  const list = keyedList('trades');
  const older = shallowRef<readonly TradeView[]>([]);
  const reachedEnd = shallowRef(false);

  const items = computed(() => {
    const fresh = list.byKey.value;
    return [...fresh.values(), ...older.value.filter((trade) => !fresh.has(trade.key))].sort(byNewest);
  });

  /** Fetches the next page before the oldest known trade. @throws ApiError */
  async function loadOlder(): Promise<void> {
    const oldest = items.value.at(-1);
    const answer = await api.trades({
      limit: PAGE,
      ...(oldest === undefined ? {} : { before: oldest.at }),
    });
    const known = new Set(items.value.map((trade) => trade.key));
    const found = answer.items.filter((trade) => !known.has(trade.key));
    older.value = [...older.value, ...found];
    reachedEnd.value = found.length === 0 || answer.items.length < PAGE;
  }

  return { ...list, items, reachedEnd, loadOlder };
});
