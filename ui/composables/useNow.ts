import { computed, type Ref, ref } from 'vue';
import { useSystemStore } from '../stores/system.ts';

const tick = ref(Date.now());
let running = false;

/**
 * The server's clock, once a second: ages are told by the clock that stamped the values. One timer for the page;
 * it never stops.
 */
export function useNow(): Readonly<Ref<number>> {
  if (!running) {
    running = true;
    setInterval(() => {
      tick.value = Date.now();
    }, 1000);
  }
  const system = useSystemStore();
  return computed(() => tick.value + system.feed.skewMs);
}
