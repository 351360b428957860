import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChildFacts,
  decideRestart,
  type RestartPolicy,
} from '../../../machines/supervisor/restart.logic.ts';

const policy: RestartPolicy = {
  strategy: 'oneForOne',
  intensity: 3,
  periodMs: 1_000,
  backoff: { minMs: 100, maxMs: 5_000, factor: 2, jitterFraction: 0 },
  healthyAfterMs: 10_000,
};
const child = (id: string, more: Partial<ChildFacts> = {}): ChildFacts => ({
  id,
  restart: 'permanent',
  significant: false,
  isAlive: true,
  startedAt: 0,
  failures: 0,
  ...more,
});
const abc = [child('a'), child('b'), child('c')];
const half = () => 0.5;
const failedAt = (id: string, at: number) => ({ id, reason: 'failed', at }) as const;

describe('decideRestart', () => {
  it.each([
    ['permanent', 'failed', 'restart'],
    ['permanent', 'normal', 'restart'],
    ['permanent', 'shutdown', 'restart'],
    ['transient', 'failed', 'restart'],
    ['transient', 'normal', 'ignore'],
    ['transient', 'shutdown', 'ignore'],
    ['temporary', 'failed', 'ignore'],
    ['temporary', 'normal', 'ignore'],
    ['temporary', 'shutdown', 'ignore'],
  ] as const)('%s child whose end is %s leads to %s', (restart, reason, action) => {
    const exit = { id: 'a', reason, at: 1 };
    expect(decideRestart(policy, [child('a', { restart })], [], exit, half).action).toBe(action);
  });

  it.each([
    ['oneForOne', ['b'], []],
    ['oneForAll', ['a', 'b', 'c'], ['c', 'a']],
    ['restForOne', ['b', 'c'], ['c']],
  ] as const)('%s restarts %j in order and stops %j first', (strategy, ids, stopIds) => {
    expect(decideRestart({ ...policy, strategy }, abc, [], failedAt('b', 1), half)).toMatchObject({
      ids,
      stopIds,
    });
  });

  it('stops a temporary sibling for good', () => {
    const children = [child('a'), child('b', { restart: 'temporary' }), child('c')];
    const decision = decideRestart(
      { ...policy, strategy: 'oneForAll' },
      children,
      [],
      failedAt('a', 1),
      half,
    );
    expect(decision).toMatchObject({ ids: ['a', 'c'], stopIds: ['c', 'b'] });
  });

  it('gives up at the restart that exceeds the intensity within the period', () => {
    expect(decideRestart(policy, abc, [100, 200, 300], failedAt('a', 1_050), half).action).toBe('giveUp');
    expect(decideRestart(policy, abc, [100, 200, 300], failedAt('a', 1_100), half).action).toBe('giveUp');
    expect(decideRestart(policy, abc, [100, 200, 300], failedAt('a', 1_101), half).action).toBe('restart');
  });

  it.each([
    // intensity, earlier restarts, now, what follows
    [1, [], 5_000, 'restart'],
    [1, [4_000], 5_000, 'giveUp'],
    [1, [3_999], 5_000, 'restart'],
    [1, [4_999], 5_000, 'giveUp'],
    [1, [5_000], 5_000, 'giveUp'],
    [2, [3_000, 4_500], 5_000, 'restart'],
    [2, [4_000, 4_500], 5_000, 'giveUp'],
    [2, [1_000, 2_000, 3_000], 5_000, 'restart'],
    [0, [], 5_000, 'giveUp'],
  ] as const)('with intensity %s after restarts at %j at %s leads to %s', (intensity, times, at, action) => {
    expect(decideRestart({ ...policy, intensity }, abc, times, failedAt('a', at), half).action).toBe(action);
  });

  it('remembers the restarts within the period and no others', () => {
    const decision = decideRestart(policy, abc, [100, 1_000, 1_900], failedAt('a', 2_000), half);
    expect(decision).toMatchObject({ action: 'restart', restartTimes: [1_000, 1_900, 2_000] });
  });

  it.each([
    [0, 800],
    [0.25, 900],
    [0.5, 1_000],
    [0.75, 1_100],
    [0.999999, 1_200],
  ])('spreads the delay evenly: a draw of %s of 20%% gives %s ms', (draw, ms) => {
    const backoff = { minMs: 1_000, maxMs: 5_000, factor: 2, jitterFraction: 0.2 };
    const decision = decideRestart({ ...policy, backoff }, abc, [], failedAt('a', 5), () => draw);
    expect(decision).toMatchObject({ delayMs: ms });
  });

  it('never waits longer than the maximum, jitter included, nor less than nothing', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.double({ min: 0, max: 0.9999999, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, draw, jitterFraction) => {
          const backoff = { minMs: 100, maxMs: 5_000, factor: 2, jitterFraction };
          const worn = [child('a', { failures })];
          const decision = decideRestart({ ...policy, backoff }, worn, [], failedAt('a', 5), () => draw);
          if (decision.action !== 'restart') throw new Error(decision.action);
          expect(decision.delayMs).toBeGreaterThanOrEqual(0);
          expect(decision.delayMs).toBeLessThanOrEqual(5_000);
          expect(Number.isInteger(decision.delayMs)).toBe(true);
        },
      ),
    );
  });

  it('does not take a child that never stood for healthy', () => {
    const worn = [child('a', { failures: 3, startedAt: null })];
    expect(decideRestart(policy, worn, [], failedAt('a', 1_000_000), half)).toMatchObject({
      failures: 4,
      delayMs: 800,
    });
  });

  it('gives up at the first failure with an intensity of 0', () => {
    expect(decideRestart({ ...policy, intensity: 0 }, abc, [], failedAt('a', 5), half).action).toBe('giveUp');
  });

  it('waits longer with every failure in a row, up to the maximum', () => {
    const delays = [0, 1, 2, 10].map((failures) => {
      const decision = decideRestart(policy, [child('a', { failures })], [], failedAt('a', 5), half);
      return decision.action === 'restart' ? decision.delayMs : decision.action;
    });
    expect(delays).toEqual([100, 200, 400, 5_000]);
  });

  it('starts over with the shortest delay after a healthy spell', () => {
    const worn = [child('a', { failures: 5, startedAt: 1_000 })];
    expect(decideRestart(policy, worn, [], failedAt('a', 10_999), half)).toMatchObject({ failures: 6 });
    expect(decideRestart(policy, worn, [], failedAt('a', 11_000), half)).toMatchObject({
      failures: 1,
      delayMs: 100,
    });
  });

  it.each([
    // autoShutdown, the ended one is significant, another significant one lives, what follows
    ['never', true, false, 'ignore'],
    ['anySignificant', true, true, 'shutDown'],
    ['anySignificant', true, false, 'shutDown'],
    ['anySignificant', false, false, 'ignore'],
    ['allSignificant', true, true, 'ignore'],
    ['allSignificant', true, false, 'shutDown'],
    ['allSignificant', false, false, 'ignore'],
  ] as const)(
    'under %s, significant %s, another living %s: %s',
    (autoShutdown, significant, isAlive, action) => {
      const children = [
        child('a', { restart: 'transient', significant }),
        child('b', { restart: 'transient', significant: true, isAlive }),
      ];
      const exit = { id: 'a', reason: 'normal', at: 1 } as const;
      expect(decideRestart({ ...policy, autoShutdown }, children, [], exit, half).action).toBe(action);
    },
  );

  it('ignores a child that it does not know', () => {
    expect(decideRestart(policy, abc, [], failedAt('z', 1), half)).toEqual({ action: 'ignore' });
  });

  it('never allows more restarts within any period than the intensity', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 60 }),
        fc.integer({ min: 0, max: 5 }),
        (gaps, intensity) => {
          const allowed: number[] = [];
          let times: readonly number[] = [];
          let at = 0;
          for (const gap of gaps) {
            at += gap;
            const decision = decideRestart({ ...policy, intensity }, abc, times, failedAt('a', at), half);
            if (decision.action === 'giveUp') {
              expect(allowed.filter((time) => time >= at - policy.periodMs)).toHaveLength(intensity);
              return;
            }
            if (decision.action !== 'restart') throw new Error('ignored');
            allowed.push(at);
            times = decision.restartTimes;
            expect(allowed.filter((time) => time >= at - policy.periodMs).length).toBeLessThanOrEqual(
              intensity,
            );
          }
        },
      ),
    );
  });
});
