import { expect, it } from 'vitest';
import { STOP_LIMIT_MS } from '../../../src/cli/start.ts';
import { endLimitsMs } from '../../../src/runtime.ts';

it('gives all parts together less time to end than the command line waits', () => {
  const sum = Object.values(endLimitsMs).reduce((total, ms) => total + ms, 0);
  expect(sum).toBeLessThanOrEqual(STOP_LIMIT_MS);
});
