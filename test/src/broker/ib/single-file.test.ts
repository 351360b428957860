import { describe, expect, it } from 'vitest';
import { singleFile } from '../../../../src/broker/ib/single-file.ts';
import { settle } from '../../../support/clock.ts';

/** A question whose answers are given by hand. */
function byHand() {
  const runs: { resolve(value: number): void; reject(error: Error): void }[] = [];
  const ask = singleFile(() => new Promise<number>((resolve, reject) => runs.push({ resolve, reject })));
  return { runs, ask };
}

describe('singleFile', () => {
  it('gives who asks meanwhile the answer of a later run, shared', async () => {
    const { runs, ask } = byHand();
    const first = ask();
    const second = ask();
    const third = ask();
    await settle();
    expect(runs).toHaveLength(1);
    runs[0]?.resolve(1);
    await settle();
    expect(runs).toHaveLength(2);
    runs[1]?.resolve(2);
    expect(await Promise.all([first, second, third])).toEqual([1, 2, 2]);
    await settle();
    const fourth = ask();
    await settle();
    runs[2]?.resolve(3);
    expect(await fourth).toBe(3);
  });

  it('runs on after a failure', async () => {
    const { runs, ask } = byHand();
    const first = ask();
    const second = ask();
    await settle();
    runs[0]?.reject(new Error('no'));
    await expect(first).rejects.toThrow('no');
    await settle();
    runs[1]?.resolve(2);
    expect(await second).toBe(2);
  });

  it('rejects when a run throws at once, and runs on', async () => {
    let calls = 0;
    const ask = singleFile(() => {
      calls += 1;
      if (calls === 1) throw new Error('unavailable');
      return Promise.resolve(calls);
    });
    await expect(ask()).rejects.toThrow('unavailable');
    await settle();
    expect(await ask()).toBe(2);
  });
});
