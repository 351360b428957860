import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Order } from '../../../machines/domain/order.ts';
import type { Books } from '../../../machines/reconciliation/reconcile.logic.ts';
import { Reconciler } from '../../../src/runtime/reconciler.ts';

const A = 'A.STK.SMART.USD';
const trade = (net: string): Books['traded'][number] => ({
  ...{ instrumentId: A, source: 'autotrader', net, recentVolume: '0' },
});

/** A broker that holds what it is told to, and books that are told as well. */
function world() {
  const state = new Map<string, unknown>();
  const told: string[] = [];
  const given = {
    held: '0',
    traded: [] as Books['traded'],
    /** What the books say each time they are asked, before `traded`. */
    moving: [] as Books['traded'][],
    unsettled: [] as { ref: string; instrumentId: string; state: string }[],
    isAway: false,
  };
  const reconciler = new Reconciler({
    desk: {
      reconcile: async () => {
        if (given.isAway) throw new Error('no ready connection');
      },
    },
    portfolio: {
      refresh: async () => [
        { account: 'DU1', instrumentId: A, symbol: 'A', quantity: given.held, averageCost: null, at: 0 },
      ],
    },
    store: {
      executions: { positionBook: async () => given.moving.shift() ?? given.traded },
      orders: { unsettled: async () => given.unsettled as unknown as Order[] },
      state: {
        get: async (key) => state.get(key) ?? null,
        set: async (key, value) => {
          state.set(key, value);
        },
      },
    },
    now: Date.now,
    onLook: (differences) => {
      told.push(...differences.map(({ kind, explanation }) => `${kind}: ${explanation}`));
    },
  });
  /** Asks, and lets the clock go until it has been looked twice. */
  async function ask(accept = false) {
    const answer = reconciler.run({ accept });
    await vi.advanceTimersByTimeAsync(2_500);
    return await answer;
  }
  return { given, reconciler, told, ask };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the reconciler', () => {
  it('takes what is held at first for the opening position, and finds what changes by itself later', async () => {
    const { given, ask } = world();
    given.held = '5';
    expect((await ask()).differences).toEqual([]);
    given.traded = [trade('10')];
    given.held = '15';
    expect((await ask()).differences).toEqual([]);
    given.held = '14';
    expect((await ask()).differences).toMatchObject([{ kind: 'unknown', found: '14', expected: '15' }]);
    expect(await ask(true)).toMatchObject({
      accepted: true,
      differences: [{ kind: 'unknown' }],
    });
    expect((await ask()).differences).toEqual([]);
  });

  it('takes no position for different that the broker tells a moment later', async () => {
    const { given, reconciler, ask } = world();
    given.held = '5';
    await ask();
    given.traded = [trade('10')];
    const answer = reconciler.run({ accept: false });
    await vi.advanceTimersByTimeAsync(500);
    given.held = '15';
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await answer).differences).toEqual([]);
  });

  it('asks again while trades come in, and says so when they never stop', async () => {
    const { given, reconciler } = world();
    await reconciler.run({ accept: false });
    given.moving = [[trade('1')], [trade('2')]];
    given.traded = [trade('3')];
    given.held = '3';
    const answer = reconciler.run({ accept: false });
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await answer).differences).toEqual([]);
    given.moving = Array.from({ length: 40 }, (_, n) => [trade(String(n))]);
    const never = expect(reconciler.run({ accept: false })).rejects.toThrow(/found trades coming in/);
    await vi.advanceTimersByTimeAsync(10_000);
    await never;
  });

  it('says why the broker could not be asked', async () => {
    const { given, reconciler } = world();
    given.isAway = true;
    await expect(reconciler.run({ accept: false })).rejects.toThrow(
      'reconcile: the broker could not be asked: no ready connection',
    );
  });

  it('looks by itself again and again; what an order on its way explains is told at the second look only', async () => {
    const { given, reconciler, told, ask } = world();
    await ask();
    given.held = '4';
    given.unsettled = [{ ref: 'r1', instrumentId: A, state: 'working' }];
    const end = reconciler.watch(() => undefined);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(told).toEqual([expect.stringMatching(/^missedFill: /)]);
    given.unsettled = [];
    await vi.advanceTimersByTimeAsync(61_000);
    expect(told.at(-1)).toMatch(/^unknown: /);
    end();
    const before = told.length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(told).toHaveLength(before);
  });
});
