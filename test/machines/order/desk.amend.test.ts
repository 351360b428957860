import { describe, expect, it } from 'vitest';
import type { AmendResult } from '../../../machines/order/desk.events.ts';
import { changeOf, DeskWorld, intentOf } from './desk-world.ts';

const { ref } = intentOf(1);

/** A limit order of 100 at 10 that works at the broker. */
async function working(): Promise<DeskWorld> {
  const world = await new DeskWorld().open();
  void world.submit(intentOf(1, { orderType: 'LMT', limitPrice: '10' }));
  await world.settle();
  world.broker.status(ref, 'Submitted');
  await world.settle();
  return world;
}

/** Asks for a change; the result is there once it is known. */
async function amend(world: DeskWorld, changes: Parameters<typeof changeOf>[1]) {
  const results: AmendResult[] = [];
  void world.client
    .amend(changeOf(1, { limitPrice: '10', ...changes }))
    .then((result) => results.push(result));
  await world.settle();
  return results;
}

describe('a change of an order that works', () => {
  it('is committed, then sent once under the order id, and accepted when the broker shows it', async () => {
    const world = await working();
    const results = await amend(world, { limitPrice: '10.5' });
    expect(world.store.amendments).toMatchObject([{ ref, limitPrice: '10.5' }]);
    expect(world.broker.modified).toMatchObject([
      {
        orderId: world.broker.order(ref).orderId,
        transmit: true,
        intent: { ref, limitPrice: '10.5', quantity: '100' },
      },
    ]);
    expect(results).toEqual([]);
    world.broker.amend(ref);
    await world.settle();
    expect(results).toMatchObject([{ outcome: 'accepted' }]);
    expect(world.stored(ref)).toMatchObject({ state: 'working', limitPrice: '10.5' });
    expect(world.alarms).toEqual([]);
  });

  it('is not committed when a limit refuses it, and the order goes on', async () => {
    const world = await working();
    const asked: unknown[] = [];
    world.mayChange = (order, amendment, leaving) => {
      asked.push([order.ref, amendment.quantity, leaving]);
      return 'too much';
    };
    const results = await amend(world, { quantity: '500' });
    expect(results).toEqual([{ outcome: 'notSent', reason: 'riskLimit', message: 'too much' }]);
    expect(asked).toEqual([[ref, '500', { account: 'DU1', inFlight: [] }]]);
    expect([world.store.amendments, world.broker.modified]).toEqual([[], []]);
  });

  it('is not sent when a limit refuses it in the last instant', async () => {
    const world = await working();
    let asked = 0;
    world.mayChange = () => (asked++ === 0 ? null : 'too much by now');
    expect(await amend(world, { quantity: '500' })).toMatchObject([{ reason: 'riskLimit' }]);
    expect(world.broker.modified).toEqual([]);
    expect(world.stored(ref)).toMatchObject({ state: 'working', quantity: '100' });
  });

  it.each([104, 105, 201, 329, 12_345])(
    'leaves the order working when the broker refuses it with code %i',
    async (code) => {
      const world = await working();
      const results = await amend(world, { limitPrice: '10.5' });
      world.broker.error(ref, code, 'not like this');
      await world.pass(3_000);
      expect(results).toMatchObject([{ outcome: 'rejected', code, message: 'not like this' }]);
      expect(world.stored(ref)).toMatchObject({ state: 'working', limitPrice: '10' });
    },
  );

  it('is unknown when the broker says nothing, and the order goes on as the broker shows it', async () => {
    const world = await working();
    const results = await amend(world, { quantity: '200' });
    await world.pass(8_000);
    expect(results).toMatchObject([{ outcome: 'unknown' }]);
    expect(world.stored(ref)).toMatchObject({ state: 'working', quantity: '100' });
    world.broker.amend(ref);
    await world.settle();
    expect(world.stored(ref), 'a late answer counts all the same').toMatchObject({ quantity: '200' });
    expect(world.broker.modified, 'nothing is sent twice').toHaveLength(1);
  });

  it('keeps an order open that may have become larger when its old size has filled', async () => {
    const world = await working();
    await amend(world, { quantity: '150' });
    world.broker.amend(ref, { silent: true });
    world.broker.fill(ref, '100');
    await world.settle();
    expect(world.stored(ref).state).toBe('working');
    world.broker.fill(ref, '50');
    await world.pass(3_000);
    expect(world.stored(ref)).toMatchObject({ state: 'filled', filled: '150' });
  });

  it('is over when the broker shows the size that has filled already', async () => {
    const world = await working();
    await amend(world, { quantity: '60' });
    world.broker.fill(ref, '60');
    await world.settle();
    world.broker.amend(ref);
    await world.settle();
    expect(world.stored(ref)).toMatchObject({ state: 'filled', filled: '60', quantity: '60' });
  });

  it('is unknown when the link is lost, and what the broker has counts afterwards', async () => {
    const world = await working();
    const results = await amend(world, { quantity: '300' });
    world.broker.amend(ref, { silent: true });
    world.lose();
    await world.settle();
    expect(results).toMatchObject([{ outcome: 'unknown' }]);
    world.ready();
    await world.pass(3_000);
    expect(world.stored(ref)).toMatchObject({ state: 'working', quantity: '300' });
    expect(world.broker.modified).toHaveLength(1);
  });

  it('is not sent when it cannot be committed', async () => {
    const world = await working();
    world.store.down = true;
    const results = await amend(world, { limitPrice: '11' });
    expect(results).toMatchObject([{ outcome: 'notSent', reason: 'storeDown' }]);
    expect(world.broker.modified).toEqual([]);
  });

  it('is not sent when the connection was lost while it was committed', async () => {
    const world = await working();
    const results: AmendResult[] = [];
    void world.client.amend(changeOf(1, { limitPrice: '11' })).then((result) => results.push(result));
    world.lose();
    await world.settle();
    expect(results).toMatchObject([{ outcome: 'notSent', reason: 'notReady' }]);
    expect(world.broker.modified).toEqual([]);
  });

  it('waits for the pace like an order', async () => {
    const world = await working();
    world.broker.room = 0;
    await amend(world, { limitPrice: '11' });
    await world.pass(500);
    expect(world.broker.modified).toEqual([]);
    world.broker.room = 48;
    await world.pass(20);
    expect(world.broker.modified).toHaveLength(1);
  });

  it('is refused while another one is on its way, after a cancel, and below what has filled', async () => {
    const world = await working();
    world.broker.fill(ref, '40');
    await world.settle();
    expect(await amend(world, { quantity: '40' })).toMatchObject([
      { outcome: 'notSent', message: expect.stringContaining('expected more than the 40 that have filled') },
    ]);
    await amend(world, { limitPrice: '11' });
    expect(await amend(world, { limitPrice: '12' })).toMatchObject([
      { outcome: 'notSent', reason: 'notWorking' },
    ]);
    world.broker.amend(ref);
    await world.settle();
    void world.client.cancel(ref);
    expect(await amend(world, { limitPrice: '12' })).toMatchObject([
      { outcome: 'notSent', reason: 'notWorking' },
    ]);
    expect(world.store.cancelled, 'the wish to cancel is stored').toEqual([ref]);
    expect(await amend(await new DeskWorld().open(), {})).toMatchObject([
      { outcome: 'notSent', reason: 'notInFlight' },
    ]);
  });

  it('that came too late leaves an order filled at its old size, without waiting for more', async () => {
    const world = await working();
    const results = await amend(world, { quantity: '200' });
    world.broker.fill(ref, '100');
    await world.pass(3_000);
    expect(world.stored(ref)).toMatchObject({ state: 'filled', filled: '100', quantity: '100' });
    expect(results).toMatchObject([{ outcome: expect.stringMatching(/rejected|unknown/) }]);
    expect(world.alarms).toEqual([]);
  });

  it('that is told twice is one', async () => {
    const world = await working();
    const results = await amend(world, { limitPrice: '11' });
    world.broker.amend(ref);
    world.broker.amend(ref);
    world.broker.error(ref, 202, 'of another time');
    await world.pass(3_000);
    expect(results).toHaveLength(1);
    expect(world.broker.modified).toHaveLength(1);
  });

  it('ends with the order', async () => {
    const world = await working();
    const results = await amend(world, { limitPrice: '11' });
    world.broker.fill(ref, '100');
    await world.settle();
    expect(results).toMatchObject([{ outcome: 'rejected', message: 'it was filled before the change' }]);
  });

  it('made by a person at TWS is learned and told in an alarm', async () => {
    const world = await working();
    const { broker } = world;
    broker.push({
      type: 'broker.openOrder',
      order: { ...broker.order(ref), quantity: '80', limitPrice: '9.5' },
    });
    await world.settle();
    expect(world.stored(ref)).toMatchObject({ state: 'working', quantity: '80', limitPrice: '9.5' });
    expect(world.alarms).toEqual([
      `order "${ref}" was changed at the broker: 100, limitPrice 10 became 80, limitPrice 9.5`,
    ]);
  });
});

describe('a bracket', () => {
  const refs = [1, 2, 3].map((n) => intentOf(n).ref);

  it('is committed as one, and sent in order: the last one has all of them transmitted', async () => {
    const world = await new DeskWorld().open();
    const result = world.submitBracket(1);
    await world.settle();
    const [first] = world.broker.placed;
    expect(world.broker.placed.map(({ intent }) => intent.ref)).toEqual(refs);
    expect(world.broker.placed.map(({ transmit }) => transmit)).toEqual([false, false, true]);
    expect(world.broker.placed.map(({ parentOrderId }) => parentOrderId)).toEqual([
      null,
      first?.orderId,
      first?.orderId,
    ]);
    for (const each of refs) world.broker.status(each, 'Submitted');
    expect(await result).toMatchObject({ outcome: 'accepted' });
    expect(world.client.inFlight({})).toEqual(refs);
  });

  it('leaves whole or not at all', async () => {
    const world = await new DeskWorld().open();
    world.broker.room = 2;
    void world.submitBracket(1);
    await world.pass(500);
    expect(world.broker.placed).toEqual([]);
    world.broker.room = 3;
    await world.pass(20);
    expect(world.broker.placed).toHaveLength(3);
  });

  it('of which only the entry left is not taken for sent, and settles as the broker has it', async () => {
    const world = await new DeskWorld().open();
    const place = world.broker.place.bind(world.broker);
    world.broker.place = (placement) => {
      place(placement);
      // The line dies behind the first message.
      world.broker.connected = false;
    };
    void world.submitBracket(1);
    await world.settle();
    expect(refs.map((each) => world.stored(each).state)).toEqual(['sent', 'absent', 'absent']);
    world.lose();
    world.ready();
    await world.pass(3_000);
    expect(world.stored(intentOf(1).ref).state).toBe('working');
    expect(world.broker.placed, 'nothing is sent again').toHaveLength(1);
  });

  it('that was committed when the process died is never sent', async () => {
    const world = await new DeskWorld().open();
    world.broker.room = 0;
    void world.submitBracket(1);
    world.broker.room = 48;
    const place = world.broker.place.bind(world.broker);
    world.broker.place = () => world.kill();
    await world.pass(20);
    world.broker.place = place;
    world.kill();
    world.start();
    world.ready();
    await world.pass(30_000);
    expect(refs.map((each) => world.stored(each).state)).toEqual(['absent', 'absent', 'absent']);
    expect(world.broker.placed).toEqual([]);
  });

  it('is abandoned whole when risk stops its entry in the last instant', async () => {
    const world = await new DeskWorld().open();
    // It is asked of an entry before its commit, and again in the last instant.
    let asked = 0;
    world.mayLeave = () => (asked++ === 0 ? null : { reason: 'riskHalted', message: 'halted' });
    expect(await world.submitBracket(1)).toMatchObject({ outcome: 'notSent', reason: 'riskHalted' });
    await world.settle();
    expect(refs.map((each) => world.stored(each).state)).toEqual(['absent', 'absent', 'absent']);
    expect(world.broker.placed).toEqual([]);
  });

  it('is a duplicate when any of its orders was submitted before', async () => {
    const world = await new DeskWorld().open();
    void world.submit(intentOf(3));
    await world.settle();
    expect(await world.submitBracket(1)).toMatchObject({ outcome: 'notSent', reason: 'duplicate' });
  });
});
