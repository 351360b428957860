import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restartTypes } from '../../../machines/supervisor/child-spec.ts';
import { endOf, splitPath } from './otp-model.ts';
import { createWorld, spec } from './parts.ts';
import { startTree, supervisorsOf, type Tree, treePlan, workersOf } from './tree.ts';

const at = fc.nat(1_000);
const step = fc.oneof(
  fc.record({ do: fc.constant('end' as const), at, how: fc.constantFrom('crash', 'finish', 'retire') }),
  fc.record({ do: fc.constant('failNext' as const), at, times: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    do: fc.constant('start' as const),
    at,
    id: fc.constantFrom('d0', 'd1', 'w0', 'w1'),
    restart: fc.constantFrom(...restartTypes),
  }),
  fc.record({
    do: fc.constantFrom('stopChild' as const, 'terminateChild' as const, 'restartChild' as const),
    at,
    child: at,
  }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(0, 5, 10, 30, 120, 2_000) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const pick = <T>(all: readonly T[], index: number): T | undefined => all[index % Math.max(1, all.length)];

function take(tree: Tree, event: Step): void {
  const supervisor = 'at' in event ? pick(supervisorsOf(tree.actor), event.at) : undefined;
  switch (event.do) {
    case 'end':
      pick(workersOf(tree.actor), event.at)?.ref.send({ type: event.how });
      break;
    case 'failNext': {
      const worker = pick(workersOf(tree.actor), event.at);
      if (worker !== undefined) tree.faults.failing.set(worker.name, event.times);
      break;
    }
    case 'start': {
      const input = { name: `${supervisor?.path}/${event.id}`, takesMs: 20 };
      supervisor?.ref.send({
        type: 'supervisor.startChild',
        spec: { ...spec(event.id, { restart: event.restart }), input },
      });
      break;
    }
    case 'advance':
      tree.clock.advance(event.ms);
      break;
    default: {
      const child = supervisor === undefined ? undefined : pick(supervisor.context.children, event.child);
      if (child !== undefined) supervisor?.ref.send({ type: `supervisor.${event.do}`, id: child.id });
    }
  }
}

/** What must hold at any moment: the records tell the truth, and nothing runs that they do not tell of. */
function check(tree: Tree): void {
  // Throws when a record has no living actor, or one that it should not have.
  const told = workersOf(tree.actor).map(({ name }) => name);
  expect(tree.log.living(), 'no orphan, none missing, none twice').toEqual(
    Object.fromEntries(told.sort().map((name) => [name, 1])),
  );
  for (const { path, context, ref } of supervisorsOf(tree.actor)) {
    const ids = context.children.map(({ id }) => id);
    expect(new Set(ids).size, `ids of ${path} are unique`).toBe(ids.length);
    expect(
      Object.keys(ref.getSnapshot().children).filter((id) => !ids.includes(id)),
      `strangers in ${path}`,
    ).toEqual([]);
  }
}

/** Lets everything that waits take place; nothing fails meanwhile. */
function rest(tree: Tree): void {
  tree.faults.failing.clear();
  tree.clock.advance(60_000);
}

describe('a random tree of supervisors', () => {
  it('has no orphan, no child twice and nothing left at its end, whatever happens to it', () => {
    fc.assert(
      fc.property(treePlan, fc.array(step, { maxLength: 30 }), (plan, steps) => {
        const tree = startTree(createWorld(), plan);
        check(tree);
        for (const event of steps) {
          take(tree, event);
          check(tree);
        }
        tree.actor.send({ type: 'supervisor.shutdown' });
        rest(tree);
        expect(tree.status()).not.toBe('active');
        expect(tree.log.living()).toEqual({});
        expect(tree.clock.pending).toBe(0);
      }),
      { numRuns: 150 },
    );
  }, 30_000);

  it('comes to rest with every permanent child running under every supervisor that runs', () => {
    fc.assert(
      fc.property(treePlan, fc.array(step, { maxLength: 30 }), (plan, steps) => {
        const tree = startTree(createWorld(), plan);
        for (const event of steps) {
          // A person may keep a permanent child down.
          if (event.do === 'terminateChild') continue;
          take(tree, event);
        }
        rest(tree);
        for (const { path, value, context } of supervisorsOf(tree.actor)) {
          expect(value, path).toBe('running');
          expect([context.startQueue, context.endQueue, context.deferred, context.clearing]).toEqual([
            [],
            [],
            [],
            null,
          ]);
          for (const child of context.children) {
            const allowed = child.restart === 'transient' ? ['running', 'finished'] : ['running'];
            expect(allowed, `${path}/${child.id}`).toContain(child.state);
          }
        }
        expect(tree.clock.pending).toBe(0);
      }),
      { numRuns: 150 },
    );
  }, 30_000);

  it('ends and starts exactly whom OTP would, in its order, and leaves the others untouched', () => {
    const blow = fc.record({ at, how: fc.constantFrom('crash', 'crash', 'crash', 'finish', 'retire') });
    fc.assert(
      fc.property(
        treePlan,
        fc.array(fc.tuple(fc.array(step, { maxLength: 3 }), blow), { maxLength: 8 }),
        (plan, blows) => {
          const tree = startTree(createWorld(), plan);
          for (const [steps, { at: index, how }] of blows) {
            for (const event of steps) take(tree, event);
            rest(tree);
            const workers = workersOf(tree.actor);
            const victim = pick(workers, index);
            if (victim === undefined) return;
            for (const { ref } of workers) ref.send({ type: 'poke' });

            const [path, id] = splitPath(victim.name);
            const supervisors = new Map(supervisorsOf(tree.actor).map((each) => [each.path, each]));
            const reason = ({ crash: 'abnormal', finish: 'normal', retire: 'shutdown' } as const)[
              how as 'crash'
            ];
            const expected = endOf({ plan, supervisors }, path ?? '', id, reason);
            const before = workers.map((worker) => ({
              ...worker,
              context: worker.ref.getSnapshot().context,
            }));

            tree.log.clear();
            victim.ref.send({ type: how });
            rest(tree);
            expect({ ends: tree.log.ended(), starts: tree.log.begun(), root: tree.status() }).toEqual(
              expected,
            );
            for (const { name, ref, context } of before.filter(
              (worker) => !expected.ends.includes(worker.name),
            )) {
              expect(ref.getSnapshot().context, `${name} is untouched`).toBe(context);
              expect(ref.getSnapshot().status).toBe('active');
            }
            check(tree);
          }
        },
      ),
      { numRuns: 150 },
    );
  }, 30_000);
});
