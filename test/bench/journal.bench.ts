import { type Benchmark, breathe, type Figure, median } from './figure.ts';
import { barAt, createSessionsWorld, type SessionsWorld } from './sessions.world.ts';

const SESSIONS = 200;
const BARS = 50;
const ROUNDS = 7;

async function prepare(watching: 'none' | 'journal' | 'all'): Promise<SessionsWorld> {
  const world = createSessionsWorld(watching);
  for (let index = 0; index < SESSIONS; index += 1) world.add(index, 'running');
  while (world.session(SESSIONS - 1)?.getSnapshot().value !== 'collecting') await breathe();
  return world;
}

/** Bars per second through all sessions, each decided and recorded. */
async function throughput(world: SessionsWorld, from: number): Promise<number> {
  const began = performance.now();
  for (let bar = 0; bar < BARS; bar += 1) {
    const wanted = world.decided() + SESSIONS;
    world.publish(barAt(from + bar));
    while (world.decided() < wanted) await breathe();
  }
  return (BARS * SESSIONS) / ((performance.now() - began) / 1_000);
}

/** What watching costs sessions that decide bars: all worlds in turn, in one process. */
export const journalBench: Benchmark = {
  names: ['journal.cost', 'watchdog.cost'],
  async run(): Promise<Figure[]> {
    const worlds = { none: prepare('none'), journal: prepare('journal'), all: prepare('all') } as const;
    const [none, journal, all] = await Promise.all([worlds.none, worlds.journal, worlds.all]);
    const journaled: number[] = [];
    const watched: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const from = 60 + round * BARS;
      const rates = new Map<SessionsWorld, number>();
      // In turn, and from the other end each time, so that a drift of the machine favours none.
      const order = [none, journal, all];
      for (const world of round % 2 === 0 ? order : order.reverse()) {
        rates.set(world, await throughput(world, from));
      }
      // The first round warms up.
      if (round === 0) continue;
      const rate = (world: SessionsWorld): number => rates.get(world) ?? Number.NaN;
      journaled.push(rate(journal) / rate(none));
      watched.push(rate(all) / rate(journal));
    }
    for (const world of [none, journal, all]) await world.close();
    const cost = 100 * (1 - median(journaled));
    const unit = '% of the bars decided a second';
    return [
      {
        ...{ name: 'journal.cost', value: cost, unit, better: 'lower' },
        ...{ baseline: 'the same sessions without journal', ratio: median(journaled) },
        ...{ aim: 'less than 25', met: cost < 25 },
      },
      {
        ...{ name: 'watchdog.cost', value: 100 * (1 - median(watched)), unit, better: 'lower' },
        ...{ baseline: 'the same sessions with journal and without watchdog', ratio: median(watched) },
        ...{ aim: null, met: null },
      },
    ];
  },
};
