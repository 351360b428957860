import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import { bar, bars, createWorld, oracle, oracleId } from './feed.world.ts';

const minutesMs = (count: number): number => count * 60_000;

/** A live series in which bars 3 and 4 have closed. */
async function streamed() {
  const world = createWorld();
  world.hub.connectionReady();
  const release = world.listen('a');
  await world.pass();
  world.stream().listener.onHistory(bars(0, 3));
  for (const n of [3, 4, 5]) {
    world.tick(n);
    world.stream().listener.onUpdate(bar(n));
  }
  await world.pass();
  expect(world.log).toContain('a bar 4');
  world.historyAsked.length = 0;
  return Object.assign(world, { release });
}
type Streamed = Awaited<ReturnType<typeof streamed>>;
const check = (world: Streamed) => world.hub.status()[0]?.checks[0];

describe('bars of the live stream', () => {
  it('are compared with the history once they have settled, and then every five minutes', async () => {
    const world = await streamed();
    world.older = bars(0, 4);
    await world.pass(minutesMs(1) - 1);
    expect([world.historyAsked, check(world)]).toEqual([[], undefined]);
    await world.pass(1);
    expect(world.historyAsked).toEqual([{ count: 4, before: undefined }]);
    expect(check(world)).toMatchObject({ timeframe: '1m', bars: 2, differing: 0 });
    world.older = bars(0, 6);
    for (const n of [6, 7]) world.stream().listener.onUpdate(bar(n));
    await world.pass(minutesMs(4));
    expect(check(world)).toMatchObject({ bars: 2 });
    await world.pass(minutesMs(1));
    expect(check(world)).toMatchObject({ bars: 4, differing: 0 });
    expect(world.alarms).toEqual([]);
  });

  it('give way to the history where it differs: it is stored, kept for those who come, and alarmed', async () => {
    const world = await streamed();
    world.older = [bar(3), bar(4, 4.5)];
    await world.pass(minutesMs(1));
    expect(check(world)).toMatchObject({ bars: 2, differing: 1 });
    expect(world.rows.get(`${oracleId}|1m`)?.find(({ time }) => time === bar(4).time)?.close).toBe(4.5);
    expect(world.alarms).toEqual([
      expect.stringMatching(
        /ORCL\.STK\.SMART\.USD 1m: 1 of 2 bars differ from IBKR's history.*close 4 in the stream and 4\.5 in the history$/,
      ),
    ]);
    const late: number[] = [];
    world.hub.openBars(oracle, '1m', 2, {
      onHistory: (list) => late.push(...list.map(({ close }) => close)),
      ...{ onBar: () => {}, onWaiting: () => {}, onLive: () => {} },
    });
    await world.pass();
    expect(late).toEqual([3, 4.5]);
  });

  it.each([
    ['less than half a tick', 4.004, 0],
    ['more than half a tick', 4.006, 1],
  ])('may differ by %s', async (_, close, differing) => {
    const world = await streamed();
    world.older = [bar(3), { ...bar(4), close }];
    await world.pass(minutesMs(1));
    expect(check(world)).toMatchObject({ bars: 2, differing });
  });

  it('are compared later when the history cannot be asked now, without an alarm', async () => {
    const world = await streamed();
    world.olderFails = new BrokerError('lost', 'gone');
    await world.pass(minutesMs(1));
    expect([check(world), world.alarms]).toEqual([undefined, []]);
    world.olderFails = null;
    world.older = bars(0, 4);
    await world.pass(minutesMs(5));
    expect(check(world)).toMatchObject({ bars: 2, differing: 0 });
  });

  it('are not asked about any more when nobody watches them', async () => {
    const world = await streamed();
    world.release();
    await world.pass(minutesMs(10));
    expect(world.historyAsked).toEqual([]);
    expect(world.clock.pending).toBe(0);
  });
});
