// @vitest-environment happy-dom
import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import type { SessionView } from '../../src/contract/session.schema.ts';
import WorldBanner from '../../ui/components/shell/WorldBanner.vue';
import { i18n } from '../../ui/i18n.ts';
import DashboardPage from '../../ui/pages/DashboardPage.vue';
import RiskPage from '../../ui/pages/RiskPage.vue';
import SessionsPage from '../../ui/pages/SessionsPage.vue';
import { useAccountStore } from '../../ui/stores/account.ts';
import { usePositionsStore } from '../../ui/stores/positions.ts';
import { usePricesStore } from '../../ui/stores/prices.ts';
import { useReconciliationStore } from '../../ui/stores/reconciliation.ts';
import { useSessionsStore } from '../../ui/stores/sessions.ts';
import { useTradesStore } from '../../ui/stores/trades.ts';
import * as data from './support/mock-data.ts';
import { riskPlan } from './support/mock-risk.ts';
import { answering, mountAt, problem } from './support/mounting.ts';

const now = Date.now();
const bars = data.sp500().slice(0, 120);
const decisions = data.decisions('spx-sma', data.idOf('SP500'), bars);
const sessions = data.sessions(now, bars, decisions);
let mounted: VueWrapper | null = null;

async function at(component: Parameters<typeof mountAt>[0], path: string, props?: Record<string, unknown>) {
  const page = await mountAt(component, path, props);
  mounted = page.wrapper;
  return page;
}

beforeEach(() => {
  vi.stubGlobal(
    'fetch',
    answering({
      'GET /strategies': { items: data.strategies() },
      'GET /strategies/kinds': { items: data.kinds() },
      'GET /risk/plan': riskPlan(),
    }),
  );
});
afterEach(() => {
  mounted?.unmount();
  mounted = null;
  vi.unstubAllGlobals();
});

describe('the dashboard', () => {
  async function dashboard(path = '/') {
    const page = await at(DashboardPage, path);
    usePricesStore().take({ kind: 'snapshot', items: data.prices(now, now) }, now);
    useAccountStore().take({ kind: 'snapshot', items: [data.account(now)] }, now);
    usePositionsStore().take({ kind: 'snapshot', items: data.positions(now) }, now);
    useSessionsStore().take({ kind: 'snapshot', items: sessions }, now);
    useTradesStore().take({ kind: 'snapshot', items: data.trades(now, now, decisions) }, now);
    await nextTick();
    const rows = () => page.wrapper.findAll('[data-testid="trade-row"]');
    return { ...page, rows };
  }

  it('draws skeletons before anything has come', async () => {
    const { wrapper } = await at(DashboardPage, '/');
    expect(wrapper.findAll('.skeleton-row').length).toBeGreaterThan(10);
    expect(wrapper.text()).not.toContain('0.00');
  });

  it('says what each empty place is for', async () => {
    const { wrapper } = await at(DashboardPage, '/');
    for (const store of [usePricesStore(), usePositionsStore(), useTradesStore()]) {
      store.take({ kind: 'snapshot', items: [] }, now);
    }
    await nextTick();
    for (const words of ['No instrument is watched', 'No open position', 'No trade yet']) {
      expect(wrapper.text()).toContain(words);
    }
  });

  it('shows the error of a table and leaves the others alone', async () => {
    const { wrapper, find } = await dashboard();
    usePositionsStore().take({ kind: 'error', message: 'unreadable item' }, now);
    await nextTick();
    expect(find('positions').text()).toContain('unreadable item');
    expect(find('prices').text()).not.toContain('unreadable item');
    expect(wrapper.findAll('[data-testid="position-row"]')).toHaveLength(4);
  });

  it('tells automatic, manual and IBKR trades apart, the automatic ones by session name', async () => {
    const { rows } = await dashboard();
    const sources = new Set(rows().map((row) => row.attributes('data-source')));
    expect(sources).toEqual(new Set(['autotrader', 'manual', 'ibkr']));
    const automatic = rows().find((row) => row.attributes('data-session') === 'ko-enhanced');
    expect(automatic?.text()).toContain('AutoTrader');
    expect(automatic?.text()).toContain('Coca-Cola composite');
  });

  it('filters by the source in the query, and puts a chosen source there', async () => {
    const { rows, router, find } = await dashboard('/?source=manual');
    expect(rows().map((row) => row.attributes('data-source'))).toEqual(['manual', 'manual']);
    await find('source-ibkr').trigger('click');
    await flushPromises();
    expect(router.currentRoute.value.query).toEqual({ source: 'ibkr' });
    expect(rows().every((row) => row.attributes('data-source') === 'ibkr')).toBe(true);
    await find('source-all').trigger('click');
    await flushPromises();
    expect(router.currentRoute.value.query).toEqual({});
  });

  it('shows a missing price as a dash with its reason', async () => {
    const { find } = await dashboard();
    const cells = find(`price-row-${data.idOf('SAP')}`).findAll('td');
    expect(cells[1]?.text()).toBe('–');
    expect(cells[1]?.find('span').attributes('title')).toBe('No price received');
  });

  it('asks the broker for positions and shows the answer in place', async () => {
    const [first] = data.positions(now);
    let release = (_response: Response) => {};
    vi.stubGlobal(
      'fetch',
      answering({ 'POST /positions/refresh': () => new Promise<Response>((done) => (release = done)) }),
    );
    const { find, wrapper } = await dashboard();
    await find('refresh-positions').trigger('click');
    expect(find('refresh-positions').attributes('aria-busy')).toBe('true');
    release(Response.json({ items: [{ ...first, quantity: '9' }] }));
    await flushPromises();
    expect(find('refresh-done').exists()).toBe(true);
    expect(
      wrapper.findAll('[data-testid="position-row"]').map((row) => row.attributes('data-quantity')),
    ).toEqual(['9']);
  });

  it('tells how the last comparison with the broker ended, and explains its differences', async () => {
    const { find } = await dashboard();
    useReconciliationStore().take({ kind: 'snapshot', items: [data.reconciliation(now)] }, now);
    await flushPromises();
    expect(find('reconciliation').attributes('data-state')).toBe('differs');
    expect(find('reconciliation').text()).toBe('1 difference');
    await find('reconciliation').trigger('click');
    await flushPromises();
    expect(document.body.querySelector('[data-testid="difference"]')?.textContent).toContain(
      'ORCL: 40 were traded elsewhere; they are counted.',
    );
  });

  it('says why positions were not refreshed and keeps what it had', async () => {
    vi.stubGlobal(
      'fetch',
      answering({ 'POST /positions/refresh': () => problem(503, 'The broker is not connected.') }),
    );
    const { find, wrapper } = await dashboard();
    await find('refresh-positions').trigger('click');
    await flushPromises();
    expect(find('refresh-error').text()).toContain('The broker is not connected.');
    expect(wrapper.findAll('[data-testid="position-row"]')).toHaveLength(4);
  });

  it('cancels an order only at the second press', async () => {
    const cancelled = vi.fn(() => Response.json({ ref: 'x', outcome: 'accepted', message: null }));
    const { rows } = await dashboard();
    const row = rows().find((one) => one.attributes('data-source') === 'manual');
    const key = encodeURIComponent(row?.attributes('data-key') ?? '');
    vi.stubGlobal('fetch', answering({ [`DELETE /orders/${key}`]: cancelled }));
    const button = row?.find('[data-testid="cancel-order"]');
    await button?.trigger('click');
    expect(cancelled).not.toHaveBeenCalled();
    await button?.trigger('click');
    await flushPromises();
    expect(cancelled).toHaveBeenCalledOnce();
  });
});

describe('the sessions page', () => {
  it.each([
    ['/sessions', 'sessions'],
    ['/sessions?tab=active', 'sessions'],
    ['/sessions?tab=nonsense', 'sessions'],
    ['/sessions?tab=new', 'session-form'],
  ])('opens %s on the tab with %s', async (path, shown) => {
    const { wrapper } = await at(SessionsPage, path);
    expect(wrapper.find(`[data-testid="${shown}"]`).exists()).toBe(true);
  });

  it('puts the tab into the query, so that Back returns to the one before', async () => {
    const { router, find } = await at(SessionsPage, '/sessions?tab=active');
    await find('tab-new').trigger('click');
    await find('tab-new').trigger('mousedown', { button: 0 });
    await flushPromises();
    expect(router.currentRoute.value.query.tab).toBe('new');
    router.back();
    await vi.waitFor(() => expect(router.currentRoute.value.query.tab).toBe('active'));
    await vi.waitFor(() => expect(find('sessions').exists()).toBe(true));
  });

  it('shows each session with its state, its last decision in words and what it waits for', async () => {
    const { find } = await at(SessionsPage, '/sessions?tab=active');
    useSessionsStore().take({ kind: 'snapshot', items: sessions }, now);
    await nextTick();
    expect(find('session-row-ko-enhanced').text()).toContain('Ordering');
    expect(find('session-row-orcl-rsi').text()).toContain('Selling short is not allowed');
    expect(find('session-row-nvda-rsi-1d').text()).toContain('History could not be loaded');
    expect(find('session-row-sap-sma').find('[data-testid="session-start"]').exists()).toBe(true);
  });

  it('names each wrong field in place and sends nothing', async () => {
    const created = vi.fn(() => problem(500, 'never'));
    vi.stubGlobal('fetch', answering({ 'POST /sessions': created }));
    const { find } = await at(SessionsPage, '/sessions?tab=new');
    await find('session-form').trigger('submit');
    await flushPromises();
    expect(created).not.toHaveBeenCalled();
    expect(find('field-instrument-error').exists()).toBe(true);
    expect(find('field-strategy-error').text()).toBe('Choose a strategy');
    expect(find('field-id').attributes('aria-invalid')).toBe('true');
  });
});

describe('the banner', () => {
  const trouble = {
    kind: 'broker',
    tone: 'danger',
    since: now - 5000,
    cause: 'socket closed',
    facts: { host: '127.0.0.1', port: '4002' },
    retryAt: now + 9000,
  } as const;

  it('names cause, since when, what works and what to do, in the language of the page', async () => {
    const { find } = await at(WorldBanner, '/', { troubles: [trouble], now });
    const text = find('banner-broker').text();
    for (const words of ['127.0.0.1:4002', 'socket closed', '5s', '9s', 'no order is sent', 'TWS']) {
      expect(text).toContain(words);
    }
    i18n.global.locale.value = 'fr';
    await nextTick();
    expect(find('banner-broker').text()).toContain('Pas de connexion à IBKR');
  });

  it('is not there when all is well', async () => {
    const { wrapper } = await at(WorldBanner, '/', { troubles: [], now });
    expect(wrapper.find('.banner').exists()).toBe(false);
  });
});

describe('an order on its way', () => {
  it('is shown as unknown, not refused, when no answer comes', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')));
    const { find } = await at(DashboardPage, '/');
    usePricesStore().take({ kind: 'snapshot', items: data.prices(now, now) }, now);
    await find('new-order').trigger('click');
    await flushPromises();
    const body = document.body;
    const quantity = body.querySelector<HTMLInputElement>('input[data-testid="order-quantity"]');
    if (quantity === null) throw new Error('the dialog is not open');
    quantity.value = '10';
    quantity.dispatchEvent(new Event('input'));
    await nextTick();
    const review = body.querySelector<HTMLElement>('[data-testid="order-review"]');
    expect(review?.textContent?.trim()).toBe('Buy 10 SP500 at market');
    body
      .querySelector<HTMLFormElement>('#order-form')
      ?.dispatchEvent(new Event('submit', { cancelable: true }));
    await flushPromises();
    expect(body.querySelector('[data-testid="order-confirm"]')?.textContent).toContain(
      'Buy 10 SP500 at market',
    );
    body.querySelector<HTMLElement>('[data-testid="order-send"]')?.click();
    await flushPromises();
    const result = body.querySelector<HTMLElement>('[data-testid="order-result"]');
    expect(result?.dataset.outcome).toBe('unknown');
  });
});

// Keeps the fixture honest: it must be what the contract says.
describe('the fixture', () => {
  it('has a session in every state', () => {
    expect(new Set(sessions.map((session: SessionView) => session.state))).toEqual(
      new Set(['collecting', 'ordering', 'syncing', 'failed', 'idle']),
    );
  });
});

describe('the page of risk', () => {
  it('says of each session and of all together what they can reach, and what bounds it', async () => {
    const { find } = await at(RiskPage, '/risk');
    await flushPromises();
    expect(find('reach-row-spx-sma').text()).toMatch(
      /as declared\s*100,000\.00.*Loss of the day\s*50,000\.00/,
    );
    expect(find('reach-row-whole').text()).toContain('Not bounded');
    expect(find('plan-findings').text()).toContain(
      'could reach 1,000,000, and will be held at 400,000 (Worth of an order)',
    );
    expect(find('plan-capital').text()).toBe('Reckoned with 1,000,000.00');
  });

  it('lists limits on losses and orders with what each does', async () => {
    const { find } = await at(RiskPage, '/risk');
    await flushPromises();
    expect(find('limit-row-dailyLoss').text()).toMatch(/Loss of the day.*20,000.*50,000.*trading halts/);
    expect(find('limit-row-drawdown').text()).toMatch(/15.*–.*a warning/);
    expect(find('limit-row-whole::orderNotional').text()).toMatch(/200,000.*400,000.*the order is refused/);
    expect(find('limit-row-session:orcl-enhanced:ordersPerDay').text()).toContain('session orcl-enhanced');
  });

  it('says when the kill switch was last tried, and how that went', async () => {
    const tried = async (last: ReturnType<typeof riskPlan>['drill']['last']) => {
      const plan = { ...riskPlan(), drill: { due: null, last } };
      vi.stubGlobal('fetch', answering({ 'GET /risk/plan': plan }));
      const { find } = await at(RiskPage, '/risk');
      await flushPromises();
      const badge = find('drill');
      const found = [badge.attributes('data-tone'), badge.text(), badge.attributes('title')];
      mounted?.unmount();
      return found;
    };
    const record = { at: now, tookMs: 11_000, failure: null, workedAt: now };
    expect(await tried(record)).toEqual(['ok', expect.stringMatching(/: it works$/), expect.any(String)]);
    expect(await tried({ ...record, failure: 'the dashboard halts: no', workedAt: null })).toEqual([
      ...['danger', expect.stringMatching(/: it FAILED$/), 'the dashboard halts: no'],
    ]);
    expect(await tried(null)).toEqual(['warn', 'Kill switch never tried', expect.any(String)]);
  });

  it('says what went wrong when it cannot be loaded', async () => {
    vi.stubGlobal('fetch', answering({}));
    const { wrapper } = await at(RiskPage, '/risk');
    await flushPromises();
    expect(wrapper.text()).toContain('The worst case could not be loaded');
  });
});
