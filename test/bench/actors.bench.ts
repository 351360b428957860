import { type Benchmark, breathe, type Figure, median, settledHeap } from './figure.ts';
import { barAt, createSessionsWorld, type SessionsWorld } from './sessions.world.ts';

const COUNT = 10_000;
const ROUNDS = 3;

interface Round {
  readonly spawnMs: number;
  readonly stopMs: number;
  readonly bytesEach: number;
}

async function spawnAndStop(count: number): Promise<Round> {
  const world = createSessionsWorld('all');
  const before = await settledHeap();
  let began = performance.now();
  for (let index = 0; index < count; index += 1) world.add(index, 'idle');
  await breathe();
  const spawnMs = performance.now() - began;
  if (world.running() !== count) throw new Error(`found ${world.running()} sessions, expected ${count}`);
  const bytesEach = ((await settledHeap()) - before) / count;
  began = performance.now();
  await world.close();
  return { spawnMs, stopMs: performance.now() - began, bytesEach };
}

/** 10,000 idle sessions spawned, ended, weighed; and twice as many, to see that it stays linear. All are recorded. */
export const actorsBench: Benchmark = {
  names: ['actors.spawn', 'actors.scaling', 'actors.stop', 'actors.memory'],
  async run(): Promise<Figure[]> {
    await spawnAndStop(1_000);
    const once: Round[] = [];
    const twice: Round[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      once.push(await spawnAndStop(COUNT));
      twice.push(await spawnAndStop(2 * COUNT));
    }
    const spawnMs = median(once.map((round) => round.spawnMs));
    const ratio = median(twice.map((round, at) => round.spawnMs / (once[at]?.spawnMs ?? Number.NaN)));
    const bytes = median(once.map((round) => round.bytesEach));
    return [
      figure('actors.spawn', spawnMs, 'ms for 10,000 sessions', null, null, 'under 2,000', spawnMs < 2_000),
      {
        ...figure('actors.scaling', ratio, 'times', '10,000 sessions', ratio, 'at most 2.3', ratio <= 2.3),
      },
      figure('actors.stop', median(once.map((round) => round.stopMs)), 'ms for 10,000 sessions'),
      figure('actors.memory', bytes, 'bytes per idle session', null, null, 'under 12,288', bytes < 12_288),
    ];
  },
};

/** Sessions that trade: all restarted after their group crashed, and one bar decided by all. */
export const groupsBench: Benchmark = {
  names: ['actors.restart', 'actors.fanout'],
  async run(): Promise<Figure[]> {
    const world = createSessionsWorld('all');
    for (let index = 0; index < COUNT; index += 1) world.add(index, 'running');
    await until(
      world,
      () => world.directory.running(`session:bench-${COUNT - 1}`)?.getSnapshot().value === 'collecting',
    );
    const fanout: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const wanted = world.decided() + COUNT;
      const began = performance.now();
      world.publish(barAt(60 + round));
      await until(world, () => world.decided() === wanted);
      fanout.push(performance.now() - began);
    }
    const restart: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const group = world.group(round + 1);
      const index = round * 100;
      const before = world.session(index);
      const began = performance.now();
      // A command without its spec: the group itself crashes.
      group?.send({ type: 'supervisor.startChild' });
      await until(world, () => {
        const last = world.session(index + 99);
        return world.session(index) !== before && last?.getSnapshot().status === 'active';
      });
      restart.push(performance.now() - began);
    }
    if (world.running() !== COUNT) throw new Error(`found ${world.running()} sessions, expected ${COUNT}`);
    await world.close();
    return [
      figure('actors.restart', median(restart), 'ms for the 100 sessions of a crashed group'),
      figure('actors.fanout', median(fanout), 'ms until 10,000 sessions decided one bar'),
    ];
  },
};

async function until(_: SessionsWorld, holds: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error('not within a minute');
    await breathe();
  }
}

function figure(
  name: string,
  value: number,
  unit: string,
  baseline: string | null = null,
  ratio: number | null = null,
  aim: string | null = null,
  met: boolean | null = null,
): Figure {
  return { name, value, unit, better: 'lower', baseline, ratio, aim, met };
}
