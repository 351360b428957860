import { describe, expect, it } from 'vitest';
import { fromCallback } from 'xstate';
import { createWorld, nest, nestWorkers, spec, startIn, startSupervisor } from './parts.ts';

type Supervisor = ReturnType<typeof startSupervisor>;
const shutDown = (s: Supervisor) => s.actor.send({ type: 'supervisor.shutdown' });
const troubles = (s: Pick<Supervisor, 'reports'>) =>
  s.reports.filter(({ context }) => context === 'shutdownError').map(({ offender }) => offender);

describe('the shutdown of a child', () => {
  it.each([
    // takesMs, shutdownMs, ends after, is it trouble
    [0, 1_000, 0, false],
    [300, 1_000, 300, false],
    [999, 1_000, 999, false],
    [5_000, 1_000, 1_000, true],
    [5_000, 'infinity', 5_000, false],
    [5_000, 0, 0, false],
  ] as const)(
    'that takes %s ms and may take %s is over after %s ms',
    (takesMs, shutdownMs, over, isTrouble) => {
      const s = startSupervisor([spec('a', { takesMs, shutdownMs })]);
      shutDown(s);
      if (over > 0) {
        s.clock.advance(over - 1);
        expect(s.log.living()).toEqual({ a: 1 });
        s.clock.advance(1);
      } else s.clock.advance(0);
      expect(s.log.living()).toEqual({});
      expect(s.status()).toBe('done');
      expect(troubles(s)).toEqual(isTrouble ? ['a'] : []);
      expect(s.clock.pending).toBe(0);
    },
  );

  it('that never answers is cut short', () => {
    const s = startSupervisor([spec('a', { drain: 'hangs' })]);
    shutDown(s);
    s.clock.advance(1_000);
    expect(s.log.living()).toEqual({});
    expect(troubles(s)).toEqual(['a']);
  });

  it('that never answers is waited for when it may take for ever', () => {
    const s = startSupervisor([spec('a', { drain: 'hangs', shutdownMs: 'infinity' })]);
    shutDown(s);
    s.clock.advance(100_000_000);
    expect(s.status()).toBe('active');
    expect(s.clock.pending).toBe(0);
    s.actor.stop();
    expect(s.log.living()).toEqual({});
  });

  it('that fails while it drains is over, and told of', () => {
    const s = startSupervisor([spec('a', { drain: 'fails', takesMs: 30 })]);
    shutDown(s);
    s.clock.advance(30);
    expect(s.status()).toBe('done');
    expect(s.reports).toMatchObject([
      { context: 'shutdownError', offender: 'a', reason: expect.stringContaining('drain failed') },
    ]);
  });

  it('that ends in order before it is asked is no trouble', () => {
    for (const restart of ['transient', 'temporary'] as const) {
      const s = startSupervisor([spec('a', { restart }), spec('z', { takesMs: 100 })]);
      shutDown(s);
      s.child('a').send({ type: 'finish' });
      s.clock.advance(100);
      expect(s.status()).toBe('done');
      expect(troubles(s), restart).toEqual([]);
    }
  });

  it.each([
    ['permanent', 'crash', true],
    ['permanent', 'finish', true],
    ['permanent', 'retire', false],
    ['transient', 'crash', true],
    ['transient', 'finish', false],
    ['transient', 'retire', false],
    ['temporary', 'crash', true],
    ['temporary', 'finish', false],
    ['temporary', 'retire', false],
  ] as const)(
    'that is %s and ends by %s before its turn completes; trouble: %s (sup_stop_race)',
    (restart, type, isTrouble) => {
      const s = startSupervisor([spec('a'), spec('x', { restart }), spec('z', { takesMs: 100 })]);
      shutDown(s);
      s.child('x').send({ type });
      s.clock.advance(100);
      expect(s.status()).toBe('done');
      expect(troubles(s)).toEqual(isTrouble ? ['x'] : []);
      expect(s.log.ended()).toEqual(['x', 'z', 'a']);
    },
  );
});

describe('the shutdown of a supervisor', () => {
  it('asks one child at a time', () => {
    const s = startSupervisor([spec('a', { takesMs: 10 }), spec('b', { takesMs: 10 })]);
    shutDown(s);
    expect(s.states()).toEqual({ a: 'running', b: 'retiring' });
    s.clock.advance(10);
    expect(s.states()).toEqual({ a: 'retiring' });
  });

  it('goes on after a child that hangs, each with its own deadline', () => {
    const s = startSupervisor([
      spec('a', { drain: 'hangs', shutdownMs: 200 }),
      spec('b', { drain: 'hangs', shutdownMs: 300 }),
    ]);
    shutDown(s);
    s.clock.advance(499);
    expect(s.log.living()).toEqual({ a: 1 });
    s.clock.advance(1);
    expect(s.status()).toBe('done');
    expect(troubles(s)).toEqual(['b', 'a']);
  });

  it('with no children is over at once', () => {
    const s = startSupervisor([]);
    shutDown(s);
    expect(s.status()).toBe('done');
  });

  it('asked twice is one', () => {
    const s = startSupervisor([spec('a', { takesMs: 100 })]);
    shutDown(s);
    shutDown(s);
    s.clock.advance(100);
    expect(s.status()).toBe('done');
    expect(s.log.ended()).toEqual(['a']);
  });

  it('says in its output that it ended in order', () => {
    const s = startSupervisor([spec('a')]);
    shutDown(s);
    s.clock.advance(0);
    expect(s.actor.getSnapshot().output).toEqual({ reason: 'shutdown' });
  });

  it('overtakes a restart that waits', () => {
    const s = startSupervisor([spec('a'), spec('b')]);
    s.crash('a');
    shutDown(s);
    s.clock.advance(10_000);
    expect(s.log.starts('a')).toBe(1);
    expect(s.status()).toBe('done');
    expect(s.clock.pending).toBe(0);
  });

  it('overtakes a restart for which siblings are being ended', () => {
    const s = startSupervisor([spec('a', { takesMs: 50 }), spec('b'), spec('c', { takesMs: 50 })], {
      strategy: 'oneForAll',
    });
    s.crash('b');
    s.clock.advance(20);
    shutDown(s);
    s.clock.advance(30);
    expect(s.log.ended(), 'the one that was being ended is not asked twice').toEqual(['b', 'c']);
    s.clock.advance(50);
    expect(s.status()).toBe('done');
    expect(s.log.begun()).toEqual(['a', 'b', 'c']);
  });

  it('includes a child that is being stopped on demand', () => {
    const s = startSupervisor([spec('a', { takesMs: 50 }), spec('b', { takesMs: 50 })]);
    s.actor.send({ type: 'supervisor.stopChild', id: 'a' });
    shutDown(s);
    s.clock.advance(50);
    expect(s.status()).toBe('done');
    expect(s.log.living()).toEqual({});
  });

  it('passes over children that have ended', () => {
    const s = startSupervisor([spec('a'), spec('b', { restart: 'transient' })]);
    s.child('b').send({ type: 'finish' });
    shutDown(s);
    s.clock.advance(0);
    expect(s.log.ended()).toEqual(['b', 'a']);
    expect(s.status()).toBe('done');
  });

  it('gives a nested supervisor the time that its children take', () => {
    const world = createWorld();
    const group = nestWorkers(world, 'group', [spec('a', { takesMs: 900 }), spec('b', { takesMs: 900 })]);
    const s = startIn(
      world,
      nest(world, 'root', [{ id: 'group', logic: 'group', restart: 'permanent', shutdownMs: 'infinity' }], {
        logics: { group },
      }),
    );
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(1_799);
    expect(s.log.living()).toEqual({ a: 1 });
    s.clock.advance(1);
    expect(s.status()).toBe('done');
    expect(troubles(s)).toEqual([]);
  });

  it('cuts a nested supervisor short with all that is below it', () => {
    const world = createWorld();
    const group = nestWorkers(world, 'group', [
      spec('a', { drain: 'hangs', shutdownMs: 'infinity' }),
      spec('b'),
    ]);
    const s = startIn(
      world,
      nest(world, 'root', [{ id: 'group', logic: 'group', restart: 'permanent', shutdownMs: 200 }], {
        logics: { group },
      }),
    );
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(200);
    expect(s.log.living()).toEqual({});
    expect(s.status()).toBe('done');
    expect(troubles(s)).toEqual(['group']);
    expect(s.clock.pending).toBe(0);
  });

  it('while it is still starting ends what has been started, and starts nothing more', () => {
    const world = createWorld();
    const hasty = fromCallback<{ type: 'any' }, undefined>(({ sendBack }) => sendBack({ type: 'shutdown' }));
    const machine = nest(
      world,
      'boss',
      [
        {
          id: 'a',
          logic: 'worker',
          restart: 'permanent',
          shutdownMs: 1_000,
          input: { name: 'a', takesMs: 50 },
        },
        { id: 'hasty', logic: 'hasty', restart: 'permanent', shutdownMs: 0 },
        { id: 'b', logic: 'worker', restart: 'permanent', shutdownMs: 1_000, input: { name: 'b' } },
      ],
      { logics: { worker: world.logics.worker, hasty } },
    );
    const s = startIn(world, machine);
    expect(s.log.lines).toEqual(['+a']);
    s.clock.advance(50);
    expect(s.log.lines).toEqual(['+a', '-a']);
    expect(s.status()).toBe('done');
  });
});

describe('ending siblings for a restart', () => {
  it('gives each its time, one after the other (oneForAll)', () => {
    const s = startSupervisor([spec('a', { takesMs: 20 }), spec('b'), spec('c', { takesMs: 30 })], {
      strategy: 'oneForAll',
    });
    s.log.clear();
    s.crash('b');
    s.clock.advance(30);
    expect(s.log.lines).toEqual(['-b', '-c']);
    s.clock.advance(20);
    expect(s.log.lines).toEqual(['-b', '-c', '-a']);
    s.clock.advance(100);
    expect(s.log.begun()).toEqual(['a', 'b', 'c']);
  });

  it('cuts short one that hangs, tells of it, and restarts all the same', () => {
    const s = startSupervisor([spec('a'), spec('b', { drain: 'hangs', shutdownMs: 500 })], {
      strategy: 'oneForAll',
    });
    s.crash('a');
    s.clock.advance(600);
    expect(s.log.living()).toEqual({ a: 1, b: 1 });
    expect(troubles(s)).toEqual(['b']);
  });

  it('tells of one that fails while it drains, and restarts it all the same', () => {
    const s = startSupervisor([spec('a'), spec('b', { drain: 'fails', takesMs: 10 })], {
      strategy: 'restForOne',
    });
    s.crash('a');
    s.clock.advance(110);
    expect(s.log.living()).toEqual({ a: 1, b: 1 });
    expect(troubles(s)).toEqual(['b']);
    expect(s.actor.getSnapshot().context.restartTimes, 'that is no restart of its own').toHaveLength(1);
  });

  it('tells of one that fails before it is asked', () => {
    const s = startSupervisor([spec('a'), spec('b'), spec('c', { takesMs: 50 })], { strategy: 'oneForAll' });
    s.crash('a');
    s.crash('b');
    expect(troubles(s)).toEqual(['b']);
    expect(s.record('b').lastError).toMatchObject({ message: 'boom' });
    s.clock.advance(200);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('does not ask those on the left (restForOne)', () => {
    const s = startSupervisor([spec('a', { takesMs: 5_000 }), spec('b')], { strategy: 'restForOne' });
    s.crash('b');
    expect(s.states()).toEqual({ a: 'running', b: 'waiting' });
  });
});
