import { type Benchmark, breathe, type Figure, median } from './figure.ts';
import { barAt, createSessionsWorld, type SessionsWorld } from './sessions.world.ts';

const SESSIONS = 200;
const BARS = 50;
const ROUNDS = 7;

async function prepare(recording: boolean): Promise<SessionsWorld> {
  const world = createSessionsWorld(recording);
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

/** What the journal at full detail costs sessions that decide bars: both in turn, in one process. */
export const journalBench: Benchmark = {
  names: ['journal.cost'],
  async run(): Promise<Figure[]> {
    const without = await prepare(false);
    const recorded = await prepare(true);
    const costs: number[] = [];
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const from = 60 + round * BARS;
      const [plain, journaled] =
        round % 2 === 0
          ? [await throughput(without, from), await throughput(recorded, from)]
          : await (async () => {
              const first = await throughput(recorded, from);
              return [await throughput(without, from), first] as const;
            })();
      // The first round warms up.
      if (round === 0) continue;
      costs.push(100 * (1 - journaled / plain));
      ratios.push(journaled / plain);
    }
    await without.close();
    await recorded.close();
    const cost = median(costs);
    return [
      {
        name: 'journal.cost',
        value: cost,
        unit: '% of the bars decided a second',
        better: 'lower',
        baseline: 'the same sessions without journal',
        ratio: median(ratios),
        aim: 'less than 25',
        met: cost < 25,
      },
    ];
  },
};
