import { describe, expect, it } from 'vitest';
import type { Restart } from '../../../machines/supervisor/child-spec.ts';
import { SupervisorGaveUp } from '../../../machines/supervisor/supervisor.events.ts';
import { createWorld, nest, nestWorkers, spec, startIn, startSupervisor } from './parts.ts';

/** A supervisor of workers `a` and `b` beside a worker `w`, under a root. */
function startTree(
  restart: Restart,
  {
    intensity = 1,
    rootIntensity = 3,
    strategy = 'oneForOne' as 'oneForOne' | 'oneForAll' | 'restForOne',
  } = {},
) {
  const world = createWorld();
  const group = nestWorkers(world, 'group', [spec('a'), spec('b')], { intensity });
  const logics = { group, worker: world.logics.worker };
  const machine = nest(
    world,
    'root',
    [
      { id: 'group', logic: 'group', restart, shutdownMs: 'infinity' },
      { id: 'w', logic: 'worker', restart: 'permanent', shutdownMs: 1_000, input: { name: 'w' } },
    ],
    { logics, intensity: rootIntensity, strategy },
  );
  return startIn(world, machine);
}
type Tree = ReturnType<typeof startTree>;

/** Fails worker `a` once more often than its supervisor allows. */
function exceed(s: Tree) {
  s.crash('group/a');
  s.clock.advance(100);
  s.crash('group/a');
  s.clock.advance(0);
}

describe('the intensity', () => {
  it('is exceeded by the restart after it, within the period', () => {
    const s = startSupervisor([spec('a')], {
      intensity: 2,
      backoff: { minMs: 1, maxMs: 1, factor: 1, jitterFraction: 0 },
    });
    for (const _ of [1, 2]) {
      s.crash('a');
      s.clock.advance(1);
    }
    expect(s.status()).toBe('active');
    s.crash('a');
    expect(s.status()).toBe('error');
  });

  it('is not exceeded by restarts that are far enough apart (multiple_restarts)', () => {
    const s = startSupervisor([spec('a')], { intensity: 1, periodMs: 1_000 });
    for (let i = 0; i < 4; i += 1) {
      s.crash('a');
      s.clock.advance(2_100);
      expect(s.log.living()).toEqual({ a: 1 });
    }
  });

  it('counts the failures of all children together', () => {
    const s = startSupervisor([spec('a'), spec('b'), spec('c')], { intensity: 2 });
    s.crash('a');
    s.crash('b');
    expect(s.status()).toBe('active');
    s.crash('c');
    s.clock.advance(0);
    expect(s.status()).toBe('error');
  });

  it('counts a restart of many as one (oneForAll)', () => {
    const s = startSupervisor([spec('a'), spec('b'), spec('c')], { intensity: 1, strategy: 'oneForAll' });
    s.crash('a');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
    s.crash('c');
    s.clock.advance(0);
    expect(s.status()).toBe('error');
  });

  it('of 0 means that the first failure is too many', () => {
    const s = startSupervisor([spec('a'), spec('b')], { intensity: 0 });
    s.crash('a');
    s.clock.advance(0);
    expect(s.errors).toEqual([expect.any(SupervisorGaveUp)]);
    expect(s.log.living()).toEqual({});
  });

  it('is not touched by the ends of temporary children', () => {
    const children = Array.from({ length: 10 }, (_, i) => spec(`t${i}`, { restart: 'temporary' as const }));
    const s = startSupervisor(children, { intensity: 0 });
    for (const { id } of children) s.crash(id);
    expect(s.status()).toBe('active');
  });

  it('is touched by a permanent child that only finishes', () => {
    const s = startSupervisor([spec('a')], { intensity: 0 });
    s.child('a').send({ type: 'finish' });
    expect(s.status()).toBe('error');
  });
});

describe('a supervisor that gives up', () => {
  it('ends its children by the drain protocol, last started first', () => {
    const s = startSupervisor([spec('a', { takesMs: 20 }), spec('b', { takesMs: 30 }), spec('c')], {
      intensity: 0,
    });
    s.log.clear();
    s.crash('c');
    s.clock.advance(29);
    expect(s.log.lines).toEqual(['-c']);
    s.clock.advance(21);
    expect(s.log.lines).toEqual(['-c', '-b', '-a']);
    expect(s.status()).toBe('error');
  });

  it('cuts short a child that does not end in time', () => {
    const s = startSupervisor([spec('a', { drain: 'hangs', shutdownMs: 400 }), spec('b')], { intensity: 0 });
    s.crash('b');
    s.clock.advance(400);
    expect(s.status()).toBe('error');
    expect(s.log.living()).toEqual({});
    expect(s.told()).toEqual([
      ['childTerminated', 'b'],
      ['shutdown', 'b'],
      ['shutdownError', 'a'],
    ]);
  });

  it.each(['oneForOne', 'oneForAll', 'restForOne'] as const)(
    'leaves nothing running and no timer (%s)',
    (strategy) => {
      const s = startSupervisor([spec('a'), spec('b'), spec('c', { takesMs: 50 })], {
        intensity: 1,
        strategy,
      });
      s.crash('b');
      s.clock.advance(200);
      s.crash('b');
      s.clock.advance(50);
      expect(s.status()).toBe('error');
      expect(s.log.living()).toEqual({});
      expect(s.clock.pending).toBe(0);
    },
  );

  it('names itself, the child and the limit in its error', () => {
    const s = startSupervisor([spec('a')], { intensity: 0, periodMs: 500 });
    s.crash('a');
    expect(s.errors[0]).toMatchObject({
      supervisor: 'boss',
      offender: 'a',
      message: expect.stringMatching(/"boss" gave up.*"a" failed: boom.*0 restarts within 500 ms/),
    });
  });

  it('is started again with its children when it is permanent', () => {
    const s = startTree('permanent');
    exceed(s);
    expect(s.log.living()).toEqual({ w: 1 });
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1, w: 1 });
    expect(s.log.starts('w'), 'the neighbour was left alone').toBe(1);
  });

  it('starts with a clean count after its own restart', () => {
    const s = startTree('permanent');
    exceed(s);
    s.clock.advance(100);
    s.crash('group/a');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1, w: 1 });
    expect(s.child('group').getSnapshot().context.restartTimes).toHaveLength(1);
  });

  it('stays down when it is transient, for it ended in order', () => {
    const s = startTree('transient');
    exceed(s);
    s.clock.advance(60_000);
    expect(s.states()).toEqual({ group: 'finished', w: 'running' });
    expect(s.log.living()).toEqual({ w: 1 });
  });

  it('is forgotten when it is temporary', () => {
    const s = startTree('temporary');
    exceed(s);
    s.clock.advance(60_000);
    expect(s.states()).toEqual({ w: 'running' });
  });

  it('takes its right neighbours down and up again under restForOne', () => {
    const s = startTree('permanent', { strategy: 'restForOne' });
    exceed(s);
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1, w: 1 });
    expect(s.log.starts('w')).toBe(2);
  });

  it('escalates up to the root when that does not help either', () => {
    const s = startTree('permanent', { intensity: 0, rootIntensity: 1 });
    s.crash('group/a');
    s.clock.advance(100);
    s.crash('group/b');
    s.clock.advance(0);
    expect(s.errors).toEqual([expect.objectContaining({ supervisor: 'root', offender: 'group' })]);
    expect(s.log.living()).toEqual({});
    expect(s.clock.pending).toBe(0);
  });

  it('refuses new children while it ends', () => {
    const s = startSupervisor([spec('a', { takesMs: 100 }), spec('b')], { intensity: 0 });
    s.crash('b');
    s.actor.send({ type: 'supervisor.startChild', spec: spec('d') });
    s.clock.advance(100);
    expect(s.log.starts('d')).toBe(0);
    expect(s.told()).toContainEqual(['specRefused', 'd']);
  });

  it('finishes in order when it is shut down while it gives up', () => {
    const s = startSupervisor([spec('a', { takesMs: 100 }), spec('b')], { intensity: 0 });
    s.crash('b');
    s.actor.send({ type: 'shutdown' });
    s.clock.advance(100);
    expect(s.status()).toBe('done');
    expect(s.log.living()).toEqual({});
  });
});

describe('a tree of supervisors', () => {
  it('restarts only the process that died', () => {
    const s = startTree('permanent');
    const group = s.child('group');
    s.crash('group/b');
    s.clock.advance(100);
    expect(s.child('group')).toBe(group);
    expect(['a', 'b', 'w'].map(s.log.starts)).toEqual([1, 2, 1]);
  });

  it('forgets children that were added to a supervisor when that is restarted', () => {
    const s = startTree('permanent');
    s.child('group').send({ type: 'supervisor.startChild', spec: spec('d') });
    expect(s.log.living()).toEqual({ a: 1, b: 1, d: 1, w: 1 });
    exceed(s);
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1, w: 1 });
  });

  it('is shut down from its leaves, in reverse start order', () => {
    const s = startTree('permanent');
    s.log.clear();
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(0);
    expect(s.log.lines).toEqual(['-w', '-b', '-a']);
    expect(s.status()).toBe('done');
  });
});
