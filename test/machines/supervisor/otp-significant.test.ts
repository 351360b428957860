import { describe, expect, it } from 'vitest';
import type { AutoShutdown } from '../../../machines/supervisor/child-spec.ts';
import { createWorld, nest, nestWorkers, spec, startIn, startSupervisor } from './parts.ts';

type Kind = 'transient' | 'temporary';
const ends = { failed: { type: 'crash' }, normal: { type: 'finish' }, shutdown: { type: 'retire' } } as const;
const significant = (id: string, restart: Kind = 'transient', more = {}) =>
  spec(id, { restart, significant: true, ...more });

describe('the end of a significant child', () => {
  // autoShutdown, restart type, end, whether the supervisor ends
  const rows = [
    ['anySignificant', 'transient', 'normal', true],
    ['anySignificant', 'transient', 'shutdown', true],
    ['anySignificant', 'transient', 'failed', false],
    ['anySignificant', 'temporary', 'normal', true],
    ['anySignificant', 'temporary', 'shutdown', true],
    ['anySignificant', 'temporary', 'failed', true],
    ['allSignificant', 'transient', 'normal', true],
    ['allSignificant', 'transient', 'shutdown', true],
    ['allSignificant', 'transient', 'failed', false],
    ['allSignificant', 'temporary', 'normal', true],
    ['allSignificant', 'temporary', 'shutdown', true],
    ['allSignificant', 'temporary', 'failed', true],
  ] as const;
  it.each(
    rows.map(([autoShutdown, restart, end, isOver]) => ({
      autoShutdown,
      restart,
      end,
      isOver,
      title: `that is the only one, ${restart}, and ended "${end}" ${isOver ? 'ends' : 'does not end'} the supervisor (${autoShutdown})`,
    })),
  )('$title', ({ autoShutdown, restart, end, isOver }) => {
    const s = startSupervisor([spec('a'), significant('x', restart)], { autoShutdown });
    s.child('x').send(ends[end]);
    s.clock.advance(1_000);
    expect(s.status()).toBe(isOver ? 'done' : 'active');
    expect(s.log.living()).toEqual(isOver ? {} : { a: 1, x: 1 });
  });

  it('ends the supervisor while another lives only if any is enough', () => {
    const statusAfter = (autoShutdown: AutoShutdown) => {
      const s = startSupervisor([significant('x'), significant('y')], { autoShutdown });
      s.child('x').send({ type: 'finish' });
      s.clock.advance(0);
      return s.status();
    };
    expect([statusAfter('anySignificant'), statusAfter('allSignificant')]).toEqual(['done', 'active']);
  });

  it('ends the supervisor when it was the last of all', () => {
    const s = startSupervisor([significant('x'), spec('a'), significant('y', 'temporary')], {
      autoShutdown: 'allSignificant',
    });
    s.child('x').send({ type: 'finish' });
    s.clock.advance(0);
    expect(s.status()).toBe('active');
    s.crash('y');
    s.clock.advance(0);
    expect(s.status()).toBe('done');
    expect(s.log.living()).toEqual({});
  });

  it('that waits for its restart is none: it counts as alive', () => {
    const s = startSupervisor([significant('x'), significant('y')], { autoShutdown: 'allSignificant' });
    s.crash('x');
    s.child('y').send({ type: 'finish' });
    s.clock.advance(100);
    expect(s.status()).toBe('active');
    expect(s.log.living()).toEqual({ x: 1 });
    s.child('x').send({ type: 'finish' });
    expect(s.status()).toBe('done');
  });

  it('asks the others to finish, last started first', () => {
    const children = [spec('a', { takesMs: 20 }), significant('x'), spec('b', { takesMs: 30 })];
    const s = startSupervisor(children, { autoShutdown: 'anySignificant' });
    s.log.clear();
    s.child('x').send({ type: 'finish' });
    s.clock.advance(30);
    expect(s.log.lines).toEqual(['-x', '-b']);
    s.clock.advance(20);
    expect(s.log.lines).toEqual(['-x', '-b', '-a']);
    expect(s.actor.getSnapshot().output).toEqual({ reason: 'shutdown' });
    expect(s.clock.pending).toBe(0);
  });

  it('is reported with the child that ended', () => {
    const s = startSupervisor([significant('x')], { autoShutdown: 'anySignificant' });
    s.child('x').send({ type: 'finish' });
    expect(s.told()).toEqual([
      ['childFinished', 'x'],
      ['shutdown', 'x'],
    ]);
  });

  it('does not end the supervisor once it has been exceeded: giving up comes first', () => {
    const s = startSupervisor([significant('x')], { autoShutdown: 'anySignificant', intensity: 0 });
    s.crash('x');
    expect(s.status()).toBe('error');
  });

  it('in the start of its supervisor ends that once all have been started', () => {
    const world = createWorld();
    world.faults.finishing.add('x');
    const children = [significant('x'), spec('a')];
    const s = startIn(world, nestWorkers(world, 'boss', children, { autoShutdown: 'anySignificant' }));
    s.clock.advance(0);
    expect(s.log.starts('a')).toBe(1);
    expect(s.status()).toBe('done');
  });
});

describe('the end of a child that is not significant', () => {
  it.each([
    ['transient', 'finish'],
    ['temporary', 'finish'],
    ['temporary', 'crash'],
  ] as const)('(%s, %s) does not end the supervisor', (restart, type) => {
    for (const autoShutdown of ['anySignificant', 'allSignificant'] as const) {
      const s = startSupervisor([spec('a', { restart }), significant('x')], { autoShutdown });
      s.child('a').send({ type });
      s.clock.advance(1_000);
      expect(s.status(), autoShutdown).toBe('active');
    }
  });

  it('does not end a supervisor that has no significant child at all', () => {
    const s = startSupervisor([spec('a', { restart: 'transient' })], { autoShutdown: 'allSignificant' });
    s.child('a').send({ type: 'finish' });
    s.clock.advance(0);
    expect(s.status()).toBe('active');
  });
});

describe('a significant child that the supervisor itself ends', () => {
  it.each(['terminateChild', 'stopChild'] as const)('by %s does not count', (command) => {
    for (const restart of ['transient', 'temporary'] as const) {
      const s = startSupervisor([significant('x', restart), spec('a')], { autoShutdown: 'anySignificant' });
      s.actor.send({ type: `supervisor.${command}`, id: 'x' });
      s.clock.advance(1_000);
      expect(s.status(), restart).toBe('active');
      expect(s.log.living()).toEqual({ a: 1 });
    }
  });

  it('is no longer waited for: the last of the others ends the supervisor', () => {
    const s = startSupervisor([significant('x'), significant('y')], { autoShutdown: 'allSignificant' });
    s.actor.send({ type: 'supervisor.terminateChild', id: 'x' });
    s.clock.advance(0);
    s.child('y').send({ type: 'finish' });
    expect(s.status()).toBe('done');
  });

  it('is no longer waited for while it still ends', () => {
    const s = startSupervisor([significant('x', 'transient', { takesMs: 200 }), significant('y')], {
      autoShutdown: 'allSignificant',
    });
    s.actor.send({ type: 'supervisor.terminateChild', id: 'x' });
    s.child('y').send({ type: 'finish' });
    s.clock.advance(200);
    expect(s.status()).toBe('done');
  });

  it('for a restart of all does not count (bystander)', () => {
    for (const strategy of ['oneForAll', 'restForOne'] as const) {
      const children = [spec('a'), significant('x'), significant('t', 'temporary')];
      const s = startSupervisor(children, { autoShutdown: 'anySignificant', strategy });
      s.crash('a');
      s.clock.advance(100);
      expect(s.status(), strategy).toBe('active');
      expect(s.log.living(), 'the temporary one is gone').toEqual({ a: 1, x: 1 });
    }
  });

  it('as a bystander is gone for good: the last of the others ends the supervisor', () => {
    const children = [spec('a'), significant('x'), significant('t', 'temporary')];
    const s = startSupervisor(children, { autoShutdown: 'allSignificant', strategy: 'oneForAll' });
    s.crash('a');
    s.clock.advance(100);
    s.child('x').send({ type: 'finish' });
    s.clock.advance(0);
    expect(s.status()).toBe('done');
  });

  it('counts again when it was restarted by hand and ends by itself', () => {
    const s = startSupervisor([significant('x'), spec('a')], { autoShutdown: 'anySignificant' });
    s.actor.send({ type: 'supervisor.terminateChild', id: 'x' });
    s.clock.advance(0);
    s.actor.send({ type: 'supervisor.restartChild', id: 'x' });
    s.child('x').send({ type: 'finish' });
    s.clock.advance(0);
    expect(s.status()).toBe('done');
  });
});

describe('a supervisor that is itself significant', () => {
  const startNested = (groupRestart: 'permanent' | Kind, isSignificant: boolean) => {
    const world = createWorld();
    const group = nestWorkers(world, 'group', [spec('a'), significant('x')], {
      autoShutdown: 'anySignificant',
    });
    const logics = { group, worker: world.logics.worker };
    const machine = nest(
      world,
      'root',
      [
        { id: 'w', logic: 'worker', restart: 'permanent', shutdownMs: 1_000, input: { name: 'w' } },
        {
          id: 'group',
          logic: 'group',
          restart: groupRestart,
          shutdownMs: 'infinity',
          significant: isSignificant,
        },
      ],
      { logics, autoShutdown: 'anySignificant' },
    );
    const s = startIn(world, machine);
    s.child('group/x').send({ type: 'finish' });
    s.clock.advance(1_000);
    return s;
  };

  it.each(['transient', 'temporary'] as const)(
    'ends its supervisor as well when it is %s (escalation)',
    (restart) => {
      const s = startNested(restart, true);
      expect(s.status()).toBe('done');
      expect(s.log.living()).toEqual({});
    },
  );

  it('is started again when it is permanent: it ended in order, but must run', () => {
    const s = startNested('permanent', false);
    expect(s.status()).toBe('active');
    expect(s.log.living()).toEqual({ a: 1, w: 1, x: 1 });
  });

  it('stays down, and nothing else with it, when it is transient and not significant', () => {
    const s = startNested('transient', false);
    expect(s.status()).toBe('active');
    expect(s.states()).toEqual({ w: 'running', group: 'finished' });
    expect(s.log.living()).toEqual({ w: 1 });
  });
});
