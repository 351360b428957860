import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import {
  assign,
  createActor,
  createMachine,
  emit,
  fromCallback,
  fromPromise,
  type InspectionEvent,
  StateMachine,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from 'xstate';
import { settle } from '../../support/clock.ts';
import { bare, probed } from './probe.support.ts';

const idle = createMachine({});

/** A root with one child, whose failures it takes. */
const parentOf = (child: Parameters<typeof createActor>[0]) =>
  setup({ actors: { child } }).createMachine({
    context: { heard: [] as string[] },
    invoke: { id: 'child', src: 'child' },
    on: {
      'to.child': { actions: sendTo('child', ({ event }) => event.inner) },
      'stop.child': { actions: stopChild('child') },
      '*': { actions: assign({ heard: ({ context, event }) => [...context.heard, event.type] }) },
    },
  });

describe('what the probe rests on', () => {
  it('is the one version of XState whose inside it knows', () => {
    const path = new URL('../../../node_modules/xstate/package.json', import.meta.url);
    expect(JSON.parse(readFileSync(path, 'utf8')).version).toBe('5.33.3');
  });

  it('leaves an actor what it was: its logic, its class, its persisted snapshot', () => {
    const child = setup({}).createMachine({ id: 'kid', initial: 'a', states: { a: {} } });
    const logic = parentOf(child);
    const { actor } = probed(logic);
    actor.start();
    const kid = actor.getSnapshot().children.child;
    expect(Reflect.get(actor, 'logic')).toBe(logic);
    expect(Reflect.get(kid, 'logic')).toBe(child);
    expect(Reflect.get(kid, 'logic') instanceof StateMachine).toBe(true);
    expect(kid.getSnapshot().machine).toBe(child);
    const saved = actor.getPersistedSnapshot();
    const restored = createActor(logic, { snapshot: saved }).start();
    expect(restored.getSnapshot().children.child?.getSnapshot()).toMatchObject({ value: 'a' });
    expect(actor.getSnapshot().machine.provide({})).toBeInstanceOf(StateMachine);
  });
});

describe('a turn', () => {
  it('is told with its event and what held before and after', () => {
    const { actor, notebook } = probed(
      createMachine({ initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } }),
    );
    actor.start();
    actor.send({ type: 'go' });
    expect(notebook.told()).toEqual(['root spawn', 'root go']);
    expect(notebook.turns[1]).toMatchObject({ from: 'a', to: 'b', cause: null });
  });

  it('spans what is sent after the transition, and nests what that leads to', () => {
    const child = createMachine({ on: { ping: { actions: sendParent({ type: 'pong' }) } } });
    const { actor, notebook } = probed(parentOf(child));
    actor.start();
    actor.send({ type: 'to.child', inner: { type: 'ping' } });
    const [, , toChild, ping, pong] = notebook.turns;
    expect(notebook.told().slice(2)).toEqual(['root to.child', 'root/child ping', 'root pong']);
    expect([ping?.cause, pong?.cause]).toEqual([toChild?.seq, ping?.seq]);
  });

  it('causes the spawn of a child, and the spawn causes what the child does when it starts', () => {
    const child = createMachine({ entry: sendParent({ type: 'hello' }) });
    const { actor, notebook } = probed(parentOf(child));
    actor.start();
    const [root, kid, hello] = notebook.turns;
    expect(kid?.cause).toBe(root?.seq);
    expect(hello?.cause).toBe(kid?.seq);
  });

  it('is remembered by a timer that it set', () => {
    const { actor, notebook, clock } = probed(
      createMachine({
        initial: 'a',
        states: { a: { on: { go: 'b' } }, b: { after: { 100: 'c' } }, c: {} },
      }),
    );
    actor.start();
    actor.send({ type: 'go' });
    clock.advance(100);
    expect(actor.getSnapshot().value).toBe('c');
    expect(notebook.turns[2]?.cause).toBe(notebook.turns[1]?.seq);
  });

  it('that a promise ends is caused by the spawn of the promise', async () => {
    const { actor, notebook } = probed(parentOf(fromPromise(async () => 1)));
    actor.start();
    await settle();
    expect(notebook.told()).toEqual(['root spawn', 'root/child spawn', 'root xstate.done.actor.child']);
    expect(notebook.turns[2]?.cause).toBe(notebook.turns[1]?.seq);
  });

  it('that a callback sends from a timer of its own is caused by the spawn of the callback', async () => {
    const { actor, notebook } = probed(
      parentOf(fromCallback(({ sendBack }) => void setImmediate(() => sendBack({ type: 'tick' })))),
    );
    actor.start();
    await settle();
    await settle();
    expect(notebook.turns[2]).toMatchObject({ cause: notebook.turns[1]?.seq });
  });

  it('tells its actions and the targets of its transitions', () => {
    const logic = setup({ actions: { note: () => {} } }).createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { go: { target: 'b', actions: 'note' } } }, b: { always: 'c' }, c: {} },
    });
    const { actor, notebook } = probed(logic);
    actor.start();
    actor.send({ type: 'go' });
    expect(notebook.turns[1]).toMatchObject({ actions: '"note"', targets: '"m.b","m.c"' });
  });
});

describe('a crash', () => {
  const failing = createMachine({
    context: { good: 1 },
    initial: 'a',
    states: {
      a: {
        on: {
          boom: {
            actions: () => {
              throw new Error('bad');
            },
          },
        },
      },
    },
  });

  it('is told with the event that felled the actor and the last good state', () => {
    const { actor, notebook } = probed(parentOf(failing));
    actor.start();
    actor.send({ type: 'to.child', inner: { type: 'boom' } });
    expect(notebook.crashes).toEqual([{ path: 'root/child', error: new Error('bad'), event: 'boom' }]);
    const turn = notebook.turns.find(({ event }) => event?.type === 'boom');
    expect(turn?.lastGood).toMatchObject({ status: 'active', value: 'a', context: { good: 1 } });
    expect(actor.getSnapshot().context.heard).toEqual(['xstate.error.actor.child']);
  });

  it.each([
    [
      'the context',
      createMachine({
        context: () => {
          throw new Error('bad');
        },
      }),
    ],
    [
      'an initial action',
      createMachine({
        entry: () => {
          throw new Error('bad');
        },
      }),
    ],
    [
      'the start of a callback',
      fromCallback(() => {
        throw new Error('bad');
      }),
    ],
    [
      'the start of a promise',
      fromPromise(() => {
        throw new Error('bad');
      }),
    ],
  ])('in %s is told too', (_, logic) => {
    const { actor, notebook } = probed(parentOf(logic));
    actor.start();
    expect(notebook.crashes).toEqual([{ path: 'root/child', error: new Error('bad'), event: null }]);
    expect(actor.getSnapshot().context.heard).toEqual(['xstate.error.actor.child']);
  });

  const withGrandchild = (closed: () => void) =>
    setup({ actors: { source: fromCallback(() => closed) } }).createMachine({
      invoke: { id: 'source', src: 'source', systemId: 'source' },
      on: {
        boom: {
          actions: () => {
            throw new Error('bad');
          },
        },
      },
    });

  it('leaves the children of the crashed machine running in XState', () => {
    const closed = vi.fn();
    const { actor } = bare(parentOf(withGrandchild(closed)));
    actor.start();
    actor.send({ type: 'to.child', inner: { type: 'boom' } });
    actor.stop();
    expect(closed).not.toHaveBeenCalled();
  });

  it('ends the children of the crashed machine before its parent hears of it', () => {
    const closed = vi.fn();
    const order: string[] = [];
    const { actor } = probed(parentOf(withGrandchild(() => order.push('closed'))));
    actor.subscribe(({ context }) => order.push(...context.heard));
    actor.start();
    actor.send({ type: 'to.child', inner: { type: 'boom' } });
    expect(order).toEqual(['closed', 'xstate.error.actor.child']);
    expect(actor.system.get('source')).toBeUndefined();
    expect(closed).not.toHaveBeenCalled();
  });

  it('frees the name of a child that was made and never started', () => {
    const child = setup({ actors: { source: fromCallback(() => {}) } }).createMachine({
      entry: [
        spawnChild('source', { id: 'source', systemId: 'taken' }),
        () => {
          throw new Error('bad');
        },
      ],
    });
    const { actor } = probed(parentOf(child));
    actor.start();
    expect(actor.system.get('taken')).toBeUndefined();
  });

  it('makes events that waited dead letters', () => {
    const { actor, notebook } = probed(
      createMachine({
        on: {
          boom: {
            actions: ({ self }) => {
              self.send({ type: 'unread' });
              throw new Error('bad');
            },
          },
        },
      }),
    );
    actor.start();
    actor.send({ type: 'boom' });
    expect(notebook.letters).toMatchObject([
      { to: 'root', from: 'root', event: { type: 'unread' }, reason: 'lostInCrash' },
    ]);
  });
});

describe('a callback', () => {
  const source = (closed: () => void) =>
    fromCallback(({ receive, sendBack }) => {
      receive((event) => {
        if (event.type === 'boom') throw new Error('bad');
      });
      setImmediate(() => sendBack({ type: 'late.news' }));
      return closed;
    });

  it('that throws in its listener keeps sending and is never disposed of by XState', async () => {
    const closed = vi.fn();
    const { actor } = bare(parentOf(source(closed)));
    actor.start();
    actor.send({ type: 'to.child', inner: { type: 'boom' } });
    await settle();
    await settle();
    expect(actor.getSnapshot().context.heard).toEqual(['xstate.error.actor.child', 'late.news']);
    expect(closed).not.toHaveBeenCalled();
  });

  it('that throws in its listener is disposed of and falls silent', async () => {
    const closed = vi.fn();
    const { actor, notebook } = probed(parentOf(source(closed)));
    actor.start();
    actor.send({ type: 'to.child', inner: { type: 'boom' } });
    await settle();
    await settle();
    expect(actor.getSnapshot().context.heard).toEqual(['xstate.error.actor.child']);
    expect(closed).toHaveBeenCalledTimes(1);
    expect(notebook.crashes).toHaveLength(1);
  });

  it('whose start fails falls silent', async () => {
    const logic = fromCallback(({ sendBack }) => {
      setImmediate(() => sendBack({ type: 'late.news' }));
      throw new Error('bad');
    });
    const { actor } = probed(parentOf(logic));
    actor.start();
    await settle();
    await settle();
    expect(actor.getSnapshot().context.heard).toEqual(['xstate.error.actor.child']);
  });

  const badCleanup = fromCallback(() => () => {
    throw new Error('cannot close');
  });

  it('whose cleanup throws when it is stopped fails its parent in XState', () => {
    const { actor } = bare(parentOf(badCleanup));
    actor.start();
    actor.send({ type: 'stop.child' });
    expect(actor.getSnapshot().context.heard).toEqual(['xstate.error.actor.child']);
  });

  it('whose cleanup throws when it is stopped fails nobody, and is told', () => {
    const { actor, faults } = probed(parentOf(badCleanup));
    actor.start();
    actor.send({ type: 'stop.child' });
    expect(actor.getSnapshot().context.heard).toEqual([]);
    expect(faults).toEqual(['root/child: its cleanup failed while it was stopped: cannot close']);
  });
});

describe('an event that reaches nobody', () => {
  it('is a dead letter when its receiver has ended', () => {
    const { actor, notebook } = probed(parentOf(idle));
    actor.start();
    const child = actor.getSnapshot().children.child;
    actor.send({ type: 'stop.child' });
    child?.send({ type: 'too.late' });
    expect(notebook.letters).toMatchObject([
      { to: 'root/child', from: null, event: { type: 'too.late' }, reason: 'stopped', cause: null },
    ]);
  });

  it('is a dead letter when too many wait before it; signals of the library are never refused', () => {
    const child = createMachine({ on: { x: {} } });
    const { actor, notebook, probe } = probed(
      setup({ actors: { child } }).createMachine({
        invoke: { id: 'child', src: 'child' },
        on: {
          flood: {
            actions: ({ self }) => {
              for (let i = 0; i < 5; i += 1) self.send({ type: 'x' });
              self.send({ type: 'xstate.test' });
            },
          },
        },
      }),
      { mailboxCapacity: 3 },
    );
    actor.start();
    actor.send({ type: 'flood' });
    expect(notebook.letters.map(({ reason }) => reason)).toEqual(['mailboxFull', 'mailboxFull']);
    expect(notebook.told().slice(-4)).toEqual(['root x', 'root x', 'root x', 'root xstate.test']);
    expect(probe.mailboxOf(actor)).toEqual({ depth: 0, peak: 4, handled: 5 });
  });
});

describe('a chain of synchronous sends', () => {
  /** Actors that pass an event on, each to the next; answers the first. */
  const chainOf = (length: number, arrived: () => void, inspect?: (event: InspectionEvent) => void) => {
    let next: () => void = arrived;
    for (let i = 0; i < length; i += 1) {
      const tell = next;
      const link = createActor(createMachine({ on: { pass: { actions: () => tell() } } }), {
        ...(inspect === undefined ? {} : { inspect }),
      });
      link.subscribe({ error: () => {} });
      link.start();
      next = () => link.send({ type: 'pass' });
    }
    return next;
  };

  it('of 3,000 loses the event in XState', () => {
    const arrived = vi.fn();
    expect(chainOf(3_000, arrived)).not.toThrow();
    expect(arrived).not.toHaveBeenCalled();
  });

  it('of 3,000 arrives', () => {
    const arrived = vi.fn();
    const { probe, notebook } = probed(idle);
    chainOf(3_000, arrived, probe.inspect)();
    expect(arrived).toHaveBeenCalledTimes(1);
    expect(notebook.crashes).toEqual([]);
  });
});

describe('what watches', () => {
  it('wedges the actor in XState when it throws', () => {
    const { actor } = bare(
      createMachine({ initial: 'a', states: { a: { on: { go: 'b' } }, b: { on: { go: 'a' } } } }),
      (event) => {
        if (event.type === '@xstate.snapshot' && event.event.type === 'go') throw new Error('bad inspector');
      },
    );
    actor.start();
    expect(() => actor.send({ type: 'go' })).toThrow('bad inspector');
    actor.send({ type: 'go' });
    expect(actor.getSnapshot().value, 'the second event waits for good').toBe('b');
  });

  it('harms nobody when it throws, be it inspector, observer, subscriber or listener', () => {
    const bad = () => {
      throw new Error('bad watcher');
    };
    const { actor, faults } = probed(
      createMachine({
        initial: 'a',
        states: { a: { on: { go: 'b' } }, b: { entry: emit({ type: 'told' }), on: { go: 'a' } } },
      }),
      {
        inspectors: [{ types: ['@xstate.snapshot'], inspect: bad }],
        observer: { begin: bad, end: bad, rest: bad, crashed: bad, ended: bad, deadLetter: bad },
      },
    );
    actor.system.inspect(bad);
    actor.subscribe(bad);
    actor.on('told' as never, bad);
    actor.start();
    actor.send({ type: 'go' });
    actor.send({ type: 'go' });
    expect(actor.getSnapshot().value).toBe('a');
    expect(new Set(faults)).toEqual(
      new Set([
        'an inspector failed: bad watcher',
        'the observer failed at the begin of a turn: bad watcher',
        'the observer failed at the end of a turn: bad watcher',
        'root: a subscriber failed: bad watcher',
        'root: a listener of "told" failed: bad watcher',
      ]),
    );
    expect(faults, 'each once').toHaveLength(5);
  });

  it('and takes no failures does not throw the failure of a child in the open', async () => {
    const uncaught = vi.fn();
    process.on('uncaughtException', uncaught);
    const child = createMachine({
      on: {
        boom: {
          actions: () => {
            throw new Error('bad');
          },
        },
      },
    });
    const { actor } = probed(parentOf(child));
    actor.start();
    actor.getSnapshot().children.child?.subscribe(() => {});
    actor.send({ type: 'to.child', inner: { type: 'boom' } });
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('uncaughtException', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
  });
});

describe('the scheduler', () => {
  it('cancels the timers of one actor without walking through those of all', () => {
    const sleeper = createMachine({ after: { 1000: { actions: () => {} } } });
    const { actor, clock } = probed(
      setup({ actors: { sleeper } }).createMachine({
        entry: Array.from({ length: 50 }, (_, i) => spawnChild('sleeper', { id: `s${i}` })),
        on: { end: { actions: stopChild('s7') } },
      }),
    );
    actor.start();
    expect(clock.pending).toBe(50);
    // The library keeps all scheduled events of the system in one list and walks it at each stop.
    expect(Object.keys(actor.system.getSnapshot()._scheduledEvents)).toEqual([]);
    actor.send({ type: 'end' });
    expect(clock.pending).toBe(49);
    actor.stop();
    expect(clock.pending).toBe(0);
  });

  it('keeps the meaning of ids: the same id replaces nothing, cancel takes the newest', () => {
    const heard: string[] = [];
    const logic = setup({}).createMachine({
      on: {
        set: {
          actions: sendTo(
            ({ self }) => self,
            ({ event }) => ({ type: event.what }),
            {
              id: 'x',
              delay: ({ event }) => event.ms,
            },
          ),
        },
        '*': { actions: ({ event }) => heard.push(event.type) },
      },
    });
    for (const { actor, clock } of [bare(logic), probed(logic)]) {
      heard.length = 0;
      actor.start();
      actor.send({ type: 'set', what: 'first', ms: 10 });
      actor.send({ type: 'set', what: 'second', ms: 20 });
      clock.advance(30);
      expect(heard).toEqual(['first', 'second']);
    }
  });
});
