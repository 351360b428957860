import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import type { FeedStatus } from '../feed/client.ts';
import { keyedList } from './keyed-list.ts';

/** The process behind the page: mode, broker, database, risk, alarms; and the feed that brings it all. */
export const useSystemStore = defineStore('system', () => {
  const list = keyedList('system');
  const feed = shallowRef<FeedStatus>({
    state: 'connecting',
    since: Date.now(),
    attempts: 0,
    skewMs: 0,
    reason: null,
  });
  /** False once the server has answered that it does not know this browser. */
  const admitted = shallowRef(true);
  const system = computed(() => list.byKey.value.get('system') ?? null);
  const feedLost = computed(() => feed.value.state === 'lost');
  return { ...list, system, feed, feedLost, admitted };
});
