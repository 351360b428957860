import { describe, expect, test } from 'vitest';
import { limit } from './conformance/order-story.ts';
import { line, world } from './faults.world.ts';
import { ACME, SESSION_MS, testGateway } from './support.ts';

describe('the moment of a strike', () => {
  test('is the n-th occasion', async () => {
    const { client, add } = await world();
    add({ fault: 'reject-order', reason: 'tick', on: 'order', nth: 2 });
    for (const id of [1, 2, 3]) client.ib.placeOrder(id, ACME, limit(50));
    await client.settled();
    // Struck by the second order, it refuses the third.
    expect([1, 2, 3].map((id) => client.errors(id))).toEqual([[], [], [110]]);
  });

  test('is a market time', async () => {
    const { gateway, client, add } = await world();
    add({ fault: 'farm-inactive', at: '2024-01-08 14:00' });
    gateway.pass(SESSION_MS * 0.1);
    await client.settled();
    const codes = () => client.all('info').map(([, code]) => code);
    expect(codes()).not.toContain(2108);
    gateway.pass(SESSION_MS * 0.2);
    gateway.pass(1);
    await client.next('info', (_, code) => code === 2108);
  });

  test('comes again as often as it should', async () => {
    const { gateway, client, add } = await world();
    add({ fault: 'farm-inactive', every: '100ms', times: 3 });
    for (let step = 0; step < 10; step += 1) gateway.pass(100);
    await client.settled();
    expect(client.all('info').filter(([, code]) => code === 2108)).toHaveLength(3);
  });

  test('drawn by chance is the same for the same seed', async () => {
    const strikes = async (seed: number) => {
      const lines = [line({ fault: 'farm-inactive', every: '100ms', probability: 0.3 })];
      const gateway = await testGateway({ faults: { seed, lines } });
      for (let step = 0; step < 40; step += 1) gateway.pass(100);
      return gateway.broker.faults.log.map(({ wallMs }) => wallMs);
    };
    const [one, again, other] = [await strikes(7), await strikes(7), await strikes(8)];
    expect(one.length).toBeGreaterThan(3);
    expect(one).toEqual(again);
    expect(one).not.toEqual(other);
  });
});
