import { describe, expect, it } from 'vitest';
import { DeskWorld, intentOf } from './desk-world.ts';

const intent = intentOf(1);
const { ref } = intent;

/** A desk with one order at the broker, acknowledged. */
async function withWorkingOrder(): Promise<DeskWorld> {
  const world = await new DeskWorld().open();
  void world.submit(intent);
  await world.settle();
  world.broker.status(ref, 'Submitted');
  await world.settle();
  return world;
}

describe('an order whose acknowledgement is lost', () => {
  it('is unknown after the deadline and working once the broker is asked', async () => {
    const world = await new DeskWorld({ pollMs: 60_000 }).open();
    const answer = world.submit(intent);
    await world.pass(5_000);
    expect(await answer).toMatchObject({ outcome: 'unknown' });
    expect(world.stored(ref)).toMatchObject({ state: 'working', permIds: [1001] });
    expect(world.broker.placed).toHaveLength(1);
  });

  it('stays in flight, never rejected, for as long as the broker does not answer', async () => {
    const world = await new DeskWorld().open();
    world.broker.answering = 'never';
    void world.submit(intent);
    await world.pass(600_000);
    expect(world.stored(ref).state).toBe('unknown');
    expect(world.client.inFlight({ sessionId: 's1' })).toEqual([ref]);
    expect(world.client.inFlight({ sessionId: 'other' })).toEqual([]);
  });

  it('is absent when it never arrived, but only after two answers far enough apart', async () => {
    const world = await new DeskWorld().open();
    world.broker.delivery = 'vanish';
    void world.submit(intent);
    await world.pass(10_000);
    expect(world.stored(ref).state, 'five seconds after the first answer').toBe('unknown');
    await world.pass(10_000);
    expect(world.stored(ref).state).toBe('absent');
    expect(world.broker.placed).toHaveLength(1);
    expect(world.changes.some(({ state }) => state === 'rejected')).toBe(false);
  });

  it('goes back in flight with an alarm when it turns up after all', async () => {
    const world = await new DeskWorld().open();
    world.broker.delivery = 'vanish';
    void world.submit(intent);
    await world.pass(30_000);
    expect(world.stored(ref).state).toBe('absent');
    const [placement] = world.broker.placed;
    if (placement === undefined) throw new Error('nothing was placed');
    world.broker.delivery = 'arrive';
    world.broker.place(placement);
    world.broker.status(ref, 'Submitted');
    await world.settle();
    expect(world.stored(ref).state).toBe('working');
    expect(world.alarms.join()).toContain('was absent');
    expect(world.client.inFlight({})).toEqual([ref]);
  });
});

describe('a disconnect', () => {
  it('makes a sent order unknown at once, and leaves a working one working', async () => {
    const world = await withWorkingOrder();
    const second = intentOf(2);
    const answer = world.submit(second);
    await world.settle();
    world.lose();
    expect(await answer).toMatchObject({ outcome: 'unknown' });
    await world.settle();
    expect(world.stored(second.ref).state).toBe('unknown');
    expect(world.stored(ref).state).toBe('working');
    expect(world.client.isOpen()).toBe(false);
  });

  it('in mid-send leaves no order to be sent later', async () => {
    const world = await new DeskWorld().open();
    const answers = [1, 2, 3].map((n) => world.submit(intentOf(n)));
    await world.settle();
    world.lose();
    expect(await Promise.all(answers)).toMatchObject([
      { outcome: 'unknown' },
      { outcome: 'notSent', reason: 'notReady' },
      { outcome: 'notSent', reason: 'notReady' },
    ]);
    world.ready();
    await world.pass(60_000);
    expect(world.broker.placed).toHaveLength(1);
    expect(world.store.orders.size, 'the others were never committed').toBe(1);
  });

  it('between commit and send makes the order absent, also when the connection is back before the commit', async () => {
    const world = await new DeskWorld().open();
    const answer = world.submit(intent);
    world.lose();
    world.ready();
    expect(await answer).toMatchObject({ outcome: 'notSent', reason: 'notReady', committed: true });
    await world.pass(10_000);
    expect(world.stored(ref).state).toBe('absent');
    expect(world.broker.placed).toEqual([]);
  });

  it('does not keep executions from being recorded', async () => {
    const world = await withWorkingOrder();
    world.lose();
    world.broker.connected = true; // The gateway lives, only IBKR behind it is out of reach.
    world.broker.fill(ref, '30');
    await world.settle();
    expect(world.stored(ref).filled).toBe('30');
  });
});

describe('a connection that is loaded anew', () => {
  it('turns away what was not on its way, and keeps what is', async () => {
    const world = await new DeskWorld().open();
    void world.submit(intentOf(1));
    const held = world.submit(intentOf(2));
    await world.settle();
    world.ready();
    expect(await held).toMatchObject({ outcome: 'notSent', reason: 'notReady', committed: false });
    await world.settle();
    expect(world.client.isOpen()).toBe(true);
    expect(world.stored(ref).state).toBe('working');
    expect(world.broker.placed).toHaveLength(1);
  });
});

describe('a restart', () => {
  it('settles an intent that was committed and never sent as absent, without sending it', async () => {
    const world = await new DeskWorld().open();
    await world.store.commitIntent(intent, { lease: null, decision: null, children: [] });
    world.kill();
    await world.open();
    expect(world.client.inFlight({})).toEqual([ref]);
    await world.pass(30_000);
    expect(world.stored(ref).state).toBe('absent');
    expect(world.broker.placed).toEqual([]);
  });

  it('finds a working order again', async () => {
    const world = await withWorkingOrder();
    world.kill();
    await world.open();
    expect(world.client.inFlight({})).toEqual([ref]);
    world.broker.fill(ref, '100');
    await world.settle();
    expect(world.stored(ref)).toMatchObject({ state: 'filled', filled: '100' });
    expect(world.broker.placed).toHaveLength(1);
  });

  it('finds an order again that was sent and never acknowledged', async () => {
    const world = await new DeskWorld().open();
    void world.submit(intent);
    await world.settle();
    world.kill();
    await world.open();
    expect(world.stored(ref).state).toBe('working');
  });

  it('records what filled while it was down, once', async () => {
    const world = await withWorkingOrder();
    world.broker.fill(ref, '40');
    await world.settle();
    world.kill();
    world.broker.fill(ref, '60');
    await world.open();
    expect(world.stored(ref)).toMatchObject({ state: 'filled', filled: '100' });
    expect(world.store.executions.size).toBe(2);
    expect(world.client.inFlight({})).toEqual([]);
  });

  it('takes filled from the broker’s word when the executions are no longer told, with an alarm', async () => {
    const world = await withWorkingOrder();
    world.kill();
    world.broker.fill(ref, '100');
    world.broker.executions.length = 0;
    await world.open();
    expect(world.stored(ref).state).toBe('working');
    await world.pass(10_000);
    expect(world.stored(ref).state).toBe('filled');
    expect(world.alarms.join()).toContain('add up to 0 of 100');
  });

  it('opens only when the stored orders could be loaded', async () => {
    const world = await withWorkingOrder();
    world.kill();
    world.store.down = true;
    await world.open();
    expect(world.client.isOpen()).toBe(false);
    expect(await world.submit(intentOf(2))).toMatchObject({ outcome: 'notSent', reason: 'notReady' });
    world.store.down = false;
    await world.pass(2_000);
    expect(world.client.isOpen()).toBe(true);
    expect(world.client.inFlight({})).toEqual([ref]);
  });

  it('opens only when what the broker told is stored', async () => {
    const world = await withWorkingOrder();
    world.kill();
    world.broker.fill(ref, '10');
    world.store.refuses = () => true;
    await world.open();
    expect(world.client.isOpen()).toBe(false);
    world.store.refuses = () => false;
    await world.pass(10_000);
    expect(world.client.isOpen()).toBe(true);
    expect(world.stored(ref).filled).toBe('10');
  });

  it('opens only when the broker has answered', async () => {
    const world = new DeskWorld();
    world.broker.answering = 'fails';
    await world.open();
    expect(world.client.state()).toBe('recovering');
    world.broker.answering = 'yes';
    await world.pass(3_000);
    expect(world.client.isOpen()).toBe(true);
  });

  it('keeps the subscriptions of the client', async () => {
    const world = await withWorkingOrder();
    world.kill();
    world.start();
    world.changes.length = 0;
    world.ready();
    await world.settle();
    world.broker.fill(ref, '100');
    await world.settle();
    expect(world.changes.at(-1)).toMatchObject({ ref, state: 'filled' });
  });

  it('never hands out an order id twice, also when the broker’s next id has gone back', async () => {
    const world = await withWorkingOrder();
    world.kill();
    world.nextValidId = 1;
    await world.open();
    void world.submit(intentOf(2));
    await world.settle();
    const [first, second] = world.broker.placed;
    expect(second?.orderId).toBeGreaterThan(first?.orderId ?? 0);
  });
});

describe('fills', () => {
  it('that come after a cancel are stored, added up and reported', async () => {
    const world = await withWorkingOrder();
    world.broker.fill(ref, '30');
    const cancelled = world.client.cancel(ref);
    await world.settle();
    expect(world.stored(ref).state).toBe('cancelling');
    world.broker.status(ref, 'Cancelled');
    expect(await cancelled).toMatchObject({ outcome: 'accepted' });
    await world.settle();
    world.broker.fill(ref, '20');
    await world.settle();
    expect(world.stored(ref)).toMatchObject({ state: 'cancelled', filled: '50' });
    expect(world.changes.at(-1)).toMatchObject({ ref, filled: '50', state: 'cancelled' });
    expect(world.client.inFlight({})).toEqual([]);
  });

  it('told many times are stored once', async () => {
    const world = await withWorkingOrder();
    const told: string[] = [];
    world.client.onExecution(({ execId }) => told.push(execId));
    const execution = world.broker.fill(ref, '30');
    world.broker.push({ type: 'broker.execution', execution });
    await world.settle();
    world.broker.push({ type: 'broker.execution', execution });
    await world.pass(10_000);
    expect(told).toEqual([execution.execId]);
    expect(world.stored(ref).filled).toBe('30');
  });

  it('that are corrected count as corrected', async () => {
    const world = await withWorkingOrder();
    world.broker.fill(ref, '30', { execId: 'aa.bb.01.01' });
    await world.settle();
    world.broker.fill(ref, '20', { execId: 'aa.bb.01.02' });
    await world.settle();
    expect(world.stored(ref).filled).toBe('20');
    expect(world.changes.at(-1)?.filled).toBe('20');
  });

  it('that the store cannot take hold up nobody else', async () => {
    const world = await withWorkingOrder();
    world.store.refuses = ({ orderRef }) => orderRef === null;
    const execution = world.broker.fill(ref, '30');
    world.broker.push({
      type: 'broker.execution',
      execution: { ...execution, execId: 'foreign.01', orderRef: null },
    });
    world.broker.fill(ref, '70');
    await world.pass(100);
    expect(world.stored(ref).state).toBe('filled');
  });

  it('wait for a database that is down, and lose nothing', async () => {
    const world = await withWorkingOrder();
    world.store.down = true;
    world.broker.fill(ref, '100');
    await world.pass(8_000);
    expect(world.client.inFlight({})).toEqual([ref]);
    world.store.down = false;
    await world.pass(10_000);
    expect(world.stored(ref)).toMatchObject({ state: 'filled', filled: '100' });
  });

  it('that waited for the database are all stored as soon as it takes one of them', async () => {
    const world = await withWorkingOrder();
    world.store.down = true;
    for (let i = 0; i < 50; i += 1) world.broker.fill(ref, '2');
    await world.pass(2_000);
    expect(world.store.executions.size).toBe(0);
    world.store.down = false;
    // The longest rest between two attempts, and nothing more for each of the fifty.
    await world.pass(5_000);
    for (let i = 0; i < 20; i += 1) await world.settle();
    expect(world.store.executions.size).toBe(50);
    expect(world.stored(ref)).toMatchObject({ state: 'filled', filled: '100' });
  });
});

describe('a cancel', () => {
  it('is refused when the order fills first', async () => {
    const world = await withWorkingOrder();
    const answer = world.client.cancel(ref);
    await world.settle();
    world.broker.fill(ref, '100');
    expect(await answer).toMatchObject({ outcome: 'rejected' });
  });

  it('that the broker refuses leaves the order working', async () => {
    const world = await withWorkingOrder();
    const answer = world.client.cancel(ref);
    await world.settle();
    world.broker.error(ref, 10148, 'cannot be cancelled');
    expect(await answer).toMatchObject({ outcome: 'rejected', code: 10148 });
    await world.settle();
    expect(world.stored(ref).state).toBe('working');
  });

  it('without an answer is asked about', async () => {
    const world = await withWorkingOrder();
    const answer = world.client.cancel(ref);
    await world.settle();
    world.broker.connected = false;
    world.broker.status(ref, 'Cancelled');
    world.broker.connected = true;
    await world.pass(5_000);
    expect(await answer).toMatchObject({ outcome: 'accepted' });
  });

  it('is unknown when the connection is lost under way', async () => {
    const world = await withWorkingOrder();
    const answer = world.client.cancel(ref);
    await world.settle();
    world.lose();
    expect(await answer).toMatchObject({ outcome: 'unknown' });
    world.ready();
    await world.settle();
    expect(world.stored(ref).state).toBe('working');
  });

  it('of an order that is not in flight is not sent', async () => {
    const world = await new DeskWorld().open();
    expect(await world.client.cancel('tw.m..nope')).toMatchObject({
      outcome: 'notSent',
      reason: 'notInFlight',
    });
    expect(world.broker.cancels).toEqual([]);
  });
});

describe('what the broker says', () => {
  it('of an unknown code alarms and changes nothing', async () => {
    const world = await withWorkingOrder();
    world.broker.error(ref, 987_654, 'no idea');
    await world.settle();
    expect(world.stored(ref).state).toBe('working');
    expect(world.alarms.join()).toContain('987654');
  });

  it('as a warning is no rejection', async () => {
    const world = await new DeskWorld().open();
    void world.submit(intent);
    await world.settle();
    world.broker.error(ref, 399, 'will not be placed until the open');
    world.broker.error(ref, 10349, 'TIF was set to DAY');
    await world.settle();
    expect(world.stored(ref).state).toBe('sent');
    expect(world.alarms).toEqual([]);
  });

  it('of a second life under the same ref alarms', async () => {
    const world = await withWorkingOrder();
    world.broker.orders.push({ ...world.broker.order(ref), permId: 4_711 });
    await world.pass(3_000);
    expect(world.alarms.join()).toContain('1001, 4711');
    expect(world.stored(ref).permIds).toEqual([1001, 4711]);
  });

  it('of an order with another client’s id under the same number is not ours', async () => {
    const world = await new DeskWorld().open();
    void world.submit(intent);
    await world.settle();
    const { orderId } = world.broker.order(ref);
    world.broker.push({
      type: 'broker.orderStatus',
      orderId,
      clientId: 99,
      permId: 5,
      status: 'Cancelled',
      filled: '0',
      remaining: '100',
    });
    await world.settle();
    expect(world.stored(ref)).toMatchObject({ state: 'sent', permIds: [] });
  });

  it('of foreign orders is stored when it changes, and not touched', async () => {
    const world = await withWorkingOrder();
    const foreign = { ...world.broker.order(ref), ref: null, permId: 5, clientId: 0, orderId: 0 };
    world.broker.orders.push(foreign);
    await world.pass(3_000);
    expect(world.store.foreign.get(5)).toMatchObject({ state: 'working' });
    const { writes } = world.store;
    await world.pass(20_000);
    expect(world.store.writes, 'equal answers are not written again').toBe(writes);
    expect(world.broker.cancels).toEqual([]);
  });
});

describe('desk.reconcile', () => {
  it('resolves when the broker was asked and its answer is stored', async () => {
    const world = await withWorkingOrder();
    world.broker.connected = false;
    world.broker.fill(ref, '25');
    world.broker.connected = true;
    await world.client.reconcile();
    expect(world.stored(ref).filled).toBe('25');
  });

  it('fails without a connection', async () => {
    const world = new DeskWorld();
    world.start();
    await expect(world.client.reconcile()).rejects.toThrow('not open');
  });
});
