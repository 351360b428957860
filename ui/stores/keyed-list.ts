import { computed, type Ref, shallowRef } from 'vue';
import type { TopicItem, TopicName } from '../../src/contract/feed.schema.ts';
import { listen } from '../feed/feed.ts';
import { keyOf, type TopicMessage } from '../feed/messages.ts';

export type ListState = 'loading' | 'ready' | 'error';

/** The list after a message: a snapshot replaces it, a change puts whole items in and takes removed keys out. */
export function nextItems<T extends TopicName>(
  name: T,
  items: ReadonlyMap<string, TopicItem<T>>,
  message: TopicMessage<T>,
): ReadonlyMap<string, TopicItem<T>> {
  if (message.kind === 'error') return items;
  const next = new Map(message.kind === 'snapshot' ? [] : items);
  for (const item of message.items) next.set(keyOf(name, item as TopicItem<TopicName>), item);
  if (message.kind === 'change') for (const key of message.removed) next.delete(key);
  return next;
}

/** State of one topic of the feed: its items by key, whether they came, and what went wrong. */
export function keyedList<T extends TopicName>(name: T, topic: string = name) {
  const byKey: Ref<ReadonlyMap<string, TopicItem<T>>> = shallowRef(new Map());
  const state = shallowRef<ListState>('loading');
  const error = shallowRef<string | null>(null);
  /** Server time of the newest message; null before the first. */
  const updatedAt = shallowRef<number | null>(null);
  const items = computed(() => [...byKey.value.values()]);

  function take(message: TopicMessage<TopicName>, at: number): void {
    if (message.kind === 'error') {
      error.value = message.message;
      // What came before stays on screen, with the error beside it.
      if (state.value === 'loading') state.value = 'error';
      return;
    }
    // The feed client hands over messages of the topic that was asked for.
    byKey.value = nextItems(name, byKey.value, message as TopicMessage<T>);
    updatedAt.value = at;
    state.value = 'ready';
    error.value = null;
  }

  /** Puts one item in by hand, e.g. the answer to a command, before the feed repeats it. */
  function put(item: TopicItem<T>): void {
    byKey.value = new Map(byKey.value).set(keyOf(name, item as TopicItem<TopicName>), item);
  }

  const start = (): (() => void) => listen(topic, take);
  return { byKey, items, state, error, updatedAt, take, put, start };
}

export type KeyedList<T extends TopicName> = ReturnType<typeof keyedList<T>>;
