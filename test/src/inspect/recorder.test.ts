import { describe, expect, it } from 'vitest';
import {
  assign,
  createActor,
  createMachine,
  fromCallback,
  fromPromise,
  raise,
  sendTo,
  setup,
  spawnChild,
} from 'xstate';
import { settle } from '../../support/clock.ts';
import { createFlight } from './flight.ts';

const light = setup({ actions: { click: () => {} } }).createMachine({
  id: 'light',
  initial: 'off',
  states: { off: { on: { go: { target: 'on', actions: 'click' } } }, on: { on: { go: 'off' } } },
});

const written = async (flight: ReturnType<typeof createFlight>) => {
  await flight.recorder.close(1_000);
  expect(flight.faults).toEqual([]);
  return flight.sink.entries;
};

describe('the recorder', () => {
  it('writes a spawn and the steps of a machine, with cause, state, transitions and actions', async () => {
    const flight = createFlight();
    const actor = createActor(light, { id: 'root', inspect: flight.inspect }).start();
    actor.send({ type: 'go', n: 1 } as never);
    expect(await written(flight)).toMatchObject([
      {
        seq: 1,
        actor: 'root',
        kind: 'spawn',
        cause: null,
        version: 1,
        data: { src: 'light', logic: 'machine', generation: 1, state: 'off' },
      },
      {
        seq: 2,
        kind: 'step',
        data: {
          event: { type: 'go', n: 1 },
          from: 'off',
          to: 'on',
          transitions: ['light.on'],
          actions: ['click'],
        },
      },
    ]);
    expect(flight.sink.versions).toMatchObject([{ machineId: 'light', program: 'test' }]);
  });

  it('counts the starts of a path, and links each entry to what caused it', async () => {
    const flight = createFlight();
    const logic = setup({ actors: { job: fromPromise(async () => 'done') } }).createMachine({
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: { invoke: { id: 'job', src: 'job', onDone: 'a' } } },
    });
    const actor = createActor(logic, { id: 'root', inspect: flight.inspect }).start();
    for (let i = 0; i < 2; i += 1) {
      actor.send({ type: 'go' });
      await settle();
    }
    const entries = await written(flight);
    const spawns = entries.filter(({ actor: path, kind }) => path === 'root/job' && kind === 'spawn');
    expect(spawns.map(({ data }) => Reflect.get(Object(data), 'generation'))).toEqual([1, 2]);
    const done = entries.filter(({ data }) => JSON.stringify(data).includes('xstate.done.actor.job'));
    expect(done.map(({ cause }) => cause)).toEqual(spawns.map(({ seq }) => seq));
    expect(flight.told('root/job')).toEqual(['spawn', 'stop', 'spawn', 'stop']);
  });

  it('writes events of what is no machine, crashes with the last good state, and dead letters', async () => {
    const flight = createFlight();
    const source = fromCallback(({ receive }) => {
      receive(({ type }) => {
        if (type === 'boom') throw new Error('bad');
      });
    });
    const logic = setup({ actors: { source } }).createMachine({
      context: { good: 1 },
      invoke: { id: 'source', src: 'source', input: { password: 'hidden', host: 'h' } },
      on: {
        tell: { actions: sendTo('source', ({ event }) => ({ type: event.what })) },
        fail: {
          actions: () => {
            throw new Error('worse');
          },
        },
        'xstate.error.actor.*': {},
      },
    });
    const actor = createActor(logic, { id: 'root', inspect: flight.inspect });
    actor.subscribe({ error: () => {} });
    actor.start();
    for (const what of ['hello', 'boom', 'late']) actor.send({ type: 'tell', what });
    actor.send({ type: 'fail' });
    const entries = await written(flight);
    expect(flight.told('root/source')).toEqual(['spawn', 'event hello', 'crash boom', 'deadLetter late']);
    expect(entries.find(({ kind, actor: path }) => kind === 'crash' && path === 'root')?.data).toEqual({
      error: { $: 'Error', name: 'Error', message: 'worse' },
      event: { type: 'fail' },
      lastGood: { status: 'active', value: {}, context: { good: 1 } },
    });
    expect(JSON.stringify(entries)).not.toContain('hidden');
  });

  it('notes what the runtime tells it, caused by the turn at work', async () => {
    const flight = createFlight();
    const logic = createMachine({
      on: { go: { actions: () => flight.recorder.note('report', 'root', { reason: 'because' }) } },
    });
    createActor(logic, { id: 'root', inspect: flight.inspect }).start().send({ type: 'go' });
    flight.recorder.note('run', 'process', { version: '1' });
    const [, step, report, run] = await written(flight);
    expect(report).toMatchObject({ kind: 'report', cause: step?.seq, data: { reason: 'because' } });
    expect(run).toMatchObject({ kind: 'run', actor: 'process', cause: null });
  });

  it('begins at the number that it is given', async () => {
    const flight = createFlight({ firstSeq: 501 });
    expect(flight.recorder.note('run', 'process', {})).toBe(501);
    expect(flight.recorder.lastSeq).toBe(501);
  });

  it('records types only when detail is reduced, and facts only at the end', async () => {
    const flight = createFlight({ writer: { capacity: 20 } });
    flight.sink.failure = 'away';
    const actor = createActor(light, { id: 'root', inspect: flight.inspect }).start();
    for (let i = 0; i < 40; i += 1) actor.send({ type: 'go', n: i } as never);
    const { detail, lost } = flight.recorder.status;
    expect({ detail, lost }).toEqual({ detail: 'facts', lost: 0 });
    flight.sink.failure = null;
    const entries = await written(flight);
    const steps = entries
      .filter(({ kind }) => kind === 'step')
      .map(({ data }) => Reflect.get(Object(data), 'event'));
    expect(steps[0]).toEqual({ type: 'go', n: 0 });
    expect(steps.at(-1)).toEqual({ $: 'reduced', type: 'go' });
    expect(steps.length).toBeLessThan(20);
    const details = entries
      .filter(({ kind }) => kind === 'detail')
      .map(({ data }) => Reflect.get(Object(data), 'detail'));
    expect(details).toEqual(['steps', 'facts']);
  });

  it('says at its start that less is wanted', async () => {
    for (const [wanted, details] of [
      ['full', []],
      ['steps', ['steps']],
      ['facts', ['facts']],
    ] as const) {
      const entries = await written(createFlight({ wanted }));
      expect(entries.map(({ kind, data }) => [kind, Reflect.get(Object(data), 'detail')])).toEqual(
        details.map((detail) => ['detail', detail]),
      );
    }
  });

  it('stores nothing but facts where only facts are wanted', async () => {
    const flight = createFlight({ wanted: 'facts', checkpointEvery: 1 });
    const actor = createActor(light, { id: 'root', inspect: flight.inspect }).start();
    actor.send({ type: 'go' });
    flight.recorder.note('ticks', 'root', { count: 3 });
    flight.recorder.note('report', 'root', { reason: 'because' });
    await flight.recorder.checkpointAll();
    const entries = await written(flight);
    expect(entries.map(({ kind }) => kind)).toEqual(['detail', 'spawn', 'report']);
    expect(entries.at(-1)?.seq, 'numbers are not used twice').toBe(5);
  });

  it('writes a checkpoint of every machine when all is recorded again', async () => {
    const flight = createFlight({ writer: { capacity: 20, batchMs: 1 } });
    flight.sink.failure = 'away';
    const logic = setup({ actors: { light } }).createMachine({
      context: { n: 0 },
      entry: [spawnChild('light', { id: 'a' }), spawnChild('light', { id: 'b' })],
      on: { count: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    });
    const actor = createActor(logic, { id: 'root', inspect: flight.inspect }).start();
    for (let i = 0; i < 40; i += 1) actor.send({ type: 'count' });
    expect(flight.recorder.status.detail).toBe('facts');
    flight.sink.failure = null;
    await expect.poll(() => flight.recorder.status.detail).toBe('full');
    await flight.recorder.checkpointAll();
    actor.send({ type: 'count' });
    const entries = await written(flight);
    const checkpoints = entries.filter(({ kind }) => kind === 'checkpoint');
    expect(checkpoints.map(({ actor: path }) => path).slice(0, 3)).toEqual(['root', 'root/a', 'root/b']);
    const last = entries.at(-1)?.seq ?? 0;
    expect(await flight.rebuildAt('root', last)).toMatchObject({ ok: true, context: { n: 41 } });
    expect(await flight.rebuildAt('root', (checkpoints[0]?.seq ?? 0) - 1)).toMatchObject({ ok: false });
    expect(await flight.rebuildAt('root/a', last)).toMatchObject({ ok: true, value: 'off' });
  });

  it('stores one version for actors of one configuration, and what counts as it can be chosen', async () => {
    const orders = (configOf?: () => unknown) => createFlight(configOf === undefined ? {} : { configOf });
    const logic = setup({ actors: { light } }).createMachine({
      id: 'desk',
      entry: ['1', '2', '2'].map((input, i) => spawnChild('light', { id: `o${i}`, input } as never)),
    });
    for (const [flight, count] of [
      [orders(), 3],
      [orders(() => null), 2],
    ] as const) {
      createActor(logic, { id: 'root', inspect: flight.inspect }).start();
      await written(flight);
      expect(flight.sink.versions).toHaveLength(count);
    }
  });

  it('never holds the event loop up for long, however much waits', async () => {
    const flight = createFlight({ writer: { capacity: 50_000 } });
    const logic = createMachine({
      on: { go: {}, burst: { actions: [raise({ type: 'go' }), raise({ type: 'go' })] } },
    });
    const actor = createActor(logic, { id: 'root', inspect: flight.inspect }).start();
    for (let i = 0; i < 5_000; i += 1)
      actor.send({ type: 'burst', list: Array.from({ length: 20 }, () => i) } as never);
    let worst = 0;
    while (flight.recorder.status.buffered > 0) {
      const began = process.threadCpuUsage();
      await settle();
      const { user, system } = process.threadCpuUsage(began);
      worst = Math.max(worst, (user + system) / 1_000);
    }
    expect(flight.told('root').filter((told) => told === 'step burst')).toHaveLength(5_000);
    expect(worst).toBeLessThan(50);
  });
});
