import { defineStore } from 'pinia';
import { computed } from 'vue';
import { keyedList } from './keyed-list.ts';

/** The last comparison with the broker; null before the first. */
export const useReconciliationStore = defineStore('reconciliation', () => {
  const list = keyedList('reconciliation');
  return { ...list, view: computed(() => list.items.value[0] ?? null) };
});
