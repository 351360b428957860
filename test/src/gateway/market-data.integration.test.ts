import { BarSizeSetting, type Contract, SecType, WhatToShow } from '@stoqey/ib';
import { describe, expect, test } from 'vitest';
import {
  ACME,
  acmeConfig,
  connected,
  DAILY_ROWS,
  type Heard,
  IDX,
  INTRADAY_ROWS,
  SESSION_MS,
  type TestClient,
  testConfig,
  testGateway,
} from './support.ts';

const DAY = BarSizeSetting.DAYS_ONE;

/** date, open, high, low, close, volume of a row of the daily file, as the wire writes the date. */
const daily = DAILY_ROWS.map((row) => {
  const [date = '', ...numbers] = row.split(',');
  return [date.replaceAll('-', ''), ...numbers.map(Number)];
});

/** The bars of one historical answer, without its end marker. */
const bars = (client: TestClient, reqId: number): Heard['args'][] =>
  client
    .all('historicalData')
    .filter(([id, date]) => id === reqId && !String(date).startsWith('finished'))
    .map((args) => args.slice(1, 7));

async function history(
  client: TestClient,
  contract: Contract,
  duration: string,
  size: BarSizeSetting,
  more: { end?: string; formatDate?: number; rth?: boolean; live?: boolean; show?: WhatToShow } = {},
  reqId = 900 + client.heard.length,
): Promise<Heard['args'][]> {
  const { end = '', formatDate = 1, rth = true, live = false, show = WhatToShow.TRADES } = more;
  client.ib.reqHistoricalData(reqId, contract, end, duration, size, show, rth, formatDate, live);
  await client.next('historicalData', (id, date) => id === reqId && String(date).startsWith('finished'));
  return bars(client, reqId);
}

describe('historical bars', () => {
  test('equal the file: date, prices and volume', async () => {
    const gateway = await testGateway({ config: acmeConfig() });
    const client = await connected(gateway.port);
    expect(await history(client, ACME, '1 Y', DAY)).toEqual(daily.slice(0, 4));
    expect(await history(client, ACME, '2 D', DAY)).toEqual(daily.slice(2, 4));
    gateway.pass(SESSION_MS * 8);
    expect(await history(client, ACME, '1 Y', DAY)).toEqual(daily);
    expect(await history(client, ACME, '1 Y', DAY, { end: '20240104 23:59:59 America/New_York' })).toEqual(
      daily.slice(0, 3),
    );
  });

  test('of a longer size add the file up: weeks and months dated with their last trading day', async () => {
    const gateway = await testGateway({ config: acmeConfig() });
    const client = await connected(gateway.port);
    gateway.pass(SESSION_MS * 5);
    expect(await history(client, ACME, '1 Y', BarSizeSetting.WEEKS_ONE)).toEqual([
      ['20240105', 100, 103.1, 99, 100.9, 4_200_000],
      ['20240112', 100.9, 105, 98, 104.6, 6_750_000],
    ]);
    expect(await history(client, ACME, '1 Y', BarSizeSetting.MONTHS_ONE)).toEqual([
      ['20240112', 100, 105, 98, 104.6, 10_950_000],
    ]);
  });

  test('finer than the file come from its trades and add up to it', async () => {
    const gateway = await testGateway({ config: acmeConfig() });
    const client = await connected(gateway.port);
    gateway.pass(SESSION_MS);
    const hours = await history(client, ACME, '1 D', BarSizeSetting.HOURS_ONE);
    expect(hours.map(([date]) => date)).toEqual([
      '20240108 09:30:00 America/New_York',
      '20240108 10:00:00 America/New_York',
      '20240108 11:00:00 America/New_York',
      '20240108 12:00:00 America/New_York',
      '20240108 13:00:00 America/New_York',
      '20240108 14:00:00 America/New_York',
      '20240108 15:00:00 America/New_York',
    ]);
    const column = (at: number): number[] => hours.map((bar) => Number(bar[at]));
    expect([
      hours[0]?.[1],
      Math.max(...column(2)),
      Math.min(...column(3)),
      hours.at(-1)?.[4],
      column(5).reduce((sum, v) => sum + v, 0),
    ]).toEqual(daily[4]?.slice(1));
  });

  test('of an intraday file stamped at the end start where their bar starts', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    gateway.pass(SESSION_MS * 20);
    const five = await history(client, IDX, '1 M', BarSizeSetting.MINUTES_FIVE, { formatDate: 2 });
    const expected = INTRADAY_ROWS.map((row) => {
      const [date, time = '', ...numbers] = row.split(',');
      const end = Date.parse(`${date}T${time}+01:00`) / 1000;
      return [String(end - 300), ...numbers.map(Number)];
    });
    expect(five).toEqual(expected);
    expect(await history(client, IDX, '1 M', DAY)).toEqual([
      ['20240109', 4000, 4006, 3990, 3991, 1600],
      ['20240110', 3991, 4010, 3991, 4003, 1600],
    ]);
  });

  test('of quotes lie around the trades and have no volume', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    const bid = await history(client, ACME, '1 D', DAY, { show: WhatToShow.BID });
    const ask = await history(client, ACME, '1 D', DAY, { show: WhatToShow.ASK });
    expect([bid[0]?.[4], ask[0]?.[4], bid[0]?.[5]]).toEqual([100.89, 100.91, -1]);
  });

  test.each([
    ['1 D', 'nonsense', 321],
    ['1 parsec', '1 day', 321],
  ])('duration %s with size %s is refused', async (duration, size, code) => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    client.ib.reqHistoricalData(
      1,
      ACME,
      '',
      duration,
      size as BarSizeSetting,
      WhatToShow.TRADES,
      1,
      1,
      false,
    );
    await client.settled();
    expect(client.errors(1)).toEqual([code]);
  });

  test('without any data are error 162', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    client.ib.reqHistoricalData(1, ACME, '20200101 00:00:00', '1 D', DAY, WhatToShow.TRADES, 1, 1, false);
    await client.settled();
    expect(client.all('error')[0]?.slice(1, 3)).toEqual([162, 1]);
  });
});

describe('historical bars kept up to date', () => {
  test('close as the file does, and a new bar begins with its own time', async () => {
    const gateway = await testGateway({ config: acmeConfig() });
    const client = await connected(gateway.port);
    await history(client, ACME, '1 Y', DAY, { live: true }, 1);
    // Uneven steps: several inside a session, some over more than one.
    for (const step of [1, 300, 450, 400, 900, 130, 2300, 700, 900, 2000]) gateway.pass(step);
    await client.settled();
    const last = new Map<string, Heard['args']>();
    const order: string[] = [];
    for (const [, date, ...bar] of client.all('historicalDataUpdate')) {
      if (!last.has(date)) order.push(date);
      last.set(date, [date, ...bar.slice(0, 5)]);
    }
    expect(order).toEqual(daily.slice(4).map(([date]) => date));
    expect([...last.values()]).toEqual(daily.slice(4));
  });

  test('of a finer size than the file add up to it', async () => {
    const gateway = await testGateway({ config: acmeConfig() });
    const client = await connected(gateway.port);
    await history(client, ACME, '1 D', BarSizeSetting.MINUTES_THIRTY, { live: true, formatDate: 2 }, 1);
    for (let i = 0; i < 13; i += 1) gateway.pass(SESSION_MS / 10);
    await client.settled();
    const wanted = await history(client, ACME, '2 D', BarSizeSetting.MINUTES_THIRTY, { formatDate: 2 });
    const last = new Map(
      client.all('historicalDataUpdate').map(([, date, ...bar]) => [date, [date, ...bar.slice(0, 5)]]),
    );
    expect([...last.values()]).toEqual(wanted);
  });

  test('stop when cancelled, with 162', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    await history(client, ACME, '1 Y', DAY, { live: true }, 1);
    client.ib.cancelHistoricalData(1);
    client.ib.cancelHistoricalData(2);
    await client.settled();
    gateway.pass(SESSION_MS);
    await client.settled();
    expect(client.all('historicalDataUpdate')).toEqual([]);
    expect([client.errors(1), client.errors(2)]).toEqual([[162], [366]]);
  });
});

describe('market data', () => {
  const ticks = (client: TestClient, type: number): number[] =>
    client
      .all('tickPrice')
      .filter((args) => args[1] === type)
      .map((args) => args[2]);

  test('bars rebuilt from the last prices equal the file', async () => {
    const gateway = await testGateway({ config: acmeConfig() });
    const client = await connected(gateway.port);
    client.ib.reqMktData(1, ACME, '', false, false);
    await client.next('marketDataType');
    for (const [, open, high, low, close, volume] of daily.slice(4)) {
      await client.settled();
      client.forget();
      for (let i = 0; i < 10; i += 1) gateway.pass(SESSION_MS / 10);
      await client.settled();
      const last = ticks(client, 4);
      expect(last.length).toBeGreaterThanOrEqual(6);
      expect([last[0], Math.max(...last), Math.min(...last), last.at(-1)]).toEqual([open, high, low, close]);
      const volumes = client.all('tickSize').filter((args) => args[1] === 8);
      expect(volumes.at(-1)?.[2]).toBe(volume);
    }
  });

  test('carries quotes around the last price, the day, the previous close and the time of the trade', async () => {
    const gateway = await testGateway({ config: acmeConfig() });
    const client = await connected(gateway.port);
    gateway.pass(SESSION_MS / 2);
    client.ib.reqMktData(1, ACME, '', true, false);
    await client.next('tickSnapshotEnd');
    const one = (type: number): number => ticks(client, type)[0] ?? Number.NaN;
    expect(client.all('marketDataType')).toEqual([[1, 1]]);
    expect(one(1)).toBeLessThan(one(4));
    expect(one(2)).toBeGreaterThan(one(4));
    expect([one(9), one(14)]).toEqual([100.9, 100.9]);
    const seconds = Number(client.all('tickString').find(([, type]) => type === 45)?.[2]);
    expect(new Date(seconds * 1000).toISOString()).toMatch(/^2024-01-08T17:4/);
    gateway.pass(SESSION_MS / 2);
    await client.settled();
    expect(ticks(client, 4), 'a snapshot ends').toHaveLength(1);
  });

  test('stops when cancelled; unknown and taken ids are errors', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    client.ib.reqMktData(1, ACME, '', false, false);
    client.ib.reqMktData(1, ACME, '', false, false);
    client.ib.cancelMktData(1);
    client.ib.cancelMktData(5);
    await client.settled();
    client.forget();
    gateway.pass(SESSION_MS);
    await client.settled();
    expect(client.all('tickPrice')).toEqual([]);
  });

  test('five-second bars add up to the file', async () => {
    const gateway = await testGateway({ config: acmeConfig() });
    const client = await connected(gateway.port);
    client.ib.reqRealTimeBars(1, ACME, 5, WhatToShow.TRADES, true);
    await client.settled();
    gateway.pass(SESSION_MS * 1.01);
    await client.settled();
    const got = client
      .all('realtimeBar')
      .filter(([, time]) => time < Date.parse('2024-01-08T21:00:00Z') / 1000);
    const column = (at: number): number[] => got.map((args) => args[at]);
    expect([
      got[0]?.[2],
      Math.max(...column(3)),
      Math.min(...column(4)),
      got.at(-1)?.[5],
      column(6).reduce((sum, v) => sum + v, 0),
    ]).toEqual(daily[4]?.slice(1));
    expect(column(1).every((time) => time % 5 === 0)).toBe(true);
  });
});

describe('contract details', () => {
  test('describe the instrument, its hours and zone; days that do not trade are closed', async () => {
    const gateway = await testGateway({ config: acmeConfig() });
    const client = await connected(gateway.port);
    gateway.pass(SESSION_MS * 4.5);
    client.ib.reqContractDetails(1, ACME);
    await client.next('contractDetailsEnd');
    const details = client.all('contractDetails')[0]?.[1];
    expect(details).toMatchObject({
      contract: { symbol: 'ACME', secType: 'STK', exchange: 'SMART', primaryExch: 'NYSE', currency: 'USD' },
      minTick: 0.01,
      longName: 'Acmé Corp',
      timeZoneId: 'America/New_York',
      validExchanges: 'SMART,NYSE',
    });
    expect(details.liquidHours.split(';').slice(0, 5)).toEqual([
      '20240112:0930-20240112:1600',
      '20240113:CLOSED',
      '20240114:CLOSED',
      '20240115:CLOSED',
      '20240116:0930-20240116:1600',
    ]);
  });

  test('are found by conId alone, for a future with multiplier and expiry', async () => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    client.ib.reqContractDetails(1, IDX);
    const { conId } = (await client.next('contractDetails')).args[1].contract;
    client.ib.reqContractDetails(2, { conId });
    const { contract } = (await client.next('contractDetails', (id) => id === 2)).args[1];
    expect(contract).toMatchObject({
      symbol: 'IDX',
      multiplier: 10,
      lastTradeDateOrContractMonth: '20240315',
    });
  });

  test.each([
    { ...ACME, symbol: 'NOPE' },
    { ...ACME, currency: 'EUR' },
    { ...ACME, secType: SecType.FUT },
    { ...ACME, exchange: 'LSE' },
  ])('that fit nothing are error 200', async (contract) => {
    const gateway = await testGateway();
    const client = await connected(gateway.port);
    client.ib.reqContractDetails(1, contract);
    await client.settled();
    expect(client.errors(1)).toEqual([200]);
  });
});

test('a market that has run out says so and keeps answering', async () => {
  const gateway = await testGateway({ config: testConfig() });
  const client = await connected(gateway.port);
  gateway.pass(SESSION_MS * 100);
  client.ib.reqHeadTimestamp(1, ACME, WhatToShow.TRADES, true, 2);
  const [, first] = (await client.next('headTimestamp')).args;
  expect(first).toBe(String(Date.parse('2024-01-02T14:30:00Z') / 1000));
});

test('the market plays by itself, at the chosen speed and without a client', async () => {
  const started = performance.now();
  const gateway = await testGateway({ config: acmeConfig(), autoplay: true, speed: 46_800 });
  const client = await connected(gateway.port);
  client.ib.reqHistoricalData(1, ACME, '', '1 D', DAY, WhatToShow.TRADES, 1, 1, true);
  await client.next('historicalDataUpdate', (_, date) => date === '20240110');
  // Two whole sessions lie before the third day; each takes half a wall second.
  expect(performance.now() - started).toBeGreaterThan(900);
});
