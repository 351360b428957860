import { onScopeDispose, type Ref, shallowReactive, watch } from 'vue';
import type { TopicName } from '../../src/contract/feed.schema.ts';
import { type KeyedList, keyedList } from './keyed-list.ts';

/** Lists of topics that have a parameter, e.g. `decisions:<session>`: made when first asked for. */
export function listsByTopic<T extends TopicName>(name: T) {
  const lists = shallowReactive(new Map<string, KeyedList<T>>());

  function list(topic: string): KeyedList<T> {
    const known = lists.get(topic);
    if (known !== undefined) return known;
    const made = keyedList(name, topic);
    lists.set(topic, made);
    return made;
  }

  /** Follows a topic for as long as the calling component lives; null follows nothing. */
  function follow(topic: Ref<string | null>): void {
    let stop: (() => void) | null = null;
    watch(
      topic,
      (value) => {
        stop?.();
        stop = value === null ? null : list(value).start();
      },
      { immediate: true },
    );
    onScopeDispose(() => stop?.());
  }

  return { list, follow };
}
