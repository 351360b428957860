import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPacer } from '../../../../src/broker/ib/pacer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('createPacer', () => {
  it('lets a burst through at once and the rest at its rate, in order', () => {
    const pacer = createPacer({ perSecond: 10 });
    const done: number[] = [];
    for (let n = 0; n < 25; n += 1) pacer.run(() => done.push(n));
    expect(done).toHaveLength(10);
    vi.advanceTimersByTime(1_000);
    expect(done.length).toBeGreaterThanOrEqual(19);
    expect(done.length).toBeLessThanOrEqual(20);
    vi.advanceTimersByTime(1_000);
    expect(done).toEqual(Array.from({ length: 25 }, (_, n) => n));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('forgets what waits when it is cleared', () => {
    const pacer = createPacer({ perSecond: 1 });
    const done: number[] = [];
    for (let n = 0; n < 3; n += 1) pacer.run(() => done.push(n));
    pacer.clear();
    vi.advanceTimersByTime(10_000);
    expect(done).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
