import { BarSizeSetting } from '@stoqey/ib';
import { expect } from 'vitest';
import { ACME, type TestClient } from '../support.ts';
import { conformance, type World } from './harness.ts';
import { play } from './order-story.ts';

interface Bar {
  date: string;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

const request = (
  client: TestClient,
  change: {
    end?: string;
    duration?: string;
    size?: string;
    show?: string;
    rth?: number;
    format?: number;
    live?: boolean;
  } = {},
): void => {
  const {
    end = '',
    duration = '3 D',
    size = '1 day',
    show = 'TRADES',
    rth = 1,
    format = 1,
    live = false,
  } = change;
  client.ib.reqHistoricalData(
    1,
    ACME,
    end,
    duration,
    size as BarSizeSetting,
    show as never,
    rth,
    format,
    live,
  );
};

async function bars(client: TestClient): Promise<Bar[]> {
  await client.next('historicalData', (_, date) => String(date).startsWith('finished'));
  return client
    .all('historicalData')
    .filter(([, date]) => !String(date).startsWith('finished'))
    .map(([, date, open, high, low, close, volume]) => ({ date, open, high, low, close, volume }));
}

/** Wednesday noon. */
async function midWeek(world: World): Promise<TestClient> {
  await play(world, 2.5);
  return world.client;
}

conformance('historical bars', {
  'of days are those that were played, the one in progress last': async (world) => {
    const client = await midWeek(world);
    request(client);
    const found = await bars(client);
    expect(found.map(({ date }) => date)).toEqual(['20240108', '20240109', '20240110']);
    expect(found[0]).toMatchObject({ open: 100.9, high: 101.5, low: 98.7, close: 99.3, volume: 1_300_000 });
    expect(found[2]?.volume).toBeLessThan(950_000);
  },
  'of every size begin and end with the day': async (world) => {
    const client = await midWeek(world);
    const sizes = [
      ...[
        '1 secs',
        '5 secs',
        '10 secs',
        '15 secs',
        '30 secs',
        '1 min',
        '2 mins',
        '3 mins',
        '5 mins',
        '10 mins',
      ],
      ...[
        '15 mins',
        '20 mins',
        '30 mins',
        '1 hour',
        '2 hours',
        '3 hours',
        '4 hours',
        '8 hours',
        '1 day',
        '1W',
        '1M',
      ],
    ];
    for (const size of sizes) {
      client.forget();
      request(client, {
        end: '20240109 23:59:59',
        duration: '1 D',
        size: size.replace('1W', '1 week').replace('1M', '1 month'),
      });
      const found = await bars(client);
      expect([found[0]?.open, found.at(-1)?.close], size).toEqual([99.3, 98.6]);
      expect(Math.max(...found.map(({ high }) => high)), size).toBe(100.2);
      expect(
        found.reduce((sum, { volume }) => sum + volume, 0),
        size,
      ).toBe(1_000_000);
    }
  },
  'of every duration end where they were asked to': async (world) => {
    const client = await midWeek(world);
    for (const [duration, count] of [
      ['86400 S', 1],
      ['2 D', 2],
      ['1 W', 6],
      ['1 M', 6],
      ['1 Y', 6],
    ] as const) {
      client.forget();
      request(client, { end: '20240109 23:59:59', duration });
      const found = await bars(client);
      expect(found.at(-1)?.date, duration).toBe('20240109');
      expect(found, duration).toHaveLength(count);
    }
  },
  'are dated in the zone of the exchange, or as epoch seconds': async (world) => {
    const client = await midWeek(world);
    request(client, { end: '20240109 16:00:00', duration: '1 D', size: '1 hour' });
    const zoned = (await bars(client))[0]?.date;
    expect(zoned?.replace(/\s+/, ' ')).toMatch(/^20240109 09:30:00( America\/New_York)?$/);
    client.forget();
    request(client, { end: '20240109 16:00:00', duration: '1 D', size: '1 hour', format: 2 });
    expect((await bars(client))[0]?.date).toBe(String(Date.parse('2024-01-09T14:30:00Z') / 1000));
  },
  'understand UTC and named zones in their end': async (world) => {
    const client = await midWeek(world);
    for (const end of [
      '20240109-17:00:00',
      '20240109 12:00:00 US/Eastern',
      '20240109 18:00:00 Europe/Paris',
    ]) {
      client.forget();
      request(client, { end, duration: '1800 S', size: '30 mins' });
      const found = await bars(client);
      expect(found.length, end).toBeGreaterThan(0);
      expect(found[0]?.date.slice(0, 8), end).toBe('20240109');
    }
  },
  'of quotes have no volume': async (world) => {
    const client = await midWeek(world);
    for (const show of ['BID', 'ASK', 'MIDPOINT', 'BID_ASK']) {
      client.forget();
      request(client, { show });
      const [first] = await bars(client);
      expect(first?.volume, show).toBe(-1);
      expect(first?.high, show).toBeGreaterThanOrEqual(first?.low ?? 0);
    }
  },
  'kept up to date bring the bar in progress': async (world) => {
    const client = await midWeek(world);
    request(client, { live: true, size: '5 mins', duration: '1 D' });
    await bars(client);
    await play(world, 0.05);
    expect(client.all('historicalDataUpdate').length).toBeGreaterThan(3);
    client.ib.cancelHistoricalData(1);
    await client.settled();
    expect(client.errors(1)).toEqual([162]);
  },
  'kept up to date take no end': async ({ client }) => {
    request(client, { live: true, end: '20240109 16:00:00' });
    await client.settled();
    expect(client.errors(1)).toEqual([321]);
  },
  'of a wrong size, duration or subject are 321': async ({ client }) => {
    request(client, { size: '7 mins' });
    request(client, { duration: 'long' });
    request(client, { show: 'WEATHER' });
    request(client, { end: 'yesterday' });
    await client.settled();
    expect(client.errors(1)).toEqual([321, 321, 321, 321]);
  },
  'of a time before all data are 162': async ({ client }) => {
    request(client, { end: '20200109 16:00:00' });
    await client.settled();
    expect(client.errors(1)).toEqual([162]);
  },
  'a cancel of what was not asked is 366': async ({ client }) => {
    client.ib.cancelHistoricalData(9);
    await client.settled();
    expect(client.errors(9)).toEqual([366]);
  },
  'the head timestamp is the first bar': async ({ client }) => {
    client.ib.reqHeadTimestamp(3, ACME, 'TRADES' as never, true, 1);
    const [, text] = (await client.next('headTimestamp')).args;
    expect(text).toBe('20240102-14:30:00');
  },
  'reach IBApiNext': async (world) => {
    await midWeek(world);
    const api = await world.next();
    const found = await api.getHistoricalData(
      ACME,
      '',
      '3 D',
      BarSizeSetting.DAYS_ONE,
      'TRADES' as never,
      1,
      1,
    );
    expect(found.map(({ close }) => close).slice(0, 2)).toEqual([99.3, 98.6]);
  },
});

conformance('real-time bars', {
  'come every five seconds of the market': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqRealTimeBars(2, ACME, 5, 'TRADES' as never, true);
    await play(world, 0.02);
    const times = client.all('realtimeBar').map(([, time]) => time);
    expect(times.length).toBeGreaterThan(20);
    for (const time of times) expect(time % 5).toBe(0);
  },
  'of quotes have no volume': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqRealTimeBars(2, ACME, 5, 'MIDPOINT' as never, true);
    await play(world, 0.02);
    const [, , , , , , volume] = client.all('realtimeBar')[0] ?? [];
    expect(volume).toBe(-1);
  },
  'of another size or subject are 321': async ({ client }) => {
    client.ib.reqRealTimeBars(2, ACME, 30, 'TRADES' as never, true);
    client.ib.reqRealTimeBars(3, ACME, 5, 'WEATHER' as never, true);
    await client.settled();
    expect([client.errors(2), client.errors(3)]).toEqual([[321], [321]]);
  },
  'end when they are cancelled': async (world) => {
    const { client } = world;
    await play(world, 0.5);
    client.ib.reqRealTimeBars(2, ACME, 5, 'TRADES' as never, true);
    client.ib.cancelRealTimeBars(2);
    await play(world, 0.02);
    expect(client.all('realtimeBar')).toEqual([]);
  },
});

// Schedules came with server version 165.
conformance(
  'historical schedules',
  {
    'the schedule tells sessions and leaves holidays out': async (world) => {
      const { client } = world;
      await play(world, 6.5);
      request(client, { show: 'SCHEDULE', duration: '4 D' });
      const [, start, , zone, sessions] = (await client.next('historicalSchedule')).args;
      expect([zone, start]).toEqual(['America/New_York', '20240111-09:30:00']);
      expect((sessions as { refDate: string }[]).map(({ refDate }) => refDate)).toEqual([
        '20240111',
        '20240112',
        '20240116',
        '20240117',
      ]);
    },
  },
  { versions: [165, 178, 193] },
);
