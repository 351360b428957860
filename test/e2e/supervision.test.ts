import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { databaseUrl } from '../support/agreement.ts';
import { launchBrowser } from '../support/browser.ts';
import { sql } from '../support/sql.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { noComplaints, picture, sidewaysScroll, type WatchedPage, watchedPage } from './watched-page.ts';

/** What a person sees of supervision while things break and come back. The steps build on one another. */
describe('supervision', () => {
  let system: TestSystem;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;

  const byTestId = (id: string) => page.getByTestId(id);
  const actor = (path: string) => page.locator(`[data-testid="actor-row"][data-path="${path}"]`);
  const database = () => databaseUrl(system.dataDir);
  const open = (tab: string) => page.goto(new URL(`/supervision?tab=${tab}`, system.url).href);
  const text = (id: string) => byTestId(id).innerText();
  /** How many recoveries are shown. */
  const counted = async (what: 'session' | 'broker') =>
    Number.parseInt(await page.getByTestId(`recovery-${what}-list`).innerText({ timeout: 2_000 }), 10);
  const command = (verb: string) => system.api('POST', `/api/v1/sessions/orcl-sma/${verb}`);

  beforeAll(async () => {
    system = await prepareSystem({
      gateway: (gateway) => Object.assign(gateway, { speed: 23_400 }),
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
    });
    [browser] = await Promise.all([launchBrowser(), system.start()]);
    watched = await watchedPage(browser, new URL(system.url).host);
    page = watched.page;
    page.setDefaultTimeout(20_000);
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

  it('shows the tree with every actor, its restart type and its supervisor', async () => {
    await byTestId('nav-supervision').click();
    await byTestId('supervision-page').waitFor();
    await actor('root/broker/orderDesk').waitFor();
    await actor('root/sessions/group:1/session:orcl-sma').waitFor();
    expect(await actor('root').innerText()).toMatch(/rest for one/);
    expect(await actor('root/broker/connection').innerText()).toMatch(/permanent/);
    await until('the connection is shown as ready', async () =>
      (await actor('root/broker/connection').innerText()).includes('ready'),
    );
    expect(await sidewaysScroll(page)).toBe(0);
  });

  it('shows how the journal and the event loop are', async () => {
    await until('the journal has been written to', async () => /[1-9]/.test(await text('journal-status')));
    expect(await text('journal-status')).toMatch(/full/i);
    await byTestId('event-loop').waitFor();
    await picture(page, 'supervision');
  });

  it('shows what an actor did, and the state it was in after an event', async () => {
    await actor('root/broker/connection').click();
    await byTestId('history').waitFor();
    const step = page.locator('[data-testid="journal-entry"][data-kind="step"]').first();
    await step.waitFor();
    await step.getByTestId('entry-state').click();
    await until('the rebuilt state is shown', async () =>
      (await page.getByTestId('entry-rebuilt').first().innerText()).includes('socket'),
    );
    await picture(page, 'supervision-history');
    await page.keyboard.press('Escape');
  });

  it('reports a strategy that cannot run, and measures how long the session takes to stand again', async () => {
    const [strategy] = await sql<{ name: string; parameters: unknown }>(
      database(),
      "select name, parameters from strategies where name like 'orcl-sma%' or name = 'orcl-sma'",
    );
    expect(strategy).toBeDefined();
    await command('stop');
    await sql(
      database(),
      `update strategies set parameters = '{"fast": 0}' where name = '${strategy?.name}'`,
    );
    await command('start');
    await open('reports');
    const report = page.locator('[data-testid="report-row"][data-context="childTerminated"]').first();
    await report.waitFor();
    expect(await report.innerText()).toMatch(/group:1.*session:orcl-sma.*cannot run/s);
    await picture(page, 'supervision-reports');
    await sql(
      database(),
      `update strategies set parameters = '${JSON.stringify(strategy?.parameters)}' where name = '${strategy?.name}'`,
    );
    await open('tree');
    await until('the session stands again', async () => (await counted('session')) >= 1, 60_000);
    const row = actor('root/sessions/group:1/session:orcl-sma');
    await until('the session collects', async () => (await row.getAttribute('data-state')) === 'collecting');
  });

  it('measures how long the broker takes to be ready again after its gateway was killed', async () => {
    process.kill(system.gatewayPid(), 'SIGKILL');
    await until('the broker is ready again', async () => (await counted('broker')) >= 1, 60_000);
    await picture(page, 'supervision-recovered');
  });

  it('keeps recovery times over a restart', async () => {
    const before = [await counted('session'), await counted('broker')];
    await system.stop();
    await system.start();
    await page.reload();
    await until('the page is back with the figures', async () => {
      const now = [await counted('session'), await counted('broker')];
      return now.join() === before.join();
    });
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
