import { expect, test } from 'vitest';
import { Backlog, BEHIND_BYTES, PATIENCE_MS } from '../../../src/gateway/wire/backlog.ts';

const much = BEHIND_BYTES;
test.each([
  [
    'keeps up while little waits',
    [
      [much - 1, 0, 0],
      [much - 1, 0, PATIENCE_MS * 2],
    ],
    ['current', 'current'],
  ],
  [
    'is waited for while it is behind',
    [
      [much, 0, 0],
      [much, 0, PATIENCE_MS - 1],
    ],
    ['behind', 'behind'],
  ],
  [
    'is stuck when it has read nothing for long',
    [
      [much, 0, 0],
      [much, 0, PATIENCE_MS],
    ],
    ['behind', 'stuck'],
  ],
  [
    'is waited for as long as it reads at all',
    [
      [much, 0, 0],
      [much, 1, PATIENCE_MS - 1],
      [much, 2, 2 * PATIENCE_MS - 2],
      [much, 2, 3 * PATIENCE_MS - 2],
    ],
    ['behind', 'behind', 'behind', 'stuck'],
  ],
  [
    'begins anew after it has caught up',
    [
      [much, 0, 0],
      [0, 9, 5],
      [much, 9, PATIENCE_MS],
      [much, 9, 2 * PATIENCE_MS - 1],
    ],
    ['behind', 'current', 'behind', 'behind'],
  ],
] as [string, [number, number, number][], string[]][])('a client %s', (_, looks, expected) => {
  const backlog = new Backlog();
  expect(looks.map(([waiting, sent, now]) => backlog.look(waiting, sent, now))).toEqual(expected);
});
