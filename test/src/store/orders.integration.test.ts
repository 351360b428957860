import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../../src/store/store.ts';
import { sql, type TestDatabase, testDatabase } from '../../support/postgres.ts';
import { brokerOrder, decision, freshRef, intent, session } from './fixtures.ts';

let database: TestDatabase;
let store: Store;
let barTime = 0;
beforeAll(async () => {
  database = await testDatabase();
  store = await openStore({ url: database.url });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(() => {
  barTime += 300_000;
});

const expire = (name: string) =>
  sql(
    database.url,
    `update leases set expires_at = clock_timestamp() - interval '1 second' where name = '${name}'`,
  );

async function lease(name: string, holder = 'me'): Promise<{ name: string; epoch: number }> {
  const answer = await store.leases.acquire(name, holder, 60_000);
  if (!('epoch' in answer)) throw new Error(`lease is held by ${answer.heldBy}`);
  return { name, epoch: answer.epoch };
}

describe('leases', () => {
  it('has one holder until it runs out; each holding has a higher epoch', async () => {
    expect(await store.leases.acquire('a', 'first', 60_000)).toEqual({ epoch: 1 });
    expect(await store.leases.acquire('a', 'second', 60_000)).toEqual({
      heldBy: 'first',
      expiresAt: expect.closeTo(Date.now() + 60_000, -4),
    });
    await expire('a');
    expect(await store.leases.acquire('a', 'second', 60_000)).toEqual({ epoch: 2 });
    expect(await store.leases.acquire('a', 'second', 60_000), 'one takes over from oneself').toEqual({
      epoch: 3,
    });
  });

  it('goes to exactly one of many who ask at once', async () => {
    const holders = Array.from({ length: 10 }, (_, i) => `holder-${i}`);
    const answers = await Promise.all(holders.map((holder) => store.leases.acquire('b', holder, 60_000)));
    expect(answers.filter((answer) => 'epoch' in answer)).toEqual([{ epoch: 1 }]);
  });

  it('is renewed only under its own epoch and holder', async () => {
    const c = await lease('c');
    const d = await lease('d');
    await store.leases.acquire('d', 'me', 60_000);
    const asked = [c, d, { name: 'unknown', epoch: 1 }];
    expect(await store.leases.renew(asked, 'me', 60_000)).toEqual(['d', 'unknown']);
    expect(await store.leases.renew([c], 'someone else', 60_000)).toEqual(['c']);
    await expire('c');
    expect(await store.leases.renew([c], 'me', 60_000), 'nobody took it meanwhile').toEqual([]);
    expect(await store.leases.renew([], 'me', 60_000)).toEqual([]);
  });

  it('is free at once after its release, and an old epoch releases nothing', async () => {
    const e = await lease('e');
    await store.leases.release('e', e.epoch);
    expect(await store.leases.renew([e], 'me', 60_000)).toEqual(['e']);
    expect(await store.leases.acquire('e', 'other', 60_000)).toEqual({ epoch: 2 });
    await store.leases.release('e', e.epoch);
    expect(await store.leases.acquire('e', 'third', 60_000)).toMatchObject({ heldBy: 'other' });
  });

  it('is taken over from a holder that is known to be dead, and from nobody else', async () => {
    await lease('f', 'dead');
    expect(await store.leases.takeOver('f', 'me', 'another', 60_000)).toMatchObject({ heldBy: 'dead' });
    expect(await store.leases.takeOver('f', 'me', 'dead', 60_000)).toEqual({ epoch: 2 });
  });
});

describe('commitIntent', () => {
  const count = async (ref: string) => {
    const [row] = await sql<{ n: string }>(
      database.url,
      `select (select count(*) from order_intents where ref = '${ref}')
         + (select count(*) from orders where key = '${ref}')
         + (select count(*) from decisions where order_ref = '${ref}' or bar_time = ${barTime}) as n`,
    );
    return Number(row?.n);
  };

  it('stores intent, order and decision together', async () => {
    const wanted = intent({ barTime });
    const held = await lease('g');
    const made = decision({ barTime });
    expect(await store.orders.commitIntent(wanted, { lease: held, decision: made })).toBe('committed');
    expect(await store.orders.get(wanted.ref)).toStrictEqual({
      ...wanted,
      state: 'intended',
      permIds: [],
      orderId: null,
      clientId: null,
      account: null,
      filled: '0',
      averagePrice: null,
      message: null,
      updatedAt: wanted.createdAt,
    });
    expect(await store.decisions.at(session.id, barTime)).toStrictEqual({ ...made, orderRef: wanted.ref });
  });

  it('needs no lease and no decision for a manual order', async () => {
    const manual = intent({
      ...{ ref: freshRef(null), source: 'manual', sessionId: null, barTime: null },
      ...{ orderType: 'MKT', limitPrice: null },
    });
    expect(await store.orders.commitIntent(manual, { lease: null, decision: null })).toBe('committed');
    expect(await store.orders.get(manual.ref)).toMatchObject({
      source: 'manual',
      limitPrice: null,
      barTime: null,
    });
  });

  it.each([
    ['another epoch holds it', async () => ({ ...(await lease('h')), epoch: 77 })],
    [
      'it has run out',
      async () => {
        const held = await lease('i');
        await expire('i');
        return held;
      },
    ],
    [
      'it was taken over',
      async () => {
        const held = await lease('j', 'dead');
        await store.leases.takeOver('j', 'me', 'dead', 60_000);
        return held;
      },
    ],
    ['it never was', async () => ({ name: 'nothing', epoch: 1 })],
  ])('leaves nothing behind when the lease is lost: %s', async (_, lost) => {
    const wanted = intent({ barTime });
    const options = { lease: await lost(), decision: decision({ barTime }) };
    expect(await store.orders.commitIntent(wanted, options)).toBe('leaseLost');
    expect(await count(wanted.ref)).toBe(0);
  });

  it('refuses the same ref twice', async () => {
    const wanted = intent({ barTime });
    const held = await lease('k');
    expect(await store.orders.commitIntent(wanted, { lease: held, decision: null })).toBe('committed');
    expect(await store.orders.commitIntent(wanted, { lease: held, decision: null })).toBe('duplicate');
    expect(await count(wanted.ref)).toBe(2);
  });

  it('refuses a second order for a bar that was decided, and leaves nothing of it', async () => {
    await store.decisions.record(decision({ barTime, outcome: 'refused', guard: 'dataStale', order: null }));
    const late = intent({ barTime });
    const options = { lease: null, decision: decision({ barTime }) };
    expect(await store.orders.commitIntent(late, options)).toBe('duplicate');
    expect(await store.orders.get(late.ref)).toBeNull();
    expect((await store.decisions.at(session.id, barTime))?.guard).toBe('dataStale');
  });

  it('lets one of two decisions on the same bar through', async () => {
    const outcomes = await Promise.all(
      [intent({ barTime }), intent({ barTime })].map((one) =>
        store.orders.commitIntent(one, { lease: null, decision: decision({ barTime }) }),
      ),
    );
    expect(outcomes.toSorted()).toEqual(['committed', 'duplicate']);
  });
});

describe('decisions', () => {
  it('records a bar once', async () => {
    const first = decision({ sessionId: 'once', barTime, reason: 'first' });
    expect(await store.decisions.record(first)).toBe(true);
    expect(await store.decisions.record({ ...first, reason: 'second' })).toBe(false);
    expect(await store.decisions.at('once', barTime)).toStrictEqual(first);
    expect(await store.decisions.at('once', barTime + 1)).toBeNull();
  });

  it('records what many sessions decide at once, each bar once, and what cannot be stored fails alone', async () => {
    const many = Array.from({ length: 40 }, (_, n) => decision({ sessionId: `many-${n}`, barTime }));
    const twice = { ...decision({ sessionId: 'many-7', barTime }), reason: 'second' };
    const unstorable = { ...decision({ sessionId: 'many-x', barTime }), reason: 'a zero \u0000 byte' };
    const [bad, ...results] = await Promise.allSettled(
      [unstorable, ...many, twice].map((one) => store.decisions.record(one)),
    );
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'QUERY_FAILED' } });
    expect(
      results.map((result) => result.status === 'fulfilled' && result.value).filter(Boolean),
    ).toHaveLength(40);
    expect(await store.decisions.at('many-3', barTime)).toStrictEqual(many[3]);
    expect(await store.decisions.at('many-x', barTime)).toBeNull();
  });

  it('lists a session from its newest bar back', async () => {
    for (const time of [2, 3, 1])
      await store.decisions.record(decision({ sessionId: 'list', barTime: time }));
    const times = async (limit: number, before?: number) =>
      (await store.decisions.list({ sessionId: 'list', limit, before })).map((d) => d.barTime);
    expect(await times(2)).toEqual([3, 2]);
    expect(await times(2, 2)).toEqual([1]);
  });
});

describe('orders', () => {
  it('changes what is given and collects permIds', async () => {
    const { ref } = intent();
    await store.orders.commitIntent(intent({ ref }), { lease: null, decision: null });
    await store.orders.update(ref, { state: 'sent', orderId: 12, clientId: 1, account: 'DU1' });
    await store.orders.update(ref, { permId: 5, message: 'held' });
    await store.orders.update(ref, { permId: 5 });
    await store.orders.update(ref, { permId: 6, message: null });
    expect(await store.orders.get(ref)).toMatchObject({
      ...{ state: 'sent', orderId: 12, clientId: 1, account: 'DU1', permIds: [5, 6], message: null },
    });
    await expect(store.orders.update('tw.m..NONE', { state: 'sent' })).rejects.toThrow('not stored');
  });

  it('counts as unsettled what is ours and not final', async () => {
    const states = ['sent', 'unknown', 'filled', 'absent'] as const;
    const refs = states.map(() => freshRef());
    for (const [at, state] of states.entries()) {
      const ref = refs[at] ?? '';
      await store.orders.commitIntent(intent({ ref }), { lease: null, decision: null });
      await store.orders.update(ref, { state });
    }
    await store.orders.saveForeign(brokerOrder({ permId: 31 }), 'working');
    const unsettled = (await store.orders.unsettled()).map(({ ref }) => ref);
    expect(unsettled.filter((ref) => refs.includes(ref))).toEqual(refs.slice(0, 2));
    expect(unsettled).not.toContain('perm:31');
  });

  it('follows an order that was placed elsewhere by its permId', async () => {
    await store.orders.saveForeign(brokerOrder({ permId: 41, ref: 'theirs' }), 'working');
    await store.orders.saveForeign(brokerOrder({ permId: 41, ref: 'theirs', quantity: '6' }), 'cancelled');
    const [order, ...others] = (await store.orders.list({ limit: 50, source: 'ibkr' })).filter((o) =>
      o.permIds.includes(41),
    );
    expect(others).toEqual([]);
    expect(order).toMatchObject({
      ...{ ref: 'perm:41', source: 'ibkr', orderType: 'TRAIL', state: 'cancelled', quantity: '6' },
      ...{ timeInForce: null, purpose: null, reason: null },
    });
    expect(await store.orders.get('perm:41')).toBeNull();
  });

  it('leaves an order of ours alone when the broker shows it', async () => {
    const ours = intent();
    await store.orders.commitIntent(ours, { lease: null, decision: null });
    await store.orders.saveForeign(brokerOrder({ ref: ours.ref, permId: 51 }), 'filled');
    expect(await store.orders.get(ours.ref)).toMatchObject({ state: 'intended', permIds: [] });
  });
});

describe('append-only tables', () => {
  it.each(['order_intents', 'executions', 'commission_reports', 'decisions', 'position_history'])(
    '%s refuses to be truncated',
    async (table) => {
      await expect(sql(database.url, `truncate ${table}`)).rejects.toThrow(`${table} is append-only`);
    },
  );

  it('order_intents refuses update and delete', async () => {
    const { ref } = intent();
    await store.orders.commitIntent(intent({ ref }), { lease: null, decision: null });
    await expect(sql(database.url, `update order_intents set quantity = 1`)).rejects.toThrow(
      'is append-only',
    );
    await expect(sql(database.url, `delete from order_intents where ref = '${ref}'`)).rejects.toThrow(
      'is append-only',
    );
  });
});

describe('changes, cancels and brackets', () => {
  const change = (ref: string) => ({
    ...{ ref, quantity: '7', limitPrice: '99.5', stopPrice: null, trailAmount: null, trailPercent: null },
    ...{ limitOffset: null, reason: 'a test', createdAt: 5 },
  });
  const commands = (ref: string) =>
    sql<{ kind: string; quantity: string | null }>(
      database.url,
      `select kind, quantity::text from order_commands where ref = '${ref}' order by id`,
    );
  const commit = async (changes: Parameters<typeof intent>[0] = {}) => {
    const wanted = intent({
      ref: freshRef(null),
      sessionId: null,
      source: 'manual',
      barTime: null,
      ...changes,
    });
    expect(await store.orders.commitIntent(wanted, { lease: null, decision: null })).toBe('committed');
    return wanted;
  };

  it('keeps the wish to change an order that is not over, and no other', async () => {
    const { ref } = await commit();
    expect(await store.orders.commitAmendment(change(ref))).toBe('committed');
    await store.orders.recordCancel(ref, 6);
    await store.orders.update(ref, { state: 'filled' });
    expect(await store.orders.commitAmendment(change(ref))).toBe('notWorking');
    expect(await store.orders.commitAmendment(change(freshRef(null)))).toBe('notWorking');
    expect(await commands(ref)).toEqual([
      { kind: 'amend', quantity: '7' },
      { kind: 'cancel', quantity: null },
    ]);
  });

  it('never changes what was wanted', async () => {
    const { ref } = await commit();
    await store.orders.recordCancel(ref, 6);
    await expect(
      sql(database.url, `update order_commands set kind = 'amend' where ref = '${ref}'`),
    ).rejects.toThrow('append-only');
    await expect(sql(database.url, `delete from order_commands where ref = '${ref}'`)).rejects.toThrow(
      'append-only',
    );
  });

  it('takes over the terms that the broker shows', async () => {
    const { ref } = await commit();
    const { limitPrice, stopPrice, trailAmount, trailPercent, limitOffset } = change(ref);
    await store.orders.update(ref, {
      sizing: { quantity: '7', limitPrice, stopPrice, trailAmount, trailPercent, limitOffset },
    });
    expect(await store.orders.get(ref)).toMatchObject({ quantity: '7', limitPrice: '99.5', stopPrice: null });
  });

  it('commits a bracket whole or not at all, and finds it while one of its orders may trade', async () => {
    const entry = intent({ ref: freshRef(null), sessionId: null, source: 'manual', barTime: null });
    const child = (orderType: 'LMT' | 'STP') =>
      intent({
        ...{ ref: freshRef(null), sessionId: null, source: 'manual', barTime: null, parentRef: entry.ref },
        ...{ orderType, purpose: 'exit', limitPrice: null, stopPrice: '90' },
      });
    const children = [child('LMT'), child('STP')];
    const { ref: taken } = await commit();
    const clash = [children[0] ?? entry, intent({ ...children[1], ref: taken })];
    expect(await store.orders.commitIntent(entry, { lease: null, decision: null, children: clash })).toBe(
      'duplicate',
    );
    expect(await store.orders.get(entry.ref)).toBeNull();
    expect(await store.orders.commitIntent(entry, { lease: null, decision: null, children })).toBe(
      'committed',
    );
    const family = async () =>
      (await store.orders.brackets()).map(({ ref }) => ref).filter((ref) => refs.includes(ref));
    const refs = [entry, ...children].map(({ ref }) => ref);
    for (const [at, each] of children.entries()) {
      expect(await store.orders.get(each.ref)).toMatchObject({ parentRef: entry.ref, stopPrice: '90' });
      await store.orders.update(entry.ref, { state: 'filled' });
      expect((await family()).toSorted(), `${2 - at} of them live`).toEqual(refs.toSorted());
      await store.orders.update(each.ref, { state: 'cancelled' });
    }
    expect(await family()).toEqual([]);
  });
});
