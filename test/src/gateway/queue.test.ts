import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueQueue } from '../../../src/gateway/market/queue.ts';

test('what is due comes in the order of time, and of their places at one time', () => {
  const series = fc.array(fc.nat(20), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(series, { minLength: 1, maxLength: 8 }), (lists) => {
      const times = lists.map((list) => [...list].sort((a, b) => a - b));
      const expected = times
        .flatMap((list, order) => list.map((at) => ({ at, order })))
        .sort((a, b) => a.at - b.at || a.order - b.order);
      const queue = new DueQueue<number[]>();
      for (const [order, list] of times.entries())
        queue.add([...list], { at: list[0] ?? Number.POSITIVE_INFINITY, order });
      const seen: { at: number; order: number }[] = [];
      for (
        let next = queue.first;
        next !== undefined && next.due.at < Number.POSITIVE_INFINITY;
        next = queue.first
      ) {
        seen.push({ at: next.due.at, order: next.due.order });
        next.value.shift();
        queue.updateFirst(next.value[0] ?? Number.POSITIVE_INFINITY);
      }
      expect(seen).toEqual(expected);
    }),
  );
});
