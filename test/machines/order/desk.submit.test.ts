import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import { DeskWorld, intentOf } from './desk-world.ts';

const intent = intentOf(1);
const { ref } = intent;

describe('desk.submit', () => {
  it('commits nothing that a limit refuses', async () => {
    const world = await new DeskWorld().open();
    world.mayLeave = () => ({ reason: 'riskLimit', message: 'too much' });
    expect(await world.submit(intent)).toEqual({
      ...{ outcome: 'notSent', reason: 'riskLimit', message: 'too much', committed: false },
    });
    expect([world.store.orders.size, world.broker.placed]).toEqual([0, []]);
  });

  it('asks with everything else that may still fill: what waits, is being committed, works or is being cancelled', async () => {
    const world = await new DeskWorld().open();
    const asked: { ref: string; inFlight: readonly { ref: string; remaining: string }[] }[] = [];
    world.mayLeave = ({ ref: of }, { account, inFlight }) => {
      expect(account).toBe('DU1');
      asked.push({
        ref: of,
        inFlight: inFlight.map(({ ref: each, remaining }) => ({ ref: each, remaining })),
      });
      return null;
    };
    void world.submit(intent);
    void world.submit(intentOf(2));
    await world.settle();
    world.broker.status(ref, 'Submitted');
    world.broker.fill(ref, '40');
    await world.settle();
    world.broker.status(intentOf(2).ref, 'Submitted');
    void world.client.cancel(intentOf(2).ref);
    await world.settle();
    void world.submit(intentOf(3));
    await world.settle();
    expect(asked.filter((each) => each.ref === intentOf(2).ref)[0]?.inFlight).toEqual([
      { ref, remaining: '100' },
    ]);
    expect(asked.at(-1)).toEqual({
      ref: intentOf(3).ref,
      inFlight: [
        { ref, remaining: '60' },
        { ref: intentOf(2).ref, remaining: '100' },
      ],
    });
  });

  it('sends nothing that risk stopped while it waited for its turn', async () => {
    const world = await new DeskWorld().open();
    const pilot = world.submit(intent);
    const held = world.submit(intentOf(2));
    await world.settle();
    world.mayLeave = () => ({ reason: 'riskHalted', message: 'Trading is halted: a person' });
    world.broker.status(ref, 'Submitted');
    expect(await pilot).toMatchObject({ outcome: 'accepted' });
    expect(await held).toMatchObject({ outcome: 'notSent', reason: 'riskHalted', committed: true });
    await world.settle();
    expect(world.broker.placed.map((each) => each.intent.ref)).toEqual([ref]);
    expect(world.stored(intentOf(2).ref)).toMatchObject({ state: 'absent' });
    expect(world.client.inFlight({})).toEqual([ref]);
  });

  it('commits the intent before it hands the order to the socket', async () => {
    const world = await new DeskWorld().open();
    const committedAtPlacing: boolean[] = [];
    const place = world.broker.place.bind(world.broker);
    world.broker.place = (placement) => {
      committedAtPlacing.push(world.store.orders.has(ref));
      place(placement);
    };
    void world.submit(intent);
    await world.settle();
    expect(committedAtPlacing).toEqual([true]);
  });

  it('is accepted with the permId when the broker acknowledges, and final when it fills', async () => {
    const world = await new DeskWorld().open();
    const answer = world.submit(intent);
    await world.settle();
    expect(world.stored(ref).state).toBe('sent');
    world.broker.status(ref, 'Submitted');
    expect(await answer).toEqual({ outcome: 'accepted', permId: 1001 });
    world.broker.fill(ref, '40');
    await world.settle();
    expect(world.stored(ref)).toMatchObject({ state: 'working', filled: '40' });
    world.broker.fill(ref, '60', { price: '11' });
    await world.settle();
    expect(world.stored(ref)).toMatchObject({ state: 'filled', filled: '100', averagePrice: '10.6' });
    expect(world.changes.at(-1)).toMatchObject({ state: 'filled', filled: '100' });
    expect(world.client.inFlight({})).toEqual([]);
    expect(world.alarms).toEqual([]);
  });

  it('is rejected with code and words when the broker refuses', async () => {
    const world = await new DeskWorld().open();
    const answer = world.submit(intent);
    await world.settle();
    world.broker.error(ref, 201, 'no margin');
    expect(await answer).toEqual({ outcome: 'rejected', code: 201, message: 'no margin' });
    await world.settle();
    expect(world.stored(ref)).toMatchObject({ state: 'rejected', message: 'no margin' });
  });

  it('is turned away before anything is committed while there is no connection', async () => {
    const world = new DeskWorld();
    world.start();
    expect(await world.submit(intent)).toMatchObject({ outcome: 'notSent', reason: 'notReady' });
    expect(world.store.orders.size).toBe(0);
    world.ready();
    await world.pass(10_000);
    expect(world.broker.placed, 'it was not queued either').toEqual([]);
  });

  it('is turned away when no desk is running', async () => {
    const world = new DeskWorld();
    expect(await world.submit(intent)).toMatchObject({ outcome: 'notSent', reason: 'notReady' });
  });

  it('is not sent when the lease is lost', async () => {
    const world = await new DeskWorld().open();
    world.store.lease = { name: 's1', epoch: 4 };
    const answer = world.client.submit({ intent, lease: { name: 's1', epoch: 3 }, decision: null });
    expect(await answer).toMatchObject({ outcome: 'notSent', reason: 'leaseLost', committed: false });
    expect(world.broker.placed).toEqual([]);
    expect(world.client.inFlight({})).toEqual([]);
  });

  it('is not sent a second time under the same ref', async () => {
    const world = await new DeskWorld().open();
    void world.submit(intent);
    expect(await world.submit(intent)).toMatchObject({ outcome: 'notSent', reason: 'duplicate' });
    await world.settle();
    world.broker.status(ref, 'Submitted');
    world.broker.status(ref, 'Cancelled');
    await world.settle();
    expect(await world.submit(intent)).toMatchObject({ outcome: 'notSent', reason: 'duplicate' });
    expect(world.broker.placed).toHaveLength(1);
  });

  it('is not sent when the store is down at commit', async () => {
    const world = await new DeskWorld().open();
    world.store.down = true;
    expect(await world.submit(intent)).toMatchObject({ outcome: 'notSent', reason: 'storeDown' });
    world.store.down = false;
    await world.pass(10_000);
    expect(world.broker.placed).toEqual([]);
  });

  it('is sent when the intent proves to be stored though the answer of the commit was lost', async () => {
    const world = await new DeskWorld().open();
    world.store.losesCommitAnswer = true;
    const answer = world.submit(intent);
    await world.settle();
    world.broker.status(ref, 'Submitted');
    expect(await answer).toMatchObject({ outcome: 'accepted' });
    expect(world.broker.placed).toHaveLength(1);
  });

  it('is absent when the store fails around the commit and the intent turns up later', async () => {
    const world = await new DeskWorld().open();
    world.store.losesCommitAnswer = true;
    const get = world.store.get.bind(world.store);
    world.store.get = () => Promise.reject(new Error('the database is down'));
    expect(await world.submit(intent)).toMatchObject({ outcome: 'notSent', reason: 'storeDown' });
    world.store.get = get;
    await world.pass(10_000);
    expect(world.stored(ref).state).toBe('absent');
    expect(world.broker.placed).toEqual([]);
  });

  it('is absent when placing throws because nothing can leave', async () => {
    const world = await new DeskWorld().open();
    world.broker.placeError = new BrokerError('unavailable', 'the socket is gone');
    expect(await world.submit(intent)).toMatchObject({
      outcome: 'notSent',
      reason: 'notReady',
      committed: true,
    });
    await world.settle();
    expect(world.stored(ref).state).toBe('absent');
  });

  it('is unknown when placing throws for any other reason, and settled by asking', async () => {
    const world = await new DeskWorld().open();
    world.broker.placeError = new Error('half written');
    expect(await world.submit(intent)).toMatchObject({ outcome: 'unknown' });
    await world.pass(20_000);
    expect(world.stored(ref).state).toBe('absent');
  });

  it('gives different ids to orders submitted at once, above the broker’s next id and the stored high-water mark', async () => {
    const world = new DeskWorld();
    world.nextValidId = 40;
    world.store.highWater = 56;
    await world.open();
    const intents = [1, 2, 3].map((n) => intentOf(n));
    for (const each of intents) void world.submit(each);
    await world.settle();
    world.broker.status(intentOf(1).ref, 'Submitted');
    await world.settle();
    expect(world.broker.placed.map(({ orderId }) => orderId)).toEqual([57, 58, 59]);
    expect(world.store.highWater).toBeGreaterThanOrEqual(59);
  });

  it('lets the first order travel alone until its acknowledgement', async () => {
    const world = await new DeskWorld().open();
    void world.submit(intentOf(1));
    void world.submit(intentOf(2));
    await world.settle();
    expect(world.broker.placed.map(({ intent: sent }) => sent.ref)).toEqual([intentOf(1).ref]);
    expect(world.client.inFlight({ sessionId: 's1' })).toHaveLength(2);
    world.broker.status(intentOf(1).ref, 'Submitted');
    await world.settle();
    expect(world.broker.placed).toHaveLength(2);
  });

  it('lets the others follow when the first order stays without a word', async () => {
    const world = await new DeskWorld().open();
    world.broker.answering = 'never';
    const first = world.submit(intentOf(1));
    void world.submit(intentOf(2));
    await world.pass(5_000);
    expect(await first).toMatchObject({ outcome: 'unknown' });
    expect(world.broker.placed).toHaveLength(2);
  });

  it('makes the next order the first when the first comes to nothing', async () => {
    const world = await new DeskWorld().open();
    const held = [1, 2, 3].map((n) => intentOf(n));
    const first = world.client.submit({
      intent: intentOf(1),
      lease: { name: 's1', epoch: 1 },
      decision: null,
    });
    for (const each of held.slice(1)) void world.submit(each);
    expect(await first).toMatchObject({ reason: 'leaseLost' });
    await world.settle();
    expect(world.broker.placed.map(({ intent: sent }) => sent.ref)).toEqual([intentOf(2).ref]);
  });

  it('answers unknown when the desk dies in between', async () => {
    const world = await new DeskWorld().open();
    const answer = world.submit(intent);
    await world.settle();
    world.kill();
    expect(await answer).toMatchObject({ outcome: 'unknown' });
  });
});
