import { setTimeout as pause } from 'node:timers/promises';
import { signalTo } from '../support/processes.ts';
import type { Draw } from './random.ts';
import type { World } from './world.ts';

/** Something that goes wrong and comes right again. */
export interface Fault {
  readonly name: string;
  /** What it strikes; faults of different parts may strike together. */
  readonly part: 'broker' | 'database' | 'runtime';
  /** Resolves when its cause is gone; the system may still be recovering. */
  strike(world: World, forMs: number): Promise<void>;
  /** Shortest and longest, ms. */
  readonly lasts: readonly [number, number];
}

/** Wall times at which the runtime was killed: bars that closed then may lack a decision. */
export type Kills = number[];

export function allFaults(kills: Kills): readonly [Fault, ...Fault[]] {
  return [
    {
      name: 'gateway killed',
      part: 'broker',
      lasts: [200, 2_000],
      async strike(world, forMs) {
        world.signalGateway('SIGKILL');
        await pause(forMs);
        await world.startGateway();
      },
    },
    {
      name: 'gateway frozen',
      part: 'broker',
      // Heartbeats are missed from 8 seconds on.
      lasts: [500, 12_000],
      async strike(world, forMs) {
        world.signalGateway('SIGSTOP');
        await pause(forMs);
        world.signalGateway('SIGCONT');
      },
    },
    {
      name: 'connection cut',
      part: 'broker',
      lasts: [0, 1],
      async strike(world) {
        world.cable.cut();
      },
    },
    {
      name: 'connection half-open',
      part: 'broker',
      lasts: [500, 10_000],
      async strike(world, forMs) {
        world.cable.freeze();
        await pause(forMs);
        world.cable.thaw();
      },
    },
    {
      name: 'database frozen',
      part: 'database',
      lasts: [300, 6_000],
      async strike(world, forMs) {
        const frozen = world.databaseProcesses();
        for (const pid of frozen) signalTo(pid, 'SIGSTOP');
        await pause(forMs);
        for (const pid of frozen) signalTo(pid, 'SIGCONT');
      },
    },
    {
      name: 'database killed',
      part: 'database',
      lasts: [0, 1],
      async strike(world) {
        const [server] = world.databaseProcesses();
        if (server !== undefined) signalTo(server, 'SIGKILL');
      },
    },
    {
      name: 'runtime killed',
      part: 'runtime',
      lasts: [0, 1_500],
      async strike(world, forMs) {
        kills.push(Date.now());
        await world.system.kill();
        await pause(forMs);
        await world.system.start();
      },
    },
  ];
}

/** One fault, or now and then two of different parts at once; the runtime starts only with a database that answers. */
export function drawFaults(draw: Draw, faults: readonly [Fault, ...Fault[]]): Fault[] {
  const first = draw.pick(faults);
  if (!draw.chance(0.3)) return [first];
  const second = draw.pick(faults);
  const parts = [first.part, second.part].sort().join();
  return parts === 'broker,database' || parts === 'broker,runtime' ? [first, second] : [first];
}
