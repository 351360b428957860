import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { prepareSystem, type TestSystem } from '../support/system.ts';
import { whenOpen } from '../support/trading.ts';
import { noComplaints, picture, sidewaysScroll, type WatchedPage, watchedPage } from './watched-page.ts';

const minutesFromNow = (minutes: number): string =>
  new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16);
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** What a person sees of what is planned at the gateway, and what an order meets then. */
describe('the dashboard of a gateway that is about to restart', () => {
  let system: TestSystem;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    const login = new Date(Date.now() + 30 * 60_000);
    system = await prepareSystem({
      gateway: (gateway) => Object.assign(gateway, { speed: 23_400 }),
      runtime: (runtime) =>
        Object.assign(runtime.broker as object, {
          restart: { time: minutesFromNow(10), timeZone: 'UTC', quietBeforeSeconds: 3_600 },
          weeklyLogin: {
            ...{ weekday: weekdays[login.getUTCDay()], time: minutesFromNow(30), timeZone: 'UTC' },
            warnHours: 1,
          },
        }),
    });
    [browser] = await Promise.all([launchBrowser(), system.start()]);
    watched = await watchedPage(browser, new URL(system.url).host);
    page = watched.page;
    page.setDefaultTimeout(20_000);
    await whenOpen(system);
    await page.goto(system.loginUrl);
    await page.getByTestId('dashboard').waitFor();
  });

  beforeEach(() => {
    onTestFailed(async ({ task }) => {
      console.error(`the system said last:\n${system.log().slice(-3_000)}`);
      await picture(page, `failed ${task.name}`).catch(() => undefined);
    });
  });

  afterAll(async () => {
    await browser.close();
    await system.cleanup();
  });

  it('counts down to the end of the quiet time and to the login, and says what to do', async () => {
    for (const [banner, words] of [
      ['banner-restart', 'The gateway restarts: no order leaves'],
      ['banner-login', 'A person must log in to IB Gateway soon'],
    ] as const) {
      const shown = page.getByTestId(banner);
      await shown.waitFor();
      expect(await shown.textContent()).toContain(words);
      expect(await shown.getByTestId('countdown').textContent()).toMatch(/\d/);
    }
    expect(await sidewaysScroll(page)).toBe(0);
    await picture(page, 'gateway about to restart');
    expect(watched.complaints).toEqual(noComplaints);
  });

  it('lets no order leave meanwhile, and names the restart', async () => {
    const answer = (await system.api('POST', '/api/v1/orders', {
      ...{
        instrumentId: 'SP500.STK.SMART.USD',
        side: 'BUY',
        quantity: '1',
        orderType: 'LMT',
        limitPrice: '1',
      },
      timeInForce: 'GTC',
    })) as { outcome: string; message: string };
    expect(answer).toMatchObject({
      outcome: 'notSent',
      message: expect.stringContaining('the gateway restarts at'),
    });
  });
});
