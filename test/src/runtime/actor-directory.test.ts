import { describe, expect, it } from 'vitest';
import { type AnyActorRef, createActor, sendTo, setup, spawnChild } from 'xstate';
import { createSupervisor } from '../../../machines/supervisor/supervisor.machine.ts';
import { ActorDirectory, stateName } from '../../../src/runtime/actor-directory.ts';
import { createQueueClock } from '../../support/clock.ts';

const worker = setup({
  actions: {
    fail: () => {
      throw new Error('on purpose');
    },
  },
}).createMachine({
  initial: 'working',
  states: {
    working: { on: { fail: { actions: 'fail' }, end: 'done' } },
    done: { type: 'final' },
  },
});

function world() {
  const clock = createQueueClock();
  const faults: string[] = [];
  const changed: string[] = [];
  const unreached: string[] = [];
  const directory = new ActorDirectory({
    onChange: (path) => changed.push(path),
    onFault: (fault) => faults.push(fault),
    onUnreachable: (id, event) => unreached.push(`${event.type} to ${id}`),
    statsOf: () => ({ depth: 0, peak: 3, handled: 7 }),
  });
  const root = createSupervisor({
    ...{ id: 'root', strategy: 'oneForOne', intensity: 5, periodMs: 60_000, healthyAfterMs: 1_000 },
    backoff: { minMs: 100, maxMs: 100, factor: 1, jitterFraction: 0 },
    ...{ now: clock.now, random: () => 0, logics: { worker } },
    children: ['a', 'b'].map((id) => ({ id, logic: 'worker', restart: 'permanent', shutdownMs: 0 }) as const),
  });
  const start = () => createActor(root, { id: 'root', clock, inspect: directory.inspect }).start();
  return { clock, faults, changed, unreached, directory, start };
}

describe('stateName', () => {
  it.each([
    ['ready', 'ready'],
    [{ link: 'up', socket: { open: { ready: 'resting' } } }, 'link.up + socket.open.ready.resting'],
    [{ open: {} }, 'open'],
    [undefined, ''],
  ])('writes %j as "%s"', (value, name) => {
    expect(stateName(value)).toBe(name);
  });
});

describe('ActorDirectory', () => {
  it('knows every machine by its path, and the one that runs by its id', () => {
    const { directory, start } = world();
    start();
    expect(directory.views().map(({ path }) => path)).toEqual(['root', 'root/a', 'root/b']);
    expect(directory.running('a')?.getSnapshot().value).toBe('working');
    expect(directory.running('c')).toBeUndefined();
  });

  it('tells each start, and finds nobody between a crash and the restart', () => {
    const { directory, start, clock } = world();
    const started: AnyActorRef[] = [];
    directory.onStart('a', (ref) => started.push(ref));
    start();
    const [first] = started;
    first?.send({ type: 'fail' });
    expect(directory.running('a')).toBeUndefined();
    expect(directory.view('root/a')).toMatchObject({ status: 'error', lastError: 'on purpose', restarts: 0 });
    clock.advance(200);
    expect(started).toHaveLength(2);
    expect(directory.running('a')).toBe(started[1]);
    expect(directory.view('root/a')).toMatchObject({
      status: 'active',
      lastError: 'on purpose',
      restarts: 1,
    });
    expect(directory.view('root/b')).toMatchObject({ restarts: 0 });
  });

  it('says how an actor is supervised, and how a supervisor stands', () => {
    const { directory, start } = world();
    start();
    directory.running('a')?.send({ type: 'fail' });
    expect(directory.view('root/a')).toMatchObject({
      restart: 'permanent',
      supervisor: null,
      mailbox: { depth: 0, peak: 3 },
      handled: 7,
    });
    expect(directory.view('root')).toMatchObject({
      restart: null,
      supervisor: { strategy: 'oneForOne', intensity: 5, periodMs: 60_000 },
    });
  });

  it('tells who could not be reached', () => {
    const { directory, start, unreached } = world();
    expect(directory.tell('a', { type: 'end' })).toBe(false);
    start();
    expect(directory.tell('b', { type: 'nothing' })).toBe(true);
    expect(unreached).toEqual(['end to a']);
  });

  it('tells the others of a start when a listener throws, and harms no actor', () => {
    const { directory, start, faults } = world();
    let heard = 0;
    directory.onStart('a', () => {
      throw new Error('a broken listener');
    });
    directory.onStart('a', () => {
      heard += 1;
    });
    start();
    expect(heard).toBe(1);
    expect(faults).toEqual(['start of root/a: a broken listener']);
    expect(directory.running('b')).toBeDefined();
  });

  it('tells nobody who has let go', () => {
    const { directory, start } = world();
    let heard = 0;
    const letGo = directory.onStart('a', () => {
      heard += 1;
    });
    letGo();
    start();
    expect(heard).toBe(0);
  });

  it('forgets an actor with all below it', () => {
    const { directory, start } = world();
    start();
    directory.forget('root');
    expect(directory.views()).toEqual([]);
  });

  it('keeps nothing of an order that has ended, however many there were', () => {
    const { directory } = world();
    const desk = setup({ actors: { worker } }).createMachine({
      entry: Array.from({ length: 50 }, (_, n) => spawnChild('worker', { id: `order:${n}` })),
      on: { end: { actions: Array.from({ length: 50 }, (_, n) => sendTo(`order:${n}`, { type: 'end' })) } },
    });
    const ref = createActor(desk, { id: 'desk', inspect: directory.inspect }).start();
    expect(directory.views()).toHaveLength(51);
    ref.send({ type: 'end' });
    expect(directory.views().map(({ path }) => path)).toEqual(['desk']);
  });
});
