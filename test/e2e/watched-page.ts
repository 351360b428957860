import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';

const outDir = fileURLToPath(new URL('./out', import.meta.url));

/** What a browser complained about while it showed a page. */
export interface Complaints {
  readonly consoleErrors: string[];
  readonly failedRequests: string[];
  readonly policyViolations: string[];
  readonly foreignHosts: string[];
}

/** A page of a browser of its own, whose every complaint is kept. */
export interface WatchedPage {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly complaints: Complaints;
}

export const noComplaints: Complaints = {
  consoleErrors: [],
  failedRequests: [],
  policyViolations: [],
  foreignHosts: [],
};

/** Opens a page that may speak to `ownHost` only. */
export async function watchedPage(browser: Browser, ownHost: string): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    locale: 'en-US',
    timezoneId: 'America/New_York',
  });
  const complaints: Complaints = {
    consoleErrors: [],
    failedRequests: [],
    policyViolations: [],
    foreignHosts: [],
  };
  await context.exposeFunction('reportViolation', (text: string) => complaints.policyViolations.push(text));
  await context.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    reportViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile + ':' + event.lineNumber))`);
  const page = await context.newPage();
  const see = (url: string): void => {
    const { host, protocol } = new URL(url);
    if (host !== ownHost && protocol !== 'data:' && protocol !== 'blob:') complaints.foreignHosts.push(url);
  };
  page.on('request', (request) => see(request.url()));
  page.on('websocket', (socket) => see(socket.url()));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.consoleErrors.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => complaints.consoleErrors.push(`uncaught: ${error.message}`));
  page.on('requestfailed', (request) => {
    // A page that is left gives up what it was waiting for.
    const why = request.failure()?.errorText ?? '';
    if (why !== 'net::ERR_ABORTED')
      complaints.failedRequests.push(`${request.method()} ${request.url()} ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.failedRequests.push(`${response.status()} ${response.url()}`);
  });
  return { context, page, complaints };
}

/** Keeps a picture of the page in `test/e2e/out`. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(outDir, { recursive: true });
  await page.screenshot({ path: join(outDir, `${name}.png`), animations: 'disabled' });
}

/** Tells what sticks out to the right of the window, if anything makes the page itself scroll sideways. */
export function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
