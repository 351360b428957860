import { flushPromises, mount } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { TooltipProvider } from 'reka-ui';
import { type Component, defineComponent, h } from 'vue';
import { createMemoryHistory, createRouter, RouterView } from 'vue-router';
import { i18n } from '../../../ui/i18n.ts';

/** Mounts a component as a page at `path`, with router, stores and words, as main.ts would. */
export async function mountAt(component: Component, path = '/', props: Record<string, unknown> = {}) {
  setActivePinia(createPinia());
  localStorage.clear();
  i18n.global.locale.value = 'en';
  const page = defineComponent({ render: () => h(component, props) });
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/:rest(.*)*', component: page }],
  });
  await router.push(path);
  const root = defineComponent({ render: () => h(TooltipProvider, null, { default: () => h(RouterView) }) });
  const wrapper = mount(root, { global: { plugins: [router, i18n] }, attachTo: document.body });
  await flushPromises();
  return { wrapper, router, find: (testid: string) => wrapper.find(`[data-testid="${testid}"]`) };
}

/** Stands in for the server: answers by "METHOD /path", anything else with 404. */
export function answering(
  answers: Record<string, unknown | ((body: unknown) => Response | Promise<Response>)>,
): typeof fetch {
  return async (input, init) => {
    const path = String(input)
      .replace(/^\/api\/v1/, '')
      .replace(/\?.*$/, '');
    const answer = answers[`${init?.method ?? 'GET'} ${path}`];
    if (answer === undefined) return new Response('{}', { status: 404 });
    if (typeof answer !== 'function') return Response.json(answer);
    return answer(init?.body === undefined ? undefined : JSON.parse(String(init.body)));
  };
}

export const problem = (status: number, detail: string, errors: { path: string; message: string }[] = []) =>
  Response.json({ type: 'about:blank', title: 'No', status, detail, code: 'no', errors }, { status });
