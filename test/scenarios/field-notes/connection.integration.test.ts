import { describe, expect, it } from 'vitest';
import { until } from '../../support/system.ts';
import { begin, trading } from './world.ts';

const inSeconds = (seconds: number): string =>
  new Date(Date.now() + seconds * 1_000).toISOString().slice(11, 19);

describe('1. reconnected, and bars stay dead', () => {
  it.each([
    ['IBKR drops the subscriptions', { fault: 'link-lost', restored: '1101', for: '400ms' }],
    ['the socket breaks', { fault: 'drop-connection' }],
  ])(
    '%s: ready is followed by a fresh value of every feed, and no bar of the gap is missing',
    async (_, line) => {
      const story = await trading();
      const ready = story.readies();
      story.world.strike(line);
      await until('the connection is lost and ready again', () => story.readies() > ready);
      await story.world.open();
      await story.feedsLive();
      await story.decide(6);
      expect(await story.missingBars(), 'bars of the gap').toEqual([]);
      expect(await story.world.undecided()).toEqual([]);
      await story.world.trades(1);
    },
  );
});

describe('2. a farm blip kills feeds, or its cure kills the order socket', () => {
  it('a broken farm is told; orders and the socket never notice, and prices go on afterwards', async () => {
    const story = await trading();
    const ref = await story.rest();
    const { attempts, since } = story.system.connection;
    story.world.strike({ fault: 'farm-down', farm: 'market-data', for: '600ms' });
    const farm = () => story.system.connection.farms.find(({ kind }) => kind === 'market')?.state;
    await until('the farm is broken', () => farm() === 'broken');
    const other = await story.rest();
    await until('the farm is well', () => farm() === 'ok');
    await story.decide(6);
    expect(await story.missingBars(), 'bars of the outage').toEqual([]);
    expect(await story.world.undecided()).toEqual([]);
    await story.world.trades(1);
    expect(story.system.connection).toMatchObject({ phase: 'ready', attempts, since });
    expect([ref, other].map((each) => story.atGateway(each).length)).toEqual([1, 1]);
    expect(await story.world.trading.dashboard.cancelOrder(ref)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('3. the client id is held', () => {
  it('is waited for under its own name; another id is never tried, and orders stay ours', async () => {
    const story = await trading();
    const ref = await story.rest();
    story.world.strike({ fault: 'client-id-held', client: 1, for: '700ms' });
    story.world.strike({ fault: 'drop-connection' });
    await story.phase('clientIdHeld');
    expect(story.system.connection).toMatchObject({
      clientId: 1,
      cause: 'client id 1 is in use by another client',
    });
    await story.world.open();
    expect(await story.world.trading.dashboard.cancelOrder(ref)).toMatchObject({ outcome: 'accepted' });
    expect(new Set(story.atGateway(ref).map(({ clientId }) => clientId))).toEqual(new Set([1]));
  });
});

describe('4. fills and cancels during 1100 are dropped for ever', () => {
  it('what filled while IBKR was away is stored once, and the order is settled', async () => {
    const story = await trading();
    const ref = await story.rest();
    story.world.strike({ fault: 'link-lost', for: '800ms' });
    await until('the link is down', () => story.system.connection.link === 'down');
    const [order] = story.atGateway(ref);
    story.world.gateway.broker.desk.fillPart(order?.permId ?? 0, 1);
    await story.state(ref, 'filled');
    expect(await story.filled(ref)).toBe(3);
    await story.world.agrees();
  });
});

describe('5. orders in the second of a scheduled restart vanish, and ids are given out again', () => {
  it('no order leaves around the planned restart; those of the time before and after are all accounted for', async () => {
    const restart = { quietBeforeSeconds: 2, quietAfterSeconds: 2, timeZone: 'UTC' };
    const story = await begin({
      config: (config) => ({
        ...config,
        runtime: {
          ...config.runtime,
          broker: { ...config.runtime.broker, restart: { ...restart, time: inSeconds(8) } },
        },
      }),
    });
    await story.world.open();
    await story.world.trades(1);
    await until('it is quiet', () => story.system.connection.restart?.isQuiet === true);
    const before = await story.intents();
    story.world.strike({ fault: 'next-id-rollback', by: 50, for: '20s' });
    story.world.strike({ fault: 'restart', after: '1500ms', for: '600ms' });
    expect(await story.order()).toMatchObject({
      outcome: 'notSent',
      message: expect.stringContaining('the gateway restarts at'),
    });
    await until('it is over', () => story.system.connection.restart?.isQuiet === false);
    const refused = (await story.decisions()).filter(({ guard }) => guard === 'brokerNotReady');
    expect(refused.some(({ reason }) => reason.includes('the gateway restarts at'))).toBe(true);
    // The order by hand was committed to nothing that left.
    expect((await story.intents()) - before).toBeLessThanOrEqual(1);
    await story.world.open();
    await story.world.trades(2);
    const ids = story.world.gateway.broker.desk
      .orders()
      .map(({ clientId, orderId }) => `${clientId}:${orderId}`);
    expect(new Set(ids).size, 'no order id is used twice').toBe(ids.length);
    await story.world.agrees();
  });
});

describe('13. the weekly login stalls', () => {
  it('is counted down to, awaited by name, and over with the first ready', async () => {
    const weekday = (['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const)[
      new Date(Date.now() + 4_000).getUTCDay()
    ];
    if (weekday === undefined) throw new Error('no weekday');
    const story = await begin({
      config: (config) => ({
        ...config,
        runtime: {
          ...config.runtime,
          broker: {
            ...config.runtime.broker,
            weeklyLogin: { weekday, time: inSeconds(4), timeZone: 'UTC', warnHours: 1 },
          },
        },
      }),
    });
    await story.world.open();
    const { dueAt = 0, state } = story.system.connection.login ?? {};
    expect(state).toBe('soon');
    expect(dueAt - Date.now()).toBeLessThan(4_000);
    await until('it is due', () => Date.now() > dueAt);
    story.world.strike({ fault: 'refuse-connection', for: '1500ms' });
    story.world.strike({ fault: 'drop-connection' });
    await until('a person is awaited', () => story.system.connection.login?.state === 'awaited');
    await story.world.open();
    expect(story.system.connection.login).toEqual({ state: 'later', dueAt: dueAt + 7 * 86_400_000 });
  });
});

describe('14. a zombie gateway: the port is open, the API is dead', () => {
  it.each([
    [
      'at the handshake',
      { fault: 'no-handshake', for: '2500ms' },
      /accepted the connection, but did not tell/,
    ],
    ['in the middle of trading', { fault: 'half-open', for: '4s' }, /did not answer 2 heartbeats in a row/],
  ])('is found by the round trip %s, and the client is built anew', async (_, line, cause) => {
    const story = await trading();
    story.world.strike(line);
    if (line.fault === 'no-handshake') story.world.strike({ fault: 'drop-connection' });
    await until('it is found', () => cause.test(story.system.connection.cause ?? ''));
    await story.world.open();
    await story.world.trades(1);
  });
});

describe('22. a paper configuration meets a live account', () => {
  it('is refused under its own name: nothing is loaded, and no order can leave', async () => {
    const story = await begin({
      gateway: (config) => ({ ...config, account: { ...config.account, id: 'U1234567' } }),
    });
    await story.phase('wrongAccount');
    expect(story.system.connection.cause).toBe(
      'the gateway is logged in to account U1234567, expected paper accounts, which begin with D',
    );
    expect(story.system.orderDesk).toBe('waiting');
    expect(story.world.gateway.broker.desk.orders()).toEqual([]);
  });
});
