import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restartTypes } from '../../../machines/supervisor/child-spec.ts';
import { createDynamicSupervisor } from '../../../machines/supervisor/dynamic.machine.ts';
import type { SupervisorInput } from '../../../machines/supervisor/supervisor.events.ts';
import { createWorld, policyIn, spec, startIn } from './parts.ts';
import { supervisorsOf, workersOf } from './tree.ts';

interface Limits {
  readonly groupSize: number;
  readonly childIntensity: number;
}

/** A dynamic supervisor whose groups give up at times, and which itself does not. */
function startDynamic({ groupSize, childIntensity }: Limits) {
  const world = createWorld();
  const { now, random, onReport, ...policy } = policyIn(world);
  const backoff = { minMs: 10, maxMs: 40, factor: 2, jitterFraction: 0 };
  const machine = createDynamicSupervisor({
    id: 'dyn',
    logics: world.logics,
    policy: { ...policy, backoff, intensity: 1_000_000 },
    childPolicy: { ...policy, backoff, intensity: childIntensity },
    groupSize,
    now,
    random,
    onReport,
  });
  const s = startIn(world, machine);
  const members = () =>
    s.actor
      .getSnapshot()
      .context.children.flatMap((group) => Object.keys((group.spec.input as SupervisorInput).children));
  const workers = () => workersOf(s.actor).filter(({ name }) => !name.endsWith('heart'));
  /** By id: what runs is told by the records of the groups. */
  const running = () => workers().map(({ name }) => name.split('/').at(-1) ?? '');
  return { ...s, members, workers, running };
}
type Dynamic = ReturnType<typeof startDynamic>;

const groupsOf = (s: Dynamic) => supervisorsOf(s.actor).slice(1);

const at = fc.nat(10_000);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      id: fc.nat(60),
      restart: fc.constantFrom(...restartTypes),
      takesMs: fc.constantFrom(0, 30),
      fails: fc.constantFrom(0, 0, 0, 1, 3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stop' as const), id: fc.nat(60) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      at,
      how: fc.constantFrom('crash', 'crash', 'finish', 'retire'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('poison' as const), at, times: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(0, 5, 10, 40, 500) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(s: Dynamic, event: Step): void {
  switch (event.do) {
    case 'add': {
      const id = `c${event.id}`;
      // Only one that is not there can fail in its first start.
      if (event.fails > 0 && s.log.living()[id] === undefined) s.faults.failing.set(id, event.fails);
      s.actor.send({
        type: 'supervisor.startChild',
        spec: spec(id, { restart: event.restart, takesMs: event.takesMs }),
      });
      break;
    }
    case 'stop':
      s.actor.send({ type: 'supervisor.stopChild', id: `c${event.id}` });
      break;
    case 'end': {
      const workers = s.workers();
      workers[event.at % Math.max(1, workers.length)]?.ref.send({ type: event.how });
      break;
    }
    case 'poison': {
      const running = s.running();
      const id = running[event.at % Math.max(1, running.length)];
      if (id !== undefined) s.faults.failing.set(id, event.times);
      break;
    }
    case 'advance':
      s.clock.advance(event.ms);
  }
}

function check(s: Dynamic, { groupSize }: Limits): void {
  const running = s.running();
  expect(s.log.living(), 'no orphan, none missing, none twice').toEqual(
    Object.fromEntries(running.toSorted().map((id) => [id, 1])),
  );
  const members = s.members();
  expect(new Set(members).size, 'each is member of one group').toBe(members.length);
  for (const { context } of groupsOf(s)) expect(context.children.length).toBeLessThanOrEqual(groupSize);
}

describe('a dynamic supervisor', () => {
  it('has as members exactly those that run once all is at rest', () => {
    fc.assert(
      fc.property(
        fc.record({
          groupSize: fc.integer({ min: 1, max: 8 }),
          childIntensity: fc.constantFrom(0, 1, 5, 1_000),
        }),
        fc.array(step, { maxLength: 120 }),
        (limits, steps) => {
          const s = startDynamic(limits);
          for (const event of steps) {
            take(s, event);
            check(s, limits);
          }
          s.faults.failing.clear();
          s.clock.advance(60_000);
          check(s, limits);
          expect(s.members().toSorted()).toEqual(s.running().toSorted());
          expect(s.actor.getSnapshot().context.leaving).toEqual(
            expect.toSatisfy((leaving: Record<string, string[]>) =>
              Object.values(leaving).every((ids) => ids.length === 0),
            ),
          );
          expect(
            groupsOf(s).every(({ context }) => context.children.length > 0),
            'no empty group',
          ).toBe(true);
          s.actor.send({ type: 'supervisor.shutdown' });
          s.clock.advance(60_000);
          expect([s.status(), s.log.living(), s.clock.pending]).toEqual(['done', {}, 0]);
        },
      ),
      { numRuns: 120 },
    );
  }, 30_000);

  it('keeps track of thousands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 200 }), fc.infiniteStream(fc.nat()), (groupSize, draws) => {
        const s = startDynamic({ groupSize, childIntensity: 5 });
        const draw = (below: number) => (draws.next().value ?? 0) % below;
        const expected = new Set<string>();
        for (let i = 0; i < 2_000; i += 1) {
          s.actor.send({ type: 'supervisor.startChild', spec: spec(`c${i}`) });
          expected.add(`c${i}`);
        }
        for (let i = 0; i < 500; i += 1) {
          const id = `c${draw(2_000)}`;
          s.actor.send({ type: 'supervisor.stopChild', id });
          expected.delete(id);
        }
        s.clock.advance(100);
        const workers = s.workers();
        for (let i = 0; i < 500; i += 1) workers[draw(workers.length)]?.ref.send({ type: 'crash' });
        check(s, { groupSize, childIntensity: 5 });
        s.clock.advance(60_000);
        expect(s.members().toSorted()).toEqual([...expected].toSorted());
        expect(s.running().toSorted()).toEqual([...expected].toSorted());
      }),
      { numRuns: 1 },
    );
  }, 20_000);

  it('brings a group that gives up back with its children, and disturbs no other group', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 40 }),
        at,
        (groupSize, count, index) => {
          const s = startDynamic({ groupSize, childIntensity: 0 });
          for (let i = 0; i < count; i += 1)
            s.actor.send({ type: 'supervisor.startChild', spec: spec(`c${i}`) });
          const victim = `c${index % count}`;
          const group = Math.floor((index % count) / groupSize);
          s.workers()
            .find(({ name }) => name.endsWith(`/${victim}`))
            ?.ref.send({ type: 'crash' });
          s.clock.advance(1_000);
          for (let i = 0; i < count; i += 1) {
            expect(s.log.starts(`c${i}`), `c${i}`).toBe(Math.floor(i / groupSize) === group ? 2 : 1);
          }
          expect(Object.keys(s.log.living())).toHaveLength(count);
        },
      ),
    );
  });

  it('is not taken down by a child that never starts again, nor is any other child', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 30 }),
        at,
        (groupSize, count, index) => {
          // Its delays keep it within what its group allows.
          const s = startDynamic({ groupSize, childIntensity: 250 });
          for (let i = 0; i < count; i += 1)
            s.actor.send({ type: 'supervisor.startChild', spec: spec(`c${i}`) });
          const poisoned = `c${index % count}`;
          s.faults.failing.set(poisoned, Number.POSITIVE_INFINITY);
          s.workers()
            .find(({ name }) => name.endsWith(`/${poisoned}`))
            ?.ref.send({ type: 'crash' });
          s.clock.advance(3_000);
          expect(s.status()).toBe('active');
          for (let i = 0; i < count; i += 1) expect(s.log.starts(`c${i}`)).toBe(1);
          expect(Object.keys(s.log.living())).toHaveLength(count - 1);
          expect(s.members(), 'it is still wanted').toContain(poisoned);
        },
      ),
      { numRuns: 8 },
    );
  }, 20_000);
});
