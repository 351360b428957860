import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import type { FeedStatus } from '../../../machines/feed/hub.types.ts';
import {
  bar,
  bars,
  createWorld,
  details,
  FakeStoreError,
  gold,
  minute,
  oracle,
  oracleId,
  quote,
  start,
} from './feed.world.ts';

/** Monday evening and Tuesday morning in New York. */
const closedAt = Date.UTC(2026, 0, 5, 22);
const opensAt = Date.UTC(2026, 0, 6, 14, 30, 1);

async function liveWorld() {
  const world = createWorld();
  world.hub.connectionReady();
  const release = world.listen('a');
  await world.pass();
  world.stream().listener.onHistory(bars(0, 3));
  world.tick(3);
  await world.pass();
  world.log.length = 0;
  return Object.assign(world, { release });
}
const state = (world: ReturnType<typeof createWorld>): FeedStatus | undefined =>
  world.hub.status().find((status) => status.instrumentId === oracleId);

describe('a series', () => {
  it('tells the stored history, then live, then each closed bar after it was stored', async () => {
    const world = createWorld();
    world.listen('a');
    world.hub.connectionReady();
    await world.pass();
    world.stream().listener.onHistory(bars(0, 3));
    await world.pass();
    expect(state(world)?.state).toBe('subscribing');
    world.tick(3);
    world.stream().listener.onUpdate(bar(3, 99));
    world.stream().listener.onUpdate(bar(4));
    await world.pass();
    expect(world.log.filter((line) => !line.includes('waiting'))).toEqual([
      'stored 0,1,2',
      'a history 0,1,2',
      'a live',
      'stored 3',
      'a bar 3',
    ]);
    expect(world.rows.get(`${oracleId}|1m`)?.at(-1)?.close, 'the last value of the bar').toBe(99);
  });

  it('is not called live before a fresh quote has come', async () => {
    const world = createWorld();
    world.hub.connectionReady();
    world.listen('a');
    await world.pass();
    world.stream().listener.onHistory(bars(0, 3));
    await world.pass(50_000);
    expect(state(world)).toMatchObject({ state: 'subscribing' });
    expect(world.log).not.toContain('a live');
  });

  it('reads the database first and asks the broker only for what is missing', async () => {
    const world = createWorld();
    world.rows.set(`${oracleId}|1m`, bars(-6, -1));
    world.older = bars(-8, -7);
    world.hub.connectionReady();
    world.listen('few', 5);
    world.listen('many', 11);
    await world.pass();
    world.stream().listener.onHistory(bars(0, 3));
    await world.pass();
    expect(world.log).toContain('few history -2,-1,0,1,2');
    expect(world.log).toContain('many history -8,-7,-6,-5,-4,-3,-2,-1,0,1,2');
    expect(world.historyAsked).toEqual([{ count: 2, before: bar(-6).time }]);
  });

  it('leaves out stored bars that lie in the future of the market', async () => {
    const world = createWorld();
    world.rows.set(`${oracleId}|1m`, bars(100, 400));
    world.hub.connectionReady();
    world.listen('a', 3);
    await world.pass();
    world.stream().listener.onHistory(bars(0, 5));
    await world.pass();
    expect(world.log).toContain('a history 2,3,4');
  });

  it('gives a later listener the same bars without hole or overlap', async () => {
    const world = await liveWorld();
    world.stream().listener.onUpdate(bar(4));
    world.listen('b');
    world.stream().listener.onUpdate(bar(5));
    await world.pass();
    world.stream().listener.onUpdate(bar(6));
    await world.pass();
    const told = world.log.filter((line) => line.startsWith('b')).join(' ');
    expect(told).toMatch(/b history 0,1,2.* b bar 5$/);
    expect(
      world.log.filter((line) => line.startsWith('a bar')),
      'a',
    ).toEqual(['a bar 3', 'a bar 4', 'a bar 5']);
    expect(told.match(/\b[345]\b/g)).toEqual(['3', '4', '5']);
  });

  it('closes the last bar of the day when its time is over and no other begins', async () => {
    const world = await liveWorld();
    world.tick(4);
    await world.pass(4_000);
    expect(world.log).toEqual([]);
    await world.pass(2_000);
    expect(world.log).toEqual(['stored 3', 'a bar 3']);
    world.stream().listener.onUpdate(bar(60));
    await world.pass();
    expect(world.log, 'and not again').toHaveLength(2);
  });

  it('isolates listeners from one that throws', async () => {
    const world = await liveWorld();
    world.hub.onBar(() => {
      throw new Error('a bug in a listener');
    });
    world.stream().listener.onUpdate(bar(4));
    await world.pass();
    expect(world.log).toContain('a bar 3');
    expect(world.faults).toEqual([new Error('a bug in a listener')]);
  });
});

describe('bars that an outage left out', () => {
  it('are fetched and told late, before those that closed meanwhile', async () => {
    const world = await liveWorld();
    world.older = [bar(3), bar(4), bar(5)];
    world.stream().listener.onUpdate(bar(6));
    world.stream().listener.onUpdate(bar(7));
    await world.pass();
    expect(world.historyAsked).toContainEqual({ count: 2, before: bar(6).time });
    expect(world.log.filter((line) => line.startsWith('a bar'))).toEqual([
      'a bar 3',
      'a bar 4 late',
      'a bar 5 late',
      'a bar 6',
    ]);
  });

  it('end the subscription when they cannot be had, which begins anew with all of them', async () => {
    const world = await liveWorld();
    world.olderFails = new BrokerError('timeout', 'no answer');
    const before = world.stream();
    world.stream().listener.onUpdate(bar(6));
    world.stream().listener.onUpdate(bar(7));
    await world.pass();
    expect(state(world)).toMatchObject({
      state: 'faulted',
      cause: 'bars 1m: a gap could not be filled: no answer',
    });
    await world.pass(1_100);
    expect(world.stream()).not.toBe(before);
    world.stream().listener.onHistory(bars(1, 8));
    await world.pass();
    expect(world.log.filter((line) => line.startsWith('a bar'))).toEqual([
      'a bar 3',
      ...[4, 5, 6, 7].map((n) => `a bar ${n} late`),
    ]);
  });
});

describe('a lost connection', () => {
  it('fills the gap with late bars, each once, before it says live', async () => {
    const world = await liveWorld();
    world.hub.connectionLost('the gateway closed the socket');
    await world.pass();
    expect(world.log).toEqual(['a waiting: the gateway closed the socket']);
    expect(world.barStreams.size + world.quoteStreams.size, 'streams are closed').toBe(0);
    world.hub.connectionReady();
    await world.pass();
    world.tick(8);
    world.stream().listener.onHistory(bars(1, 8));
    world.stream().listener.onUpdate(bar(9));
    await world.pass();
    const told = world.log.filter((line) => /^a (bar|live)/.test(line));
    expect(told.slice(0, 5)).toEqual([
      'a bar 3 late',
      'a bar 4 late',
      'a bar 5 late',
      'a bar 6 late',
      'a bar 7 late',
    ]);
    expect(told.slice(5).sort()).toEqual(['a bar 8', 'a live']);
    expect(world.log.filter((line) => line.includes('history'))).toEqual([]);
  });

  it('asks for as many bars as the gap is long, and for 300 at least', async () => {
    const world = await liveWorld();
    expect(world.stream().count).toBe(300);
    world.hub.connectionLost('gone');
    world.hub.setMarketTime(start + 1_000 * minute);
    world.hub.connectionReady();
    await world.pass();
    expect(world.stream().count).toBe(1_000);
  });

  it('subscribes again when a stream ends by itself', async () => {
    const world = await liveWorld();
    world.stream().listener.onError('the farm is gone');
    await world.pass();
    expect(state(world)).toMatchObject({ state: 'faulted', cause: 'bars 1m: the farm is gone' });
    expect(world.quoteStreams.size).toBe(0);
    await world.pass(1_000);
    world.stream().listener.onHistory(bars(1, 4));
    world.tick(4);
    await world.pass();
    expect(world.log).toContain('a bar 3 late');
    expect(state(world)?.state).toBe('live');
  });

  it('turns stale without prices and live with the next one', async () => {
    const world = await liveWorld();
    await world.pass(61_000);
    expect(state(world)).toMatchObject({ state: 'stale', cause: 'No price has arrived for a minute.' });
    world.tick(3);
    await world.pass();
    expect(state(world)?.state).toBe('live');
    expect(world.log.slice(-1)).toEqual(['a live']);
  });

  it('says why prices were stopped, and subscribes anew ever more slowly until they come', async () => {
    const world = await liveWorld();
    const interrupt = (): void => world.interrupters.get(oracleId)?.('competing session (10197)');
    interrupt();
    await world.pass();
    expect(state(world)).toMatchObject({ state: 'interrupted', cause: 'competing session (10197)' });
    const before = world.quoteSubscriptions;
    await world.pass(5_100);
    expect(world.quoteSubscriptions).toBe(before + 1);
    interrupt();
    await world.pass(9_000);
    expect(world.quoteSubscriptions, 'twice as long the second time').toBe(before + 1);
    await world.pass(1_100);
    expect(world.quoteSubscriptions).toBe(before + 2);
    world.stream().listener.onHistory(bars(1, 5));
    world.tick(5);
    await world.pass();
    expect(state(world)?.state).toBe('live');
  });

  it('does not count failures of a stream into how slowly stopped prices are asked for', async () => {
    const world = await liveWorld();
    for (let n = 0; n < 3; n += 1) {
      world.stream().listener.onError('the farm is broken');
      await world.pass(10_000);
    }
    const before = world.quoteSubscriptions;
    world.interrupters.get(oracleId)?.('competing session (10197)');
    await world.pass(5_100);
    expect(world.quoteSubscriptions).toBe(before + 1);
  });

  it('is live again when stopped prices come back by themselves', async () => {
    const world = await liveWorld();
    world.interrupters.get(oracleId)?.('competing session (10197)');
    await world.pass(1_100);
    world.tick(3);
    await world.pass();
    expect(state(world)?.state).toBe('live');
  });

  it('ages the last price once nothing tells it any more, and takes it for live with the next one', async () => {
    const world = await liveWorld();
    const quality = () => world.hub.quote(oracleId)?.quality;
    expect(quality()).toBe('live');
    const told: (string | undefined)[] = [];
    world.hub.onQuote((each) => told.push(each.quality));
    world.hub.connectionLost('gone');
    await world.pass(100);
    expect([quality(), told.at(-1)]).toEqual(['stale', 'stale']);
    world.hub.connectionReady();
    await world.pass();
    world.tick(4);
    expect(quality()).toBe('live');
  });

  it('subscribes again when an open market stays silent', async () => {
    const world = await liveWorld();
    const before = world.stream();
    await world.pass(76_000);
    expect(world.stream()).not.toBe(before);
  });

  it('subscribes again when the market opens and stays silent, however long it was closed', async () => {
    const world = createWorld();
    world.hub.connectionReady();
    world.listen('a');
    await world.pass();
    // What was asked for never came, and the market closes before anybody wonders.
    const before = world.stream();
    world.hub.setMarketTime(closedAt);
    await world.pass(600_000);
    expect(world.stream(), 'a closed market proves nothing').toBe(before);
    world.hub.setMarketTime(opensAt);
    await world.pass(10_000);
    expect(world.stream(), 'the first price is given a moment').toBe(before);
    await world.pass(6_000);
    expect(world.stream()).not.toBe(before);
  });

  it('is live again with the first price after the market was closed, without subscribing again', async () => {
    const world = await liveWorld();
    const before = world.stream();
    world.hub.setMarketTime(closedAt);
    await world.pass(600_000);
    expect(state(world)?.state).toBe('stale');
    world.hub.setMarketTime(opensAt);
    await world.pass(5_000);
    world.tick(4);
    await world.pass();
    expect(state(world)?.state).toBe('live');
    expect(world.stream()).toBe(before);
  });
});

describe('the database away', () => {
  it('announces bars only after they were stored, in order, and says why it waits', async () => {
    const world = await liveWorld();
    world.storeFails = new FakeStoreError('the database is away');
    world.stream().listener.onUpdate(bar(4));
    world.stream().listener.onUpdate(bar(5));
    await world.pass(2_000);
    expect(world.log).toEqual(['a waiting: the database is away']);
    world.storeFails = null;
    await world.pass(10_000);
    expect(world.log.slice(1).filter((line) => !line.includes('live'))).toEqual([
      'stored 3',
      'a bar 3',
      'stored 4',
      'a bar 4',
    ]);
  });

  it('restarts a feed whose database fails unexpectedly, and loses no bar', async () => {
    const world = await liveWorld();
    world.storeFails = new TypeError('a bug');
    world.stream().listener.onUpdate(bar(4));
    await world.pass();
    expect(state(world)).toMatchObject({ state: 'restarting', cause: 'a bug' });
    world.storeFails = null;
    await world.pass(1_000);
    world.stream().listener.onHistory(bars(1, 5));
    world.tick(5);
    await world.pass();
    expect(world.log.filter((line) => line.startsWith('a bar'))).toEqual(['a bar 3 late', 'a bar 4 late']);
    expect(world.errors).toEqual([]);
  });
});

describe('instruments', () => {
  it('names the cause when an instrument is not found, and asks again slowly', async () => {
    const world = createWorld();
    world.details.set(oracleId, world.notFound);
    world.hub.connectionReady();
    world.listen('a');
    await world.pass();
    expect(state(world)).toMatchObject({ state: 'faulted', cause: world.notFound.message });
    await world.pass(59_000);
    expect(world.asked).toHaveLength(1);
    world.details.delete(oracleId);
    await world.pass(2_000);
    expect(world.asked).toHaveLength(2);
    expect(world.hub.instrument(oracleId)?.conId).toBe(1);
  });

  it('leaves the other feeds alone when one crashes', async () => {
    const world = createWorld();
    world.details.set(oracleId, new TypeError('a bug') as Error);
    world.hub.connectionReady();
    world.hub.watch(oracle, ['1m']);
    world.hub.watch(gold, ['1m']);
    await world.pass();
    expect(world.stream('1m', gold)).toBeDefined();
    world.details.delete(oracleId);
    await world.pass(1_000);
    expect(world.stream('1m', oracle)).toBeDefined();
    expect(world.errors).toEqual([]);
  });

  it('asks for the contract details again before the known hours run out', async () => {
    const world = await liveWorld();
    expect(world.asked).toHaveLength(1);
    const dayTwo = (start + 2 * 86_400_000 - start) / minute;
    const fresh = {
      ...details(oracle),
      liquidHours: `${details(oracle).liquidHours};20260109:0930-20260109:1600`,
    };
    world.details.set(oracleId, fresh);
    await world.pass(1_000);
    world.tick(dayTwo);
    await world.pass();
    expect(world.asked).toHaveLength(2);
    expect(world.hub.instrument(oracleId)?.liquidHours).toContain('20260109');
    expect(world.hub.isOpen(oracleId)).toBe(true);
    await world.pass(1_000);
    world.tick(dayTwo);
    await world.pass();
    expect(world.asked, 'once').toHaveLength(2);
  });

  it('knows open from closed by market time, and unknown hours from both', async () => {
    const world = await liveWorld();
    expect(world.hub.isOpen(oracleId)).toBe(true);
    world.hub.setMarketTime(Date.UTC(2026, 0, 5, 22));
    expect(world.hub.isOpen(oracleId)).toBe(false);
    world.hub.setMarketTime(Date.UTC(2026, 0, 8, 15));
    expect(world.hub.isOpen(oracleId)).toBe(null);
    expect(world.hub.isOpen('NOBODY')).toBe(null);
  });
});

describe('sharing', () => {
  it('shares one feed and ends it with its last holder', async () => {
    const world = await liveWorld();
    const release = world.hub.watch(oracle, ['1m', '5m']);
    await world.pass();
    expect([...world.barStreams].map((stream) => stream.timeframe)).toEqual(['1m', '5m']);
    release();
    release();
    await world.pass();
    expect([...world.barStreams].map((stream) => stream.timeframe)).toEqual(['1m']);
    world.release();
    await world.pass();
    expect(world.barStreams.size + world.quoteStreams.size).toBe(0);
    expect(world.hub.status()).toEqual([]);
    expect(world.feed(oracle)).toBeUndefined();
    await world.pass(1_000);
    expect(world.clock.pending, 'no timer is left').toBe(0);
  });

  it('begins with a fresh history when a size is watched anew after a pause', async () => {
    const world = await liveWorld();
    world.hub.connectionLost('gone');
    world.hub.connectionReady();
    await world.pass();
    world.tick(3);
    const keep = world.hub.watch(oracle, []);
    world.release();
    world.listen('b');
    await world.pass();
    world.stream().listener.onHistory(bars(0, 3));
    await world.pass();
    expect(world.log.filter((line) => line.startsWith('b bar'))).toEqual([]);
    expect(world.log).toContain('b history 0,1,2');
    keep();
  });

  it('goes on where it ended when the service is restarted', async () => {
    const world = await liveWorld();
    world.actor.stop();
    expect(world.log).toEqual(['a waiting: The market data service is restarting.']);
    expect(world.barStreams.size).toBe(0);
    world.spawn();
    await world.pass();
    world.stream().listener.onHistory(bars(0, 5));
    world.tick(5);
    world.stream().listener.onUpdate(bar(6));
    await world.pass();
    const told = world.log.filter((line) => line.startsWith('a bar'));
    expect(told).toEqual(['a bar 3 late', 'a bar 4 late', 'a bar 5']);
    expect(world.log).toContain('a live');
  });

  it('keeps the newest quote at hand and the bus conflated', async () => {
    const world = await liveWorld();
    await world.pass(1_000);
    const heard: (number | null)[] = [];
    const stop = world.hub.onQuote((one) => heard.push(one.last));
    for (const last of [10, 11, 12]) world.quoteStreams.get(oracleId)?.(quote(oracle, 3, last));
    expect(world.hub.quote(oracleId)?.last).toBe(12);
    expect(heard).toEqual([10]);
    await world.pass(100);
    expect(heard).toEqual([10, 12]);
    stop();
  });
});

describe('market data lines', () => {
  const silver = { ...oracle, symbol: 'SLV' };
  const stateOf = (world: ReturnType<typeof createWorld>, symbol: string): string | undefined =>
    world.hub.status().find(({ key }) => key.symbol === symbol)?.state;
  async function fullWorld() {
    const world = createWorld({ lines: 2 });
    world.hub.connectionReady();
    world.hub.watch(gold, []);
    world.hub.watch(silver, []);
    await world.pass();
    return world;
  }

  it('go to a session before what is only watched, which says what it waits for', async () => {
    const world = await fullWorld();
    expect(world.hub.lines()).toEqual({ most: 2, taken: 2, waiting: 0 });
    world.quoteStreams.get('SLV.STK.SMART.USD')?.(quote(silver, 1));
    await world.pass(1_000);
    const release = world.listen('a');
    await world.pass();
    expect([...world.quoteStreams.keys()].sort()).toEqual(['GLD.STK.SMART.USD', oracleId]);
    expect(world.hub.lines()).toEqual({ most: 2, taken: 2, waiting: 1 });
    expect(world.hub.status().find(({ key }) => key.symbol === 'SLV')).toMatchObject({
      state: 'waitingForLine',
      cause: expect.stringMatching(/^All 2 market data lines are taken/),
    });
    expect(world.hub.quote('SLV.STK.SMART.USD')?.quality, 'nothing tells it any more').toBe('stale');
    release();
    await world.pass();
    expect([...world.quoteStreams.keys()].sort()).toEqual(['GLD.STK.SMART.USD', 'SLV.STK.SMART.USD']);
  });

  it('are taken from the watched instrument that was used longest ago', async () => {
    const world = await fullWorld();
    world.hub.use('SLV.STK.SMART.USD');
    world.listen('a');
    await world.pass();
    expect(stateOf(world, 'GLD')).toBe('waitingForLine');
    expect(stateOf(world, 'SLV')).not.toBe('waitingForLine');
    await world.pass(1);
    world.hub.use('GLD.STK.SMART.USD');
    await world.pass();
    expect(stateOf(world, 'SLV')).toBe('waitingForLine');
    expect(world.quoteStreams.has('GLD.STK.SMART.USD')).toBe(true);
  });

  it('are kept over a restart of the service', async () => {
    const world = await fullWorld();
    world.listen('a');
    await world.pass();
    world.actor.stop();
    expect(stateOf(world, 'SLV')).toBe('waitingForLine');
    world.spawn();
    await world.pass();
    expect([...world.quoteStreams.keys()].sort()).toEqual(['GLD.STK.SMART.USD', oracleId]);
  });
});
