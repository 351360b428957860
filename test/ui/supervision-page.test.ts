// @vitest-environment happy-dom
import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import type { SupervisionView } from '../../src/contract/supervision.schema.ts';
import { i18n } from '../../ui/i18n.ts';
import SupervisionPage from '../../ui/pages/SupervisionPage.vue';
import { useActorsStore } from '../../ui/stores/actors.ts';
import { useSupervisionStore } from '../../ui/stores/supervision.ts';
import * as data from './support/mock-supervision.ts';
import { answering, mountAt, problem } from './support/mounting.ts';

const now = Date.now();
const nvda = 'root/sessions/session:nvda-rsi-1d';
const below = `/actors/${encodeURIComponent(nvda)}`;
let mounted: VueWrapper | null = null;

/** The page with a view of the supervision and the actors of the day, or with nothing yet. */
async function page(path = '/supervision', view: SupervisionView | null = data.supervision(now)) {
  const shown = await mountAt(SupervisionPage, path);
  mounted = shown.wrapper;
  if (view !== null) {
    useSupervisionStore().take({ kind: 'snapshot', items: [view] }, now);
    useActorsStore().take({ kind: 'snapshot', items: data.actors() }, now);
    await nextTick();
  }
  const rows = () => shown.wrapper.findAll('[data-testid="actor-row"]');
  const panel = () => document.body.querySelector<HTMLElement>('[data-testid="actor-panel"]');
  const inPanel = (testid: string) => [
    ...(panel()?.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`) ?? []),
  ];
  return { ...shown, rows, panel, inPanel };
}
const row = (found: ReturnType<Awaited<ReturnType<typeof page>>['rows']>, path: string) => {
  const one = found.find((each) => each.attributes('data-path') === path);
  if (one === undefined) throw new Error(`no row of ${path}`);
  return one;
};

beforeEach(() => {
  vi.stubGlobal(
    'fetch',
    answering({
      [`GET ${below}/history`]: { items: data.journal(now, nvda), next: null },
      [`GET ${below}/state`]: data.rebuilt(nvda, 9003, now),
      'GET /journal': { items: [data.causeEntry(now, 9002)], next: null },
    }),
  );
});
afterEach(() => {
  mounted?.unmount();
  mounted = null;
  vi.unstubAllGlobals();
});

describe('the health of the supervision', () => {
  it('shows recoveries, the worst hold-up with its culprit, and what the journal records', async () => {
    const { find } = await page();
    expect(find('supervision-state').text()).toContain('Running');
    expect(find('recovery-session').text()).toMatch(/413ms.*median 180ms, worst 1\.3s.*4 recoveries/s);
    expect(find('recovery-broker').text()).toMatch(/4\.8s.*1 recovery/s);
    expect(find('event-loop').text()).toMatch(/184ms.*session:ko-enhanced/s);
    expect(find('journal-status').text()).toMatch(/Full detail.*212 \/ 20,000.*1,284,113.*0.*412 MB/s);
    expect(find('supervision-halted').exists()).toBe(false);
  });

  it('lists the newest recoveries with cause', async () => {
    const { find } = await page();
    await find('recovery-session-list').trigger('click');
    await flushPromises();
    expect(document.body.textContent).toContain('the strategy threw: period must be above 1');
  });

  it('says unmistakably that it is halted: cause, since when, what became of each order', async () => {
    const { find } = await page('/supervision', data.halted(now));
    const text = find('supervision-halted').text();
    for (const words of ['HALTED', 'root gave up', 'since', 'was asked to cancel it', 'left at the broker']) {
      expect(text).toContain(words);
    }
    expect(find('journal-status').text()).toMatch(
      /Facts only.*instead of “Full detail”.*the buffer is full/s,
    );
    expect(find('journal-lost').classes()).toContain('tone-warn');
  });

  it('shows what nobody told as a dash with its reason, never 0', async () => {
    const { find } = await page('/supervision', data.quiet(now));
    const value = find('recovery-session').find('.health-value');
    expect([value.text(), value.attributes('title')]).toEqual(['–', 'None in the journal']);
    expect(find('journal-status').text()).toMatch(/Size –.*Oldest –/s);
  });

  it('draws skeletons before anything has come', async () => {
    const { wrapper } = await page('/supervision', null);
    expect(wrapper.findAll('.health-bone')).toHaveLength(5);
    expect(wrapper.findAll('.skeleton-row').length).toBeGreaterThan(5);
  });

  it('keeps what it had beside an error, and shows the error alone when it had nothing', async () => {
    const { find } = await page();
    useSupervisionStore().take({ kind: 'error', message: 'unreadable item' }, now);
    await nextTick();
    expect(find('supervision-health').text()).toMatch(/out of date.*unreadable item.*Running/s);
    mounted?.unmount();
    const bare = await page('/supervision?tab=letters', null);
    useSupervisionStore().take({ kind: 'error', message: 'unreadable item' }, now);
    await nextTick();
    expect(bare.find('supervision-health').text()).toContain('cannot be shown');
    expect(bare.find('letters').exists()).toBe(false);
  });

  it('is as complete in French', async () => {
    const { wrapper, find } = await page('/supervision', data.halted(now));
    i18n.global.locale.value = 'fr';
    await nextTick();
    expect(find('supervision-halted').text()).toContain('la supervision a renoncé');
    expect(wrapper.text()).toContain('les suivants');
  });
});

describe('the tree', () => {
  it('shows each actor below its supervisor, with its policy, restarts, mailbox and error', async () => {
    const { rows } = await page();
    expect(rows()).toHaveLength(data.actors().length);
    expect(row(rows(), 'root/broker').text()).toMatch(/broker.*running.*permanent.*rest for one.*1 of 3/s);
    expect(row(rows(), 'root/broker/connection').text()).toMatch(/1.*0.*\(44\).*8,421.*read ECONNRESET/s);
    expect(row(rows(), nvda).attributes()).toMatchObject({ 'aria-level': '3', 'data-state': '' });
    expect(row(rows(), nvda).text()).toMatch(/failed.*3.*History could not be loaded/s);
  });

  it('folds by its button and by the arrows, and tells how many are below', async () => {
    const { rows } = await page();
    const sessions = () => row(rows(), 'root/sessions');
    await sessions().find('[data-testid="actor-fold"]').trigger('click');
    expect(rows()).toHaveLength(data.actors().length - 6);
    expect(sessions().attributes('aria-expanded')).toBe('false');
    expect(sessions().text()).toMatch(/6.*1 failed/s);
    await sessions().trigger('keydown', { key: 'ArrowRight' });
    expect(sessions().attributes('aria-expanded')).toBe('true');
    await sessions().trigger('keydown', { key: 'ArrowLeft' });
    expect(rows()).toHaveLength(data.actors().length - 6);
  });

  it('keeps what is looked for in the query', async () => {
    const { find, rows, router } = await page('/supervision?tab=tree&find=econn');
    expect(rows().map((each) => each.attributes('data-path'))).toEqual([
      'root',
      'root/broker',
      'root/broker/connection',
    ]);
    await find('actors-find').setValue('no such actor');
    await flushPromises();
    expect(router.currentRoute.value.query).toEqual({ tab: 'tree', find: 'no such actor' });
    expect(find('actors').text()).toContain('No actor matches “no such actor”');
  });

  it('lies flat once it is sorted, and goes back', async () => {
    const { find, rows } = await page('/supervision?actors.sort=restarts:desc');
    expect(row(rows(), nvda)).toBeTruthy();
    expect(rows()[0]?.attributes('data-path')).toBe(nvda);
    expect(rows()[0]?.text()).toContain(nvda);
    await find('actors-as-tree').trigger('click');
    await flushPromises();
    expect(rows()[0]?.attributes('data-path')).toBe('root');
  });

  it('says what it is while it is empty', async () => {
    const { find } = await page('/supervision', null);
    useActorsStore().take({ kind: 'snapshot', items: [] }, now);
    await nextTick();
    expect(find('actors').text()).toContain('No actor runs');
  });
});

describe('an actor at the side', () => {
  it('tells what it did, newest first, with its data on demand', async () => {
    const { rows, router, inPanel } = await page();
    await row(rows(), nvda).trigger('click');
    await flushPromises();
    expect(router.currentRoute.value.query.actor).toBe(nvda);
    const words = inPanel('entry-words').map((each) => each.textContent);
    expect(words.slice(0, 2)).toEqual([
      'Started, start number 4, in idle',
      'Started again by its supervisor: after 1600 ms',
    ]);
    expect(words).toContain('Failed on history.failed: History could not be loaded: no answer in 20 s');
    inPanel('entry-data')[4]?.click();
    await nextTick();
    expect(inPanel('journal-entry')[4]?.querySelector('pre')?.textContent).toContain('"lastGood"');
  });

  it('follows a cause to another actor, and rebuilds a state', async () => {
    const { inPanel } = await page(`/supervision?actor=${nvda}`);
    await flushPromises();
    inPanel('entry-cause')[0]?.click();
    await flushPromises();
    const cause = inPanel('journal-entry')[0]?.querySelector('[data-testid="journal-entry"]');
    expect(cause?.textContent).toMatch(/#9002.*root\/sessions.*supervisor\.restartDue, stays in running/s);
    inPanel('entry-state').at(-1)?.click();
    await flushPromises();
    expect(inPanel('entry-rebuilt')[0]?.textContent).toContain('"value": "collecting"');
  });

  it('says why its journal, or a state, cannot be shown, and tries again', async () => {
    vi.stubGlobal(
      'fetch',
      answering({ [`GET ${below}/history`]: () => problem(503, 'the database is away') }),
    );
    const { panel } = await page(`/supervision?actor=${nvda}`);
    await flushPromises();
    expect(panel()?.textContent).toContain('the database is away');
    vi.stubGlobal(
      'fetch',
      answering({
        [`GET ${below}/history`]: { items: data.journal(now, nvda).slice(0, 1), next: 9007 },
        [`GET ${below}/state`]: () => problem(422, 'found detail "steps"'),
      }),
    );
    panel()?.querySelector<HTMLElement>('[role="alert"] button')?.click();
    await flushPromises();
    panel()?.querySelector<HTMLElement>('[data-testid="entry-state"]')?.click();
    await flushPromises();
    expect(panel()?.textContent).toContain('Not rebuilt: found detail "steps"');
    expect(panel()?.querySelector('[data-testid="history-older"]')).not.toBeNull();
  });

  it('drops what comes back for an actor that is no longer looked at', async () => {
    let release = (_response: Response) => {};
    const risk = { ...data.causeEntry(now, 5), actor: 'root/risk' };
    vi.stubGlobal(
      'fetch',
      answering({
        [`GET ${below}/history`]: () => new Promise<Response>((done) => (release = done)),
        [`GET /actors/${encodeURIComponent('root/risk')}/history`]: { items: [risk], next: null },
      }),
    );
    const { router, inPanel } = await page(`/supervision?actor=${nvda}`);
    await router.push('/supervision?actor=root/risk');
    await flushPromises();
    release(Response.json({ items: data.journal(now, nvda), next: null }));
    await flushPromises();
    expect(inPanel('journal-entry').map((each) => each.dataset.seq)).toEqual(['5']);
  });
});

describe('the other tabs', () => {
  it('show reports in the four fields, and open the actors they name', async () => {
    const { wrapper, router } = await page('/supervision?tab=reports');
    const [, failed] = wrapper.findAll('[data-testid="report-row"]');
    expect(failed?.text()).toMatch(
      /\dm ago.*sessions.*Child failed.*session:nvda-rsi-1d.*History could not/s,
    );
    await failed?.findAll('button').at(-1)?.trigger('click');
    await flushPromises();
    expect(router.currentRoute.value.query).toEqual({ tab: 'reports', actor: nvda });
  });

  it('show what went astray, in words', async () => {
    const { find, wrapper } = await page('/supervision?tab=letters');
    expect(find('letters').text()).toContain('4 newest of 37');
    const [first] = wrapper.findAll('[data-testid="letter-row"]');
    expect(first?.text()).toMatch(
      /session:nvda-rsi-1d.*bar\.closed.*marketData.*It failed before reading it/s,
    );
    expect(find('faults').text()).toContain('unhandled rejection: fetch failed');
    expect(find('stalls').text()).toMatch(/31ms.*no actor at work.*184ms.*session:ko-enhanced/s);
  });

  it('say what each empty place is for', async () => {
    const { wrapper } = await page('/supervision?tab=letters', data.quiet(now));
    expect(wrapper.text()).toContain('Every event reached its actor');
    mounted?.unmount();
    const reports = await page('/supervision?tab=reports', data.quiet(now));
    expect(reports.find('reports').text()).toContain('No report');
  });

  it('are kept in the query', async () => {
    const { find, router } = await page();
    await find('tab-letters').trigger('mousedown', { button: 0 });
    await find('tab-letters').trigger('click');
    await flushPromises();
    expect(router.currentRoute.value.query.tab).toBe('letters');
  });
});
