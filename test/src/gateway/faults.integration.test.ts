import { afterAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../../src/gateway/faults/catalogue.ts';
import { executions, limit, order, status, statuses } from './conformance/order-story.ts';
import { type World, world } from './faults.world.ts';
import { isError, RawClient } from './raw-client.ts';
import { ACME, TestClient as Client, connected, type TestClient } from './support.ts';

/** Waits until the gateway has read what a client that may hear no answer has sent. */
async function gatewayHas(fact: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!fact()) {
    if (Date.now() > deadline) throw new Error('the gateway did not come to know it');
    await new Promise<void>((done) => setImmediate(done));
  }
}

const tickCount = (client: TestClient): number => client.all('tickPrice').length;

/** What shows each fault of the catalogue, through a real client. */
const shown: Readonly<Record<string, (world: World) => Promise<void>>> = {
  'drop-connection': async ({ client, add }) => {
    add({ fault: 'drop-connection' });
    await client.next('disconnected');
  },

  'refuse-connection': async ({ gateway, add }) => {
    add({ fault: 'refuse-connection', for: '1s' });
    const turnedAway = new RawClient(gateway.port);
    await turnedAway.end();
    expect(turnedAway.messages).toEqual([]);
    gateway.pass(1000);
    await connected(gateway.port, 5);
  },

  'no-handshake': async ({ gateway, client, add }) => {
    add({ fault: 'no-handshake', for: '1s' });
    const ignored = new RawClient(gateway.port);
    ignored.hello('v100..193');
    await client.settled();
    expect(ignored.messages).toEqual([]);
    expect(ignored.closed).toBe(false);
    gateway.pass(1000);
    await connected(gateway.port, 5);
  },

  'half-open': async ({ gateway, add }) => {
    const other = await connected(gateway.port, 5);
    add({ fault: 'half-open', client: 5, for: '1s' });
    other.forget();
    other.ib.reqCurrentTime();
    const witness = await connected(gateway.port, 6);
    await witness.settled();
    expect(other.names()).toEqual([]);
    gateway.pass(1000);
    other.ib.reqCurrentTime();
    await other.next('currentTime');
    expect(other.all('currentTime'), 'what was said meanwhile is lost').toHaveLength(1);
  },

  stall: async ({ gateway, client, add }) => {
    add({ fault: 'stall', client: 1, for: '1s' });
    client.forget();
    client.ib.reqCurrentTime();
    client.ib.reqIds();
    const witness = await connected(gateway.port, 6);
    await witness.settled();
    expect(client.names()).toEqual([]);
    gateway.pass(1000);
    await client.next('nextValidId');
    expect(client.all('currentTime')).toHaveLength(1);
  },

  trickle: async ({ gateway, client, add }) => {
    const other = new RawClient(gateway.port);
    other.hello('v100..193');
    other.send(71, 2, 5, '');
    await other.next((fields) => fields[0] === '9');
    const before = other.messages.length;
    add({ fault: 'trickle', client: 5, bytesPerSecond: 10, for: '10s' });
    other.send(49, 1);
    await gatewayHas(() => (gateway.broker.clients.get(5)?.outlet.keptBytes ?? 0) > 0);
    gateway.pass(500);
    await client.settled();
    expect(other.messages, 'half of it has come').toHaveLength(before);
    gateway.pass(9500);
    await other.next((fields) => fields[0] === '49');
  },

  garbage: async ({ gateway, add }) => {
    const other = new RawClient(gateway.port);
    other.hello('v100..193');
    other.send(71, 2, 5, '');
    await other.next((fields) => fields[0] === '9');
    add({ fault: 'garbage', kind: 'truncated', client: 5 });
    expect(await other.next((fields) => fields[0] === '3')).toEqual(['3', '1']);
  },

  restart: async ({ gateway, client, add }) => {
    add({ fault: 'restart', for: '2s' });
    await client.next('disconnected');
    expect(client.all('info').map(([, code]) => code)).toContain(1100);
    const early = new RawClient(gateway.port);
    await early.end();
    gateway.pass(2000);
    await connected(gateway.port, 1);
  },

  'client-id-held': async ({ gateway, add }) => {
    add({ fault: 'client-id-held', client: 8, for: '1s' });
    const held = new Client(gateway.port, 8);
    held.ib.connect();
    await held.next('info', (_, code) => code === 326);
    gateway.pass(1000);
    await connected(gateway.port, 8);
  },

  'next-id-rollback': async ({ client, add }) => {
    client.ib.placeOrder(7, ACME, limit(50));
    await client.settled();
    add({ fault: 'next-id-rollback', by: 3 });
    client.forget();
    client.ib.reqIds();
    expect((await client.next('nextValidId')).args).toEqual([5]);
  },

  pacing: async ({ gateway, client, add }) => {
    add({ fault: 'pacing', messagesPerSecond: 20 });
    const daily = () =>
      client.ib.reqHistoricalData(9, ACME, '', '5 D', '1 day' as never, 'TRADES' as never, 1, 1, false);
    daily();
    await client.next('historicalData', (_, date) => String(date).startsWith('finished'));
    daily();
    await client.settled();
    expect(client.errors(9)).toEqual([162]);
    gateway.pass(16_000);
    for (let sent = 0; sent < 25; sent += 1) client.ib.reqCurrentTime();
    await client.next('disconnected');
    expect([...client.all('error'), ...client.all('info')].flat()).toContain(100);
  },

  'clock-skew': async ({ gateway, client, add }) => {
    add({ fault: 'clock-skew', seconds: -300, for: '1s' });
    client.forget();
    client.ib.reqCurrentTime();
    const [time] = (await client.next('currentTime')).args;
    expect(time).toBe(Math.floor(gateway.now() / 1000) - 300);
  },

  'link-lost': async ({ gateway, client, add }) => {
    client.ib.reqMktData(4, ACME, '', false, false);
    await client.settled();
    add({ fault: 'link-lost', for: '100ms', restored: '1101' });
    const before = tickCount(client);
    client.ib.placeOrder(1, ACME, order());
    await client.settled();
    gateway.pass(50);
    await client.settled();
    expect(tickCount(client), 'no ticks while the link is lost').toBe(before);
    expect(statuses(client, 1), 'and no news of the order').toEqual([]);
    gateway.pass(50);
    await client.next('commissionReport');
    expect(client.all('info').map(([, code]) => code)).toEqual(expect.arrayContaining([1100, 1101]));
    const after = tickCount(client);
    gateway.pass(20);
    await client.settled();
    expect(tickCount(client), '1101 has lost the subscription').toBe(after);
  },

  'farm-down': async ({ gateway, client, add }) => {
    client.ib.reqMktData(4, ACME, '', false, false);
    await client.settled();
    add({ fault: 'farm-down', for: '50ms' });
    const before = tickCount(client);
    gateway.pass(40);
    await client.settled();
    expect(tickCount(client)).toBe(before);
    gateway.pass(20);
    await client.next('tickPrice');
    await client.settled();
    expect(tickCount(client)).toBeGreaterThan(before);
    add({ fault: 'farm-down', farm: 'history', for: '1s' });
    client.ib.reqHistoricalData(9, ACME, '', '5 D', '1 day' as never, 'TRADES' as never, 1, 1, false);
    await client.settled();
    expect(client.errors(9)).toEqual([162]);
    expect(client.all('info').map(([, code]) => code)).toEqual(expect.arrayContaining([2103, 2104, 2105]));
  },

  'farm-inactive': async ({ client, add }) => {
    add({ fault: 'farm-inactive' });
    await client.next('info', (_, code) => code === 2108);
  },

  'competing-session': async ({ gateway, client, add }) => {
    client.ib.reqMktData(4, ACME, '', false, false);
    await client.settled();
    add({ fault: 'competing-session', for: '50ms' });
    client.ib.reqMktData(5, ACME, '', false, false);
    await client.settled();
    expect([client.errors(4), client.errors(5)]).toEqual([[10197], [10197]]);
    gateway.pass(50);
    client.ib.reqMktData(6, ACME, '', false, false);
    await client.settled();
    expect(client.errors(6)).toEqual([]);
  },

  'delayed-data': async ({ client, add }) => {
    add({ fault: 'delayed-data' });
    client.ib.reqMktData(4, ACME, '', false, false);
    await client.settled();
    expect(client.errors(4)).toEqual([354]);
  },

  halt: async ({ gateway, client, add }) => {
    client.ib.reqMktData(4, ACME, '', false, false);
    await client.settled();
    add({ fault: 'halt', symbol: 'ACME', for: '50ms' });
    client.ib.placeOrder(1, ACME, order());
    await client.settled();
    const before = tickCount(client);
    gateway.pass(40);
    await client.settled();
    const halted = () => client.all('tickGeneric').flatMap(([, type, value]) => (type === 49 ? [value] : []));
    expect(halted()).toEqual([0, 2]);
    expect(tickCount(client)).toBe(before);
    expect(statuses(client, 1)).toEqual(['PreSubmitted']);
    gateway.pass(20);
    await client.next('commissionReport');
    expect(halted()).toEqual([0, 2, 0]);
  },

  'wrong-tick-size': async ({ client, add }) => {
    add({ fault: 'wrong-tick-size', symbol: 'ACME', factor: 5 });
    client.ib.placeOrder(1, ACME, limit(50.01));
    client.ib.placeOrder(2, ACME, limit(50.05));
    await client.settled();
    expect([client.errors(1), client.errors(2)]).toEqual([[110], []]);
  },

  'message-lost': async ({ client, add }) => {
    add({ fault: 'message-lost', message: 'orderStatus', count: 1 });
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    expect(statuses(client, 1)).toEqual(['Filled']);
  },

  'message-duplicated': async ({ client, add }) => {
    add({ fault: 'message-duplicated', message: 'execDetails' });
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    const ids = executions(client, 1).map(({ execId }) => execId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  },

  'message-reordered': async ({ gateway, client, add }) => {
    add({ fault: 'message-reordered', message: 'execDetails' });
    client.ib.placeOrder(1, ACME, order());
    await client.next('commissionReport');
    gateway.pass(1);
    await client.next('execDetails');
    const names = client.names();
    expect(names.indexOf('execDetails')).toBeGreaterThan(names.indexOf('commissionReport'));
  },

  'message-delayed': async ({ gateway, client, add }) => {
    add({ fault: 'message-delayed', message: 'commissionReport', ms: 500 });
    client.ib.placeOrder(1, ACME, order());
    await client.next('execDetails');
    gateway.pass(400);
    await client.settled();
    expect(client.all('commissionReport')).toEqual([]);
    gateway.pass(100);
    await client.next('commissionReport');
  },

  'reject-order': async ({ client, add }) => {
    add({ fault: 'reject-order', reason: 'short-sale' });
    client.ib.placeOrder(1, ACME, order());
    client.ib.placeOrder(2, ACME, order());
    await client.next('commissionReport');
    expect(client.errors(1)).toEqual([201]);
    expect(statuses(client, 1)).toEqual(['Inactive']);
    expect(status(client, 2).name).toBe('Filled');
  },

  'exchange-silent': async ({ gateway, client, add }) => {
    client.ib.placeOrder(1, ACME, limit(50));
    client.ib.placeOrder(2, ACME, limit(60));
    await client.settled();
    add({ fault: 'exchange-silent', for: '50ms' });
    client.ib.placeOrder(3, ACME, order());
    client.ib.cancelOrder(1);
    client.ib.cancelOrder(2);
    await client.settled();
    expect([1, 2, 3].map((id) => status(client, id).name)).toEqual([
      'PendingCancel',
      'PendingCancel',
      'PendingSubmit',
    ]);
    // A cancel that nobody confirmed does not keep an order from being filled.
    const second = gateway.broker.desk.find(1, 2);
    gateway.broker.desk.fillPart(second?.permId ?? 0, 1);
    await client.next('commissionReport');
    expect(status(client, 2).name).toBe('Filled');
    gateway.pass(49);
    await client.settled();
    expect(executions(client, 3)).toEqual([]);
    gateway.pass(1);
    gateway.pass(10);
    await client.settled();
    expect([1, 2, 3].map((id) => status(client, id).name)).toEqual(['Cancelled', 'Filled', 'Filled']);
    expect(statuses(client, 1)).toEqual(['PreSubmitted', 'Submitted', 'PendingCancel', 'Cancelled']);
    expect(statuses(client, 3).slice(0, 2)).toEqual(['PendingSubmit', 'PreSubmitted']);
  },

  'fill-after-cancel': async ({ client, add }) => {
    add({ fault: 'fill-after-cancel', on: 'cancel' });
    client.ib.placeOrder(1, ACME, limit(50));
    client.ib.cancelOrder(1);
    await client.next('commissionReport');
    expect(statuses(client, 1)).toEqual(['PreSubmitted', 'Submitted', 'Cancelled', 'Filled']);
    expect(executions(client, 1)).toMatchObject([{ shares: 100, price: 50 }]);
  },

  'partial-then-disconnect': async ({ gateway, client, add }) => {
    add({ fault: 'partial-then-disconnect', on: 'order', fraction: 0.3 });
    client.ib.placeOrder(1, ACME, limit(50, { tif: 'GTC' as never }));
    await client.next('disconnected');
    expect(executions(client, 1)).toEqual([]);
    const again = await connected(gateway.port, 1);
    again.ib.reqExecutions(3, {});
    again.ib.reqOpenOrders();
    await again.next('execDetailsEnd');
    await again.next('openOrderEnd');
    expect(executions(again, 1)).toMatchObject([{ shares: 30 }]);
    expect(status(again, 1)).toMatchObject({ name: 'Submitted', filled: 30, remaining: 70 });
  },

  'execution-correction': async ({ gateway, client, add }) => {
    add({ fault: 'execution-correction', on: 'fill', by: -0.5 });
    client.ib.placeOrder(1, ACME, order());
    await client.next('execDetails', (_, __, { execId }) => execId.endsWith('.02'));
    await client.settled();
    const [first, corrected] = executions(client, 1);
    expect(corrected.price).toBeCloseTo(first.price - 0.5, 9);
    expect(corrected.execId.slice(0, -2)).toBe(first.execId.slice(0, -2));
    const { cash } = gateway.broker.desk.account.valuation();
    expect(cash.toNumber()).toBeCloseTo(1_000_000 - 100 * corrected.price - 1, 6);
  },

  'trade-bust': async ({ gateway, client, add }) => {
    add({ fault: 'trade-bust', on: 'fill' });
    client.ib.placeOrder(1, ACME, order());
    await client.next('execDetails', (_, __, { execId }) => execId.endsWith('.02'));
    await client.settled();
    expect(executions(client, 1).map(({ shares }) => shares)).toEqual([100, 0]);
    const [instrument] = gateway.broker.market.instruments;
    expect(gateway.broker.desk.account.position(instrument?.conId ?? 0).toNumber()).toBe(0);
  },
};

describe('a fault', () => {
  const seen = new Set<string>();
  test.each(catalogue.map(({ name }) => name))(
    '%s does what the catalogue says, and is logged',
    async (name) => {
      const show = shown[name];
      if (show === undefined) throw new Error(`nothing shows the fault ${name}`);
      const made = await world();
      await show(made);
      seen.add(name);
      expect(made.log().some((each) => each.startsWith(`fault ${name} (line `))).toBe(true);
      expect(made.gateway.broker.faults.log.map((strike) => strike.fault)).toContain(name);
    },
  );

  afterAll(() => {
    expect(Object.keys(shown).filter((name) => !catalogue.some((each) => each.name === name))).toEqual([]);
  });
});

test('an order that makes no sense is refused also when it had to wait for the link', async () => {
  const { gateway, client, add } = await world();
  const raw = new RawClient(gateway.port);
  raw.hello('v100..193');
  raw.send(71, 2, 5, '');
  await raw.next((fields) => fields[0] === '9');
  add({ fault: 'link-lost', for: '50ms' });
  raw.send(3, 8, 'nonsense');
  raw.send(49, 1);
  await raw.next((fields) => fields[0] === '49');
  expect(raw.messages.some(isError(320))).toBe(false);
  gateway.pass(50);
  expect((await raw.next(isError(320)))?.[2]).toBe('8');
  await client.settled();
});

describe('two strikes of a kind that overlap', () => {
  test('last until the second is over, and leave nothing behind', async () => {
    const { gateway, client, add } = await world();
    add({ fault: 'delayed-data', for: '40ms' });
    gateway.pass(10);
    add({ fault: 'delayed-data', for: '60ms' });
    add({ fault: 'link-lost', for: '20ms' });
    add({ fault: 'link-lost', for: '30ms' });
    const notices = (code: number): number => client.all('info').filter(([, said]) => said === code).length;
    gateway.pass(25);
    await client.settled();
    expect([notices(1100), notices(1102)], 'still lost by the second').toEqual([2, 0]);
    gateway.pass(10);
    client.ib.reqMktData(4, ACME, '', false, false);
    await client.settled();
    expect([notices(1102), client.errors(4)]).toEqual([1, [354]]);
    gateway.pass(40);
    client.ib.reqMktData(5, ACME, '', false, false);
    await client.settled();
    expect(client.errors(5)).toEqual([]);
  });
});
