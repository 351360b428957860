import { vi } from 'vitest';
import { type AnyActorRef, createActor, createMachine, fromCallback } from 'xstate';
import type { ChildSpec, ChildSpecFor } from '../../../machines/supervisor/child-spec.ts';
import type { SupervisorReport } from '../../../machines/supervisor/supervisor.events.ts';
import { createSupervisor, type SupervisorOptions } from '../../../machines/supervisor/supervisor.machine.ts';
import { createQueueClock } from '../../support/clock.ts';

/** What the parts below did, in order. */
export function createLog() {
  const lines: string[] = [];
  const living = new Map<string, number>();
  const change = (name: string, by: number) => living.set(name, (living.get(name) ?? 0) + by);
  return {
    lines,
    /** Names of the parts that run now, with how many of each. */
    living: () => Object.fromEntries([...living].filter(([, count]) => count !== 0).sort()),
    start(name: string) {
      lines.push(`+${name}`);
      change(name, 1);
    },
    stop(name: string) {
      lines.push(`-${name}`);
      change(name, -1);
    },
    clear: () => lines.splice(0),
  };
}
export type Log = ReturnType<typeof createLog>;

/** Logics to supervise: each logs its start, and a running part of it logs its stop. */
export function createLogics(log: Log) {
  /** Runs as long as its parent; logs. */
  const heart = fromCallback<{ type: 'any' }, { name: string }>(({ input }) => {
    log.start(input.name);
    return () => log.stop(input.name);
  });
  /** Holds a heart in every state, crashes, finishes, or obeys a shutdown after a while. */
  const worker = createMachine({
    types: {} as {
      context: { name: string; takesMs: number };
      input: { name: string; takesMs?: number };
      events: { type: 'crash' } | { type: 'finish' } | { type: 'shutdown' };
    },
    context: ({ input }) => ({ name: input.name, takesMs: input.takesMs ?? 0 }),
    initial: 'working',
    invoke: { src: heart, id: 'heart', input: ({ context }) => ({ name: context.name }) },
    states: {
      working: {
        on: {
          crash: {
            actions: () => {
              throw new Error('boom');
            },
          },
          finish: 'done',
          shutdown: 'draining',
        },
      },
      draining: { after: { takes: 'done' } },
      done: { type: 'final' },
    },
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
  more: Partial<Omit<ChildSpec, 'logic' | 'input'>> & { takesMs?: number } = {},
): ChildSpecFor<TestLogics> => {
  const { takesMs = 0, ...rest } = more;
  return {
    id,
    logic: 'worker',
    restart: 'permanent',
    shutdownMs: 1_000,
    ...rest,
    input: { name: id, takesMs },
  };
};

/** Starts a supervisor of test logics on a virtual clock. */
export function startSupervisor(
  children: readonly ChildSpecFor<TestLogics>[],
  policy: Partial<SupervisorOptions<TestLogics>> = {},
) {
  // XState warns of events to stopped actors; that is what some of these tests do.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const clock = createQueueClock(1_000_000);
  const log = createLog();
  const reports: SupervisorReport[] = [];
  const logics = createLogics(log);
  const machine = createSupervisor({
    id: 'boss',
    strategy: 'oneForOne',
    intensity: 3,
    periodMs: 10_000,
    backoff: { minMs: 100, maxMs: 5_000, factor: 2, jitterFraction: 0 },
    healthyAfterMs: 60_000,
    now: clock.now,
    random: () => 0.5,
    onReport: (report) => reports.push(report),
    ...policy,
    children,
    logics,
  });
  const errors: unknown[] = [];
  const actor = createActor(machine, { clock });
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start();
  const child = (id: string): AnyActorRef => {
    const ref = (actor.getSnapshot().children as Record<string, AnyActorRef | undefined>)[id];
    if (ref === undefined) throw new Error(`no child "${id}"`);
    return ref;
  };
  const crash = (id: string) => child(id).send({ type: 'crash' });
  const states = () => Object.fromEntries(actor.getSnapshot().context.children.map((c) => [c.id, c.state]));
  return { actor, clock, log, logics, reports, errors, child, crash, states };
}
