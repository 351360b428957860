import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/system.ts';
import { beginWorld, idOf, symbols, type World } from './trading.world.ts';

describe('a session whose strategy has a thread', () => {
  const [first, ...others] = symbols;
  const id = idOf(first);
  let world: World;
  /** Threads of the session since the test began; one that has ended has no name any more. */
  let threads: Worker[];
  const note = (thread: Worker) => {
    if (thread.threadName === `session:${id}`) threads.push(thread);
  };

  beforeEach(async () => {
    threads = [];
    process.on('worker', note);
    world = await beginWorld((config) => ({
      ...config,
      sessions: config.sessions.map((session) =>
        session.id === id ? { ...session, thread: 'worker' } : session,
      ),
    }));
  });

  afterEach(async () => {
    process.off('worker', note);
    await world.end();
  });

  const running = () => others.map((symbol) => world.trading.directory.running(`session:${idOf(symbol)}`));
  const bars = () => world.trading.dashboard.session(id).lastDecision?.barTime ?? 0;

  it.each([
    ['throws', (thread: Worker) => thread.postMessage({ type: 'decide', bar: null }), 'it threw: '],
    ['ends', (thread: Worker) => thread.terminate(), 'its thread was gone: it exited with code 1'],
  ] as const)(
    'is started again with a new one by its supervisor when the thread %s, and its siblings go on',
    async (_, fell, cause) => {
      await until('it decides', () => bars() > 0);
      const siblings = running();
      const [thread] = threads;
      if (thread === undefined) throw new Error('found no thread of the session, expected one');
      const gone = new Promise((done) => thread.once('exit', done));
      fell(thread);
      await until('it was started again', () => world.restarts(`session:${id}`) === 1);
      await gone;

      expect(world.trading.dashboard.supervision().reports).toContainEqual(
        expect.objectContaining({
          ...{ supervisor: 'sessions/group:1', context: 'childTerminated', offender: `session:${id}` },
          reason: expect.stringContaining(cause),
        }),
      );
      const before = bars();
      await until('it decides later bars', () => bars() > before);
      expect(threads, 'the old thread and the new one').toHaveLength(2);
      expect(others.map((symbol) => world.restarts(`session:${idOf(symbol)}`))).toEqual([0, 0]);
      expect(running().every((sibling, at) => sibling === siblings[at])).toBe(true);
      await world.trades(2);
      expect(await world.undecided()).toEqual([]);
      await world.agrees();
    },
    90_000,
  );
});
