import { describe, expect, it } from 'vitest';
import { type AnyActorRef, createActor, emit, setup } from 'xstate';
import type { SessionDefinition } from '../../../machines/domain/session.ts';
import { type Desired, SessionBook, type SessionVerb } from '../../../src/runtime/session-book.ts';
import type { Tree } from '../../../src/runtime/tree.ts';

const definitionOf = (id: string, changes: Partial<SessionDefinition> = {}): SessionDefinition => ({
  ...{ id, name: id, timeframe: '1d', strategy: 'sma', orderType: 'MKT' },
  instrument: { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' },
  sizing: { kind: 'fixed', quantity: '1' },
  ...{
    limitOffsetBps: 0,
    allowShort: false,
    onDifference: 'adopt',
    thread: 'main',
    bufferSize: 200,
    active: true,
    origin: 'config',
  },
  ...changes,
});

const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A tree whose sessions are actors that note what they are told, and that can be started again. */
function world() {
  const starters = new Map<string, ((ref: AnyActorRef) => void)[]>();
  const actors = new Map<string, AnyActorRef>();
  const told: string[] = [];
  const on = (id: string, listener: (ref: AnyActorRef) => void) => {
    starters.set(id, [...(starters.get(id) ?? []), listener]);
    return () => {
      starters.set(
        id,
        (starters.get(id) ?? []).filter((each) => each !== listener),
      );
    };
  };
  const start = (id: string) => {
    const machine = setup({
      actions: { note: (_, params: { type: string }) => told.push(`${id} ${params.type}`) },
    }).createMachine({
      initial: 'idle',
      on: {
        'session.stop': { target: '.idle', actions: { type: 'note', params: ({ event }) => event } },
        'test.decided': {
          actions: emit(({ event }) => ({ type: 'session.decided', decision: { barTime: event.barTime } })),
        },
        'session.*': { target: '.busy', actions: { type: 'note', params: ({ event }) => event } },
      },
      states: { idle: {}, busy: {} },
    });
    const ref = createActor(machine);
    for (const listener of starters.get(id) ?? []) listener(ref);
    actors.set(id, ref.start());
    return ref;
  };
  const tree = {
    directory: { onStart: (_: string, listener: () => void) => on('supervisor', listener) },
    addSession: ({ id }: SessionDefinition) => start(id),
    removeSession: (id: string) => actors.delete(id),
    session: (id: string) => actors.get(id),
    onSessionStart: on,
  } as unknown as Tree;
  const rows = new Map<string, { definition: SessionDefinition; desired: Desired }>();
  const decided: number[] = [];
  const failed: string[] = [];
  const newest = new Map<string, number>();
  const book = new SessionBook({
    tree,
    store: {
      save: async (definition, desired) => {
        const kept = rows.get(definition.id)?.desired ?? (definition.active ? 'running' : 'stopped');
        rows.set(definition.id, { definition, desired: desired ?? kept });
      },
      all: async () => [...rows.values()],
      setDesired: async (id, desired) => {
        const row = rows.get(id);
        if (row !== undefined) rows.set(id, { ...row, desired });
      },
      remove: async (id) => {
        rows.delete(id);
      },
    },
    decisions: {
      list: async ({ sessionId }) => {
        const barTime = newest.get(sessionId);
        return barTime === undefined ? [] : [{ barTime } as never];
      },
    },
    onChange: () => undefined,
    onDecided: (decision) => decided.push(decision.barTime),
    onFailed: (id, cause) => failed.push(`${id}: ${cause}`),
    onView: () => undefined,
    onRemoved: (id) => failed.push(`${id} removed`),
  });
  const startSupervisor = async () => {
    for (const listener of starters.get('supervisor') ?? []) listener(undefined as never);
    await settle();
  };
  return { book, rows, told, decided, failed, newest, actors, start, startSupervisor };
}

describe('SessionBook', () => {
  it('has every session back, each as it was wanted, when their supervisor starts again', async () => {
    const { book, told, startSupervisor } = world();
    await book.load([definitionOf('a'), definitionOf('b'), definitionOf('c', { active: false })]);
    await startSupervisor();
    await book.command('b', 'pause');
    told.length = 0;
    await startSupervisor();
    expect(told).toEqual(['a session.start', 'b session.pause', 'b session.start']);
  });

  it.each([
    ['start', 'running', ['session.start', 'session.resume']],
    ['pause', 'paused', ['session.pause']],
    ['resume', 'running', ['session.resume']],
    ['stop', 'stopped', ['session.stop']],
  ] as const)('stores "%s" as wanting it %s before the actor hears of it', async (verb, desired, events) => {
    const { book, rows, told, startSupervisor } = world();
    await book.load([definitionOf('a')]);
    await startSupervisor();
    told.length = 0;
    await book.command('a', verb satisfies SessionVerb);
    expect(rows.get('a')?.desired).toBe(desired);
    expect(told).toEqual(events.map((event) => `a ${event}`));
  });

  it('keeps what a person wanted over a restart of the process, and drops what left the configuration', async () => {
    const { book, rows } = world();
    rows.set('a', { definition: definitionOf('a'), desired: 'stopped' });
    rows.set('gone', { definition: definitionOf('gone'), desired: 'running' });
    rows.set('mine', { definition: definitionOf('mine', { origin: 'dashboard' }), desired: 'paused' });
    await book.load([definitionOf('a')]);
    expect(book.ids().toSorted()).toEqual(['a', 'mine']);
    expect([book.get('a')?.desired, book.get('mine')?.desired]).toEqual(['stopped', 'paused']);
  });

  it('owes a record for bars after the newest decided one, but not for those of a time of rest', async () => {
    const { book, newest, rows, startSupervisor, actors } = world();
    rows.set('b', { definition: definitionOf('b'), desired: 'stopped' });
    newest.set('a', 7).set('b', 7);
    await book.load([definitionOf('a'), definitionOf('b')]);
    expect([book.undecidedSince('a'), book.undecidedSince('b')]).toEqual([7, null]);
    await startSupervisor();
    actors.get('a')?.send({ type: 'test.decided', barTime: 8 });
    expect(book.undecidedSince('a')).toBe(8);
    await book.command('a', 'stop');
    await book.command('a', 'start');
    expect(book.undecidedSince('a')).toBeNull();
  });

  it('follows a session once when it is removed and made again under the same id', async () => {
    const { book, told, decided, actors } = world();
    const made = definitionOf('a', { origin: 'dashboard' });
    await book.create(made);
    await settle();
    await book.remove('a');
    expect(book.get('a')).toBeNull();
    told.length = 0;
    await book.create(made);
    await settle();
    expect(book.get('a')?.starts).toBe(1);
    expect(told).toEqual(['a session.start']);
    actors.get('a')?.send({ type: 'test.decided', barTime: 1 });
    expect(decided).toEqual([1]);
  });

  it('ends all sessions, starts none again meanwhile, and keeps what a person wants', async () => {
    const { book, rows, told, start, startSupervisor } = world();
    await book.load([definitionOf('a'), definitionOf('b')]);
    await startSupervisor();
    told.length = 0;
    await book.drain(1_000);
    start('a');
    await settle();
    expect(told).toEqual(['a session.stop', 'b session.stop']);
    expect([...rows.values()].map(({ desired }) => desired)).toEqual(['running', 'running']);
  });
});
