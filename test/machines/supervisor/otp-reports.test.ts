import { describe, expect, it } from 'vitest';
import type { SupervisorReport } from '../../../machines/supervisor/supervisor.events.ts';
import { createWorld, nestWorkers, spec, startIn, startSupervisor } from './parts.ts';

describe('a report', () => {
  it('has the four fields of OTP and the time', () => {
    const s = startSupervisor([spec('a')]);
    s.clock.advance(250);
    s.crash('a');
    expect(s.reports).toEqual([
      {
        supervisor: 'boss',
        context: 'childTerminated',
        reason: '"a" failed: boom',
        offender: 'a',
        at: 1_000_250,
      },
    ]);
  });

  it.each([
    ['permanent', 'crash', ['childTerminated']],
    ['permanent', 'finish', ['childTerminated']],
    ['permanent', 'retire', ['childTerminated']],
    ['transient', 'crash', ['childTerminated']],
    ['transient', 'finish', ['childFinished']],
    ['transient', 'retire', ['childFinished']],
    ['temporary', 'crash', ['childTerminated']],
    ['temporary', 'finish', ['childFinished']],
    ['temporary', 'retire', ['childFinished']],
  ] as const)('of a %s child after a %s is %j', (restart, type, contexts) => {
    const s = startSupervisor([spec('a', { restart })]);
    s.child('a').send({ type });
    expect(s.reports.map(({ context }) => context)).toEqual(contexts);
  });

  it('tells of each restart that took place', () => {
    const s = startSupervisor([spec('a'), spec('b')], { strategy: 'oneForAll' });
    s.crash('b');
    s.clock.advance(100);
    expect(s.told()).toEqual([
      ['childTerminated', 'b'],
      ['childRestarted', 'a'],
      ['childRestarted', 'b'],
    ]);
    expect([s.record('a').restarts, s.record('b').restarts]).toEqual([1, 1]);
  });

  it('tells of each try that failed', () => {
    const s = startSupervisor([spec('a')]);
    s.faults.failing.set('a', 2);
    s.crash('a');
    s.clock.advance(1_000);
    expect(s.told()).toEqual([
      ['childTerminated', 'a'],
      ['startError', 'a'],
      ['startError', 'a'],
      ['childRestarted', 'a'],
    ]);
    expect(s.record('a').lastError).toMatchObject({ message: 'a cannot start' });
  });

  it('names the child that could not be started, not the one that failed first', () => {
    const s = startSupervisor([spec('a'), spec('b')], { strategy: 'oneForAll' });
    s.faults.failing.set('b', 1);
    s.crash('a');
    s.clock.advance(100);
    expect(s.told()).toContainEqual(['startError', 'b']);
  });

  it('tells that the supervisor ends after it told of the child', () => {
    const s = startSupervisor([spec('a')], { intensity: 0 });
    s.crash('a');
    expect(s.told()).toEqual([
      ['childTerminated', 'a'],
      ['shutdown', 'a'],
    ]);
  });

  it('is not made for children that end as they are asked to', () => {
    const s = startSupervisor([spec('a'), spec('b', { shutdownMs: 0 })]);
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(0);
    expect(s.reports).toEqual([]);
  });

  it('tells of a child that was stopped on demand', () => {
    const s = startSupervisor([spec('a')]);
    s.actor.send({ type: 'supervisor.stopChild', id: 'a' });
    s.clock.advance(0);
    expect(s.told()).toEqual([['childStopped', 'a']]);
  });

  it('of a nested supervisor names that supervisor', () => {
    const world = createWorld();
    const s = startIn(world, nestWorkers(world, 'inner', [spec('a')]));
    s.crash('a');
    expect(s.reports).toMatchObject([{ supervisor: 'inner', offender: 'a' }]);
  });

  it('is emitted, kept in the context and handed to the listener, the same each time', () => {
    const s = startSupervisor([spec('a')]);
    const emitted: SupervisorReport[] = [];
    s.actor.on('supervisor.report', ({ report }) => emitted.push(report));
    s.crash('a');
    s.clock.advance(100);
    expect(emitted).toHaveLength(2);
    expect(s.reports).toEqual(emitted);
    expect(s.actor.getSnapshot().context.reports).toEqual(emitted);
  });

  it('tells of what was thrown when it was no error', () => {
    const s = startSupervisor([spec('a')]);
    s.actor.send({ type: 'xstate.error.actor.a', actorId: 'a', error: 'a text' });
    expect(s.reports).toMatchObject([{ reason: '"a" failed: a text' }]);
  });
});
