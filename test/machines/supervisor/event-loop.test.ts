import { expect, it, vi } from 'vitest';
import { createActor } from 'xstate';
import { createDynamicSupervisor } from '../../../machines/supervisor/dynamic.machine.ts';
import { createLog, createLogics, spec } from './parts.ts';
import { workersOf } from './tree.ts';

/** Numbers in [0, 1) by a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sessions = 1_000;
const stormMs = 1_500;
const warmUpMs = 300;
const crashesPerTick = 2;

/** Work that this thread has done, in ms: unlike the time of day it does not grow while others have the processor. */
const workMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

it('never blocks the event loop beyond 50 ms while a thousand sessions crash in real time', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const log = createLog();
  const random = seeded(20_260_101);
  const backoff = { minMs: 10, maxMs: 200, factor: 2, jitterFraction: 0.2 };
  let restarts = 0;
  let gaveUp = 0;
  const machine = createDynamicSupervisor({
    id: 'sessions',
    logics: createLogics(log),
    policy: { intensity: 100_000, periodMs: 1_000, backoff, healthyAfterMs: 60_000 },
    // Low enough for groups to give up, so that all of a group are ended and started again.
    childPolicy: { intensity: 4, periodMs: 1_000, backoff, healthyAfterMs: 60_000 },
    now: Date.now,
    random,
    onReport: ({ context }) => {
      if (context === 'childRestarted') restarts += 1;
      if (context === 'shutdown') gaveUp += 1;
    },
  });
  // XState's own clock: real timers.
  const actor = createActor(machine).start();
  for (let i = 0; i < sessions; i += 1) actor.send({ type: 'supervisor.startChild', spec: spec(`s${i}`) });
  expect(Object.keys(log.living())).toHaveLength(sessions);

  const turns: number[] = [];
  await new Promise<void>((resolve) => {
    const startAt = performance.now();
    let last = workMs();
    const tick = setInterval(() => {
      // What was done since the last tick kept this one waiting.
      const elapsedMs = performance.now() - startAt;
      // Compiling the code for the first time is not what is measured.
      if (elapsedMs > warmUpMs) turns.push(workMs() - last);
      if (elapsedMs > warmUpMs + stormMs) {
        clearInterval(tick);
        resolve();
        return;
      }
      const workers = workersOf(actor);
      // Looking for whom to strike is the test's work and does not count.
      last = workMs();
      for (let i = 0; i < crashesPerTick; i += 1) {
        workers[Math.floor(random() * workers.length)]?.ref.send({ type: 'crash' });
      }
    }, 5);
  });

  expect(restarts, 'the storm was one').toBeGreaterThan(50);
  expect(gaveUp, 'whole groups were restarted').toBeGreaterThan(2);
  expect(turns.length, 'ticks that came').toBeGreaterThan(20);
  expect(Math.max(...turns), 'ms of work between two ticks').toBeLessThan(50);

  await vi.waitFor(() => expect(Object.keys(log.living())).toHaveLength(sessions), { timeout: 10_000 });
  const stopped = new Promise<void>((resolve) => {
    actor.subscribe({ complete: () => resolve() });
  });
  actor.send({ type: 'supervisor.shutdown' });
  await stopped;
  expect(log.living()).toEqual({});
}, 30_000);
