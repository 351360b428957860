import { WhatToShow } from '@stoqey/ib';
import { expect } from 'vitest';
import { ACME, IDX } from '../support.ts';
import { conformance, when } from './harness.ts';
import { play } from './order-story.ts';

conformance('tick by tick', {
  'tells every trade': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqTickByTickData(1, ACME, 'Last' as never, 0, false);
    await play(world, 0.01);
    const heard = client.all('tickByTickAllLast');
    // One trade every 15 s of market time: 234 s are 15 or 16.
    expect(heard.length).toBeGreaterThanOrEqual(15);
    expect(heard[0]?.slice(0, 5)).toMatchObject([
      1,
      1,
      expect.any(String),
      expect.any(Number),
      expect.any(Number),
    ]);
    expect(heard[0]?.[6]).toBe('NYSE');
  },
  'tells the quote when it changes': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqTickByTickData(1, ACME, 'BidAsk' as never, 0, false);
    await play(world, 0.05);
    const heard = client.all('tickByTickBidAsk');
    expect(heard.length).toBeGreaterThan(5);
    for (const [, , bid, ask, bidSize] of heard) {
      expect(ask).toBeGreaterThan(bid);
      expect(bidSize).toBe(500);
    }
  },
  'tells midpoints': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqTickByTickData(1, ACME, 'MidPoint' as never, 0, false);
    await play(world, 0.05);
    expect(client.all('tickByTickMidPoint').length).toBeGreaterThan(5);
  },
  'begins with the past that was asked for': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqTickByTickData(1, ACME, 'AllLast' as never, 10, false);
    const [, ticks] = (await client.next('historicalTicksLast')).args;
    expect(ticks).toHaveLength(10);
  },
  'a fourth subscription is 10190': async ({ client }) => {
    for (const id of [1, 2, 3, 4]) client.ib.reqTickByTickData(id, ACME, 'Last' as never, 0, false);
    await client.settled();
    expect(client.errors(3)).toEqual([]);
    expect(client.errors(4)).toEqual([10190]);
  },
  'ends when it is cancelled': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqTickByTickData(1, ACME, 'Last' as never, 0, false);
    client.ib.cancelTickByTickData(1);
    await play(world, 0.05);
    expect(client.all('tickByTickAllLast')).toEqual([]);
  },
  'an unknown type is 321': async ({ client }) => {
    client.ib.reqTickByTickData(1, ACME, 'Every' as never, 0, false);
    await client.settled();
    expect(client.errors(1)).toEqual([321]);
  },
  'reaches IBApiNext': async (world) => {
    await play(world, 0.5);
    const api = await world.next();
    const first = when(api.getTickByTickAllLastDataUpdates(ACME, 0, false), () => true);
    await api.getCurrentTime();
    await play(world, 0.05);
    expect((await first).price).toBeGreaterThan(90);
  },
});

conformance('historical ticks', {
  'are the trades that were streamed': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqTickByTickData(1, ACME, 'Last' as never, 0, false);
    await play(world, 0.02);
    const streamed = client
      .all('tickByTickAllLast')
      .map(([, , time, price, size]) => [Number(time), price, size]);
    client.ib.reqHistoricalTicks(
      2,
      ACME,
      '',
      '20240109 23:00:00',
      streamed.length,
      WhatToShow.TRADES,
      1,
      false,
    );
    const [, ticks] = (await client.next('historicalTicksLast')).args;
    const past = (ticks as { time: number; price: number; size: number }[]).map((t) => [
      t.time,
      t.price,
      t.size,
    ]);
    expect(past).toEqual(streamed);
  },
  'begin at their start and end with a whole second': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqHistoricalTicks(2, ACME, '20240108 10:00:00', '', 5, WhatToShow.TRADES, 1, false);
    const [, ticks, done] = (await client.next('historicalTicksLast')).args;
    expect(ticks).toHaveLength(5);
    expect(done).toBe(true);
    expect(ticks[0].time).toBe(Date.parse('2024-01-08T15:00:00Z') / 1000);
  },
  'of quotes have both sides': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqHistoricalTicks(2, ACME, '', '20240108 12:00:00', 3, WhatToShow.BID_ASK, 1, false);
    const [, ticks] = (await client.next('historicalTicksBidAsk')).args;
    expect(ticks).toHaveLength(3);
    expect(ticks[0]).toMatchObject({ sizeBid: 500, sizeAsk: 500 });
    expect(ticks[0].priceAsk).toBeGreaterThan(ticks[0].priceBid);
  },
  'of midpoints have prices': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqHistoricalTicks(2, ACME, '', '20240108 12:00:00', 3, WhatToShow.MIDPOINT, 1, false);
    const [, ticks] = (await client.next('historicalTicks')).args;
    expect(ticks).toHaveLength(3);
  },
  'with both a start and an end are 10187': async ({ client }) => {
    client.ib.reqHistoricalTicks(
      2,
      ACME,
      '20240108 10:00:00',
      '20240108 12:00:00',
      3,
      WhatToShow.TRADES,
      1,
      false,
    );
    await client.settled();
    expect(client.errors(2)).toEqual([10187]);
  },
  'of a moment that is none are 321': async ({ client }) => {
    client.ib.reqHistoricalTicks(2, ACME, 'yesterday', '', 3, WhatToShow.TRADES, 1, false);
    await client.settled();
    expect(client.errors(2)).toEqual([321]);
  },
});

conformance('market depth', {
  'is a ladder on both sides of the touch': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqMktDepth(1, ACME, 5, false);
    await client.settled();
    const rows = client.all('updateMktDepth').filter(([, , operation]) => operation === 0);
    const side = (wanted: number) => rows.filter(([, , , s]) => s === wanted).map(([, , , , price]) => price);
    const [asks, bids] = [side(0), side(1)];
    expect([asks.length, bids.length]).toEqual([5, 5]);
    expect(asks).toEqual([...asks].sort((a, b) => a - b));
    expect(bids).toEqual([...bids].sort((a, b) => b - a));
    expect(bids[0]).toBeLessThan(asks[0]);
  },
  'is kept up by updates of rows': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqMktDepth(1, ACME, 5, false);
    await play(world, 0.1);
    const operations = new Set(client.all('updateMktDepth').map(([, , operation]) => operation));
    expect(operations).toContain(1);
  },
  'of SMART names exchanges': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqMktDepth(1, ACME, 2, true);
    await client.settled();
    expect(client.all('updateMktDepthL2')).toHaveLength(4);
    expect(client.all('updateMktDepthL2')[0]?.slice(2, 3)).toEqual(['NYSE']);
    expect(client.errors(1)).toEqual([2152]);
  },
  'a fourth subscription is 309': async ({ client }) => {
    for (const id of [1, 2, 3, 4]) client.ib.reqMktDepth(id, ACME, 5, false);
    await client.settled();
    expect(client.errors(4)).toEqual([309]);
  },
  'a cancel of what is not subscribed is 310': async ({ client }) => {
    client.ib.cancelMktDepth(9, false);
    await client.settled();
    expect(client.errors(9)).toEqual([310]);
  },
  'is to be had at the exchanges that the gateway names': async ({ client }) => {
    client.ib.reqMktDepthExchanges();
    const [exchanges] = (await client.next('mktDepthExchanges')).args;
    expect(exchanges).toContainEqual(expect.objectContaining({ exchange: 'NYSE', secType: 'STK' }));
    expect(exchanges).toContainEqual(expect.objectContaining({ exchange: 'EUREX', secType: 'FUT' }));
  },
  'of a future has its own tick': async (world) => {
    const { client } = world;
    await play(world, 1.03);
    client.ib.reqMktDepth(1, IDX, 2, false);
    await client.settled();
    for (const [, , , , price] of client.all('updateMktDepth')) expect((price * 2) % 1).toBe(0);
  },
});
