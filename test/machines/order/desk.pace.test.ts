import { describe, expect, it } from 'vitest';
import { DeskWorld, intentOf } from './desk-world.ts';

/** A desk whose first order has landed, so that the others need not wait for it. */
async function openWorld(): Promise<DeskWorld> {
  const world = await new DeskWorld().open();
  void world.submit(intentOf(0));
  await world.settle();
  world.broker.status(intentOf(0).ref, 'Submitted');
  await world.settle();
  return world;
}
const submitAll = (world: DeskWorld, from: number, to: number): void => {
  for (let n = from; n <= to; n += 1) void world.submit(intentOf(n));
};
const placed = (world: DeskWorld): number => world.broker.placed.length - 1;

describe('the pace of the desk', () => {
  it('lets a burst of twenty orders out at once while the broker takes them', async () => {
    const world = await openWorld();
    submitAll(world, 1, 20);
    await world.settle();
    expect(placed(world)).toBe(20);
  });

  it('lets out what the broker takes and the rest as soon as it takes more, in order', async () => {
    const world = await openWorld();
    world.broker.room = 5;
    submitAll(world, 1, 12);
    // Those that are being committed count: the broker has not seen them yet.
    world.broker.room = 0;
    await world.settle();
    const before = placed(world);
    expect(before).toBeLessThanOrEqual(5);
    await world.pass(1_000);
    expect(placed(world), 'nothing leaves without room').toBe(before);
    world.broker.room = 48;
    await world.pass(20);
    expect(world.broker.placed.slice(1).map(({ intent }) => intent.ref)).toEqual(
      Array.from({ length: 12 }, (_, n) => intentOf(n + 1).ref),
    );
  });

  it('has one pause at a time, however many orders wait', async () => {
    const world = await openWorld();
    world.broker.room = 0;
    let asked = 0;
    world.broker.headroom = () => {
      asked += 1;
      return 0;
    };
    submitAll(world, 1, 30);
    await world.settle();
    asked = 0;
    await world.pass(1_000);
    expect(asked).toBeLessThanOrEqual(1_000 / 20 + 1);
  });

  it('lets cancels go before orders', async () => {
    const world = await openWorld();
    world.broker.room = 0;
    submitAll(world, 1, 3);
    void world.client.cancel(intentOf(0).ref);
    await world.settle();
    expect([placed(world), world.broker.cancels]).toEqual([0, []]);
    const left: string[] = [];
    const { place, cancel } = world.broker;
    world.broker.place = (placement) => {
      left.push('order');
      place.call(world.broker, placement);
    };
    world.broker.cancel = (orderId) => {
      left.push('cancel');
      cancel.call(world.broker, orderId);
    };
    world.broker.room = 1;
    await world.pass(1_000);
    expect(left).toEqual(['cancel', 'order', 'order', 'order']);
  });

  it('sends no cancel later that was held when the connection was lost, and says so', async () => {
    const world = await openWorld();
    world.broker.room = 0;
    const cancel = world.client.cancel(intentOf(0).ref);
    await world.settle();
    world.lose();
    expect(await cancel).toMatchObject({ outcome: 'notSent', reason: 'notReady' });
    world.broker.room = 48;
    world.ready();
    await world.pass(5_000);
    expect(world.broker.cancels).toEqual([]);
  });
});
