import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { barsPerSecond } from '../support/busy-market.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { placeByHand, readSystem, readTrade, whenOpen } from '../support/trading.ts';
import { noComplaints, picture, sidewaysScroll, type WatchedPage, watchedPage } from './watched-page.ts';

/** The kill switch in the dashboard. The steps build on one another. */
describe('the kill switch of the dashboard', () => {
  let system: TestSystem;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let working: string;

  const byTestId = (id: string) => page.getByTestId(id);
  const tone = () => byTestId('risk-badge').getAttribute('data-tone');
  const press = async (name: string): Promise<void> => {
    await byTestId('risk-badge').click();
    await byTestId(`risk-${name}`).click();
    await byTestId(`risk-${name}`).click();
  };

  beforeAll(async () => {
    system = await prepareSystem({
      gateway: barsPerSecond(1),
      sessions: [],
      // Steps of about two shares: it takes long enough to be looked at.
      risk: (shipped) => {
        shipped.flatten = { collar: 100, step: 3_000 };
      },
    });
    [browser] = await Promise.all([launchBrowser(), system.start()]);
    watched = await watchedPage(browser, new URL(system.url).host);
    page = watched.page;
    page.setDefaultTimeout(20_000);
    await whenOpen(system);
    const place = (order: Parameters<typeof placeByHand>[1]) =>
      until('it is placed', () => placeByHand(system, order));
    await place({ symbol: 'SP500', side: 'BUY', quantity: '12' });
    await place({ symbol: 'ORCL', side: 'SELL', quantity: '40' });
    working = await place({ symbol: 'SP500-2011', side: 'BUY', quantity: '2', limitPrice: '0.01' });
    await until('one works', async () => (await readTrade(system, working))?.state === 'working');
    await page.goto(system.loginUrl);
    await byTestId('dashboard').waitFor();
  }, 60_000);

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

  it('halts and resumes at the second press of each', async () => {
    await until('it is told', async () => (await tone()) === 'ok');
    await press('halt');
    await until('it is halted', async () => (await tone()) === 'danger');
    await byTestId('banner-risk').waitFor();
    await press('resume');
    await until('it is active', async () => (await tone()) === 'ok');
    expect(await byTestId('banner-risk').count()).toBe(0);
  });

  it('lists what is held back by itself, and lets it go again', async () => {
    await system.api('POST', '/api/v1/risk/reduce', {
      cause: 'Margin call',
      scope: { kind: 'account', id: 'DU1000001' },
    });
    await byTestId('risk-parts-count').waitFor();
    await byTestId('risk-badge').click();
    expect(await byTestId('risk-parts').innerText()).toMatch(/Account DU1000001 · Exits only\s+Margin call/);
    await picture(page, 'risk-parts');
    await byTestId('risk-resume-DU1000001').click();
    await until('it is let go', async () => (await byTestId('risk-parts').count()) === 0);
    await page.keyboard.press('Escape');
  });

  it('shows what closing everything will do before it does it', async () => {
    await byTestId('risk-badge').click();
    await byTestId('risk-flatten').click();
    await byTestId('flatten-preview').waitFor();
    await until('both positions are told', async () => (await byTestId('flatten-close').count()) === 2);
    const told = await byTestId('flatten-preview').innerText();
    expect(told).toMatch(/Trading is halted/);
    expect(told).toMatch(/1 working order is cancelled/);
    expect(told).toMatch(/Sell\s+12\s+SP500/i);
    expect(told).toMatch(/Buy\s+40\s+ORCL/i);
    expect((await readSystem(system)).risk.state, 'nothing happened yet').toBe('active');
    await byTestId('flatten-cause').fill('Leaving for the weekend');
    await picture(page, 'flatten-preview');
  });

  it('closes everything in steps, shows each, and ends flat', async () => {
    await byTestId('flatten-start').click();
    await byTestId('banner-flatten').waitFor();
    await byTestId('flatten-closing').waitFor();
    await until('a step is told', async () =>
      /(SELL|BUY) \d+ at a limit of/.test(await byTestId('flatten-reports').innerText()),
    );
    expect(await byTestId('risk-badge').innerText()).toMatch(/closing/i);
    await picture(page, 'flatten-under-way');
    await page.locator('[data-testid="flatten-phase"][data-phase="flat"]').waitFor({ timeout: 60_000 });
    await picture(page, 'flatten-done');
    expect((await readTrade(system, working))?.state).toBe('cancelled');
    await page.keyboard.press('Escape');
    await until('no position is left', async () => (await byTestId('position-row').count()) === 0);
    expect(await tone()).toBe('danger');
    expect(await byTestId('banner-risk').innerText()).toMatch(/Leaving for the weekend/);
    expect(await sidewaysScroll(page)).toBe(0);
  });

  it('trades again after a resumption', async () => {
    await press('resume');
    await until('it is active', async () => (await tone()) === 'ok');
    expect((await readSystem(system)).flatten.phase).toBe('idle');
  });

  it('complained of nothing', () => {
    expect(watched.complaints).toEqual(noComplaints);
  });
});
