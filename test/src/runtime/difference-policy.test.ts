import { describe, expect, it } from 'vitest';
import type { DifferencePolicy } from '../../../machines/domain/session.ts';
import type { Difference } from '../../../machines/reconciliation/reconcile.logic.ts';
import { Refusal } from '../../../src/http/runtime.port.ts';
import { DifferencePolicies } from '../../../src/runtime/difference-policy.ts';
import { PositionCloser } from '../../../src/runtime/position-closer.ts';
import type { Desired } from '../../../src/runtime/session-book.ts';
import { session } from '../store/fixtures.ts';

const A = 'A.STK.SMART.USD';
const unknown: Difference = {
  ...{ kind: 'unknown', instrumentId: A, ref: null, found: '14', expected: '15' },
  explanation: 'the broker holds 14, by the trades known here it would be 15',
};
const byHand: Difference = { ...unknown, kind: 'manualTrade', explanation: '3 of A were traded by hand' };

/** Sessions `s0`, `s1`, ... on instrument A, each with its policy. */
function world(...wanted: DifferencePolicy[]) {
  const state = new Map<string, unknown>();
  const given = { held: '14', inFlight: [] as string[], refusal: null as string | null, isStoreDown: false };
  const seen = {
    alarms: [] as string[],
    paused: [] as string[],
    placed: [] as unknown[],
    cancelled: [] as string[],
  };
  const desired = new Map<string, Desired>(wanted.map((_, n) => [`s${n}`, 'running']));
  const build = () =>
    new DifferencePolicies({
      sessions: {
        all: () =>
          wanted.map((onDifference, n) => ({
            definition: {
              ...{ ...session, id: `s${n}`, onDifference },
              instrument: { symbol: 'A', secType: 'STK', exchange: 'SMART', currency: 'USD' },
            },
            desired: desired.get(`s${n}`) ?? 'stopped',
          })),
        pause: async (id) => {
          seen.paused.push(id);
          desired.set(id, 'paused');
        },
      },
      closer: new PositionCloser({
        orders: {
          close: async (draft, reason) => {
            if (given.refusal !== null) throw new Refusal(409, 'price-not-fresh', given.refusal);
            seen.placed.push({ ...draft, reason });
            return { ref: 'r', outcome: 'accepted', message: null };
          },
        },
        desk: {
          inFlight: () => given.inFlight,
          cancel: async (ref) => {
            seen.cancelled.push(ref);
            return { outcome: 'accepted', permId: 1 };
          },
        },
        portfolio: { position: () => ({ quantity: given.held }) },
        onAlarm: (message) => seen.alarms.push(message),
      }),
      state: {
        get: async (key) => {
          if (given.isStoreDown) throw new Error('the database is away');
          return state.get(key) ?? null;
        },
        set: async (key, value) => {
          state.set(key, value);
        },
      },
      onAlarm: (message) => seen.alarms.push(message),
    });
  return { given, seen, desired, build, policies: build() };
}

describe('the policies for differences', () => {
  it('alarm of a difference in an instrument that no session trades', async () => {
    const { policies, seen } = world();
    await policies.treat([unknown]);
    expect(seen.alarms).toEqual([`The broker and the books differ. unknown: ${unknown.explanation}`]);
  });

  it.each([
    ['adopt', 1],
    ['ignore', 0],
  ] as const)('%s lets the session trade on, and alarms %d times', async (policy, alarms) => {
    const { policies, seen } = world(policy);
    await policies.treat([unknown]);
    expect(seen.alarms).toHaveLength(alarms);
    expect(seen.paused).toEqual([]);
    expect(seen.placed).toEqual([]);
  });

  it('alarm when one of two sessions ignores and the other does not', async () => {
    const { policies, seen } = world('ignore', 'adopt');
    await policies.treat([unknown]);
    expect(seen.alarms).toHaveLength(1);
  });

  it.each(['adopt', 'ignore'] as const)('%s is silent about trades by hand', async (policy) => {
    const { policies, seen } = world(policy);
    await policies.treat([byHand]);
    expect(seen.alarms).toEqual([]);
  });

  it('halt pauses the session at a trade by hand too, and says why', async () => {
    const { policies, seen } = world('halt', 'adopt');
    await policies.treat([byHand]);
    expect(seen.paused).toEqual(['s0']);
    expect(seen.alarms.at(-1)).toBe(
      'Session "s0" is paused by its policy "halt": 3 of A were traded by hand',
    );
    expect(seen.placed).toEqual([]);
  });

  it('let a person resume in spite of a difference, also over a restart, and stop at the next one', async () => {
    const { build, policies, seen, desired } = world('halt');
    await policies.treat([unknown]);
    desired.set('s0', 'running');
    await build().treat([unknown]);
    expect(seen.paused).toEqual(['s0']);
    await build().treat([{ ...unknown, explanation: 'the broker holds 13' }]);
    expect(seen.paused).toEqual(['s0', 's0']);
  });

  it('stop again at a difference that was gone and came back', async () => {
    const { policies, seen, desired } = world('halt');
    await policies.treat([unknown]);
    await policies.treat([]);
    desired.set('s0', 'running');
    await policies.treat([unknown]);
    expect(seen.paused).toEqual(['s0', 's0']);
  });

  it.each([
    ['14', 'SELL', '14'],
    ['-2.5', 'BUY', '2.5'],
  ])('flatten pauses and closes %s by %s %s, once', async (held, side, quantity) => {
    const { policies, given, seen } = world('flatten');
    given.held = held;
    await policies.treat([unknown]);
    await policies.treat([unknown]);
    expect(seen.paused).toEqual(['s0']);
    expect(seen.placed).toMatchObject([{ instrumentId: A, side, quantity, orderType: 'MKT' }]);
    expect(seen.placed).toMatchObject([
      { reason: expect.stringContaining('policy "flatten" of session "s0"') },
    ]);
  });

  it('flatten places nothing when nothing is held', async () => {
    const { policies, given, seen } = world('flatten');
    given.held = '0';
    await policies.treat([unknown]);
    expect(seen.paused).toEqual(['s0']);
    expect(seen.placed).toEqual([]);
  });

  it('flatten cancels orders on their way first, and closes at the next look', async () => {
    const { policies, given, seen } = world('flatten');
    given.inFlight = ['r1', 'r2'];
    await policies.treat([unknown]);
    expect(seen.cancelled).toEqual(['r1', 'r2']);
    expect(seen.placed).toEqual([]);
    given.inFlight = [];
    await policies.treat([unknown]);
    expect(seen.placed).toHaveLength(1);
  });

  it('flatten tries again what was refused, and says so', async () => {
    const { policies, given, seen } = world('flatten');
    given.refusal = 'price: found no price';
    await policies.treat([unknown]);
    expect(seen.alarms.at(-1)).toMatch(/was refused, and is tried again: price: found no price/);
    given.refusal = null;
    await policies.treat([unknown]);
    expect(seen.placed).toHaveLength(1);
    expect(seen.paused).toEqual(['s0']);
  });

  it('say that they could not be applied, and go on at the next look', async () => {
    const { policies, given, seen } = world('halt');
    given.isStoreDown = true;
    await policies.treat([unknown]);
    expect(seen.alarms).toEqual(['The policy for differences could not be applied: the database is away']);
    given.isStoreDown = false;
    await policies.treat([unknown]);
    expect(seen.paused).toEqual(['s0']);
  });
});
