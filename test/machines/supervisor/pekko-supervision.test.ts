import { describe, expect, it } from 'vitest';
import { assign, createMachine, fromCallback, fromPromise } from 'xstate';
import { createWorld, nest, policyIn, spec, startIn, startSupervisor } from './parts.ts';

// The cases of Pekko's typed SupervisionSpec that apply. Not here: `resume`, since XState keeps no actor that threw;
// strategies by exception type, since a supervisor does not look into errors; dropped messages, which are dead letters.

const backoff = { minMs: 1_000, maxMs: 10_000, factor: 2, jitterFraction: 0 };

describe('a supervised actor', () => {
  it('is created at once, not at its first message', () => {
    expect(startSupervisor([spec('a')]).log.lines).toEqual(['+a']);
  });

  it('receives messages', () => {
    const s = startSupervisor([spec('a')]);
    s.child('a').send({ type: 'poke' });
    expect(s.child('a').getSnapshot().context.pokes).toBe(1);
  });

  it('that is stopped rather than restarted stays stopped (strategy stop)', () => {
    const s = startSupervisor([spec('a', { restart: 'temporary' })]);
    s.crash('a');
    s.clock.advance(60_000);
    expect(s.log.lines).toEqual(['+a', '-a']);
  });

  it('starts with fresh state after a restart', () => {
    const s = startSupervisor([spec('a')]);
    s.child('a').send({ type: 'poke' });
    s.crash('a');
    s.clock.advance(100);
    expect(s.child('a').getSnapshot().context.pokes).toBe(0);
  });

  it('is stopped when the limit of restarts is hit', () => {
    const s = startSupervisor([spec('a')], { intensity: 2, periodMs: 5_000 });
    for (const ms of [100, 200, 0]) {
      s.crash('a');
      s.clock.advance(ms);
    }
    expect(s.log.living()).toEqual({});
    expect(s.status()).toBe('error');
  });

  it('may be restarted again when the limit has been left behind', () => {
    const s = startSupervisor([spec('a')], { intensity: 2, periodMs: 5_000 });
    for (const ms of [100, 200 + 5_000, 5_000]) {
      s.crash('a');
      s.clock.advance(ms);
    }
    expect(s.log.living()).toEqual({ a: 1 });
    expect(s.status()).toBe('active');
  });

  it('a message to the old reference reaches nobody and fells nobody', () => {
    const s = startSupervisor([spec('a')]);
    const old = s.child('a');
    s.crash('a');
    s.clock.advance(100);
    old.send({ type: 'crash' });
    s.clock.advance(0);
    expect(s.log.living()).toEqual({ a: 1 });
    expect(s.log.starts('a')).toBe(2);
  });
});

describe('restart with backoff', () => {
  it('waits exponentially longer', () => {
    const s = startSupervisor([spec('a')], { backoff, intensity: 100 });
    for (const delay of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      s.crash('a');
      s.clock.advance(delay - 1);
      expect(s.log.living(), `${delay} ms`).toEqual({});
      s.clock.advance(1);
      expect(s.log.living(), `${delay} ms`).toEqual({ a: 1 });
    }
  });

  it('is reset after a healthy spell', () => {
    const s = startSupervisor([spec('a')], { backoff, intensity: 100, healthyAfterMs: 500 });
    s.crash('a');
    s.clock.advance(1_000);
    s.crash('a');
    s.clock.advance(2_000);
    s.clock.advance(500);
    s.crash('a');
    s.clock.advance(999);
    expect(s.log.living()).toEqual({});
    s.clock.advance(1);
    expect(s.log.living()).toEqual({ a: 1 });
  });

  it('is not reset by a spell that is too short', () => {
    const s = startSupervisor([spec('a')], { backoff, intensity: 100, healthyAfterMs: 500 });
    s.crash('a');
    s.clock.advance(1_000 + 499);
    s.crash('a');
    s.clock.advance(1_999);
    expect(s.log.living()).toEqual({});
    s.clock.advance(1);
    expect(s.log.living()).toEqual({ a: 1 });
  });

  it('is not reset by the time that was spent waiting', () => {
    const s = startSupervisor([spec('a')], { backoff, intensity: 100, healthyAfterMs: 500 });
    s.faults.failing.set('a', 1);
    s.crash('a');
    s.clock.advance(1_000 + 1_999);
    expect(s.log.living()).toEqual({});
    s.clock.advance(1);
    expect(s.log.living()).toEqual({ a: 1 });
  });

  it('is counted by child: one that fails does not slow the others', () => {
    const s = startSupervisor([spec('a'), spec('b')], { backoff, intensity: 100 });
    for (const delay of [1_000, 2_000]) {
      s.crash('a');
      s.clock.advance(delay);
    }
    s.crash('b');
    s.clock.advance(1_000);
    expect(s.log.living()).toEqual({ a: 1, b: 1 });
  });

  it('spreads by jitter, so that many do not return in step', () => {
    const draws = [0, 0.999, 0.5];
    const s = startSupervisor([spec('a'), spec('b'), spec('c')], {
      backoff: { ...backoff, jitterFraction: 0.2 },
      random: () => draws.shift() ?? 0,
    });
    for (const id of ['a', 'b', 'c']) s.crash(id);
    s.clock.advance(800);
    expect(s.log.living()).toEqual({ a: 1 });
    s.clock.advance(200);
    expect(s.log.living()).toEqual({ a: 1, c: 1 });
    s.clock.advance(200);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('fails when it has been tried as often as it may', () => {
    const s = startSupervisor([spec('a')], { backoff: { ...backoff, minMs: 200 }, intensity: 2 });
    s.faults.failing.set('a', 100);
    s.crash('a');
    s.clock.advance(3_000);
    expect(s.status()).toBe('error');
    expect(s.faults.failing.get('a'), 'two tries').toBe(98);
  });
});

describe('a failure inside a restart', () => {
  it('is a failure like any other: tried again after a longer delay', () => {
    const s = startSupervisor([spec('a')], { backoff });
    s.faults.failing.set('a', 1);
    s.crash('a');
    s.clock.advance(1_000);
    expect(s.states()).toEqual({ a: 'waiting' });
    s.clock.advance(2_000);
    expect(s.states()).toEqual({ a: 'running' });
  });

  it('stops what the failed start had begun', () => {
    const s = startSupervisor([spec('a')]);
    s.faults.stumbling.add('a');
    s.crash('a');
    s.clock.advance(100);
    expect(s.log.lines).toEqual(['+a', '-a', '+a', '-a']);
  });

  it('in the very first start fails instead of restarting', () => {
    const world = createWorld();
    world.faults.failing.set('a', 1);
    const { now, random, ...policy } = policyIn(world);
    const s = startIn(
      world,
      nest(world, 'boss', [spec('a')], { ...policy, now, random, logics: world.logics }),
    );
    expect(s.status()).toBe('error');
    expect(s.log.living()).toEqual({});
  });
});

/** A parent that holds children which it made by itself, with no supervisor between. */
function startFamily() {
  const world = createWorld();
  const leaf = fromCallback<{ type: 'any' }, { name: string }>(({ input }) => {
    world.log.start(input.name);
    return () => world.log.stop(input.name);
  });
  const crash = {
    actions: () => {
      throw new Error('parent failed');
    },
  };
  const parent = createMachine({
    types: {} as { context: { spawned: number } },
    context: { spawned: 0 },
    invoke: { src: leaf, id: 'first', input: { name: 'first' } },
    on: {
      crash,
      spawn: {
        actions: assign({
          spawned: ({ context, spawn }) => {
            const name = `more${context.spawned}`;
            spawn(leaf, { id: name, input: { name } });
            return context.spawned + 1;
          },
        }),
      },
    },
  });
  const sibling = createMachine({ invoke: { src: leaf, id: 'own', input: { name: 'sibling' } } });
  const children = [
    { id: 'parent', logic: 'parent', restart: 'permanent', shutdownMs: 0 },
    { id: 'sibling', logic: 'sibling', restart: 'permanent', shutdownMs: 0 },
  ] as const;
  return startIn(world, nest(world, 'boss', children, { logics: { parent, sibling } }));
}

describe('children of a restarted actor', () => {
  it('are stopped with it', () => {
    const s = startFamily();
    s.child('parent').send({ type: 'spawn' });
    s.child('parent').send({ type: 'spawn' });
    expect(s.log.living()).toEqual({ first: 1, more0: 1, more1: 1, sibling: 1 });
    s.crash('parent');
    expect(s.log.living()).toEqual({ sibling: 1 });
  });

  it('are made anew by it, and only those that it makes at its start', () => {
    const s = startFamily();
    s.child('parent').send({ type: 'spawn' });
    s.crash('parent');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ first: 1, sibling: 1 });
  });

  it('are stopped on a second restart as well', () => {
    const s = startFamily();
    for (const ms of [100, 200, 400]) {
      s.child('parent').send({ type: 'spawn' });
      expect(s.log.living()).toEqual({ first: 1, more0: 1, sibling: 1 });
      s.crash('parent');
      expect(s.log.living()).toEqual({ sibling: 1 });
      s.clock.advance(ms);
    }
    expect(s.log.starts('sibling')).toBe(1);
  });
});

describe('a failure that is no throw of a machine', () => {
  it('of a promise reaches the supervisor', async () => {
    const world = createWorld();
    let fail: (error: Error) => void = () => undefined;
    const job = fromPromise(
      () =>
        new Promise<never>((_, reject) => {
          fail = reject;
        }),
    );
    const s = startIn(
      world,
      nest(world, 'boss', [{ id: 'job', logic: 'job', restart: 'permanent', shutdownMs: 0 }], {
        logics: { job },
      }),
    );
    const first = s.child('job');
    const failed = new Promise((resolve) => s.actor.on('supervisor.report', resolve));
    fail(new Error('rejected'));
    await failed;
    expect(s.reports).toMatchObject([{ context: 'childTerminated', reason: '"job" failed: rejected' }]);
    s.clock.advance(100);
    expect(s.child('job')).not.toBe(first);
  });

  it('of a promise that resolves is a normal end', async () => {
    const world = createWorld();
    const job = fromPromise(() => Promise.resolve('done'));
    const s = startIn(
      world,
      nest(world, 'boss', [{ id: 'job', logic: 'job', restart: 'transient', shutdownMs: 0 }], {
        logics: { job },
      }),
    );
    await new Promise((resolve) => s.actor.on('supervisor.report', resolve));
    expect(s.told()).toEqual([['childFinished', 'job']]);
    expect(s.states()).toEqual({ job: 'finished' });
  });

  it('of a callback at its start fails the start', () => {
    const world = createWorld();
    const source = fromCallback(() => {
      throw new Error('no socket');
    });
    const s = startIn(
      world,
      nest(world, 'boss', [{ id: 'source', logic: 'source', restart: 'permanent', shutdownMs: 0 }], {
        logics: { source },
      }),
    );
    expect(s.status()).toBe('error');
    expect(s.reports).toMatchObject([{ context: 'startError', offender: 'source' }]);
  });
});
