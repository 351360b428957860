import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import type { StrategyDraft, StrategyKindView, StrategyView } from '../../src/contract/strategy.schema.ts';
import { api } from '../api/client.ts';
import { messageOf } from '../api/problem.ts';
import type { ListState } from './keyed-list.ts';

/** Stored strategies and the kinds that new ones can be of. */
export const useStrategiesStore = defineStore('strategies', () => {
  const items = shallowRef<readonly StrategyView[]>([]);
  const kinds = shallowRef<readonly StrategyKindView[]>([]);
  const state = shallowRef<ListState>('loading');
  const error = shallowRef<string | null>(null);
  const byName = computed(() => new Map(items.value.map((strategy) => [strategy.name, strategy])));
  const kindByName = computed(() => new Map(kinds.value.map((kind) => [kind.kind, kind])));

  /** Fetches strategies and kinds; a failure becomes `error`. */
  async function load(): Promise<void> {
    try {
      const [strategies, kindList] = await Promise.all([api.strategies(), api.strategyKinds()]);
      items.value = strategies.items;
      kinds.value = kindList.items;
      state.value = 'ready';
      error.value = null;
    } catch (cause) {
      error.value = messageOf(cause);
      if (state.value === 'loading') state.value = 'error';
    }
  }

  /** Stores a named strategy. @throws ApiError */
  async function save(draft: StrategyDraft): Promise<StrategyView> {
    const saved = await api.saveStrategy(draft);
    items.value = [...items.value.filter((strategy) => strategy.name !== saved.name), saved];
    return saved;
  }

  return { items, kinds, state, error, byName, kindByName, load, save };
});
