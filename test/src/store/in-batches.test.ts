import { describe, expect, it } from 'vitest';
import { inBatches } from '../../../src/store/in-batches.ts';

const always = (): boolean => true;

describe('inBatches', () => {
  it('writes what comes in one turn at once, and answers each its own', async () => {
    const batches: number[][] = [];
    const write = inBatches(async (items: readonly number[]) => {
      batches.push([...items]);
      return items.map((item) => item * 10);
    }, always);
    expect(await Promise.all([write(1), write(2), write(3)])).toEqual([10, 20, 30]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('keeps what comes during a write for the next, in order', async () => {
    const batches: number[][] = [];
    const first = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const write = inBatches(async (items: readonly number[]) => {
      batches.push([...items]);
      began.resolve();
      await first.promise;
      return items;
    }, always);
    const one = write(1);
    await began.promise;
    const others = [write(2), write(3)];
    first.resolve();
    expect(await Promise.all([one, ...others])).toEqual([1, 2, 3]);
    expect(batches).toEqual([[1], [2, 3]]);
  });

  it('lets an item that cannot be written fail alone', async () => {
    const write = inBatches(async (items: readonly number[]) => {
      if (items.includes(2)) throw new Error('not 2');
      return items;
    }, always);
    const results = await Promise.allSettled([write(1), write(2), write(3)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await write(4)).toBe(4);
  });

  it('fails a batch as a whole when none of its items is the reason', async () => {
    let asked = 0;
    const write = inBatches(
      async (_: readonly number[]): Promise<number[]> => {
        asked += 1;
        throw new Error('away');
      },
      () => false,
    );
    const results = await Promise.allSettled([write(1), write(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(asked).toBe(1);
  });

  it('bounds a batch', async () => {
    const sizes: number[] = [];
    const write = inBatches(async (items: readonly number[]) => {
      sizes.push(items.length);
      return items;
    }, always);
    await Promise.all(Array.from({ length: 1_200 }, (_, n) => write(n)));
    expect(sizes).toEqual([500, 500, 200]);
  });
});
