import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { placeByHand, readTrade, whenOpen } from '../support/trading.ts';
import { noComplaints, picture, sidewaysScroll, type WatchedPage, watchedPage } from './watched-page.ts';

const preload = new URL('../support/stray-faults.preload.ts', import.meta.url).href;

/** What a person sees when the root of supervision has given up. The steps build on one another. */
describe('the halted dashboard', () => {
  let system: TestSystem;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let working: string;

  const byTestId = (id: string) => page.getByTestId(id);
  const banner = () => byTestId('banner-supervision');

  beforeAll(async () => {
    system = await prepareSystem({
      gateway: (gateway) => Object.assign(gateway, { speed: 23_400 }),
      runtime: (runtime) => Object.assign(runtime, { supervision: { workingOrders: 'cancelEntries' } }),
      sessions: [
        {
          id: 'orcl-sma',
          name: 'Oracle, moving averages',
          instrument: { symbol: 'ORCL' },
          timeframe: '1d',
          strategy: { kind: 'sma', parameters: { fast: 3, slow: 8 } },
          sizing: { kind: 'percent', percent: 15 },
        },
      ],
      env: { NODE_OPTIONS: `--import=${preload}` },
    });
    [browser] = await Promise.all([launchBrowser(), system.start()]);
    watched = await watchedPage(browser, new URL(system.url).host);
    page = watched.page;
    page.setDefaultTimeout(20_000);
    await whenOpen(system);
    working = await placeByHand(system, {
      symbol: 'SP500-2011',
      side: 'BUY',
      quantity: '2',
      limitPrice: '0.01',
    });
    await until(
      'an order works',
      async () => (await readTrade(system, working))?.state === 'working',
      30_000,
    );
    await page.goto(system.loginUrl);
    await byTestId('dashboard').waitFor();
  });

  beforeEach(() => {
    onTestFailed(async ({ task }) => {
      console.error(`the system said last:\n${system.log().slice(-3_000)}`);
      await picture(page, `failed ${task.name}`).catch(() => undefined);
    });
  });

  afterAll(async () => {
    await browser?.close();
    await system?.cleanup();
  });

  it('says on every page why, since when, what still works and what to do', async () => {
    expect(await banner().count()).toBe(0);
    const before = Date.now();
    process.kill(system.pid, 'SIGUSR2');
    await banner().waitFor();
    const told = await banner().innerText();
    expect(told).toMatch(/failures outside every actor came too often/);
    expect(told).toMatch(/since \d{1,2}:\d{2}/i);
    expect(told).toMatch(/What happened can still be read/);
    expect(told).toMatch(/Check the working orders at IBKR.*restart Tradewarden/);
    expect(Date.now() - before, 'ms until it was seen').toBeLessThan(20_000);
    for (const place of ['sessions', 'strategies', 'supervision']) {
      await byTestId(`nav-${place}`).click();
      await banner().waitFor();
    }
  });

  it('shows trading as halted, and no way to resume it', async () => {
    await until(
      'the badge says so',
      async () => (await byTestId('risk-badge').getAttribute('data-tone')) === 'danger',
    );
    expect(await byTestId('risk-badge').innerText()).toMatch(/halted/i);
    await expect(system.api('POST', '/api/v1/risk/resume', { cause: 'a person' })).rejects.toThrow(/halted/);
  });

  it('lists what was done about working orders, and what led there', async () => {
    await page.goto(new URL('/supervision', system.url).href);
    const halted = byTestId('supervision-halted');
    await halted.waitFor();
    await until(
      'the cancel is told',
      async () => (await halted.innerText()).includes(`Order ${working} was cancelled`),
      60_000,
    );
    const told = await halted.innerText();
    expect(told).toMatch(/No order leaves until Tradewarden is started again/);
    expect(told).toMatch(/Working orders that would open a position are cancelled/);
    expect(
      await page.locator('[data-testid="supervision-state"] [data-state]').getAttribute('data-state'),
    ).toBe('halted');
    expect((await readTrade(system, working))?.state).toBe('cancelled');
    expect(await sidewaysScroll(page)).toBe(0);
    await picture(page, 'supervision-halted');
  });

  it('still serves what happened', async () => {
    await byTestId('nav-dashboard').click();
    await page
      .locator('[data-testid="trade-row"][data-symbol="SP500-2011"][data-state="cancelled"]')
      .waitFor();
    await picture(page, 'dashboard-halted');
  });

  it('trades again after a restart and a word of a person', async () => {
    await system.stop();
    await system.start();
    await whenOpen(system);
    await page.reload();
    await byTestId('dashboard').waitFor();
    await until('supervision runs again', async () => (await banner().count()) === 0);
    await until('a restart finds the halt', async () =>
      /halted/i.test(await byTestId('risk-badge').innerText()),
    );
    await system.api('POST', '/api/v1/risk/resume', { cause: 'looked into' });
    await until(
      'the badge says so',
      async () => (await byTestId('risk-badge').getAttribute('data-tone')) === 'ok',
    );
  });

  it('complained of nothing of its own', () => {
    // While the server is away requests fail; nothing else may.
    const { consoleErrors, policyViolations, foreignHosts } = watched.complaints;
    const own = consoleErrors.filter(
      (line) => !/ERR_CONNECTION|WebSocket|Failed to load resource/.test(line),
    );
    expect({ ...noComplaints, consoleErrors: own, policyViolations, foreignHosts }).toEqual(noComplaints);
  });
});
