import { describe, expect, test } from 'vitest';
import { limit, statuses } from './conformance/order-story.ts';
import { ACME, connected, SESSION_MS, testGateway } from './support.ts';

async function control() {
  const gateway = await testGateway({ controlPort: 0 });
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${gateway.controlPort}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  return { gateway, ask };
}

describe('the control port', () => {
  test('tells market time, clients and open orders', async () => {
    const { gateway, ask } = await control();
    const client = await connected(gateway.port, 3);
    client.ib.placeOrder(1, ACME, limit(50));
    await client.settled();
    expect((await ask('GET', '/status')).body).toMatchObject({
      ...{ marketTime: '2024-01-08T05:00:00.000Z', clients: [3], openOrders: 1, executions: 0, faults: 0 },
    });
  });

  test('lists the catalogue with an example of each', async () => {
    const { ask } = await control();
    const { body } = await ask('GET', '/catalogue');
    expect(body.length).toBeGreaterThan(25);
    expect(body[0]).toMatchObject({ name: 'drop-connection', example: expect.stringMatching(/^\{ fault:/) });
  });

  test('strikes now, tells what is in effect and what has struck, and takes it back', async () => {
    const { gateway, ask } = await control();
    const client = await connected(gateway.port, 3);
    const added = await ask('POST', '/faults', { fault: 'link-lost', restored: '1102' });
    expect(added).toMatchObject({ status: 201, body: { id: 1 } });
    await client.next('info', (_, code) => code === 1100);
    expect((await ask('GET', '/faults')).body).toMatchObject([{ id: 1, fault: 'link-lost', active: true }]);
    expect((await ask('GET', '/log')).body).toMatchObject([{ number: 1, fault: 'link-lost', clients: [3] }]);
    expect((await ask('DELETE', '/faults/1')).status).toBe(204);
    await client.next('info', (_, code) => code === 1102);
    expect((await ask('GET', '/faults')).body).toEqual([]);
  });

  test.each([
    ['an unknown fault', { fault: 'earthquake' }, /^fault: /],
    ['an unknown key', { fault: 'stall', colour: 'red' }, /found unknown key "colour"/],
    ['a wrong duration', { fault: 'stall', for: 'long' }, /^for: found "long", expected a duration/],
    ['a missing parameter', { fault: 'halt' }, /^symbol: found nothing, expected /],
  ])('refuses %s in one line', async (_, body, expected) => {
    const { ask } = await control();
    const answer = await ask('POST', '/faults', body);
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toMatch(expected);
    expect(answer.body.detail).not.toMatch(/\n/);
    expect((await ask('GET', '/faults')).body).toEqual([]);
  });

  test('places orders by hand, which belong to nobody until client 0 binds them', async () => {
    const { gateway, ask } = await control();
    const [owner, other] = [await connected(gateway.port, 0), await connected(gateway.port, 4)];
    gateway.pass(SESSION_MS / 2);
    const placed = await ask('POST', '/orders', {
      symbol: 'ACME',
      action: 'BUY',
      quantity: 10,
      type: 'LMT',
      limit: 50,
      tif: 'GTC',
    });
    expect(placed).toMatchObject({ status: 201, body: { orderId: 0, status: 'Submitted' } });
    other.ib.reqAllOpenOrders();
    await other.next('openOrderEnd');
    expect(other.all('openOrder').map(([id]) => id)).toEqual([0]);
    owner.ib.reqOpenOrders();
    const [permId, clientId, orderId] = (await owner.next('orderBound')).args;
    expect([permId, clientId, orderId]).toEqual([placed.body.permId, 0, -1]);
    owner.ib.cancelOrder(-1);
    await owner.settled();
    expect(statuses(owner, -1).at(-1)).toBe('Cancelled');
  });

  test('orders by hand are bound as they come once client 0 wishes so', async () => {
    const { gateway, ask } = await control();
    const owner = await connected(gateway.port, 0);
    owner.ib.reqAutoOpenOrders(true);
    await owner.settled();
    await ask('POST', '/orders', { symbol: 'ACME', action: 'SELL', quantity: 10, type: 'LMT', limit: 150 });
    await ask('POST', '/orders', { symbol: 'ACME', action: 'SELL', quantity: 10, type: 'LMT', limit: 160 });
    await owner.settled();
    expect(owner.all('orderBound').map(([, , orderId]) => orderId)).toEqual([-1, -2]);
    const stranger = await connected(gateway.port, 4);
    stranger.ib.reqAutoOpenOrders(true);
    await stranger.settled();
    expect([...stranger.all('error'), ...stranger.all('info')].flat()).toContain(321);
  });

  test('says why an order by hand cannot be', async () => {
    const { ask } = await control();
    const unknown = await ask('POST', '/orders', { symbol: 'NOPE', action: 'BUY', quantity: 10 });
    expect(unknown).toMatchObject({ status: 400, body: { detail: expect.stringMatching(/found "NOPE"/) } });
    const offTick = await ask('POST', '/orders', {
      symbol: 'ACME',
      action: 'BUY',
      quantity: 10,
      type: 'LMT',
      limit: 1.001,
    });
    expect(offTick).toMatchObject({ status: 400, body: { detail: expect.stringMatching(/^110: /) } });
  });

  test('posts bulletins to who listens, now and later', async () => {
    const { gateway, ask } = await control();
    const client = await connected(gateway.port, 3);
    client.ib.reqNewsBulletins(false);
    await client.settled();
    expect((await ask('POST', '/bulletins', { text: 'Early close', exchange: 'NYSE' })).status).toBe(204);
    expect((await client.next('updateNewsBulletin')).args).toEqual([1, 1, 'Early close', 'NYSE']);
    const later = await connected(gateway.port, 4);
    later.ib.reqNewsBulletins(true);
    await later.next('updateNewsBulletin');
  });

  test('refuses a body that is no JSON', async () => {
    const { gateway } = await control();
    const response = await fetch(`http://127.0.0.1:${gateway.controlPort}/faults`, {
      ...{ method: 'POST', body: '{ fault:', headers: { 'content-type': 'application/json' } },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ status: 400, detail: expect.stringMatching(/JSON/) });
  });

  test('knows no other paths', async () => {
    const { ask } = await control();
    expect(await ask('GET', '/nothing')).toMatchObject({
      status: 404,
      body: { detail: expect.stringMatching(/GET \//) },
    });
    expect((await ask('DELETE', '/faults/9')).status).toBe(404);
  });
});
