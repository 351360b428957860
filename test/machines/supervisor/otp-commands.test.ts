import { describe, expect, it } from 'vitest';
import { spec, startSupervisor } from './parts.ts';

const stop = (id: string) => ({ type: 'supervisor.stopChild', id }) as const;
const terminate = (id: string) => ({ type: 'supervisor.terminateChild', id }) as const;
const restart = (id: string) => ({ type: 'supervisor.restartChild', id }) as const;
const start = (id: string, more = {}) => ({ type: 'supervisor.startChild', spec: spec(id, more) }) as const;

/** Why commands were refused. */
const refusals = (s: ReturnType<typeof startSupervisor>) =>
  s.reports
    .filter(({ context }) => context === 'specRefused')
    .map(({ offender, reason }) => `${offender}: ${reason}`);

describe('startChild', () => {
  it('adds a child at the end of the start order', () => {
    const s = startSupervisor([spec('b'), spec('a')]);
    s.actor.send(start('c'));
    expect(Object.keys(s.states())).toEqual(['b', 'a', 'c']);
    expect(s.log.begun()).toEqual(['b', 'a', 'c']);
  });

  it('is refused for a child that runs already', () => {
    const s = startSupervisor([spec('a')]);
    const running = s.child('a');
    s.actor.send(start('a'));
    expect(refusals(s)).toEqual([expect.stringContaining('a: duplicateId')]);
    expect(s.child('a')).toBe(running);
  });

  it('is refused for a child that is kept, though it does not run', () => {
    const s = startSupervisor([spec('a')]);
    s.actor.send(terminate('a'));
    s.clock.advance(0);
    s.actor.send(start('a'));
    expect(refusals(s)).toEqual([expect.stringContaining('a: duplicateId')]);
    expect(s.log.living()).toEqual({});
  });

  it('is refused for a child that waits for its restart', () => {
    const s = startSupervisor([spec('a')]);
    s.crash('a');
    s.actor.send(start('a'));
    expect(refusals(s)).toEqual([expect.stringContaining('a: duplicateId')]);
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1 });
  });

  it('makes a child that is restarted like the others', () => {
    const s = startSupervisor([]);
    s.actor.send(start('d'));
    s.crash('d');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ d: 1 });
  });

  it('makes a child that a restart of all concerns (oneForAll)', () => {
    const s = startSupervisor([spec('a')], { strategy: 'oneForAll' });
    s.actor.send(start('d'));
    s.log.clear();
    s.crash('a');
    s.clock.advance(100);
    expect(s.log.lines).toEqual(['-a', '-d', '+a', '+d']);
  });

  it('that comes while siblings are ended waits until they have been', () => {
    const s = startSupervisor([spec('a'), spec('b', { takesMs: 50 })], { strategy: 'oneForAll' });
    s.log.clear();
    s.crash('a');
    s.actor.send(start('d'));
    expect(s.states()).not.toHaveProperty('d');
    s.clock.advance(50);
    expect(s.log.lines).toEqual(['-a', '-b', '+d']);
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1, d: 1 });
  });
});

describe('terminateChild', () => {
  it('ends a child and keeps its spec', () => {
    const s = startSupervisor([spec('a'), spec('b')]);
    s.actor.send(terminate('a'));
    s.clock.advance(0);
    expect(s.states()).toEqual({ a: 'finished', b: 'running' });
    expect(s.log.living()).toEqual({ b: 1 });
  });

  it('is no exit: a permanent child is not started again', () => {
    const s = startSupervisor([spec('a')], { intensity: 0 });
    s.actor.send(terminate('a'));
    s.clock.advance(60_000);
    expect(s.log.living()).toEqual({});
    expect(s.status()).toBe('active');
    expect(s.actor.getSnapshot().context.restartTimes).toEqual([]);
  });

  it('of a child that has ended changes nothing', () => {
    const s = startSupervisor([spec('a')]);
    s.actor.send(terminate('a'));
    s.clock.advance(0);
    s.actor.send(terminate('a'));
    s.clock.advance(0);
    expect(s.states()).toEqual({ a: 'finished' });
  });

  it('of an unknown child changes nothing', () => {
    const s = startSupervisor([spec('a')]);
    s.actor.send(terminate('hej'));
    expect(s.states()).toEqual({ a: 'running' });
    expect(s.status()).toBe('active');
  });

  it('of a temporary child forgets it', () => {
    const s = startSupervisor([spec('a', { restart: 'temporary' })]);
    s.actor.send(terminate('a'));
    s.clock.advance(0);
    expect(s.states()).toEqual({});
  });

  it('of a child that waits keeps it from being started', () => {
    const s = startSupervisor([spec('a'), spec('b')]);
    s.crash('a');
    s.actor.send(terminate('a'));
    expect(s.states()).toEqual({ a: 'finished', b: 'running' });
    s.clock.advance(60_000);
    expect(s.log.living()).toEqual({ b: 1 });
  });

  it('of the one that failed does not keep the others down (restForOne)', () => {
    const s = startSupervisor([spec('a'), spec('b'), spec('c')], { strategy: 'restForOne' });
    s.crash('b');
    s.clock.advance(50);
    s.actor.send(terminate('b'));
    s.clock.advance(50);
    expect(s.states()).toEqual({ a: 'running', b: 'finished', c: 'running' });
  });

  it('gives the child its time', () => {
    const s = startSupervisor([spec('a', { takesMs: 300 })]);
    s.actor.send(terminate('a'));
    s.clock.advance(299);
    expect(s.states()).toEqual({ a: 'retiring' });
    s.clock.advance(1);
    expect(s.states()).toEqual({ a: 'finished' });
  });

  it('brings a child back in a restart that concerns it (oneForAll)', () => {
    const s = startSupervisor([spec('a'), spec('b')], { strategy: 'oneForAll' });
    s.actor.send(terminate('b'));
    s.clock.advance(0);
    s.crash('a');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, b: 1 });
  });

  it('brings it back also when it was still ending as the restart began (oneForAll)', () => {
    const s = startSupervisor([spec('a'), spec('b', { takesMs: 80 })], { strategy: 'oneForAll' });
    s.actor.send(terminate('b'));
    s.crash('a');
    s.clock.advance(200);
    expect(s.log.living()).toEqual({ a: 1, b: 1 });
  });
});

describe('restartChild', () => {
  it('starts a terminated child', () => {
    const s = startSupervisor([spec('a')]);
    s.actor.send(terminate('a'));
    s.clock.advance(0);
    s.actor.send(restart('a'));
    expect(s.log.living()).toEqual({ a: 1 });
    expect(s.log.starts('a')).toBe(2);
  });

  it('starts a transient child that finished', () => {
    const s = startSupervisor([spec('a', { restart: 'transient' })]);
    s.child('a').send({ type: 'finish' });
    s.actor.send(restart('a'));
    expect(s.log.living()).toEqual({ a: 1 });
  });

  it('keeps the place in the start order', () => {
    const s = startSupervisor([spec('a'), spec('b'), spec('c')]);
    s.actor.send(terminate('b'));
    s.clock.advance(0);
    s.actor.send(restart('b'));
    expect(Object.keys(s.states())).toEqual(['a', 'b', 'c']);
  });

  it('is refused for a child that runs', () => {
    const s = startSupervisor([spec('a')]);
    s.actor.send(restart('a'));
    expect(refusals(s)).toEqual([expect.stringContaining('running')]);
    expect(s.log.starts('a')).toBe(1);
  });

  it('is refused for a child that waits for its restart', () => {
    const s = startSupervisor([spec('a')]);
    s.crash('a');
    s.actor.send(restart('a'));
    expect(refusals(s)).toEqual([expect.stringContaining('waiting')]);
    expect(s.log.living()).toEqual({});
  });

  it('is refused for a child that does not exist', () => {
    const s = startSupervisor([]);
    s.actor.send(restart('hej'));
    expect(refusals(s)).toEqual([expect.stringContaining('no such child')]);
  });

  it('is refused for a temporary child that ended: it is forgotten', () => {
    const s = startSupervisor([spec('a', { restart: 'temporary' })]);
    s.child('a').send({ type: 'finish' });
    s.actor.send(restart('a'));
    expect(refusals(s)).toEqual([expect.stringContaining('no such child')]);
  });

  it('right after terminateChild starts the child when it has ended', () => {
    const s = startSupervisor([spec('a', { takesMs: 70 })]);
    s.log.clear();
    s.actor.send(terminate('a'));
    s.actor.send(restart('a'));
    expect(s.states()).toEqual({ a: 'retiring' });
    s.clock.advance(70);
    expect(s.log.lines).toEqual(['-a', '+a']);
    expect(refusals(s)).toEqual([]);
  });
});

describe('stopChild', () => {
  it('ends a child and forgets it, as terminate_child and delete_child do', () => {
    const s = startSupervisor([spec('a'), spec('b')]);
    s.actor.send(stop('a'));
    s.clock.advance(0);
    expect(s.states()).toEqual({ b: 'running' });
    expect(s.log.living()).toEqual({ b: 1 });
  });

  it('forgets a kept child that has ended', () => {
    const s = startSupervisor([spec('a')]);
    s.actor.send(terminate('a'));
    s.clock.advance(0);
    s.actor.send(stop('a'));
    expect(s.states()).toEqual({});
    s.actor.send(restart('a'));
    expect(refusals(s)).toEqual([expect.stringContaining('no such child')]);
  });

  it('of an unknown child changes nothing', () => {
    const s = startSupervisor([spec('a')]);
    s.actor.send(stop('hej'));
    expect(s.states()).toEqual({ a: 'running' });
  });

  it('makes room for a child of the same name', () => {
    const s = startSupervisor([spec('a')]);
    s.actor.send(stop('a'));
    s.clock.advance(0);
    s.actor.send(start('a', { restart: 'temporary' }));
    expect(s.log.living()).toEqual({ a: 1 });
    expect(s.record('a').restart).toBe('temporary');
  });

  it('and startChild right after it follow each other, with never two at once', () => {
    const s = startSupervisor([spec('a', { takesMs: 70 })]);
    s.log.clear();
    s.actor.send(stop('a'));
    s.actor.send(start('a'));
    s.clock.advance(69);
    expect(s.log.lines).toEqual([]);
    s.clock.advance(1);
    expect(s.log.lines).toEqual(['-a', '+a']);
    expect(refusals(s)).toEqual([]);
  });

  it('after terminateChild of a child that still ends forgets it when it has', () => {
    const s = startSupervisor([spec('a', { takesMs: 70 })]);
    s.actor.send(terminate('a'));
    s.actor.send(stop('a'));
    s.clock.advance(70);
    expect(s.states()).toEqual({});
  });

  it('holds for a sibling that a restart would bring back (oneForAll)', () => {
    const s = startSupervisor([spec('a'), spec('b', { takesMs: 80 })], { strategy: 'oneForAll' });
    s.actor.send(stop('b'));
    s.crash('a');
    s.clock.advance(60_000);
    expect(s.states()).toEqual({ a: 'running' });
  });

  it('does not keep others down that wait for the same restart (oneForAll)', () => {
    const s = startSupervisor([spec('a'), spec('b'), spec('c')], { strategy: 'oneForAll' });
    s.crash('b');
    s.clock.advance(50);
    s.actor.send(stop('b'));
    s.clock.advance(50);
    expect(s.log.living()).toEqual({ a: 1, c: 1 });
  });

  it('asked before a shutdown lets nothing be started after it', () => {
    const s = startSupervisor([spec('a', { takesMs: 70 })]);
    s.actor.send(stop('a'));
    s.actor.send(start('a'));
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(70);
    expect(s.status()).toBe('done');
    expect(s.log.living()).toEqual({});
    expect(refusals(s)).toEqual([expect.stringContaining('ending')]);
  });
});
