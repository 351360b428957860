import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';

/**
 * Starts a headless Chromium that came from npm, so that browser tests need nothing installed on Linux; elsewhere
 * the Chrome of the machine. The caller closes it.
 */
export async function launchBrowser(): Promise<Browser> {
  if (process.platform !== 'linux') return playwright.launch({ channel: 'chrome', headless: true });
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // --single-process and friends are for function hosts: they crash with several contexts.
    args: [
      ...chromium.args.filter((arg) => arg !== '--single-process' && arg !== '--no-zygote'),
      '--no-sandbox',
    ],
    headless: true,
  });
}
