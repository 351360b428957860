import { IBApiTickType } from '@stoqey/ib';
import { expect } from 'vitest';
import { ACME, type TestClient } from '../support.ts';
import { conformance, when } from './harness.ts';
import { play } from './order-story.ts';

/** Values of a tick type of a request, in order. */
const ticks = (client: TestClient, event: string, reqId: number, type: number) =>
  client.all(event).flatMap(([id, tick, value]) => (id === reqId && tick === type ? [value] : []));
const price = (client: TestClient, reqId: number, type: number) => ticks(client, 'tickPrice', reqId, type);

conformance('market data', {
  'says what type it is and what its ticks are': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqMktData(1, ACME, '', false, false);
    await client.settled();
    expect(client.all('marketDataType')).toEqual([[1, 1]]);
    expect(client.all('tickReqParams')[0]?.slice(0, 1)).toEqual([1]);
  },

  'brings bid, ask, last, high, low, open, close, sizes and volume': async (world) => {
    const { client } = world;
    await play(world, 1.5);
    client.ib.reqMktData(1, ACME, '', false, false);
    await client.settled();
    const types = [1, 2, 4, 6, 7, 9, 14].map((type) => price(client, 1, type)[0]);
    const [bid = 0, ask = 0, last = 0, high = 0, low = 0, close, open] = types;
    expect(ask - bid).toBeCloseTo(0.02, 9);
    expect(last).toBeGreaterThanOrEqual(low);
    expect(last).toBeLessThanOrEqual(high);
    expect(close).toBe(99.3);
    expect(open).toBe(99.3);
    expect(ticks(client, 'tickSize', 1, IBApiTickType.VOLUME)[0]).toBeGreaterThan(0);
  },

  'says whether the instrument is halted': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqMktData(1, ACME, '', false, false);
    await client.settled();
    expect(ticks(client, 'tickGeneric', 1, 49)).toEqual([0]);
  },

  'goes on until it is cancelled': async (world) => {
    const { client } = world;
    await play(world, 0.2);
    client.ib.reqMktData(1, ACME, '', false, false);
    await play(world, 0.2);
    const heard = client.all('tickPrice').length;
    client.ib.cancelMktData(1);
    await play(world, 0.2);
    expect(heard).toBeGreaterThan(7);
    expect(client.all('tickPrice')).toHaveLength(heard);
  },

  'a snapshot ends by itself': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqMktData(1, ACME, '', true, false);
    await client.next('tickSnapshotEnd', (id) => id === 1);
    const heard = client.all('tickPrice').length;
    await play(world, 0.2);
    expect(heard).toBeGreaterThan(0);
    expect(client.all('tickPrice')).toHaveLength(heard);
  },

  'a snapshot with generic ticks is 321': async ({ client }) => {
    client.ib.reqMktData(1, ACME, '233', true, false);
    await client.settled();
    expect(client.errors(1)).toEqual([321]);
  },

  'an unknown generic tick is 321 and names the legal ones': async ({ client }) => {
    client.ib.reqMktData(1, ACME, '233,9999', false, false);
    await client.settled();
    expect(client.errors(1)).toEqual([321]);
    expect(client.all('error')[0]?.[0].message).toMatch(/Legal ones for \(STK\) are: 100,101/);
  },

  '165 brings ranges and average volume': async (world) => {
    const { client } = world;
    await play(world, 1.5);
    client.ib.reqMktData(1, ACME, '165', false, false);
    await client.settled();
    expect([price(client, 1, 15)[0], price(client, 1, 16)[0]]).toEqual([98.7, 103.1]);
    expect(ticks(client, 'tickSize', 1, 21)[0]).toBe(1_100_000);
  },

  '233 brings every trade with its running volume': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqMktData(1, ACME, '233', false, false);
    await play(world, 0.1);
    const values = ticks(client, 'tickString', 1, 48).map((text) => String(text).split(';'));
    expect(values.length).toBeGreaterThan(50);
    expect(values[0]).toHaveLength(6);
    const volumes = values.map(([, , , volume]) => Number(volume));
    expect(volumes).toEqual([...volumes].sort((a, b) => a - b));
  },

  '236 says how many shares can be borrowed': async ({ client }) => {
    client.ib.reqMktData(1, ACME, '236', false, false);
    await client.settled();
    expect(ticks(client, 'tickGeneric', 1, 46)).toEqual([3]);
    expect(ticks(client, 'tickSize', 1, 89)).toEqual([10_000_000]);
  },

  '232 and 104 bring mark price and historical volatility': async (world) => {
    const { client } = world;
    await play(world, 3.5);
    client.ib.reqMktData(1, ACME, '232,104', false, false);
    await client.settled();
    expect(price(client, 1, 37)[0]).toBeGreaterThan(90);
    expect(ticks(client, 'tickGeneric', 1, 23)[0]).toBeGreaterThan(0);
  },

  'frozen data is said to be frozen when the market is closed': async ({ client }) => {
    client.ib.reqMarketDataType(2);
    client.ib.reqMktData(1, ACME, '', false, false);
    await client.settled();
    expect(client.all('marketDataType')).toEqual([[1, 2]]);
  },

  'an unknown contract is 200': async ({ client }) => {
    client.ib.reqMktData(1, { ...ACME, symbol: 'NOPE' }, '', false, false);
    await client.settled();
    expect(client.errors(1)).toEqual([200]);
  },

  'a ticker id in use is 322': async ({ client }) => {
    client.ib.reqMktData(1, ACME, '', false, false);
    client.ib.reqMktData(1, ACME, '', false, false);
    await client.settled();
    expect(client.errors(1)).toEqual([322]);
  },

  'a cancel of what is not subscribed is 300': async ({ client }) => {
    client.ib.cancelMktData(77);
    await client.settled();
    expect(client.errors(77)).toEqual([300]);
  },

  'a wrong market data type is 321': async ({ client }) => {
    client.ib.reqMarketDataType(9 as 1);
    await client.settled();
    expect([...client.all('error'), ...client.all('info')].flat()).toContain(321);
  },

  'reaches IBApiNext as a snapshot': async (world) => {
    await play(world, 0.5);
    const api = await world.next();
    const found = await api.getMarketDataSnapshot(ACME, '', false);
    expect(found.get(IBApiTickType.BID)?.value).toBeGreaterThan(90);
    expect(found.get(IBApiTickType.ASK)?.value).toBeGreaterThan(90);
  },

  'reaches IBApiNext as a stream': async (world) => {
    await play(world, 0.5);
    const api = await world.next();
    const update = await when(api.getMarketData(ACME, '233', false, false), ({ all }) =>
      all.has(IBApiTickType.LAST),
    );
    expect(update.all.get(IBApiTickType.LAST)?.value).toBeGreaterThan(90);
  },
});

conformance(
  'market data that is not subscribed',
  {
    'is 354 for who wants it live': async ({ client }) => {
      client.ib.reqMktData(1, ACME, '', false, false);
      await client.settled();
      expect(client.errors(1)).toEqual([354]);
    },
    'is delayed by a quarter of an hour for who asks for that': async (world) => {
      const { client } = world;
      await play(world, 0.5);
      client.ib.reqMarketDataType(3);
      client.ib.reqMktData(1, ACME, '', false, false);
      await client.settled();
      expect(client.errors(1)).toEqual([10167]);
      expect(client.all('marketDataType')).toEqual([[1, 3]]);
      await play(world, 0.02);
      expect(client.all('tickPrice')).toEqual([]);
      await play(world, 0.1);
      expect(price(client, 1, 66)[0]).toBeGreaterThan(90);
      expect(price(client, 1, 1)).toEqual([]);
    },
  },
  { config: { marketData: { permission: 'delayed' } } },
);

conformance(
  'market data lines',
  {
    'end with 101': async ({ client }) => {
      client.ib.reqMktData(1, ACME, '', false, false);
      client.ib.reqMktData(2, ACME, '', false, false);
      await client.settled();
      expect(client.errors(1)).toEqual([]);
      expect(client.errors(2)).toEqual([101]);
      client.ib.cancelMktData(1);
      client.ib.reqMktData(3, ACME, '', false, false);
      await client.settled();
      expect(client.errors(3)).toEqual([]);
    },
  },
  { config: { marketData: { lines: 1 } } },
);
