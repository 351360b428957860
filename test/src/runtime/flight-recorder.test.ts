import { describe, expect, it } from 'vitest';
import { createActor, fromPromise, setup, spawnChild, stopChild } from 'xstate';
import type { EncodedEntry } from '../../../src/inspect/writer.ts';
import { createTurns } from '../../../src/process/turns.ts';
import { shareMemory } from '../../../src/process/watchdog.shared.ts';
import { createFlightRecorder } from '../../../src/runtime/flight-recorder.ts';
import { settle } from '../../support/clock.ts';

const job = fromPromise(async () => 'done');
const commit = setup({ actors: { job } }).createMachine({
  initial: 'writing',
  states: {
    writing: { invoke: { id: 'commitIntent', src: 'job', onDone: 'done' } },
    done: { type: 'final' },
  },
});
const failing = setup({ actors: { job } }).createMachine({
  invoke: { id: 'send', src: 'job' },
  on: {
    fail: {
      actions: () => {
        throw new Error('bad');
      },
    },
  },
});
const desk = setup({ actors: { commit, failing } }).createMachine({
  on: {
    commit: { actions: spawnChild('commit', { id: ({ event }) => `commit:${event.id}` }) },
    order: { actions: spawnChild('failing', { id: ({ event }) => `order:${event.id}` }) },
    stop: { actions: stopChild(({ event }) => `order:${event.id}`) },
    'xstate.error.actor.*': {},
  },
});

/** A recorder whose watchdog's names are seen. */
function createWatched() {
  const turns = createTurns(() => 0, shareMemory());
  const names = new Map<number, string>();
  const faults: string[] = [];
  const sink = { append: async (_: readonly EncodedEntry[]) => {}, version: async () => 1 };
  const recorder = createFlightRecorder({
    ...{ sink, firstSeq: 1, program: 'test', wanted: 'full', capacity: 1_000, inspectors: [], turns },
    onFault: (message) => faults.push(message),
    onDetail: () => {},
    onDeadLetter: () => {},
  });
  const named = (): string[] => {
    for (const [number, path] of turns.news()) {
      if (path === null) names.delete(number);
      else names.set(number, path);
    }
    return [...names.values()];
  };
  return { recorder, named, faults };
}

describe('the flight recorder', () => {
  it('tells the watchdog of orders under one name each, and has it forgotten however they end', async () => {
    const { recorder, named, faults } = createWatched();
    const root = createActor(desk, { id: 'root', inspect: recorder.inspect }).start();
    const send = (type: string, id: string): void => root.send({ type, id } as never);
    for (const id of ['a', 'b', 'c']) send('commit', id);
    for (const id of ['x', 'y']) send('order', id);
    expect(named().sort()).toEqual(
      ['root', ...['a', 'b', 'c'].map((id) => `root/commit:${id}`), 'root/order:x', 'root/order:y'].sort(),
    );
    await settle();
    send('stop', 'x');
    const children = root.getSnapshot().children as Record<string, { send(event: object): void } | undefined>;
    children['order:y']?.send({ type: 'fail' });
    await settle();
    expect(named()).toEqual(['root']);
    expect(faults).toEqual([]);
    await recorder.close(100);
  });
});
