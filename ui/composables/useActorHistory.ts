import { computed, type Ref, shallowRef, watch } from 'vue';
import type { JournalEntryView } from '../../src/contract/supervision.schema.ts';
import { api } from '../api/client.ts';
import { messageOf } from '../api/problem.ts';
import type { ListState } from '../stores/keyed-list.ts';

const PAGE = 50;

/**
 * The newest entries of the journal of one actor, and older ones on demand; null asks for nothing. What comes back
 * for an actor that is no longer looked at is dropped.
 */
export function useActorHistory(path: Ref<string | null>, below: Ref<boolean>) {
  const entries = shallowRef<readonly JournalEntryView[]>([]);
  const next = shallowRef<number | null>(null);
  const state = shallowRef<ListState>('loading');
  const error = shallowRef<string | null>(null);
  const busy = shallowRef(false);
  let asked = 0;

  async function load(older = false): Promise<void> {
    const actor = path.value;
    if (actor === null) return;
    asked += 1;
    const mine = asked;
    busy.value = true;
    try {
      const page = await api.history(actor, {
        ...{ limit: PAGE, below: below.value },
        ...(older && next.value !== null ? { beforeSeq: next.value } : {}),
      });
      if (mine !== asked) return;
      entries.value = older ? [...entries.value, ...page.items] : page.items;
      next.value = page.next;
      state.value = 'ready';
      error.value = null;
    } catch (cause) {
      if (mine !== asked) return;
      error.value = messageOf(cause);
      if (state.value === 'loading') state.value = 'error';
    } finally {
      if (mine === asked) busy.value = false;
    }
  }

  watch(
    [path, below],
    () => {
      entries.value = [];
      next.value = null;
      state.value = 'loading';
      error.value = null;
      void load();
    },
    { immediate: true },
  );

  return { entries, state, error, busy, hasOlder: computed(() => next.value !== null), load };
}

export type ActorHistory = ReturnType<typeof useActorHistory>;
