import { describe, expect, it } from 'vitest';
import { DeskWorld, intentOf } from './desk-world.ts';

describe('the desk', () => {
  it('survives the failure of one order’s actor: another one asks, and nothing is sent again', async () => {
    const world = await new DeskWorld().open();
    const [first, second] = [intentOf(1), intentOf(2)];
    void world.submit(first);
    await world.settle();
    world.broker.status(first.ref, 'Submitted');
    void world.submit(second);
    await world.settle();
    world.broker.status(second.ref, 'Submitted');
    await world.settle();

    // A quantity that is no number makes the actor's arithmetic throw.
    world.store.orders.set(first.ref, { ...world.stored(first.ref), filled: 'NaN' });
    const sumOf = world.store.sumOf.bind(world.store);
    world.store.sumOf = (ref) => (ref === first.ref ? { filled: 'NaN', averagePrice: null } : sumOf(ref));
    world.broker.fill(first.ref, '10');
    await world.settle();
    expect(world.alarms.join()).toContain(`the actor of order "${first.ref}" failed (1)`);

    world.store.sumOf = sumOf;
    world.broker.fill(first.ref, '90');
    world.broker.fill(second.ref, '100');
    await world.settle();
    expect(world.stored(first.ref)).toMatchObject({ state: 'filled', filled: '100' });
    expect(world.stored(second.ref)).toMatchObject({ state: 'filled', filled: '100' });
    expect(world.broker.placed).toHaveLength(2);
    expect(world.client.isOpen()).toBe(true);
  });

  it('keeps going when a listener of the client throws', async () => {
    const world = await new DeskWorld().open();
    world.client.onOrder(() => {
      throw new Error('a bug in a view');
    });
    const answer = world.submit(intentOf(1));
    await world.settle();
    world.broker.status(intentOf(1).ref, 'Submitted');
    expect(await answer).toMatchObject({ outcome: 'accepted' });
    expect(world.alarms.join()).toContain('a bug in a view');
  });
});
