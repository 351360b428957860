import { describe, expect, it } from 'vitest';
import { assign, createActor, enqueueActions, raise, sendTo, setup, spawnChild, stopChild } from 'xstate';
import { recorded } from '../../../src/inspect/draws.ts';
import { logicAt } from '../../../src/inspect/rebuild.ts';
import { DeskWorld, intentOf } from '../../machines/order/desk-world.ts';
import { createWorld } from '../../machines/session/session.world.ts';
import { createQueueClock } from '../../support/clock.ts';
import { createFlight, type Moment, seeded } from './flight.ts';

type Flight = ReturnType<typeof createFlight>;

/** Rebuilds moments of a run and compares them with what was. */
async function compare(flight: Flight, moments: readonly Moment[]): Promise<void> {
  await flight.recorder.close(5_000);
  expect(flight.faults).toEqual([]);
  for (const { actor, seq, ...was } of moments) {
    const rebuilt = await flight.rebuildAt(actor, seq);
    if (!rebuilt.ok) throw new Error(rebuilt.reason);
    const { status, value, context } = rebuilt;
    expect({ status, value, context, children: [...rebuilt.children].sort() }, `${actor} at ${seq}`).toEqual({
      ...was,
      children: [...was.children].sort(),
    });
  }
}

const some = (flight: Flight, random: () => number, count: number): Moment[] =>
  Array.from({ length: count }, () => flight.moments[Math.floor(random() * flight.moments.length)]).filter(
    (moment) => moment !== undefined,
  );

/** A machine that uses most of what XState has: spawn, raise, after, always, history, chance and time. */
function busyLogic(random: () => number) {
  const dice = recorded(random);
  const now = recorded(() => Math.floor(random() * 1e6));
  const worker = setup({
    types: { context: {} as { born: number; jobs: number[] }, events: {} as { type: 'job'; size: number } },
  }).createMachine({
    id: 'worker',
    context: () => ({ born: now(), jobs: [] }),
    on: {
      job: [
        {
          guard: ({ event }) => event.size > 0.9,
          actions: () => {
            throw new Error('too much');
          },
        },
        {
          actions: assign({ jobs: ({ context, event }) => [...context.jobs, event.size, dice()].slice(-5) }),
        },
      ],
    },
  });
  return setup({
    types: {
      context: {} as { workers: string[]; log: unknown[]; made: number },
      events: {} as { type: string } & Record<string, unknown>,
    },
    actors: { worker },
    delays: { soon: () => 5 + Math.floor(dice() * 20) },
  }).createMachine({
    id: 'busy',
    context: () => ({ workers: [], log: [now()], made: 0 }),
    type: 'parallel',
    on: {
      hire: {
        actions: enqueueActions(({ context, enqueue }) => {
          const id = `w${context.made}`;
          enqueue(spawnChild('worker', { id }));
          enqueue.assign({ workers: [...context.workers, id].slice(-4), made: context.made + 1 });
          const [gone] = context.workers.length >= 4 ? context.workers : [];
          if (gone !== undefined) enqueue(stopChild(gone));
        }),
      },
      work: {
        guard: ({ context }) => context.workers.length > 0,
        actions: [
          sendTo(
            ({ context, self }) => {
              const id = context.workers[Math.floor(dice() * context.workers.length)] ?? '';
              return self.getSnapshot().children[id] ?? self;
            },
            () => ({ type: 'job', size: dice() }),
          ),
          raise({ type: 'noted' }),
        ],
      },
      noted: {
        actions: assign({ log: ({ context }) => [...context.log, new Date(now()), undefined].slice(-6) }),
      },
      'xstate.error.actor.*': {
        actions: [
          stopChild(({ event }) => event.actorId as string),
          assign({
            workers: ({ context, event }) => context.workers.filter((id) => id !== event.actorId),
            log: ({ context, event }) => [...context.log, event.error].slice(-6),
          }),
        ],
      },
    },
    states: {
      mood: {
        initial: 'calm',
        on: { rest: '.resting' },
        states: {
          calm: { after: { soon: 'tense' } },
          tense: { initial: 'a', states: { a: { on: { work: 'b' } }, b: {}, back: { type: 'history' } } },
          resting: {
            after: { soon: [{ guard: () => dice() > 0.5, target: 'tense.back' }, { target: 'calm' }] },
          },
        },
      },
    },
  });
}

function flyBusy(flight: Flight, seed: number, steps: number): void {
  const random = seeded(seed);
  const clock = createQueueClock();
  const actor = createActor(busyLogic(random), { id: 'root', inspect: flight.inspect, clock });
  actor.subscribe({ error: () => {} });
  actor.start();
  for (let i = 0; i < steps; i += 1) {
    const type = ['hire', 'work', 'work', 'rest', 'unknown'][Math.floor(random() * 5)] ?? '';
    actor.send({ type, nested: { at: i, list: [1, Number.NaN] } });
    clock.advance(Math.floor(random() * 10));
  }
}

describe('any moment of a busy run, rebuilt from the journal alone, is what it was', () => {
  it.each([1, 2, 3, 4, 5])('in a small system, seed %i', async (seed) => {
    const flight = createFlight({ checkpointEvery: 40 });
    flyBusy(flight, seed, 400);
    expect(flight.moments.length).toBeGreaterThan(400);
    await compare(flight, some(flight, seeded(seed + 100), 120));
    expect(flight.sink.kinds()).toContain('checkpoint');
    expect(flight.sink.kinds()).toContain('crash');
  });

  it.each([1, 2, 3])('in the real session with its ports, seed %i', async (seed) => {
    const random = seeded(seed);
    const flight = createFlight({ checkpointEvery: 50 });
    const world = createWorld({}, 'running', 1, flight.inspect);
    await world.pass();
    let time = 3;
    for (let i = 0; i < 60; i += 1) {
      const dice = Math.floor(random() * 10);
      if (dice < 5) {
        time += 1;
        world.signals.set(time, (['long', 'flat', 'hold'] as const)[Math.floor(random() * 3)] ?? 'hold');
        world.answers = [
          (['accepted', 'leaseLost', 'unknown', 'failsBefore'] as const)[Math.floor(random() * 4)] ??
            'accepted',
        ];
        world.closeBar(time, random() < 0.2);
      } else if (dice === 5) world.storeFailures = 1;
      else if (dice === 6) world.factsFailures = 1;
      else if (dice === 7) world.syncFailures = 1;
      else if (dice === 8) world.actor.send({ type: random() < 0.5 ? 'session.pause' : 'session.resume' });
      else world.lease(random() < 0.5 ? null : { epoch: i });
      await world.pass(Math.floor(random() * 3_000));
    }
    world.lease({ epoch: 99 });
    await world.pass(60_000);
    expect(world.errors).toEqual([]);
    expect(flight.moments.length).toBeGreaterThan(200);
    await compare(flight, some(flight, random, 120));
  });

  it.each([1, 2])('in the real order desk over a fake broker, seed %i', async (seed) => {
    const random = seeded(seed);
    const flight = createFlight({ checkpointEvery: 50 });
    const world = new DeskWorld({}, flight.inspect);
    await world.open();
    for (let i = 0; i < 25; i += 1) {
      const dice = Math.floor(random() * 8);
      if (dice < 4) void world.submit(intentOf(i));
      else if (dice === 4) world.lose();
      else if (dice === 5) world.ready();
      else if (dice === 6)
        world.mayLeave =
          random() < 0.5 ? () => null : () => ({ reason: 'riskHalted' as never, message: 'halted' });
      else world.broker.delivery = random() < 0.5 ? 'arrive' : 'vanish';
      await world.pass(Math.floor(random() * 5_000));
    }
    world.ready();
    await world.pass(60_000);
    expect(new Set(flight.moments.map(({ actor }) => actor)).size).toBeGreaterThan(4);
    await compare(flight, some(flight, random, 120));
    world.kill();
  });
});

describe('rebuilding', () => {
  const counter = setup({ types: { context: {} as { n: number } } }).createMachine({
    id: 'counter',
    context: { n: 0 },
    on: { add: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
  });

  async function fly(count: number, flight = createFlight()) {
    const actor = createActor(counter, { id: 'root', inspect: flight.inspect }).start();
    for (let i = 0; i < count; i += 1) actor.send({ type: 'add' });
    await flight.recorder.close(1_000);
    return flight;
  }

  it('answers the newest entry that is part of the state, and how many it folded', async () => {
    const flight = await fly(5);
    expect(await flight.rebuildAt('root', 4)).toMatchObject({
      ok: true,
      seq: 4,
      context: { n: 3 },
      folded: 4,
    });
    expect(await flight.rebuildAt('root', 1_000)).toMatchObject({
      ok: true,
      seq: 6,
      context: { n: 5 },
      folded: 6,
    });
  });

  it('begins at the newest checkpoint', async () => {
    const flight = await fly(25, createFlight({ checkpointEvery: 10 }));
    expect(await flight.rebuildAt('root', 1_000)).toMatchObject({ ok: true, context: { n: 25 }, folded: 6 });
  });

  it('tells how an actor ended, with its last good state', async () => {
    const flight = createFlight();
    const logic = setup({}).createMachine({
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
    const actor = createActor(logic, { id: 'root', inspect: flight.inspect });
    actor.subscribe({ error: () => {} });
    actor.start().send({ type: 'boom' });
    await flight.recorder.close(1_000);
    expect(await flight.rebuildAt('root', 9)).toMatchObject({ ok: true, status: 'error', value: 'a' });
  });

  it.each([
    [
      'nothing was recorded of it',
      async (flight: Flight) => flight.rebuildAt('other', 9),
      'neither its start',
    ],
    [
      'the machine is gone',
      async (flight: Flight) => flight.rebuildAt('root', 9, { machine: null }),
      'no machine of this name',
    ],
    [
      'the machine was changed',
      async (flight: Flight) => flight.rebuildAt('root', 9, { program: 'newer' }),
      'was changed since',
    ],
    [
      'less was recorded',
      async (flight: Flight) => {
        const detail = {
          ...flight.sink.entries[1],
          seq: 3,
          actor: 'process',
          kind: 'detail',
          data: { detail: 'steps', cause: 'slow' },
        };
        return flight.rebuildAt('root', 9, {
          entries: [...flight.sink.entries.slice(0, 2), detail] as never,
        });
      },
      'less was recorded: slow',
    ],
    [
      'entries were lost',
      async (flight: Flight) => {
        const gap = {
          ...flight.sink.entries[1],
          seq: 3,
          actor: 'process',
          kind: 'gap',
          data: { lost: 2, to: 4 },
        };
        return flight.rebuildAt('root', 9, { entries: [...flight.sink.entries.slice(0, 2), gap] as never });
      },
      'were lost',
    ],
    [
      'the fold comes to another state',
      async (flight: Flight) => {
        const [spawn, step] = flight.sink.entries;
        const wrong = { ...step, data: { ...Object(step?.data), to: 'elsewhere' } };
        return flight.rebuildAt('root', 9, { entries: [spawn, wrong] as never });
      },
      'recorded was "elsewhere"',
    ],
    [
      'the fold reads the clock more often',
      async (flight: Flight) => {
        const [spawn, step] = flight.sink.entries;
        const more = { ...step, data: { ...Object(step?.data), draws: [1] } };
        return flight.rebuildAt('root', 9, { entries: [spawn, more] as never });
      },
      'expected 1 reads of clock and chance as recorded, found 0',
    ],
  ])('is refused when %s', async (_, attempt, reason) => {
    const flight = await fly(3);
    const answer = await attempt(flight);
    expect(answer).toMatchObject({ ok: false });
    expect(answer.ok ? '' : answer.reason).toContain(reason);
  });

  it('begins at a checkpoint that was made while less was recorded, and goes no further', async () => {
    const flight = createFlight({ wanted: 'steps' });
    const actor = createActor(counter, { id: 'root', inspect: flight.inspect }).start();
    actor.send({ type: 'add' });
    await flight.recorder.checkpointAll();
    const at = flight.recorder.lastSeq;
    flight.recorder.note('fault', 'process', {});
    await flight.recorder.close(1_000);
    expect(await flight.rebuildAt('root', at)).toMatchObject({ ok: true, context: { n: 1 } });
    expect(await flight.rebuildAt('root', at + 1)).toEqual({
      ok: false,
      reason: `root at ${at + 1}: after entry ${at} only steps were recorded`,
    });
  });

  it('folds with a changed machine when that is asked for', async () => {
    const flight = await fly(3);
    const answer = await flight.rebuildAt('root', 9, { program: 'newer', anyVersion: true });
    expect(answer).toMatchObject({ ok: true, context: { n: 3 } });
  });

  it('finds the machine under a path by the names of its spawns', () => {
    const inner = setup({ actors: { counter } }).createMachine({ id: 'inner' });
    const root = setup({ actors: { inner } }).createMachine({ id: 'outer' });
    expect(logicAt(root, ['inner', 'counter'])).toBe(counter);
    expect(logicAt(root, ['inner', 'nobody'])).toBeNull();
    expect(logicAt(root, [])).toBe(root);
  });
});
