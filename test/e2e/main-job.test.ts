import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { connectSecondClient, type SecondClient } from '../support/second-client.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { noComplaints, picture, sidewaysScroll, type WatchedPage, watchedPage } from './watched-page.ts';

/**
 * One person's day with the real system: database, gateway, runtime and web server as `npm start` runs them, a browser
 * in front. The steps build on one another.
 */
describe('the main job', () => {
  const sessionId = 'quick-500';
  const sessionName = 'S&P 500, quick crossover';
  /** What the second client trades and what the hand trades: no session holds them. */
  const theirs = 'SP500-2008';
  const byHand = 'SP500-2011';

  let system: TestSystem;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let other: SecondClient;

  const byTestId = (id: string) => page.getByTestId(id);
  const row = (symbol: string) => page.locator(`[data-testid^="price-row-"][data-symbol="${symbol}"]`);
  const tradeRows = (selector: string) => page.locator(`[data-testid="trade-row"]${selector}`);
  const choose = async (field: string, option: string) => {
    await byTestId(field).click();
    await page.locator(`[data-testid="${field}-option-${option}"]`).click();
  };
  const go = (path: string) => page.goto(new URL(path, system.url).href);

  beforeAll(async () => {
    const watch = ['SP500', theirs, byHand, 'ORCL', 'NVDA'].map((symbol) => ({ symbol, timeframes: ['1d'] }));
    system = await prepareSystem({
      // A trading day each second.
      gateway: (gateway) => Object.assign(gateway, { speed: 23_400 }),
      runtime: (runtime) => Object.assign(runtime, { watch }),
      sessions: [
        {
          id: 'orcl-sma',
          name: 'Oracle, moving averages',
          instrument: { symbol: 'ORCL' },
          timeframe: '1d',
          strategy: { kind: 'sma', parameters: { fast: 3, slow: 8 } },
          sizing: { kind: 'percent', percent: 15 },
        },
        {
          id: 'nvda-rsi',
          name: 'NVIDIA, RSI reversal',
          instrument: { symbol: 'NVDA' },
          timeframe: '1d',
          strategy: { kind: 'rsi', parameters: { period: 4, oversold: 40, overbought: 60 } },
          sizing: { kind: 'percent', percent: 10 },
        },
      ],
    });
    [browser] = await Promise.all([launchBrowser(), system.start()]);
    other = await connectSecondClient(system.gatewayPort);
    watched = await watchedPage(browser, new URL(system.url).host);
    page = watched.page;
    page.setDefaultTimeout(20_000);
  });

  beforeEach(() => {
    onTestFailed(async ({ task }) => {
      console.error(`the system said last:\n${system.log().slice(-3_000)}`);
      await picture(page, `failed ${task.name}`).catch(() => undefined);
    });
  });

  afterAll(async () => {
    other?.close();
    await browser?.close();
    await system?.cleanup();
  });

  it('opens with the one-time link, and serves nobody without it', async () => {
    await page.goto(system.loginUrl);
    await byTestId('dashboard').waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/');

    const stranger = await browser.newContext();
    const theirPage = await stranger.newPage();
    for (const path of ['/', '/sessions?tab=new', '/assets/index.js']) {
      expect((await theirPage.goto(new URL(path, system.url).href))?.status(), path).toBe(401);
    }
    expect(await theirPage.request.get(`${system.url}/api/v1/positions`).then((r) => r.status())).toBe(401);
    expect((await theirPage.goto(system.loginUrl))?.status(), 'the used link').toBe(401);
    expect(await theirPage.textContent('h1')).toBe('This link is no longer good');
    await stranger.close();
  });

  it('shows prices that move', async () => {
    const seen = new Set<string>();
    await until('SP500 has shown four prices', async () => {
      seen.add((await row('SP500').locator('.last-price').textContent()) ?? '');
      return seen.size >= 4;
    });
    expect(
      [...seen].every((text) => /^[\d,]+\.\d\d$/.test(text)),
      [...seen].join(' '),
    ).toBe(true);
    expect(await byTestId('mode-badge').getAttribute('data-mode')).toBe('simulated');
    expect(await byTestId('connection-badge').getAttribute('data-state')).toBe('ready');
  });

  it('tells what is on its way to the broker, and what waits for its limits', async () => {
    await byTestId('connection-badge').hover();
    const facts = page.locator('.facts', { hasText: 'Market data lines' }).first();
    await facts.waitFor();
    const told = await facts.innerText();
    expect(told).toMatch(/Messages in the last second\s+\d+ of 48/);
    expect(told).toMatch(/Market data lines\s+[1-9]\d* of 100/);
    expect(told).toMatch(/Instruments without a line\s+0/);
    expect(told).toMatch(/usfarm\s+OK/);
    await picture(page, 'connection');
    await page.mouse.move(0, 0);
  });

  it('saves a strategy under a name', async () => {
    await byTestId('nav-strategies').click();
    await byTestId('new-strategy').click();
    await byTestId('strategy-name').fill('quick-cross');
    await choose('strategy-kind', 'sma');
    await byTestId('parameter-fast').fill('2');
    await byTestId('parameter-slow').fill('4');
    await byTestId('submit-strategy').click();
    await byTestId('strategy-dialog').waitFor({ state: 'detached' });
    await page.getByRole('cell', { name: 'quick-cross' }).waitFor();
  });

  it('creates a session in the form and leads to its row on the active tab', async () => {
    await byTestId('nav-sessions').click();
    await byTestId('tab-new').click();
    await page.waitForURL('**/sessions?tab=new');
    await choose('field-instrument', 'SP500.STK.SMART.USD');
    await choose('field-strategy', 'quick-cross');
    await byTestId('field-id').fill(sessionId);
    await byTestId('field-name').fill(sessionName);
    await byTestId('submit-session').click();
    await page.waitForURL('**/sessions?tab=active');
    await byTestId(`session-row-${sessionId}`).waitFor();
  });

  it('keeps the tab over reload and back', async () => {
    await page.reload();
    await byTestId(`session-row-${sessionId}`).waitFor();
    expect(page.url()).toMatch(/\/sessions\?tab=active$/);
    expect(await byTestId('tab-active').getAttribute('data-state')).toBe('active');
    await byTestId('tab-new').click();
    await byTestId('session-form').waitFor();
    await page.reload();
    await byTestId('session-form').waitFor();
    expect(page.url()).toMatch(/\?tab=new$/);
    await page.goBack();
    await byTestId(`session-row-${sessionId}`).waitFor();
    expect(page.url()).toMatch(/\?tab=active$/);
    expect(await byTestId('tab-active').getAttribute('data-state')).toBe('active');
  });

  it('shows the session trade: states, a decision with its reason, an order filled in its name', async () => {
    const mine = byTestId(`session-row-${sessionId}`);
    const states = new Set<string | null>();
    await until('the session has gone from state to state', async () => {
      states.add(await mine.getAttribute('data-state'));
      return states.has('collecting') && states.size >= 2;
    });
    await until('its last decision is on show', async () =>
      /SMA|moving average|crossing/i.test((await mine.locator('.decision').getAttribute('title')) ?? ''),
    );
    await byTestId('nav-dashboard').click();
    const filled = tradeRows(`[data-session="${sessionId}"][data-state="filled"]`);
    await filled.first().waitFor({ timeout: 40_000 });
    expect(await filled.first().locator('.source').textContent()).toContain('AutoTrader');
    expect(await filled.first().textContent()).toContain(sessionName);
  });

  it('tells profit and loss of the session, the instrument, the account and the currency, with source and age', async () => {
    const rows = (scope: string) => page.locator(`[data-testid="pnl-row"][data-scope="${scope}"]`).first();
    const own = page.locator('[data-testid="pnl-row"][data-scope="session"]', { hasText: sessionName });
    await own.waitFor();
    expect(await own.innerText()).toMatch(/USD.*own fills, ever/s);
    for (const [group, scope, source] of [
      ['instruments', 'instrument', /IBKR, today/],
      ['currencies', 'base', /sum at IBKR's rates, today/],
      ['accounts', 'account', /IBKR, today/],
    ] as const) {
      await byTestId(`pnl-${group}`).click();
      await rows(scope).waitFor();
      expect(await rows(scope).innerText()).toMatch(source);
      expect(await rows(scope).innerText()).toMatch(/[+−]?\d[\d,]*\.\d\d/);
    }
    await page.waitForURL('**/?*pnl=accounts*');
    await picture(page, 'pnl');
    await byTestId('pnl-sessions').click();
  });

  it('tells the trades of a second client from those of the sessions', async () => {
    await other.trade(theirs, 'BUY', 40);
    const found = tradeRows(`[data-symbol="${theirs}"]`);
    await found.waitFor();
    expect(await found.getAttribute('data-source')).toBe('ibkr');
    expect(await found.locator('.source').textContent()).toContain('IBKR');
  });

  it('sends an order by hand after saying what will be sent, and marks it manual', async () => {
    await byTestId('new-order').click();
    await choose('order-instrument', `${byHand}.STK.SMART.USD`);
    await byTestId('order-quantity').fill('25');
    expect(await byTestId('order-review').textContent()).toMatch(/Buy 25 SP500-2011/);
    await byTestId('order-review').click();
    expect(await byTestId('order-confirm').textContent()).toContain('DU1000001');
    await byTestId('order-send').click();
    const result = byTestId('order-result');
    await result.waitFor();
    expect(await result.getAttribute('data-outcome')).toBe('accepted');
    await byTestId('order-close').click();
    const found = tradeRows(`[data-symbol="${byHand}"]`);
    await found.and(page.locator('[data-state="filled"]')).waitFor();
    expect(await found.getAttribute('data-source')).toBe('manual');
    expect(await found.locator('.source').textContent()).toContain('Manual');
  });

  it('filters the trades by source, in the address', async () => {
    await byTestId('source-ibkr').click();
    await page.waitForURL('**/?source=ibkr');
    expect(await tradeRows(':not([data-source="ibkr"])').count()).toBe(0);
    await page.reload();
    await tradeRows('').first().waitFor();
    expect(await tradeRows('').count()).toBe(1);
    await byTestId('source-manual').click();
    await page.waitForURL('**/?source=manual');
    expect(await tradeRows('').count()).toBe(1);
    await byTestId('source-autotrader').click();
    await page.waitForURL('**/?source=autotrader');
    expect(await tradeRows(':not([data-source="autotrader"])').count()).toBe(0);
    await byTestId('source-all').click();
    expect(new URL(page.url()).search).toBe('');
  });

  it('asks the broker for positions anew and shows what the broker holds', async () => {
    const age = byTestId('positions-age');
    const pressedAt = Date.now();
    await byTestId('refresh-positions').click();
    await byTestId('refresh-done').waitFor();
    expect(Number(await age.getAttribute('data-at'))).toBeGreaterThanOrEqual(pressedAt);
    expect(await age.textContent()).toMatch(/^[0-3]s$/);
    await until('the table agrees with the broker', async () => {
      const rows = await byTestId('position-row').evaluateAll((found) =>
        found.map((each) => [each.getAttribute('data-symbol'), Number(each.getAttribute('data-quantity'))]),
      );
      const held = [...(await other.positions())];
      const sorted = (pairs: unknown[][]) => JSON.stringify(pairs.sort());
      return rows.length >= 2 && sorted(rows) === sorted(held.map((pair) => [...pair]));
    });
  });

  it('compares with the broker, explains what somebody else traded, and takes it for right when told to', async () => {
    await byTestId('reconciliation').click();
    await byTestId('reconcile-now').click();
    const found = page.locator('[data-testid="difference"][data-kind="manualTrade"]', { hasText: theirs });
    await found.waitFor();
    expect(await found.innerText()).toMatch(/traded elsewhere/);
    expect(await byTestId('reconciliation').innerText()).toMatch(/\d+ differences?/);
    await picture(page, 'reconciliation');
    await byTestId('reconcile-accept').click();
    await byTestId('reconcile-accept').click();
    await byTestId('reconcile-now').click();
    await until('both sides agree', async () => (await found.count()) === 0);
    await page.keyboard.press('Escape');
  });

  it('sends a stop with its price, changes it while it works, and cancels it', async () => {
    await byTestId('new-order').click();
    await choose('order-instrument', `${byHand}.STK.SMART.USD`);
    await byTestId('order-quantity').fill('3');
    await choose('order-type', 'STP');
    // A day of this market is a second.
    await choose('order-tif', 'GTC');
    await byTestId('order-review').click();
    expect(await byTestId('order-stopPrice-error').textContent()).toContain('This type needs it');
    await byTestId('order-stopPrice').fill('90000');
    await byTestId('order-stopLoss').fill('1');
    await picture(page, 'order');
    await byTestId('order-review').click();
    expect(await byTestId('order-confirm').textContent()).toMatch(/Buy 3 SP500-2011, Stop.*Stop loss/s);
    await byTestId('order-send').click();
    await byTestId('order-result').waitFor();
    expect(await byTestId('order-result').getAttribute('data-outcome')).toBe('accepted');
    await byTestId('order-close').click();
    const working = tradeRows(`[data-symbol="${byHand}"][data-state="working"]`);
    await working.filter({ hasText: /buy/i }).first().click();
    await byTestId('change-order').click();
    await byTestId('change-stopPrice').fill('95000');
    await byTestId('change-send').click();
    await until('the panel shows the new price', async () => {
      return (await byTestId('trade-stopPrice').textContent())?.replaceAll(/\D/g, '').startsWith('95000');
    });
    await byTestId('trade-panel').getByTestId('cancel-order').click();
    await byTestId('trade-panel').getByTestId('cancel-order').click();
    await until('the stop and its protection are cancelled', async () => (await working.count()) === 0);
    await page.keyboard.press('Escape');
    await byTestId('trade-panel').waitFor({ state: 'detached' });
  });

  it('shows a session as candles, marks, decisions with reasons and its chart of states', async () => {
    await byTestId('nav-sessions').click();
    await byTestId(`session-row-${sessionId}`).click();
    await page.waitForURL(`**/sessions/${sessionId}`);
    const chart = byTestId('chart');
    await chart.waitFor();
    await until('the chart has its bars and marks', async () => {
      const [bars, marks] = [await chart.getAttribute('data-bars'), await chart.getAttribute('data-marks')];
      return Number(bars) >= 200 && Number(marks) >= 2;
    });
    expect(await byTestId('state-circle').getAttribute('data-state')).toMatch(
      /^(collecting|signaling|ordering|syncing)$/,
    );
    await tradeRows('').first().waitFor();
    await byTestId('tab-decisions').click();
    await page.waitForURL('**?tab=decisions');
    const decisions = byTestId('decision-row');
    await decisions.first().waitFor();
    const reasonOf = async (selector: string) => {
      await page.locator(`[data-testid="decision-row"]${selector}`).first().click();
      const reason = await byTestId('decision-reason').textContent();
      await page.keyboard.press('Escape');
      await byTestId('decision-panel').waitFor({ state: 'detached' });
      return reason;
    };
    expect(await reasonOf('[data-outcome="order"]')).toMatch(/SMA\(2\) .* SMA\(4\)/);
    expect(await reasonOf('[data-guard="noSignal"]')).toMatch(/^No crossing: SMA\(2\) .* SMA\(4\)/);
  });

  it('pauses, resumes and stops a session', async () => {
    const header = page.locator('.page-head');
    const desired = async () =>
      ((await system.api('GET', `/api/v1/sessions/${sessionId}`)) as { desired: string; state: string })
        .desired;
    await header.getByTestId('session-pause').click();
    await header.getByTestId('session-resume').waitFor();
    expect(await desired()).toBe('paused');
    await header.getByTestId('session-resume').click();
    await header.getByTestId('session-pause').waitFor();
    expect(await desired()).toBe('running');
    await header.getByTestId('session-stop').click();
    expect(await desired(), 'one press arms, it does not stop').toBe('running');
    await header.getByTestId('session-stop').click();
    await header.getByTestId('session-start').waitFor();
    expect(await desired()).toBe('stopped');
    await page
      .locator('[data-testid="state-circle"][data-state="idle"], .state-dots[data-state="idle"]')
      .first()
      .waitFor();
    await header.getByTestId('session-start').click();
    await header.getByTestId('session-pause').waitFor();
  });

  it('keeps language and theme over a reload', async () => {
    await go('/');
    await byTestId('language').click();
    await byTestId('settings').click();
    await byTestId('theme-dark').click();
    await page.keyboard.press('Escape');
    await page.reload();
    await byTestId('dashboard').waitFor();
    const look = () =>
      page.evaluate('[document.documentElement.lang, document.documentElement.dataset.theme]');
    expect(await look()).toEqual(['fr', 'dark']);
    expect(await page.locator('#trades-title').textContent()).toBe('Historique des ordres');
    expect(await byTestId('nav-strategies').textContent()).toContain('Stratégies');
    await picture(page, 'dashboard-dark-fr');
    await byTestId('language').click();
    expect(await look()).toEqual(['en', 'dark']);
  });

  it('looks right on a desk and on a phone, in light and in dark', async () => {
    const places = [
      ['new', '/sessions?tab=new', 'session-form'],
      ['strategies', '/strategies', 'new-strategy'],
      ['risk', '/risk', 'limit-row-dailyLoss'],
      ['decisions', `/sessions/${sessionId}?tab=decisions`, 'decision-row'],
      ['session', `/sessions/${sessionId}`, 'chart'],
      ['sessions', '/sessions?tab=active', `session-row-${sessionId}`],
      ['dashboard', '/', 'trade-row'],
    ] as const;
    for (const [name, path, ready] of places) {
      await go(path);
      await byTestId(ready).first().waitFor();
      for (const size of ['desk', 'phone'] as const) {
        await page.setViewportSize(
          size === 'desk' ? { width: 1440, height: 900 } : { width: 390, height: 844 },
        );
        for (const theme of ['dark', 'light'] as const) {
          await byTestId('settings').click();
          await byTestId(`theme-${theme}`).click();
          await page.keyboard.press('Escape');
          await page.locator('.popover').waitFor({ state: 'detached' });
          await byTestId('settings').blur();
          await picture(page, `${name}-${size}-${theme}`);
        }
        expect(await sidewaysScroll(page), `${name} on a ${size} scrolls sideways`).toBe(0);
      }
      await page.setViewportSize({ width: 1440, height: 900 });
    }
  });

  it('has made the browser complain about nothing, and spoken to no other host', () => {
    expect(watched.complaints).toEqual(noComplaints);
  });

  it('names the cause when the gateway dies, and is well again by itself', async () => {
    await go('/');
    await tradeRows('').first().waitFor();
    const before = system.gatewayPid();
    other.close();
    process.kill(before, 'SIGKILL');
    const diedAt = performance.now();
    const banner = byTestId('banner-broker');
    await banner.waitFor({ timeout: 3_000 });
    expect(performance.now() - diedAt).toBeLessThan(2_000);
    expect(await banner.getByTestId('banner-cause').textContent()).toMatch(
      /the gateway (cut the connection|closed the socket)|connection refused/,
    );
    // The broker cannot be asked now: a button that only looked at what is known would succeed.
    await byTestId('refresh-positions').click();
    await byTestId('refresh-error').waitFor();
    await picture(page, 'gateway-killed');
    await banner.waitFor({ state: 'detached', timeout: 30_000 });
    expect(system.gatewayPid()).not.toBe(before);
    const price = row('SP500').locator('.last-price');
    const then = await price.textContent();
    await until('prices move again', async () => (await price.textContent()) !== then);
    // Orders that were on their way had an unknown outcome for a while; asking has settled each.
    await until('no order is unknown', async () => (await tradeRows('[data-state="unknown"]').count()) === 0);
    other = await connectSecondClient(system.gatewayPort);
  });

  it('marks every number stale within two seconds when the runtime dies, and comes back with it', async () => {
    await system.kill();
    const diedAt = performance.now();
    await page.locator('html[data-feed="lost"]').waitFor({ timeout: 3_000 });
    expect(performance.now() - diedAt).toBeLessThan(2_000);
    const numbers = await until('every number has faded', async () => {
      const opacities = (await page.evaluate(`[...document.querySelectorAll('.live-value')].map((each) => {
        let opacity = 1;
        for (let at = each; at !== null; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
        return opacity;
      })`)) as number[];
      return opacities.every((opacity) => opacity < 0.9) && opacities;
    });
    expect(performance.now() - diedAt).toBeLessThan(2_000);
    expect(numbers.length).toBeGreaterThan(30);
    await byTestId('banner-feed').waitFor();
    await picture(page, 'runtime-killed');
    await system.start();
    await page.locator('html[data-feed="live"]').waitFor({ timeout: 20_000 });
    await byTestId('banner-feed').waitFor({ state: 'detached' });
    await tradeRows(`[data-symbol="${byHand}"]`).first().waitFor();
  });

  it('ends cleanly within five seconds', async () => {
    const { code, ms } = await system.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(5_000);
  });
});
