import { describe, expect, it } from 'vitest';
import { SupervisorGaveUp } from '../../../machines/supervisor/supervisor.events.ts';
import { createWorld, nest, nestWorkers, spec, startIn, startSupervisor } from './parts.ts';

const abc = () => [spec('a'), spec('b'), spec('c')];

/** Starts a supervisor of which some children fail in their first starts. */
function startFaulty(
  failing: Readonly<Record<string, number>>,
  children = abc(),
  policy: Parameters<typeof nestWorkers>[3] = {},
) {
  const world = createWorld();
  for (const [id, times] of Object.entries(failing)) world.faults.failing.set(id, times);
  return startIn(world, nestWorkers(world, 'boss', children, policy));
}

describe('a child that fails in the first start of its supervisor', () => {
  it('fails the supervisor, which ends those that stood, last started first', () => {
    const s = startFaulty({ c: 1 });
    s.clock.advance(0);
    expect(s.log.lines).toEqual(['+a', '+b', '-b', '-a']);
    expect(s.status()).toBe('error');
    expect(s.errors).toEqual([expect.any(SupervisorGaveUp)]);
  });

  it('keeps those after it from being started', () => {
    const s = startFaulty({ a: 1 });
    s.clock.advance(0);
    expect(s.log.begun()).toEqual([]);
    expect(s.status()).toBe('error');
  });

  it('is not tried again, whatever the intensity', () => {
    const s = startFaulty({ b: 1 }, abc(), { intensity: 100 });
    s.clock.advance(60_000);
    expect(s.log.starts('b')).toBe(0);
    expect(s.status()).toBe('error');
    expect(s.clock.pending).toBe(0);
  });

  it.each(['permanent', 'transient', 'temporary'] as const)('fails it also when it is %s', (restart) => {
    const s = startFaulty({ b: 1 }, [spec('a'), spec('b', { restart })]);
    s.clock.advance(0);
    expect(s.status()).toBe('error');
    expect(s.log.living()).toEqual({});
  });

  it('is named in the error and in the report', () => {
    const s = startFaulty({ b: 1 });
    s.clock.advance(0);
    expect(s.errors[0]).toMatchObject({
      supervisor: 'boss',
      offender: 'b',
      message: expect.stringContaining('b cannot start'),
    });
    expect(s.reports).toMatchObject([{ supervisor: 'boss', context: 'startError', offender: 'b' }]);
  });

  it('lets those that stood drain for as long as they may', () => {
    const s = startFaulty({ b: 1 }, [spec('a', { takesMs: 300 }), spec('b')]);
    s.clock.advance(299);
    expect(s.log.living()).toEqual({ a: 1 });
    s.clock.advance(1);
    expect(s.log.living()).toEqual({});
    expect(s.status()).toBe('error');
  });

  it('that finishes at once has started, and is no failure', () => {
    const world = createWorld();
    world.faults.finishing.add('b');
    const s = startIn(
      world,
      nestWorkers(world, 'boss', [spec('a'), spec('b', { restart: 'transient' }), spec('c')]),
    );
    expect(s.states()).toEqual({ a: 'running', b: 'finished', c: 'running' });
  });

  it('several permanent ones that finish at once are all started again', () => {
    const world = createWorld();
    for (const id of ['a', 'b', 'c']) world.faults.finishing.add(id);
    const s = startIn(world, nestWorkers(world, 'boss', abc(), { intensity: 10 }));
    expect(s.states()).toEqual({ a: 'waiting', b: 'waiting', c: 'waiting' });
    world.faults.finishing.clear();
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });
});

describe('a child that fails in its restart', () => {
  it('leaves nothing running that it had begun', () => {
    const s = startSupervisor(abc());
    s.faults.stumbling.add('b');
    s.log.clear();
    s.crash('b');
    s.clock.advance(100);
    expect(s.log.lines).toEqual(['-b', '+b', '-b']);
    expect(s.log.living()).toEqual({ a: 1, c: 1 });
  });

  it('is tried again, ever later, and each try counts (hanging restart)', () => {
    const s = startSupervisor(abc(), { intensity: 10 });
    s.faults.failing.set('b', 3);
    s.crash('b');
    s.clock.advance(100 + 200 + 400 + 799);
    expect(s.log.living()).toEqual({ a: 1, c: 1 });
    s.clock.advance(1);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
    expect(s.actor.getSnapshot().context.restartTimes).toHaveLength(4);
  });

  it('fails the supervisor when the tries exceed the intensity (one_for_one_escalation)', () => {
    const s = startSupervisor(abc(), { intensity: 4 });
    s.faults.failing.set('b', 100);
    s.crash('b');
    s.clock.advance(10_000);
    expect(s.status()).toBe('error');
    expect(s.log.living()).toEqual({});
    expect(s.faults.failing.get('b'), 'tries').toBe(96);
  });

  it.each(['oneForAll', 'restForOne'] as const)('fails the supervisor the same way under %s', (strategy) => {
    const s = startSupervisor(abc(), { intensity: 4, strategy });
    s.faults.failing.set('b', 100);
    s.crash('a');
    s.clock.advance(10_000);
    expect(s.status()).toBe('error');
    expect(s.log.living()).toEqual({});
  });

  it('hangs in restart, and siblings live on undisturbed meanwhile (oneForOne)', () => {
    const s = startSupervisor(abc(), { intensity: 10 });
    s.faults.failing.set('b', 5);
    s.crash('b');
    s.clock.advance(1_000);
    expect(s.states()).toEqual({ a: 'running', b: 'waiting', c: 'running' });
    expect([s.log.starts('a'), s.log.starts('c')]).toEqual([1, 1]);
  });

  it('hangs in restart, and the supervisor can be shut down meanwhile', () => {
    const s = startSupervisor(abc(), { intensity: 10 });
    s.faults.failing.set('b', 5);
    s.crash('b');
    s.clock.advance(500);
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(0);
    expect(s.status()).toBe('done');
    expect(s.log.living()).toEqual({});
    expect(s.clock.pending).toBe(0);
  });

  it('hangs in restart, and can be terminated and restarted by hand', () => {
    const s = startSupervisor(abc(), { intensity: 10 });
    s.faults.failing.set('b', 2);
    s.crash('b');
    s.clock.advance(150);
    s.actor.send({ type: 'supervisor.startChild', spec: spec('b') });
    s.actor.send({ type: 'supervisor.restartChild', id: 'b' });
    expect(s.states().b, 'neither added twice nor started early').toBe('waiting');
    s.actor.send({ type: 'supervisor.terminateChild', id: 'b' });
    expect(s.states().b).toBe('finished');
    s.clock.advance(10_000);
    expect(s.log.living()).toEqual({ a: 1, c: 1 });
    s.faults.failing.clear();
    s.actor.send({ type: 'supervisor.restartChild', id: 'b' });
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('leaves what is right of it down until it stands (restForOne)', () => {
    const s = startSupervisor(abc(), { intensity: 10, strategy: 'restForOne' });
    s.faults.failing.set('b', 2);
    s.crash('b');
    s.clock.advance(299);
    expect(s.states()).toEqual({ a: 'running', b: 'waiting', c: 'waiting' });
    s.clock.advance(401);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
    expect(s.log.starts('c')).toBe(2);
  });
});

describe('another child that fails to restart', () => {
  it('has the restarted ones ended and all started again (oneForAll)', () => {
    const s = startSupervisor(abc(), { strategy: 'oneForAll' });
    s.faults.failing.set('c', 1);
    s.log.clear();
    s.crash('a');
    s.clock.advance(199);
    // a and b stood again, then c failed: they are ended again.
    expect(s.log.lines).toEqual(['-a', '-c', '-b', '+a', '+b', '-b', '-a']);
    s.clock.advance(1);
    expect(s.log.begun()).toEqual(['a', 'b', 'a', 'b', 'c']);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('leaves the restarted ones left of it alone (restForOne)', () => {
    const s = startSupervisor(abc(), { strategy: 'restForOne' });
    s.faults.failing.set('c', 1);
    s.log.clear();
    s.crash('a');
    s.clock.advance(1_000);
    expect(s.log.begun()).toEqual(['a', 'b', 'c']);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('counts as a restart of its own', () => {
    const s = startSupervisor(abc(), { strategy: 'oneForAll' });
    s.faults.failing.set('c', 1);
    s.crash('a');
    s.clock.advance(1_000);
    expect(s.actor.getSnapshot().context.restartTimes).toHaveLength(2);
  });

  it('waits by its own failures in a row, not by those of the first', () => {
    const s = startSupervisor(abc(), { strategy: 'oneForAll', intensity: 10 });
    for (const ms of [100, 200]) {
      s.crash('a');
      s.clock.advance(ms);
    }
    s.faults.failing.set('c', 1);
    s.crash('a');
    s.clock.advance(400 + 99);
    expect(s.log.living()).toEqual({});
    s.clock.advance(1);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });
});

describe('a child that is started on demand', () => {
  it('and fails in its start is not added', () => {
    const s = startSupervisor([spec('a')]);
    s.faults.failing.set('d', 1);
    s.actor.send({ type: 'supervisor.startChild', spec: spec('d') });
    s.clock.advance(60_000);
    expect(s.states()).toEqual({ a: 'running' });
    expect(s.log.starts('d')).toBe(0);
    expect(s.told()).toEqual([['startError', 'd']]);
  });

  it('and fails in its start does not count as a restart', () => {
    const s = startSupervisor([spec('a')], { intensity: 0 });
    s.faults.failing.set('d', 1);
    s.actor.send({ type: 'supervisor.startChild', spec: spec('d') });
    expect(s.status()).toBe('active');
    expect(s.actor.getSnapshot().context.restartTimes).toEqual([]);
  });

  it('and failed in its start can be added anew', () => {
    const s = startSupervisor([spec('a')]);
    s.faults.failing.set('d', 1);
    s.actor.send({ type: 'supervisor.startChild', spec: spec('d') });
    s.actor.send({ type: 'supervisor.startChild', spec: spec('d') });
    expect(s.log.living()).toEqual({ a: 1, d: 1 });
  });

  it('by restartChild and fails in its start stays ended and is not tried again', () => {
    const s = startSupervisor([spec('a'), spec('b')], { intensity: 0 });
    s.actor.send({ type: 'supervisor.terminateChild', id: 'b' });
    s.clock.advance(0);
    s.faults.failing.set('b', 1);
    s.actor.send({ type: 'supervisor.restartChild', id: 'b' });
    s.clock.advance(60_000);
    expect(s.states()).toEqual({ a: 'running', b: 'finished' });
    expect(s.status(), 'no restart was counted').toBe('active');
    expect(s.told()).toContainEqual(['startError', 'b']);
  });

  it('by restartChild, stands, and fails later is restarted like any other', () => {
    const s = startSupervisor([spec('a'), spec('b')]);
    s.actor.send({ type: 'supervisor.terminateChild', id: 'b' });
    s.clock.advance(0);
    s.actor.send({ type: 'supervisor.restartChild', id: 'b' });
    s.crash('b');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1 });
  });
});

describe('a supervisor that fails in its start below another', () => {
  const under = (restart: 'permanent' | 'transient', takesMs = 0, intensity = 3) => {
    const world = createWorld();
    const group = nestWorkers(world, 'group', [spec('a', { takesMs }), spec('b')]);
    const logics = { ...world.logics, group };
    const machine = nest(world, 'root', [], { intensity, logics });
    const s = startIn(world, machine);
    const add = () =>
      s.actor.send({
        type: 'supervisor.startChild',
        spec: { id: 'group', logic: 'group', restart, shutdownMs: 'infinity' },
      });
    return { ...s, add };
  };

  it('is tried again when it is permanent', () => {
    const s = under('permanent');
    s.add();
    // Its child fails once too often, it gives up, and its next start fails as well.
    for (const ms of [100, 200, 400]) {
      s.crash('group/b');
      s.clock.advance(ms);
    }
    s.faults.failing.set('b', 1);
    s.crash('group/b');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({});
    s.clock.advance(200);
    expect(s.log.living()).toEqual({ a: 1, b: 1 });
  });

  it('is tried again when it is transient, for a failed start is no end in order', () => {
    const s = under('transient', 50);
    s.add();
    s.child('group').send({ type: 'shutdown' });
    s.clock.advance(50);
    expect(s.states().group, 'it ended in order').toBe('finished');
    // It stands before it knows: its living child takes its time to end.
    s.faults.failing.set('b', 1);
    s.actor.send({ type: 'supervisor.restartChild', id: 'group' });
    s.clock.advance(50);
    expect(s.states().group, 'its start failed').toBe('waiting');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1 });
  });
});
