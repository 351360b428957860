import { computed, type WritableComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';

/**
 * A value kept in the route's query, so that refresh, bookmark, share and back keep it. Anything not in `allowed`
 * reads as `fallback`; the fallback itself is written out only when `always` is set.
 */
export function useQueryChoice<T extends string>(
  name: string,
  allowed: readonly T[],
  fallback: T,
  options: { always?: boolean; replace?: boolean } = {},
): WritableComputedRef<T> {
  const route = useRoute();
  const router = useRouter();
  return computed({
    get: () => allowed.find((value) => value === route.query[name]) ?? fallback,
    set: (value) => {
      const query = { ...route.query, [name]: value };
      if (value === fallback && options.always !== true) delete (query as Record<string, unknown>)[name];
      void (options.replace === true ? router.replace({ query }) : router.push({ query }));
    },
  });
}

/** A free text kept in the query; null when absent. */
export function useQueryText(
  name: string,
  options: { replace?: boolean } = {},
): WritableComputedRef<string | null> {
  const route = useRoute();
  const router = useRouter();
  return computed({
    get: () => {
      const value = route.query[name];
      return typeof value === 'string' && value !== '' ? value : null;
    },
    set: (value) => {
      const { [name]: _dropped, ...rest } = route.query;
      const query = value === null ? rest : { ...rest, [name]: value };
      void (options.replace === true ? router.replace({ query }) : router.push({ query }));
    },
  });
}
