import { describe, expect, it } from 'vitest';
import {
  createDynamicSupervisor,
  type DynamicOptions,
  dynamicCapacity,
} from '../../../machines/supervisor/dynamic.machine.ts';
import type { SupervisorContext } from '../../../machines/supervisor/supervisor.events.ts';
import { createWorld, policyIn, spec, startIn, type TestLogics } from './parts.ts';

/** Starts a dynamic supervisor of test logics, in groups of two. */
function startDynamic(options: Partial<DynamicOptions<TestLogics>> = {}) {
  const world = createWorld();
  const { now, random, onReport, ...policy } = policyIn(world);
  const machine = createDynamicSupervisor({
    id: 'dyn',
    logics: world.logics,
    policy,
    childPolicy: policy,
    groupSize: 2,
    now,
    random,
    onReport,
    ...options,
  });
  const s = startIn(world, machine);
  const add = (id: string, more: Parameters<typeof spec>[1] = {}) =>
    s.actor.send({ type: 'supervisor.startChild', spec: spec(id, more) });
  const end = (id: string) => s.actor.send({ type: 'supervisor.stopChild', id });
  /** Members of the groups, by group. */
  const groups = () =>
    Object.fromEntries(
      s.actor
        .getSnapshot()
        .context.children.map((group) => [
          group.id,
          Object.keys((group.spec.input as { children: object }).children),
        ]),
    );
  const members = () => Object.values(groups()).flat();
  const find = (id: string) => {
    const group = Object.entries(groups()).find(([, ids]) => ids.includes(id))?.[0];
    return s.child(`${group}/${id}`);
  };
  return { ...s, add, end, groups, members, find };
}

describe('a dynamic supervisor', () => {
  it('starts with no children', () => {
    const s = startDynamic();
    expect(s.groups()).toEqual({});
    expect(s.status()).toBe('active');
  });

  it('starts children on demand, in groups', () => {
    const s = startDynamic();
    for (const id of ['a', 'b', 'c']) s.add(id);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
    expect(s.groups()).toEqual({ 'group:1': ['a', 'b'], 'group:2': ['c'] });
  });

  it('restarts a permanent child whatever its end, and no other', () => {
    const s = startDynamic();
    for (const id of ['a', 'b', 'c']) s.add(id);
    for (const type of ['crash', 'finish', 'retire']) {
      s.find('a').send({ type });
      s.clock.advance(20_000);
      expect(s.log.living(), type).toEqual({ a: 1, b: 1, c: 1 });
    }
    expect(['a', 'b', 'c'].map(s.log.starts)).toEqual([4, 1, 1]);
  });

  it.each([
    ['transient', 'crash', true],
    ['transient', 'finish', false],
    ['transient', 'retire', false],
    ['temporary', 'crash', false],
    ['temporary', 'finish', false],
    ['temporary', 'retire', false],
  ] as const)('has a %s child after a %s: %s, and forgets it otherwise', (restart, type, comesBack) => {
    const s = startDynamic();
    s.add('a');
    s.add('x', { restart });
    s.find('x').send({ type });
    s.clock.advance(1_000);
    expect(s.log.living()).toEqual(comesBack ? { a: 1, x: 1 } : { a: 1 });
    expect(s.members()).toEqual(comesBack ? ['a', 'x'] : ['a']);
  });

  it('refuses a child of an id that it has', () => {
    const s = startDynamic();
    for (const id of ['a', 'b', 'c', 'a', 'c']) s.add(id);
    expect(s.told()).toEqual([
      ['specRefused', 'a'],
      ['specRefused', 'c'],
    ]);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('refuses a child that it cannot supervise', () => {
    const s = startDynamic();
    s.actor.send({ type: 'supervisor.startChild', spec: { ...spec('a'), logic: 'nothing' } });
    s.actor.send({ type: 'supervisor.startChild', spec: { ...spec('b'), logic: 'group' } });
    s.actor.send({ type: 'supervisor.startChild', spec: spec('c', { shutdownMs: -1 }) });
    s.actor.send({
      type: 'supervisor.startChild',
      spec: spec('d', { restart: 'transient', significant: true }),
    });
    expect(s.reports.map(({ reason }) => reason.split(':')[0])).toEqual([
      'unknownLogic',
      'unknownLogic',
      'badShutdown',
      'badCombination',
    ]);
    expect(s.groups()).toEqual({});
  });

  it('does not add a child that fails in its start, in a new group', () => {
    const s = startDynamic();
    s.faults.failing.set('a', 1);
    s.add('a');
    s.clock.advance(60_000);
    expect(s.log.living()).toEqual({});
    expect(s.groups()).toEqual({});
    expect(s.told()).toEqual([
      ['startError', 'a'],
      ['childStopped', 'group:1'],
    ]);
  });

  it('does not add a child that fails in its start, in an old group', () => {
    const s = startDynamic();
    s.add('a');
    s.faults.failing.set('b', 1);
    s.add('b');
    s.clock.advance(60_000);
    expect(s.log.living()).toEqual({ a: 1 });
    expect(s.members()).toEqual(['a']);
  });

  it('takes a child again that was not added', () => {
    const s = startDynamic();
    s.faults.failing.set('a', 1);
    s.add('a');
    s.clock.advance(0);
    s.add('a');
    expect(s.log.living()).toEqual({ a: 1 });
    expect(s.members()).toEqual(['a']);
  });

  it('forgets a child that is stopped', () => {
    const s = startDynamic();
    for (const id of ['a', 'b', 'c']) s.add(id);
    s.end('b');
    s.clock.advance(0);
    expect(s.groups()).toEqual({ 'group:1': ['a'], 'group:2': ['c'] });
    expect(s.log.living()).toEqual({ a: 1, c: 1 });
  });

  it('forgets a child that is terminated, as OTP does, and does not restart it by hand', () => {
    const s = startDynamic();
    s.add('a');
    s.add('b');
    s.actor.send({ type: 'supervisor.terminateChild', id: 'b' });
    s.clock.advance(0);
    expect(s.members()).toEqual(['a']);
    s.actor.send({ type: 'supervisor.restartChild', id: 'b' });
    expect(s.told()).toContainEqual(['specRefused', 'b']);
    expect(s.log.living()).toEqual({ a: 1 });
  });

  it('stopping what it does not have changes nothing', () => {
    const s = startDynamic();
    s.add('a');
    s.end('z');
    expect(s.groups()).toEqual({ 'group:1': ['a'] });
  });

  it('ends a group with its last child, and fills the room of those that left', () => {
    const s = startDynamic();
    for (const id of ['a', 'b', 'c', 'd']) s.add(id);
    s.end('c');
    s.end('d');
    s.end('a');
    s.clock.advance(0);
    expect(s.groups()).toEqual({ 'group:1': ['b'] });
    s.add('e');
    s.add('f');
    expect(s.groups()).toEqual({ 'group:1': ['b', 'e'], 'group:2': ['f'] });
    expect(s.log.living()).toEqual({ b: 1, e: 1, f: 1 });
  });

  it.each([
    ['alone', ['a']],
    ['beside others', ['a', 'b']],
    ['in a full supervisor', ['a', 'b', 'c']],
  ])('starts a child of the same id only when the old one has ended (%s)', (_, ids) => {
    const s = startDynamic();
    for (const id of ids) s.add(id, { takesMs: 70 });
    s.log.clear();
    s.end('a');
    s.add('a');
    s.clock.advance(69);
    expect(s.log.lines).toEqual([]);
    s.clock.advance(1);
    expect(s.log.lines).toEqual(['-a', '+a']);
    expect(s.members().sort()).toEqual(ids);
    s.end('a');
    s.clock.advance(1_000);
    expect(s.log.living()).not.toHaveProperty('a');
  });

  it('refuses what is beyond its capacity', () => {
    expect(dynamicCapacity(2)).toBe(400);
    const s = startDynamic({ groupSize: 1 });
    for (let i = 0; i < 201; i += 1) s.add(`c${i}`);
    expect(Object.keys(s.log.living())).toHaveLength(200);
    expect(s.reports).toMatchObject([
      { context: 'specRefused', offender: 'c200', reason: expect.stringContaining('tooManyChildren') },
    ]);
  });

  it.each([0, 1.5, 201, Number.NaN])('refuses groups of %s', (groupSize) => {
    expect(() => startDynamic({ groupSize })).toThrow(expect.objectContaining({ code: 'badGroups' }));
  });
});

describe('a group that gives up', () => {
  const exceed = (s: ReturnType<typeof startDynamic>, id: string) => {
    for (const ms of [100, 200, 400, 0]) {
      s.find(id).send({ type: 'crash' });
      s.clock.advance(ms);
    }
  };

  it('comes back with its children, and other groups live on', () => {
    const s = startDynamic();
    for (const id of ['a', 'b', 'c']) s.add(id);
    exceed(s, 'a');
    expect(s.log.living()).toEqual({ c: 1 });
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1 });
    expect(s.log.starts('c')).toBe(1);
  });

  it('comes back without those that were stopped meanwhile, and with those that were added', () => {
    const s = startDynamic();
    s.add('a');
    exceed(s, 'a');
    s.add('b');
    s.end('a');
    expect(s.groups()).toEqual({ 'group:1': ['b'] });
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ b: 1 });
  });

  it('does not come back when all of it was stopped meanwhile', () => {
    const s = startDynamic();
    s.add('a');
    exceed(s, 'a');
    s.end('a');
    s.clock.advance(60_000);
    expect(s.groups()).toEqual({});
    expect(s.log.living()).toEqual({});
    expect(s.clock.pending).toBe(0);
  });

  it('forgets what was leaving it', () => {
    const s = startDynamic();
    s.add('a');
    s.add('b', { takesMs: 500 });
    s.end('b');
    exceed(s, 'a');
    s.clock.advance(1_000);
    expect(s.log.living()).toEqual({ a: 1 });
    s.add('b', { restart: 'temporary' });
    s.find('b').send({ type: 'finish' });
    expect(s.members()).toEqual(['a']);
  });

  it('starts a child by itself that fails as the group comes back', () => {
    const s = startDynamic();
    for (const id of ['a', 'b']) s.add(id);
    s.faults.failing.set('b', 2);
    exceed(s, 'a');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1 });
    s.clock.advance(300);
    expect(s.log.living()).toEqual({ a: 1, b: 1 });
    expect(s.log.starts('a'), 'a was not disturbed').toBe(5);
  });

  it('too often takes the dynamic supervisor down', () => {
    const s = startDynamic({ policy: { ...policyIn(createWorld()), intensity: 0 } });
    for (const id of ['a', 'b', 'c']) s.add(id);
    exceed(s, 'a');
    expect(s.errors).toEqual([expect.objectContaining({ supervisor: 'dyn', offender: 'group:1' })]);
    expect(s.log.living()).toEqual({});
    expect(s.clock.pending).toBe(0);
  });
});

describe('the shutdown of a dynamic supervisor', () => {
  it('asks all children at once', () => {
    const s = startDynamic();
    for (const id of ['a', 'b', 'c', 'd', 'e']) s.add(id, { takesMs: 100 });
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(99);
    expect(Object.keys(s.log.living())).toHaveLength(5);
    s.clock.advance(1);
    expect(s.log.living()).toEqual({});
    expect(s.status()).toBe('done');
  });

  it('cuts short those that take longer than they may, and only those', () => {
    const s = startDynamic();
    s.add('a', { takesMs: 100 });
    s.add('b', { drain: 'hangs', shutdownMs: 200 });
    s.add('c', { takesMs: 900 });
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(200);
    expect(s.log.living()).toEqual({ c: 1 });
    s.clock.advance(700);
    expect(s.status()).toBe('done');
    expect(s.told().filter(([context]) => context === 'shutdownError')).toEqual([['shutdownError', 'b']]);
  });

  it('lets others have a turn after some, and lets none wait for the end of another', () => {
    const s = startDynamic({ groupSize: 50 });
    for (let i = 0; i < 100; i += 1) s.add(`c${i}`, { takesMs: 100 });
    const asked = (group: string) => {
      const { children } = s.child(group).getSnapshot().context as SupervisorContext;
      return children.filter(({ state }) => state === 'retiring').length;
    };
    s.actor.send({ type: 'supervisor.shutdown' });
    expect([asked('group:1'), asked('group:2')]).toEqual([0, 10]);
    s.clock.advance(99);
    expect([asked('group:1'), asked('group:2')]).toEqual([50, 50]);
    expect(Object.keys(s.log.living())).toHaveLength(100);
    s.clock.advance(1);
    expect(s.log.living()).toEqual({});
    expect(s.status()).toBe('done');
    expect(s.clock.pending).toBe(0);
  });

  it('stops those without waiting that have no time', () => {
    const s = startDynamic();
    for (let i = 0; i < 10; i += 1) s.add(`c${i}`, { shutdownMs: 0, takesMs: 5_000, restart: 'temporary' });
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(0);
    expect(s.log.living()).toEqual({});
    expect(s.status()).toBe('done');
    expect(s.clock.pending).toBe(0);
  });

  it('is bounded by the time of a group', () => {
    const s = startDynamic({ groupShutdownMs: 300 });
    s.add('a', { drain: 'hangs', shutdownMs: 'infinity' });
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(300);
    expect(s.log.living()).toEqual({});
    expect(s.status()).toBe('done');
    expect(s.told()).toEqual([['shutdownError', 'group:1']]);
  });

  it('starts nothing again that waited', () => {
    const s = startDynamic();
    for (const id of ['a', 'b', 'c']) s.add(id, { takesMs: 100 });
    s.find('a').send({ type: 'crash' });
    s.actor.send({ type: 'supervisor.shutdown' });
    s.add('d');
    s.clock.advance(60_000);
    expect(s.status()).toBe('done');
    expect([s.log.starts('a'), s.log.starts('d')]).toEqual([1, 0]);
    expect(s.clock.pending).toBe(0);
  });
});
