import { shallowRef } from 'vue';
import { messageOf } from '../api/problem.ts';

/** One act at a time, with its progress and its failure kept where it was asked for. */
export function useAction<A extends unknown[], R>(act: (...args: A) => Promise<R>) {
  const busy = shallowRef(false);
  const error = shallowRef<string | null>(null);
  const doneAt = shallowRef<number | null>(null);

  /** Runs the act; undefined when one is under way or when it failed (see `error`). */
  async function run(...args: A): Promise<R | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    error.value = null;
    doneAt.value = null;
    try {
      const result = await act(...args);
      doneAt.value = Date.now();
      return result;
    } catch (cause) {
      error.value = messageOf(cause);
      return undefined;
    } finally {
      busy.value = false;
    }
  }

  return { busy, error, doneAt, run };
}
