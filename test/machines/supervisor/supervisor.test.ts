import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyActorRef, createActor, createMachine, fromCallback } from 'xstate';
import { SupervisorGaveUp } from '../../../machines/supervisor/supervisor.events.ts';
import { createSupervisor } from '../../../machines/supervisor/supervisor.machine.ts';
import { createQueueClock } from '../../support/clock.ts';
import { spec, startSupervisor } from './parts.ts';

const abc = () => [spec('a'), spec('b'), spec('c')];

describe('restart', () => {
  it('starts children in order', () => {
    expect(startSupervisor(abc()).log.lines).toEqual(['+a', '+b', '+c']);
  });

  it('of one child is not noticed by its siblings', () => {
    const { crash, clock, log, states } = startSupervisor(abc());
    log.clear();
    crash('b');
    expect(states()).toEqual({ a: 'running', b: 'waiting', c: 'running' });
    clock.advance(99);
    expect(log.lines).toEqual(['-b']);
    clock.advance(1);
    expect(log.lines).toEqual(['-b', '+b']);
    expect(log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('restForOne restarts what is right of the failed one, in order', () => {
    const { crash, clock, log } = startSupervisor(abc(), { strategy: 'restForOne' });
    log.clear();
    crash('b');
    clock.advance(100);
    expect(log.lines.filter((line) => line.startsWith('+'))).toEqual(['+b', '+c']);
    expect(log.lines).not.toContain('-a');
    expect(log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('restForOne waits for the left one when both fail', () => {
    const { crash, clock, log } = startSupervisor(abc(), { strategy: 'restForOne' });
    crash('b');
    clock.advance(50);
    log.clear();
    crash('a');
    clock.advance(99);
    expect(log.lines.filter((line) => line.startsWith('+'))).toEqual([]);
    clock.advance(1);
    expect(log.lines.filter((line) => line.startsWith('+'))).toEqual(['+a', '+b', '+c']);
    clock.advance(1_000);
    expect(log.living()).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('oneForAll restarts all, in order', () => {
    const { crash, clock, log } = startSupervisor(abc(), { strategy: 'oneForAll' });
    log.clear();
    crash('c');
    expect(log.living()).toEqual({ a: 1, b: 1 });
    // Asked one after the other, last started first.
    clock.advance(0);
    expect(log.lines).toEqual(['-c', '-b', '-a']);
    clock.advance(100);
    expect(log.lines.slice(-3)).toEqual(['+a', '+b', '+c']);
  });

  it('waits longer each time that a child fails in a row', () => {
    const { crash, clock, log } = startSupervisor([spec('a')]);
    crash('a');
    clock.advance(100);
    log.clear();
    crash('a');
    clock.advance(199);
    expect(log.living()).toEqual({});
    clock.advance(1);
    expect(log.living()).toEqual({ a: 1 });
  });

  it('happens for a permanent child that finished, and not for a transient one', () => {
    const { child, clock, states, log } = startSupervisor([spec('a'), spec('b', { restart: 'transient' })]);
    child('a').send({ type: 'finish' });
    child('b').send({ type: 'finish' });
    clock.advance(100);
    expect(states()).toEqual({ a: 'running', b: 'finished' });
    expect(log.living()).toEqual({ a: 1 });
  });

  it('forgets a temporary child that failed', () => {
    const { crash, clock, states, actor } = startSupervisor([spec('a'), spec('b', { restart: 'temporary' })]);
    crash('b');
    clock.advance(10_000);
    expect(states()).toEqual({ a: 'running' });
    expect(Object.keys(actor.getSnapshot().children)).toEqual(['a']);
  });

  it('never happens in the turn of the failure, even with a delay of 0', () => {
    const { crash, clock, log } = startSupervisor([spec('a')], {
      backoff: { minMs: 0, maxMs: 0, factor: 1, jitterFraction: 0 },
    });
    crash('a');
    expect(log.living()).toEqual({});
    clock.advance(0);
    expect(log.living()).toEqual({ a: 1 });
  });
});

describe('orphans', () => {
  it('of a crashed child are stopped', () => {
    const { crash, log } = startSupervisor([spec('a')]);
    crash('a');
    expect(log.living()).toEqual({});
  });

  it('of a crashed child at any depth are stopped, and only they', () => {
    const stopped: string[] = [];
    const leaf = fromCallback<{ type: 'any' }, { name: string }>(({ input }) => () => {
      stopped.push(input.name);
    });
    const inner = createMachine({
      invoke: { src: leaf, id: 'leaf', input: { name: 'deep' } },
      on: {
        crash: {
          actions: () => {
            throw new Error('inner');
          },
        },
      },
    });
    const crash = {
      actions: () => {
        throw new Error('outer');
      },
    };
    // Bears its child's crash, and crashes itself later: both leave children running.
    const outer = createMachine({
      invoke: [
        { src: inner, id: 'inner' },
        { src: leaf, id: 'leaf', input: { name: 'shallow' } },
      ],
      on: { 'xstate.error.actor.inner': {}, crash },
    });
    const sibling = createMachine({ invoke: { src: leaf, id: 'leaf', input: { name: 'sibling' } } });
    const clock = createQueueClock();
    const machine = createSupervisor({
      id: 'boss',
      strategy: 'oneForOne',
      intensity: 1,
      periodMs: 1_000,
      backoff: { minMs: 10, maxMs: 10, factor: 1, jitterFraction: 0 },
      healthyAfterMs: 1_000,
      logics: { outer, sibling },
      children: [
        { id: 'outer', logic: 'outer', restart: 'permanent', shutdownMs: 0 },
        { id: 'sibling', logic: 'sibling', restart: 'permanent', shutdownMs: 0 },
      ],
      now: clock.now,
      random: () => 0.5,
    });
    const actor = createActor(machine, { clock }).start();
    const at = (ref: AnyActorRef, id: string): AnyActorRef => ref.getSnapshot().children[id];
    at(at(actor, 'outer'), 'inner').send({ type: 'crash' });
    expect(stopped).toEqual([]);
    at(actor, 'outer').send({ type: 'crash' });
    expect(stopped.sort()).toEqual(['deep', 'shallow']);
    clock.advance(10);
    expect(actor.getSnapshot().children).toMatchObject({ outer: { id: 'outer' } });
    actor.stop();
    expect(stopped.sort()).toEqual(['deep', 'deep', 'shallow', 'shallow', 'sibling']);
  });

  it('of a child that crashed because its own child did are stopped', () => {
    const stopped: string[] = [];
    const leaf = fromCallback(() => () => stopped.push('leaf'));
    const crash = {
      actions: () => {
        throw new Error('inner');
      },
    };
    const inner = createMachine({ invoke: { src: leaf, id: 'leaf' }, on: { crash } });
    const outer = createMachine({ invoke: { src: inner, id: 'inner' } });
    const clock = createQueueClock();
    const machine = createSupervisor({
      id: 'boss',
      strategy: 'oneForOne',
      intensity: 1,
      periodMs: 1_000,
      backoff: { minMs: 10, maxMs: 10, factor: 1, jitterFraction: 0 },
      healthyAfterMs: 1_000,
      logics: { outer },
      children: [{ id: 'outer', logic: 'outer', restart: 'permanent', shutdownMs: 0 }],
      now: clock.now,
      random: () => 0.5,
    });
    const actor = createActor(machine, { clock }).start();
    const outerRef = actor.getSnapshot().children.outer as AnyActorRef;
    const innerRef: AnyActorRef = outerRef.getSnapshot().children.inner;
    innerRef.send({ type: 'crash' });
    expect(outerRef.getSnapshot(), 'XState forgets the child that crashed').toMatchObject({
      status: 'error',
      children: {},
    });
    expect(stopped).toEqual(['leaf']);
  });

  it('would keep running without a supervisor (XState 5.33.3)', () => {
    const { logics, log } = startSupervisor([]);
    const parent = createMachine({
      invoke: { src: logics.worker, id: 'w', input: { name: 'lost' } },
      on: { 'xstate.error.actor.w': {} },
    });
    const root = createActor(parent).start();
    (root.getSnapshot().children.w as AnyActorRef).send({ type: 'crash' });
    root.stop();
    expect(log.living()).toEqual({ lost: 1 });
  });
});

describe('giving up', () => {
  it('ends in an error that names the offender, with every child stopped', () => {
    const { crash, clock, log, errors, actor, reports } = startSupervisor(abc());
    for (const delay of [100, 200, 400]) {
      crash('b');
      clock.advance(delay);
    }
    log.clear();
    crash('b');
    // The others are asked to finish, which takes these no time.
    clock.advance(0);
    expect(actor.getSnapshot().status).toBe('error');
    expect(errors).toEqual([
      expect.objectContaining({ name: 'SupervisorGaveUp', supervisor: 'boss', offender: 'b' }),
    ]);
    // What the crashed one left running goes first.
    expect(log.lines).toEqual(['-b', '-c', '-a']);
    expect(log.living()).toEqual({});
    expect(reports.at(-1)).toMatchObject({ context: 'shutdown', offender: 'b' });
    expect(clock.pending).toBe(0);
  });

  it('comes at once for a child that cannot even start', () => {
    const { clock, errors, log } = startSupervisor([
      spec('a'),
      { id: 'x', logic: 'broken', input: { name: 'x' }, restart: 'permanent', shutdownMs: 0 },
    ]);
    clock.advance(0);
    expect(errors[0]).toBeInstanceOf(SupervisorGaveUp);
    expect(log.living()).toEqual({});
  });

  it('lets the parent supervisor start the whole subtree again', () => {
    const inner = startSupervisor([]);
    const clock = createQueueClock();
    const policy = {
      strategy: 'oneForOne',
      intensity: 1,
      periodMs: 60_000,
      backoff: { minMs: 10, maxMs: 10, factor: 1, jitterFraction: 0 },
      healthyAfterMs: 60_000,
      now: clock.now,
      random: () => 0.5,
    } as const;
    const group = createSupervisor({
      ...policy,
      id: 'group',
      logics: inner.logics,
      children: [spec('a'), spec('b')],
    });
    const root = createSupervisor({
      ...policy,
      id: 'root',
      logics: { group },
      children: [{ id: 'group', logic: 'group', restart: 'permanent', shutdownMs: 100 }],
    });
    const actor = createActor(root, { clock }).start();
    const worker = (id: string): AnyActorRef => {
      const children = actor.getSnapshot().children as Record<string, AnyActorRef>;
      return children.group?.getSnapshot().children[id];
    };
    worker('a').send({ type: 'crash' });
    clock.advance(10);
    worker('a').send({ type: 'crash' });
    clock.advance(0);
    expect(inner.log.living()).toEqual({});
    clock.advance(10);
    expect(inner.log.living()).toEqual({ a: 1, b: 1 });
    expect(actor.getSnapshot().status).toBe('active');
  });
});

describe('dynamic children', () => {
  it('are started, restarted and stopped like the others', () => {
    const { actor, crash, clock, log, states } = startSupervisor([spec('a')]);
    actor.send({ type: 'supervisor.startChild', spec: spec('d', { takesMs: 50 }) });
    crash('d');
    clock.advance(100);
    expect(log.living()).toEqual({ a: 1, d: 1 });
    actor.send({ type: 'supervisor.stopChild', id: 'd' });
    expect(states()).toEqual({ a: 'running', d: 'retiring' });
    clock.advance(50);
    expect(states()).toEqual({ a: 'running' });
    expect(log.living()).toEqual({ a: 1 });
    expect(clock.pending).toBe(0);
  });

  it('are refused with a named reason, and nothing else happens', () => {
    const { actor, reports, states } = startSupervisor([spec('a')]);
    actor.send({ type: 'supervisor.startChild', spec: spec('a') });
    actor.send({ type: 'supervisor.startChild', spec: { ...spec('b'), logic: 'nothing' } });
    expect(reports.map((report) => [report.context, report.reason.split(':')[0]])).toEqual([
      ['specRefused', 'duplicateId'],
      ['specRefused', 'unknownLogic'],
    ]);
    expect(states()).toEqual({ a: 'running' });
  });

  it('are not started again once stopped while they wait', () => {
    const { actor, crash, clock, log } = startSupervisor([spec('a')]);
    crash('a');
    actor.send({ type: 'supervisor.stopChild', id: 'a' });
    clock.advance(10_000);
    expect(log.living()).toEqual({});
    expect(actor.getSnapshot().status).toBe('active');
  });

  it('that crash while asked to finish are not started again', () => {
    const { actor, crash, clock, log } = startSupervisor([spec('a', { takesMs: 500 })]);
    actor.send({ type: 'supervisor.stopChild', id: 'a' });
    // Its chart has no crash while draining: stop it from below.
    crash('a');
    clock.advance(1_000);
    expect(log.living()).toEqual({});
  });
});

describe('shutdown', () => {
  it('asks one child after the other, last started first, and finishes', () => {
    const { actor, clock, log } = startSupervisor([
      spec('a', { takesMs: 10 }),
      spec('b', { takesMs: 20 }),
      spec('c', { takesMs: 30 }),
    ]);
    log.clear();
    actor.send({ type: 'supervisor.shutdown' });
    clock.advance(30);
    expect(log.lines).toEqual(['-c']);
    clock.advance(20);
    expect(log.lines).toEqual(['-c', '-b']);
    clock.advance(10);
    expect(log.lines).toEqual(['-c', '-b', '-a']);
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
    expect(clock.pending).toBe(0);
  });

  it('stops a child whose time is over, and reports it', () => {
    const { actor, clock, log, reports } = startSupervisor([spec('a', { takesMs: 5_000, shutdownMs: 200 })]);
    actor.send({ type: 'supervisor.shutdown' });
    clock.advance(199);
    expect(log.living()).toEqual({ a: 1 });
    clock.advance(1);
    expect(log.living()).toEqual({});
    expect(actor.getSnapshot().status).toBe('done');
    expect(reports.at(-1)).toMatchObject({ context: 'shutdownError', offender: 'a' });
  });

  it('stops a child with no time at once, unasked', () => {
    const { actor, log } = startSupervisor([spec('a', { shutdownMs: 0, takesMs: 5_000 })]);
    actor.send({ type: 'supervisor.shutdown' });
    expect(log.living()).toEqual({});
    expect(actor.getSnapshot().status).toBe('done');
  });

  it('starts nothing again that fails or waits meanwhile', () => {
    const { actor, crash, clock, log } = startSupervisor([
      spec('a', { takesMs: 10 }),
      spec('b', { takesMs: 10 }),
      spec('c', { takesMs: 300 }),
    ]);
    crash('a');
    actor.send({ type: 'supervisor.shutdown' });
    crash('b');
    clock.advance(299);
    expect(log.living()).toEqual({ c: 1 });
    clock.advance(1);
    expect(actor.getSnapshot().status).toBe('done');
    expect(log.living()).toEqual({});
  });
});

describe('createSupervisor', () => {
  const make =
    (children: Parameters<typeof startSupervisor>[0], policy: Parameters<typeof startSupervisor>[1] = {}) =>
    () =>
      startSupervisor(children, policy);
  const backoff = { minMs: 10, maxMs: 5, factor: 2, jitterFraction: 0 };
  it.each([
    ['duplicateId', make([spec('a'), spec('a')])],
    ['badId', make([spec('')])],
    ['badShutdown', make([spec('a', { shutdownMs: -1 })])],
    ['badIntensity', make([], { intensity: 0.5 })],
    ['badPeriod', make([], { periodMs: 0 })],
    ['badBackoff', make([], { backoff })],
    ['tooManyChildren', make(Array.from({ length: 201 }, (_, i) => spec(`c${i}`)))],
    ['unknownLogic', make([{ ...spec('a'), logic: 'nothing' as 'worker', input: { name: 'a' } }])],
  ])('refuses with %s', (code, create) => {
    expect(create).toThrow(expect.objectContaining({ name: 'SupervisorSpecError', code }));
  });

  it('keeps plain data in its context, and the last 50 reports', () => {
    const { actor, crash, clock } = startSupervisor([spec('a')], { intensity: 1_000 });
    for (let i = 0; i < 40; i += 1) {
      crash('a');
      clock.advance(5_000);
    }
    const { context } = actor.getSnapshot();
    expect(context.reports).toHaveLength(50);
    expect(JSON.parse(JSON.stringify(context))).toEqual(context);
  });

  it('goes on when a report listener throws', () => {
    const { crash, clock, log } = startSupervisor([spec('a')], {
      onReport: () => {
        throw new Error('listener');
      },
    });
    crash('a');
    clock.advance(100);
    expect(log.living()).toEqual({ a: 1 });
  });
});

describe('any sequence of events', () => {
  const ids = ['a', 'b', 'c', 'd'];
  const step = fc.oneof(
    fc.record({ do: fc.constant('crash' as const), id: fc.constantFrom(...ids) }),
    fc.record({ do: fc.constant('finish' as const), id: fc.constantFrom(...ids) }),
    fc.record({ do: fc.constant('start' as const), id: fc.constantFrom(...ids) }),
    fc.record({ do: fc.constant('stop' as const), id: fc.constantFrom(...ids) }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(0, 50, 100, 400, 20_000) }),
  );

  it('leaves no child twice, none forgotten, and none after the end', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom('oneForOne', 'oneForAll', 'restForOne'),
        fc.constantFrom('permanent', 'transient', 'temporary'),
        (steps, strategy, restart) => {
          const s = startSupervisor(
            [spec('a', { takesMs: 30 }), spec('b'), spec('c', { restart, takesMs: 2_000 })],
            {
              strategy,
            },
          );
          const ref = (id: string) =>
            (s.actor.getSnapshot().children as Record<string, AnyActorRef | undefined>)[id];
          for (const event of steps) {
            if (s.actor.getSnapshot().status !== 'active') break;
            if (event.do === 'advance') s.clock.advance(event.ms);
            else if (event.do === 'start')
              s.actor.send({ type: 'supervisor.startChild', spec: spec(event.id) });
            else if (event.do === 'stop') s.actor.send({ type: 'supervisor.stopChild', id: event.id });
            else ref(event.id)?.send({ type: event.do });

            const alive = Object.entries(s.states())
              .filter(([, state]) => state === 'running' || state === 'retiring')
              .map(([id]) => [id, 1]);
            const known = s.actor.getSnapshot().status === 'active' ? Object.fromEntries(alive) : {};
            expect(s.log.living()).toEqual(known);
          }
          if (s.actor.getSnapshot().status === 'active') {
            s.actor.send({ type: 'supervisor.shutdown' });
            s.clock.advance(4_000);
            expect(s.actor.getSnapshot().status).toBe('done');
          }
          expect(s.log.living()).toEqual({});
          expect(s.clock.pending).toBe(0);
        },
      ),
    );
  });
});
