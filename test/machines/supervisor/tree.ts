import fc from 'fast-check';
import type { AnyActorRef } from 'xstate';
import type { AutoShutdown, ChildSpec, Logics, Restart } from '../../../machines/supervisor/child-spec.ts';
import { autoShutdowns, restartTypes } from '../../../machines/supervisor/child-spec.ts';
import { type RestartStrategy, restartStrategies } from '../../../machines/supervisor/restart.logic.ts';
import type { ChildRecord, SupervisorContext } from '../../../machines/supervisor/supervisor.events.ts';
import { type Drain, type MachineWorld, nest, startIn, type World } from './parts.ts';

/** A random tree as data: what it is made of, before anything runs. */
export interface WorkerPlan {
  readonly kind: 'worker';
  readonly restart: Restart;
  readonly significant: boolean;
  readonly shutdownMs: number;
  readonly takesMs: number;
  readonly drain: Drain;
}
export interface SupervisorPlan {
  readonly kind: 'supervisor';
  readonly restart: Restart;
  readonly significant: boolean;
  readonly strategy: RestartStrategy;
  readonly intensity: number;
  readonly autoShutdown: AutoShutdown;
  readonly children: readonly TreePlan[];
}
export type TreePlan = WorkerPlan | SupervisorPlan;

const workerPlan: fc.Arbitrary<WorkerPlan> = fc.record({
  kind: fc.constant('worker' as const),
  restart: fc.constantFrom(...restartTypes),
  significant: fc.boolean(),
  shutdownMs: fc.constantFrom(0, 50, 100),
  takesMs: fc.constantFrom(0, 30, 70),
  drain: fc.constantFrom('obeys' as const, 'obeys' as const, 'hangs' as const, 'fails' as const),
});

const supervisorPlan = (depth: number): fc.Arbitrary<SupervisorPlan> =>
  fc.record({
    kind: fc.constant('supervisor' as const),
    restart: fc.constantFrom(...restartTypes),
    significant: fc.boolean(),
    strategy: fc.constantFrom(...restartStrategies),
    intensity: fc.nat(4),
    autoShutdown: fc.constantFrom(...autoShutdowns),
    children: fc.array(
      depth <= 1
        ? workerPlan
        : fc.oneof({ weight: 3, arbitrary: workerPlan }, { weight: 2, arbitrary: supervisorPlan(depth - 1) }),
      { minLength: 1, maxLength: 4 },
    ),
  });

/** Random trees of at most four levels of supervisors. */
export const treePlan: fc.Arbitrary<SupervisorPlan> = fc.nat(3).chain((depth) => supervisorPlan(depth + 1));

/** Ids of a supervisor's children: where they stand, and what they are. */
export const idOf = (plan: TreePlan, index: number): string =>
  `${plan.kind === 'worker' ? 'w' : 's'}${index}`;

/** A significant child must be able to end for good, under a supervisor that heeds it. */
export const isSignificant = (plan: TreePlan, parent: SupervisorPlan): boolean =>
  plan.significant && plan.restart !== 'permanent' && parent.autoShutdown !== 'never';

export const workerSpec = (path: string, id: string, plan: WorkerPlan, significant: boolean): ChildSpec => ({
  id,
  logic: 'worker',
  restart: plan.restart,
  significant,
  shutdownMs: plan.shutdownMs,
  input: { name: `${path}/${id}`, takesMs: plan.takesMs, drain: plan.drain },
});

function build(world: MachineWorld, path: string, plan: SupervisorPlan): ReturnType<typeof nest<Logics>> {
  const logics: Record<string, Logics[string]> = { worker: world.logics.worker };
  const specs = plan.children.map((child, index): ChildSpec => {
    const id = idOf(child, index);
    const significant = isSignificant(child, plan);
    if (child.kind === 'worker') return workerSpec(path, id, child, significant);
    logics[id] = build(world, `${path}/${id}`, child);
    return { id, logic: id, restart: child.restart, significant, shutdownMs: 'infinity' };
  });
  return nest<Logics>(world, path, specs, {
    logics,
    strategy: plan.strategy,
    intensity: plan.intensity,
    autoShutdown: plan.autoShutdown,
    // Every restart counts; the edges of the window are tested elsewhere.
    periodMs: 1_000_000_000,
    backoff: { minMs: 10, maxMs: 40, factor: 2, jitterFraction: 0 },
  });
}

/** The machine of a tree as planned; names are paths from `root`. */
export const treeMachine = (world: MachineWorld, plan: SupervisorPlan) => build(world, 'root', plan);

/** Starts a tree as planned. */
export const startTree = (world: World, plan: SupervisorPlan) => startIn(world, treeMachine(world, plan));
export type Tree = ReturnType<typeof startTree>;

export interface RunningSupervisor {
  readonly path: string;
  readonly ref: AnyActorRef;
  readonly value: string;
  readonly context: SupervisorContext;
}

const childOf = (ref: AnyActorRef, id: string): AnyActorRef | undefined =>
  (ref.getSnapshot().children as Record<string, AnyActorRef | undefined>)[id];

/** Whether an actor is to run for such a record. */
export const isUp = ({ state }: ChildRecord): boolean =>
  state === 'running' || state === 'starting' || state === 'retiring';

/** Every supervisor that runs, topmost first. */
export function supervisorsOf(ref: AnyActorRef, path = 'root'): RunningSupervisor[] {
  const { status, value, context } = ref.getSnapshot();
  if (status !== 'active') return [];
  const supervisor: RunningSupervisor = { path, ref, value, context };
  const below = supervisor.context.children.flatMap((record) => {
    const child = record.spec.logic !== 'worker' && isUp(record) ? childOf(ref, record.id) : undefined;
    return child === undefined ? [] : supervisorsOf(child, `${path}/${record.id}`);
  });
  return [supervisor, ...below];
}

export interface RunningWorker {
  readonly name: string;
  readonly ref: AnyActorRef;
  readonly state: ChildRecord['state'];
}

/** Every worker that its supervisor says is running. @throws Error when one has no actor, or one that is dead */
export const workersOf = (ref: AnyActorRef): RunningWorker[] =>
  supervisorsOf(ref).flatMap((supervisor) =>
    supervisor.context.children.flatMap((record) => {
      const child = childOf(supervisor.ref, record.id);
      const name = `${supervisor.path}/${record.id}`;
      if (!isUp(record)) {
        if (child !== undefined) throw new Error(`${name} is ${record.state} and has an actor`);
        return [];
      }
      if (child?.getSnapshot().status !== 'active') throw new Error(`${name} is ${record.state} and dead`);
      return record.spec.logic === 'worker' ? [{ name, ref: child, state: record.state }] : [];
    }),
  );
