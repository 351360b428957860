import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type AnyActorRef, createActor } from 'xstate';
import { createDynamicSupervisor } from '../../../machines/supervisor/dynamic.machine.ts';
import type { SupervisorReport } from '../../../machines/supervisor/supervisor.events.ts';
import { type Draw, drawFrom } from '../../chaos/random.ts';
import { createLog, createLogics, spec } from './parts.ts';
import { type RunningWorker, supervisorsOf, treeMachine, treePlan, workersOf } from './tree.ts';

/** Compiling the code for the first time is not what is measured. */
const warmUpTicks = 15;
const ticks = 50;
const crashesPerTick = 2;

/** Drawn anew in each run; a failing test names its own. */
const seeds = Array.from({ length: 3 }, () => randomInt(2 ** 31));

/** Work that this thread has done, in ms: unlike the time of day it does not grow while others have the processor. */
const workMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/**
 * Lets crashes rain, and tells the ms of work between two ticks of the event loop, for each.
 * @param pickVictim draws from those whom a crash may strike now.
 */
function storm(
  pickVictim: () => RunningWorker | undefined,
  isEnough: () => boolean = () => true,
): Promise<number[]> {
  const turns: number[] = [];
  return new Promise((resolve) => {
    let last = workMs();
    const tick = setInterval(() => {
      // What was done since the last tick kept this one waiting.
      turns.push(workMs() - last);
      if (turns.length >= warmUpTicks + ticks && isEnough()) {
        clearInterval(tick);
        resolve(turns.slice(warmUpTicks));
        return;
      }
      const victims = Array.from({ length: crashesPerTick }, pickVictim);
      // Looking for whom to strike is the test's work and does not count.
      last = workMs();
      for (const victim of victims) victim?.ref.send({ type: 'crash' });
    }, 5);
  });
}

/** One of them; undefined when there are none. */
const pickFrom = <T>(draw: Draw, [first, ...more]: readonly T[]): T | undefined =>
  first === undefined ? undefined : draw.pick([first, ...more]);

const ended = (actor: AnyActorRef): Promise<void> =>
  new Promise((resolve) => {
    if (actor.getSnapshot().status !== 'active') return resolve();
    actor.subscribe({ complete: resolve, error: () => resolve() });
  });

const expectNeverBlocked = (turns: readonly number[]): void =>
  expect(Math.max(...turns), 'ms of work between two ticks').toBeLessThan(50);

describe.each(seeds)('the event loop is never blocked beyond 50 ms, seed %i,', (seed) => {
  beforeEach(() => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  });

  it('while a thousand sessions crash in real time', async () => {
    const sessions = 1_000;
    const log = createLog();
    const draw = drawFrom(seed);
    const backoff = { minMs: 10, maxMs: 200, factor: 2, jitterFraction: 0.2 };
    let restarts = 0;
    let gaveUp = 0;
    const machine = createDynamicSupervisor({
      id: 'sessions',
      logics: createLogics(log),
      policy: { intensity: 100_000, periodMs: 1_000, backoff, healthyAfterMs: 60_000 },
      // Low enough for groups to give up, so that all of a group are ended and started again.
      childPolicy: { intensity: 4, periodMs: 10_000, backoff, healthyAfterMs: 60_000 },
      now: Date.now,
      random: () => draw.between(0, 1),
      onReport: ({ context }) => {
        if (context === 'childRestarted') restarts += 1;
        if (context === 'shutdown') gaveUp += 1;
      },
    });
    const actor = createActor(machine).start();
    for (let i = 0; i < sessions; i += 1) actor.send({ type: 'supervisor.startChild', spec: spec(`s${i}`) });
    expect(Object.keys(log.living())).toHaveLength(sessions);

    const turns = await storm(() => {
      const [, ...groups] = supervisorsOf(actor);
      const group = pickFrom(draw, groups);
      return group === undefined ? undefined : pickFrom(draw, workersOf(group.ref));
    });
    expect(restarts, 'the storm was one').toBeGreaterThan(50);
    expect(gaveUp, 'whole groups were restarted').toBeGreaterThan(2);
    expectNeverBlocked(turns);

    await vi.waitFor(() => expect(Object.keys(log.living())).toHaveLength(sessions), { timeout: 10_000 });
    actor.send({ type: 'supervisor.shutdown' });
    await ended(actor);
    expect(log.living()).toEqual({});
  }, 30_000);

  it('while many random trees crash in real time, each that gives up followed by another', async () => {
    const draw = drawFrom(seed);
    const plans = fc.sample(treePlan, { seed, numRuns: 300 });
    const standing = 20;
    const log = createLog();
    const logics = createLogics(log);
    const trees: AnyActorRef[] = [];
    const reports: SupervisorReport[] = [];
    let gaveUp = 0;
    const plant = (): void => {
      const plan = plans[(trees.length + gaveUp) % plans.length];
      if (plan === undefined) throw new Error('found no plan, expected some');
      const tree = createActor(treeMachine({ clock: { now: Date.now }, logics, reports }, plan));
      tree.subscribe({ error: () => undefined });
      trees.push(tree.start());
    };
    while (trees.length < standing) plant();
    const workers = () => {
      for (const [at, tree] of trees.entries()) {
        if (tree.getSnapshot().status === 'active') continue;
        trees.splice(at, 1);
        gaveUp += 1;
        plant();
      }
      return trees.flatMap((tree) => workersOf(tree));
    };
    expect(workers().length).toBeGreaterThan(standing);

    const turns = await storm(
      () => pickFrom(draw, workers()),
      () => gaveUp > 5,
    );
    const restarts = reports.filter(({ context }) => context === 'childRestarted');
    expect(restarts.length, 'the storm was one').toBeGreaterThan(50);
    expect(gaveUp, 'whole trees were ended').toBeGreaterThan(5);
    expectNeverBlocked(turns);

    for (const tree of trees) tree.send({ type: 'supervisor.shutdown' });
    await Promise.all(trees.map(ended));
    expect(log.living()).toEqual({});
  }, 30_000);
});
