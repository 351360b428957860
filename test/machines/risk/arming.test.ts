import { describe, expect, it } from 'vitest';
import { type Arming, type TriedStrategy, unarmed, untried } from '../../../machines/risk/arming.logic.ts';

const arming: Arming = { account: 'U1', by: 'ann', at: 0, until: Date.UTC(2026, 0, 2, 3, 4, 5, 678) };

describe('live trading', () => {
  it('is armed for the account that was named, until the moment that was named', () => {
    expect(unarmed('U1', arming, arming.until - 1)).toBeNull();
    expect(unarmed('U1', arming, arming.until)).toBe(
      'The arming of account U1 by ann ended at 2026-01-02T03:04:05Z; npm run tw -- arm --account U1 --hours 8',
    );
  });

  it('is not armed by nothing, nor for another account', () => {
    expect(unarmed('U1', null, 0)).toMatch(/^Live trading of account U1 is not armed; /);
    expect(unarmed('U2', arming, 0)).toMatch(
      /^Live trading is armed for account U1, and the account is U2; /,
    );
  });

  const session = (id: string, parameters: Record<string, unknown>) => ({ id, strategy: 'mine', parameters });
  const tried: TriedStrategy[] = [{ strategy: 'mine', parameters: { fast: 1, slow: { of: [2, 3], at: 4 } } }];

  it('takes a stored backtest of each strategy, with just its parameters, in any order of the keys', () => {
    expect(untried([session('a', { slow: { at: 4, of: [2, 3] }, fast: 1 })], tried)).toBeNull();
    for (const other of [
      { fast: 2, slow: { of: [2, 3], at: 4 } },
      { fast: 1 },
      { fast: 1, slow: { of: [3, 2], at: 4 } },
    ]) {
      expect(untried([session('a', other)], tried)).toBe(
        'session a trades by strategy "mine", which has no stored backtest with these parameters',
      );
    }
  });

  it('names the first session whose strategy was never tried, and how many more there are', () => {
    expect(untried([session('a', {}), session('b', {}), session('c', {})], tried)).toMatch(
      /^session a .* with these parameters, nor have 2 more sessions$/,
    );
    expect(untried([], [])).toBeNull();
  });
});
