import { describe, expect, it } from 'vitest';
import { createTurns } from '../../../machines/feed/turns.ts';
import { settle } from '../../support/clock.ts';
import { bar, bars, createWorld } from './feed.world.ts';

describe('turns', () => {
  it('let the first through at once and each of the others after what those before could do', async () => {
    const turns = createTurns(() => {});
    const log: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      log.push(`${name} begins`);
      for (let step = 0; step < 5; step += 1) await Promise.resolve();
      log.push(`${name} goes on`);
    };
    for (const name of ['a', 'b', 'c']) turns.run(work(name));
    expect(log).toEqual(['a begins']);
    for (let turn = 0; turn < 5; turn += 1) await settle();
    expect(log).toEqual(['a begins', 'a goes on', 'b begins', 'b goes on', 'c begins', 'c goes on']);
  });

  it('go on after one that throws, which is reported', async () => {
    const faults: unknown[] = [];
    const turns = createTurns((error) => faults.push(error));
    const log: string[] = [];
    turns.run(() => {
      throw new Error('a broken listener');
    });
    await Promise.all([turns.next().then(() => log.push('b')), turns.next().then(() => log.push('c'))]);
    expect([faults, log]).toEqual([[new Error('a broken listener')], ['b', 'c']]);
  });

  it('leave nothing behind: who comes later goes at once again', async () => {
    const turns = createTurns(() => {});
    await turns.next();
    for (let turn = 0; turn < 3; turn += 1) await settle();
    let ran = false;
    turns.run(() => {
      ran = true;
    });
    expect(ran).toBe(true);
  });

  it('tell each listener of bars what was said in the order in which it was said', async () => {
    const world = createWorld({ turns: createTurns(() => {}) });
    world.hub.connectionReady();
    for (const name of ['a', 'b', 'c']) world.listen(name);
    await world.pass();
    world.stream().listener.onHistory(bars(0, 3));
    world.tick(3);
    for (let turn = 0; turn < 20; turn += 1) await world.pass();
    world.log.length = 0;
    for (const n of [3, 4, 5, 6]) world.stream().listener.onUpdate(bar(n));
    for (let turn = 0; turn < 20; turn += 1) await world.pass();
    for (const name of ['a', 'b', 'c']) {
      const heard = world.log.filter((line) => line.startsWith(`${name} `));
      expect(heard).toEqual([3, 4, 5].map((n) => `${name} bar ${n}`));
    }
  });
});
