import { vi } from 'vitest';
import { type AnyActorRef, assign, createActor, createMachine, fromCallback } from 'xstate';
import type { ChildSpec, ChildSpecFor, Logics } from '../../../machines/supervisor/child-spec.ts';
import type { ChildRecord, SupervisorReport } from '../../../machines/supervisor/supervisor.events.ts';
import { createSupervisor, type SupervisorOptions } from '../../../machines/supervisor/supervisor.machine.ts';
import { createQueueClock } from '../../support/clock.ts';

/** What the parts below did, in order. */
export function createLog() {
  const lines: string[] = [];
  const living = new Map<string, number>();
  const started = new Map<string, number>();
  const change = (name: string, by: number) => living.set(name, (living.get(name) ?? 0) + by);
  return {
    lines,
    /** Names of the parts that run now, with how many of each. */
    living: () => Object.fromEntries([...living].filter(([, count]) => count !== 0).sort()),
    /** How often a part has been started. */
    starts: (name: string) => started.get(name) ?? 0,
    /** Names of those started, in order, since the log was cleared. */
    begun: () => lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1)),
    /** Names of those stopped, in order, since the log was cleared. */
    ended: () => lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1)),
    start(name: string) {
      lines.push(`+${name}`);
      change(name, 1);
      started.set(name, (started.get(name) ?? 0) + 1);
    },
    stop(name: string) {
      lines.push(`-${name}`);
      change(name, -1);
    },
    clear: () => lines.splice(0),
  };
}
export type Log = ReturnType<typeof createLog>;

/** What is to go wrong in the next starts of a part. */
export interface Faults {
  /** How many of its next starts fail before anything has begun. */
  readonly failing: Map<string, number>;
  /** Parts whose starts fail when something below them has begun already. */
  readonly stumbling: Set<string>;
  /** Parts that finish as soon as they have started. */
  readonly finishing: Set<string>;
}

/** How a worker takes a shutdown: it finishes after a while, never, or fails after a while. */
export type Drain = 'obeys' | 'hangs' | 'fails';

export interface WorkerInput {
  readonly name: string;
  readonly takesMs?: number;
  readonly drain?: Drain;
}

/** Logics to supervise: each logs its start, and a running part of it logs its stop. */
export function createLogics(
  log: Log,
  faults: Faults = { failing: new Map(), stumbling: new Set(), finishing: new Set() },
) {
  /** Runs as long as its parent; logs. */
  const heart = fromCallback<{ type: 'any' }, { name: string }>(({ input }) => {
    log.start(input.name);
    return () => log.stop(input.name);
  });
  /** Holds a heart in every state, crashes, finishes, or takes a shutdown as its input says. */
  const worker = createMachine({
    types: {} as {
      context: { name: string; takesMs: number; drain: Drain; pokes: number; startNumber: number };
      input: WorkerInput;
      events:
        | { type: 'crash' }
        | { type: 'finish' }
        | { type: 'retire' }
        | { type: 'poke' }
        | { type: 'shutdown' };
    },
    context: ({ input }) => {
      const failing = faults.failing.get(input.name) ?? 0;
      if (failing > 0) {
        faults.failing.set(input.name, failing - 1);
        throw new Error(`${input.name} cannot start`);
      }
      return {
        name: input.name,
        takesMs: input.takesMs ?? 0,
        drain: input.drain ?? 'obeys',
        pokes: 0,
        startNumber: log.starts(input.name) + 1,
      };
    },
    initial: 'working',
    entry: ({ context }) => {
      if (faults.stumbling.has(context.name)) throw new Error(`${context.name} stumbled`);
    },
    invoke: { src: heart, id: 'heart', input: ({ context }) => ({ name: context.name }) },
    states: {
      working: {
        always: { guard: ({ context }) => faults.finishing.has(context.name), target: 'done' },
        on: {
          crash: {
            actions: () => {
              throw new Error('boom');
            },
          },
          finish: 'done',
          retire: 'retired',
          poke: { actions: assign({ pokes: ({ context }) => context.pokes + 1 }) },
          shutdown: [{ guard: ({ context }) => context.drain === 'hangs', target: 'stuck' }, 'draining'],
        },
      },
      stuck: {},
      draining: {
        after: {
          takes: [
            {
              guard: ({ context }) => context.drain === 'fails',
              actions: () => {
                throw new Error('drain failed');
              },
            },
            { target: 'done' },
          ],
        },
      },
      done: { type: 'final' },
      /** Ends as a supervisor does that was shut down: in order, and saying so. */
      retired: { type: 'final', output: { reason: 'shutdown' } },
    },
    output: ({ event }) => event.output,
  }).provide({ delays: { takes: ({ context }) => context.takesMs } });
  /** Crashes before it is of any use. */
  const broken = createMachine({
    types: {} as { input: { name: string } },
    entry: () => {
      throw new Error('cannot start');
    },
  });
  return { worker, broken, heart };
}
export type TestLogics = ReturnType<typeof createLogics>;

export const spec = (
  id: string,
  more: Partial<Omit<ChildSpec, 'logic' | 'input'>> & Omit<WorkerInput, 'name'> = {},
): ChildSpecFor<TestLogics> => {
  const { takesMs = 0, drain = 'obeys', ...rest } = more;
  return {
    id,
    logic: 'worker',
    restart: 'permanent',
    shutdownMs: 1_000,
    ...rest,
    input: { name: id, takesMs, drain },
  };
};

/** What supervisors of one test share: a virtual clock, a log, what goes wrong, and what was reported. */
export function createWorld() {
  // XState warns of events to stopped actors; that is what some of these tests do.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const clock = createQueueClock(1_000_000);
  const log = createLog();
  const faults: Faults = { failing: new Map(), stumbling: new Set(), finishing: new Set() };
  const reports: SupervisorReport[] = [];
  return { clock, log, faults, reports, logics: createLogics(log, faults) };
}
export type World = ReturnType<typeof createWorld>;

/** What machines need of a world: they run on a real clock as well. */
export type MachineWorld = Pick<World, 'logics' | 'reports'> & {
  readonly clock: Pick<World['clock'], 'now'>;
};

/** Restarts after 100 ms, then ever later; gives up at the fourth restart within 10 s. */
export const policyIn = ({ clock, reports }: Pick<MachineWorld, 'clock' | 'reports'>) => ({
  strategy: 'oneForOne' as const,
  intensity: 3,
  periodMs: 10_000,
  backoff: { minMs: 100, maxMs: 5_000, factor: 2, jitterFraction: 0 },
  healthyAfterMs: 60_000,
  now: clock.now,
  random: () => 0.5,
  onReport: (report: SupervisorReport) => {
    reports.push(report);
  },
});

/** Makes a supervisor to be supervised by another. */
export const nest = <L extends Logics>(
  world: MachineWorld,
  id: string,
  children: readonly ChildSpecFor<L>[],
  policy: Partial<Omit<SupervisorOptions<L>, 'logics'>> & { readonly logics: L },
) => createSupervisor({ ...policyIn(world), id, ...policy, children });

/** A nested supervisor of workers. */
export const nestWorkers = (
  world: World,
  id: string,
  children: readonly ChildSpecFor<TestLogics>[],
  policy: Partial<SupervisorOptions<TestLogics>> = {},
) => createSupervisor({ ...policyIn(world), id, ...policy, children, logics: world.logics });

/** Starts a supervisor in such a world, and gives what a test asks of it. */
export function startIn(world: World, machine: ReturnType<typeof createSupervisor>) {
  const errors: unknown[] = [];
  const actor = createActor(machine, { clock: world.clock });
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start();
  const childrenOf = (parent: AnyActorRef) =>
    parent.getSnapshot().children as Record<string, AnyActorRef | undefined>;
  /** A child by its path, e.g. `group/worker`. */
  const child = (path: string): AnyActorRef =>
    path.split('/').reduce((parent: AnyActorRef, id) => {
      const ref = childrenOf(parent)[id];
      if (ref === undefined) throw new Error(`no child "${path}"`);
      return ref;
    }, actor);
  const crash = (path: string) => child(path).send({ type: 'crash' });
  const records = (): readonly ChildRecord[] => actor.getSnapshot().context.children;
  const states = () => Object.fromEntries(records().map((c) => [c.id, c.state]));
  const record = (id: string): ChildRecord => {
    const found = records().find((each) => each.id === id);
    if (found === undefined) throw new Error(`no record "${id}"`);
    return found;
  };
  const told = () => world.reports.map((report) => [report.context, report.offender]);
  const status = () => actor.getSnapshot().status;
  return { ...world, actor, errors, child, crash, states, record, told, status };
}

/** Starts a supervisor of test logics on a virtual clock. */
export function startSupervisor(
  children: readonly ChildSpecFor<TestLogics>[],
  policy: Partial<SupervisorOptions<TestLogics>> = {},
) {
  const world = createWorld();
  return startIn(world, nestWorkers(world, 'boss', children, policy));
}
