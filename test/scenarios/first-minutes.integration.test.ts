import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';

let system: TestSystem;
afterEach(() => system.cleanup());

const trades = z.object({
  items: z.array(z.object({ sessionId: z.string().nullable(), state: z.string().nullable() })),
});

it('is ready within a minute of the first start, and each shipped session fills an order within two', async () => {
  system = await prepareSystem();
  const began = performance.now();
  await system.start();
  expect(performance.now() - began, 'ready').toBeLessThan(60_000);

  const waiting = new Set(['sp500-sma', 'orcl-rsi', 'nvda-enhanced']);
  await until(
    'each of the three strategies has an order that is filled',
    async () => {
      for (const trade of trades.parse(await system.api('GET', '/api/v1/trades?limit=1000')).items) {
        if (trade.state === 'filled' && trade.sessionId !== null) waiting.delete(trade.sessionId);
      }
      return waiting.size === 0;
    },
    120_000,
  );
}, 200_000);
