import { describe, expect, expectTypeOf, it } from 'vitest';
import { and, createActor, createMachine, not, raise, SimulatedClock, setup } from 'xstate';
import { asyncParts, missingParts } from '../support/model.parts.ts';
import {
  deadEnds,
  type EventNames,
  falselyIgnored,
  type Ignored,
  ignored,
  modelOf,
  unhandled,
  unreachable,
  untaken,
} from '../support/model.ts';
import { allNodes, leavesOf, pathOf, walk } from '../support/model.walk.ts';

const events = {} as { type: 'go' } | { type: 'back' };

describe('reachability', () => {
  it('misses a state that nothing leads to, and what is below it', () => {
    const machine = createMachine({
      types: { events },
      initial: 'a',
      states: { a: { on: { go: 'a' } }, b: { on: { back: 'a' }, initial: 'c', states: { c: {} } } },
    });
    expect(unreachable(modelOf(machine, { go: [], back: [] }))).toEqual([
      'state "b" cannot be reached',
      'state "b.c" cannot be reached',
    ]);
  });

  it('misses a state behind a transition without a guard', () => {
    const machine = createMachine({
      types: { events },
      initial: 'a',
      states: { a: { on: { go: [{ target: 'b' }, { target: 'c' }] } }, b: {}, c: {} },
    });
    const model = modelOf(machine, { go: [], back: [] });
    expect(unreachable(model)).toEqual(['state "c" cannot be reached']);
    expect(untaken(model)).toEqual(['"go" of "a" is never taken']);
  });

  it('finds states behind guards, timers, ends of actors and of regions, history and unnamed events', () => {
    const machine = createMachine({
      types: { events },
      initial: 'a',
      states: {
        a: { always: { guard: () => false, target: 'b' }, on: { '*': 'b' } },
        b: { invoke: { src: 'work', onDone: 'c', onError: 'd' } },
        c: { after: { 1000: 'd' } },
        d: {
          type: 'parallel',
          states: { x: { initial: 'y', states: { y: { type: 'final' } } } },
          onDone: 'e',
        },
        e: {
          initial: 'f',
          states: { f: { on: { go: 'g' } }, g: {}, last: { history: true } },
          on: { back: 'h' },
        },
        h: { on: { go: 'e.last' } },
      },
    });
    expect(unreachable(modelOf(machine, { go: [], back: [] }))).toEqual([]);
  });
});

describe('events', () => {
  const twoStates = createMachine({
    types: { events },
    initial: 'a',
    states: { a: { on: { go: 'b' } }, b: { on: { back: 'a' } } },
  });

  it('are lost where no state handles them', () => {
    expect(unhandled(modelOf(twoStates, { go: [], back: [] }))).toEqual([
      'event "go" is lost in "b"',
      'event "back" is lost in "a"',
    ]);
  });

  it('are not lost where the list ignores them', () => {
    const model = modelOf(twoStates, { go: [ignored('gone', 'b')], back: [ignored('not gone', 'a')] });
    expect(unhandled(model)).toEqual([]);
    expect(falselyIgnored(model)).toEqual([]);
  });

  it('that the list ignores must not be handled, nor its states be unknown', () => {
    const model = modelOf(twoStates, { go: [ignored('wrong', 'a', 'c')], back: [ignored('in part', '')] });
    expect(falselyIgnored(model)).toEqual([
      '"go" ignored in "a": it is handled in "a"',
      '"go" ignored in "c": the machine never rests there',
      '"back" ignored in "": it is handled in "b"',
    ]);
  });

  it('are handled when one of several regions handles them', () => {
    const region = { initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } };
    const machine = createMachine({ types: { events }, type: 'parallel', states: { x: region, y: region } });
    expect(unhandled(modelOf(machine, { go: [], back: [ignored('never sent', '')] }))).toEqual([
      'event "go" is lost in "x.b & y.b"',
    ]);
  });

  it('are not awaited where the machine does not rest', () => {
    const machine = createMachine({
      types: { events },
      initial: 'a',
      states: { a: { always: 'b' }, b: { on: { go: 'a', back: 'a' } } },
    });
    expect(unhandled(modelOf(machine, { go: [], back: [] }))).toEqual([]);
  });

  it('that the chart names count, declared or not', () => {
    const model = { ...modelOf(twoStates, { go: [], back: [] }), events: {} };
    expect(unhandled(model)).toHaveLength(2);
  });

  it('have names by their types, a pattern with a star', () => {
    const machine = createMachine({
      types: { events: {} as { type: 'go' } | { type: `xstate.error.actor.order:${string}` } },
    });
    expectTypeOf<EventNames<typeof machine>>().toEqualTypeOf<'go' | 'xstate.error.actor.order:*'>();
    expectTypeOf(modelOf<typeof machine>)
      .parameter(1)
      .toEqualTypeOf<Record<'go' | 'xstate.error.actor.order:*', readonly Ignored[]>>();
  });
});

describe('dead ends', () => {
  const trap = createMachine({
    types: { events },
    initial: 'a',
    states: {
      a: { on: { go: 'b', back: 'c' } },
      b: { on: { '*': { target: 'b', reenter: true } } },
      c: { type: 'final' },
    },
  });

  it('are states that are never left, final ones aside', () => {
    expect(deadEnds(modelOf(trap, { go: [], back: [] }))).toEqual(['state "b" is never left']);
  });

  it('may be declared, and must then be dead ends', () => {
    expect(deadEnds(modelOf(trap, { go: [], back: [] }, { b: 'the trap' }))).toEqual([]);
    expect(deadEnds(modelOf(trap, { go: [], back: [] }, { a: 'no trap', b: 'the trap' }))).toEqual([
      'state "a" is declared as an ending, and is none',
    ]);
  });
});

describe('parts', () => {
  /** What the compiler would not let through with `setup`. */
  const raiseAfter = (delay: string) => raise({ type: 'go' }, { delay: delay as unknown as number });

  it('are missed when nothing stands behind their name', () => {
    const machine = createMachine({
      entry: ['enter', raiseAfter('raiseDelay')],
      invoke: { src: 'work' },
      after: { pause: { actions: { type: 'act' } } },
      on: { go: { guard: and(['first', not('second')]), actions: 'act' } },
    });
    expect(new Set(missingParts(machine).map((line) => line.split(' is ')[0]))).toEqual(
      new Set([
        'actions: "enter"',
        'actions: "act"',
        'delays: "raiseDelay"',
        'delays: "pause"',
        'actors: "work"',
        'guards: "first"',
        'guards: "second"',
      ]),
    );
  });

  it('that named parts use in turn are missed too', () => {
    const machine = createMachine({ entry: 'later' }).provide({
      actions: { later: raiseAfter('pause') },
    });
    expect(missingParts(machine)).toEqual(['delays: "pause" is not implemented, used by "(machine)"']);
  });

  it('must not be async, in place or named, used or not', () => {
    const machine = setup({
      actions: { save: async () => {}, keep: () => {} },
      guards: { isSaved: (async () => true) as unknown as () => boolean },
    }).createMachine({ entry: ['keep', async () => {}] });
    expect(asyncParts(machine)).toEqual([
      'actions: an async function in place, used by "(machine)"',
      'actions: "save" is an async function',
      'guards: "isSaved" is an async function',
    ]);
  });
});

describe('the walk', () => {
  /** Pseudo-random and the same in every run. */
  const createRandom = () => {
    let state = 1;
    return () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
  };

  it('finds exactly the combinations that XState comes to', () => {
    const random = createRandom();
    const maybe = () => random() < 0.5;
    const rarely = () => random() < 0.25;
    const machine = createMachine({
      id: 'm',
      initial: 'work',
      states: {
        work: {
          type: 'parallel',
          states: {
            left: {
              initial: 'one',
              on: {
                reset: '.one',
                dig: '.two.shallow',
                leave: '#m.rest',
                both: { target: '.two.deep.b', reenter: true },
              },
              states: {
                one: {
                  on: {
                    go: [
                      { guard: maybe, target: 'two' },
                      { guard: maybe, target: 'three' },
                    ],
                  },
                },
                two: {
                  initial: 'deep',
                  on: { go: 'three' },
                  states: {
                    deep: {
                      initial: 'a',
                      states: { a: { on: { go: 'b' }, after: { 10: '#m.work.left.three' } }, b: {} },
                    },
                    shallow: { always: { guard: rarely, target: 'deep' } },
                    last: { history: 'shallow' },
                    lastDeep: { history: 'deep', target: 'shallow' },
                  },
                },
                three: {
                  on: { go: 'two.last', back: 'two.lastDeep' },
                  always: { guard: rarely, target: 'done' },
                },
                done: { type: 'final' },
              },
            },
            right: {
              initial: 'off',
              on: { both: '.on' },
              states: {
                off: { on: { turn: 'on' } },
                on: { on: { turn: { guard: maybe, target: 'off' }, back: { target: 'done' }, reset: {} } },
                done: { type: 'final' },
              },
            },
          },
          on: {
            back: [{ guard: maybe, target: '.right.on' }],
            '*': { guard: rarely, target: ['.left.two', '.right.on'] },
          },
          onDone: { guard: rarely, target: 'rest' },
        },
        rest: { on: { go: 'work', end: { guard: maybe, target: 'over' } } },
        over: { type: 'final' },
      },
    });
    const types = ['go', 'back', 'reset', 'leave', 'both', 'turn', 'dig', 'end', 'other'];
    const timers = allNodes(machine.root).flatMap((node) =>
      node.after.map(({ eventType }) => ({ node, eventType })),
    );

    const seen = new Set<string>();
    for (let run = 0; run < 200; run += 1) {
      const actor = createActor(machine, { clock: new SimulatedClock() }).start();
      for (let turn = 0; turn < 20 && actor.getSnapshot().status === 'active'; turn += 1) {
        const nodes = actor.getSnapshot()._nodes;
        seen.add(leavesOf(nodes).map(pathOf).join(' & '));
        const running = timers.filter(({ node }) => nodes.includes(node)).map(({ eventType }) => eventType);
        const choice = [...types, ...running];
        actor.send({ type: choice[Math.floor(random() * choice.length)] ?? 'go' });
      }
      actor.stop();
    }
    const { resting } = walk(machine, types);
    expect(resting.map(({ name }) => name).sort()).toEqual([...seen].sort());
    expect(resting.length).toBeGreaterThan(10);
  });
});
