import { defineStore } from 'pinia';
import { computed } from 'vue';
import { keyedList } from './keyed-list.ts';

/** The health of the supervision itself: whether it runs, what it reported, recoveries, dead letters, the journal. */
export const useSupervisionStore = defineStore('supervision', () => {
  const list = keyedList('supervision');
  const view = computed(() => list.byKey.value.get('supervision') ?? null);
  return { ...list, view };
});
