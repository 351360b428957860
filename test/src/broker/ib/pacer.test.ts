import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMessageBudget, MOST_PER_SECOND } from '../../../../src/broker/ib/message-budget.ts';
import { createPacer } from '../../../../src/broker/ib/pacer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const RESERVE = 18;
const REQUESTS_AT_ONCE = MOST_PER_SECOND - RESERVE;

describe('createPacer', () => {
  it('lets a burst through at once and the rest a second later, in order', () => {
    const budget = createMessageBudget();
    const pacer = createPacer(budget, { reserve: RESERVE });
    const done: number[] = [];
    for (let n = 0; n < 70; n += 1)
      pacer.run(() => {
        done.push(n);
        budget.note();
      });
    expect(done).toHaveLength(REQUESTS_AT_ONCE);
    expect(pacer.waiting()).toBe(40);
    vi.advanceTimersByTime(999);
    expect(done).toHaveLength(REQUESTS_AT_ONCE);
    vi.advanceTimersByTime(2_001);
    expect(done).toEqual(Array.from({ length: 70 }, (_, n) => n));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves what it keeps back to orders, and waits behind them', () => {
    const budget = createMessageBudget();
    const pacer = createPacer(budget, { reserve: RESERVE });
    for (let order = 0; order < REQUESTS_AT_ONCE; order += 1) budget.note();
    let isDone = false;
    pacer.run(() => {
      isDone = true;
    });
    expect([isDone, budget.left()]).toEqual([false, RESERVE]);
    vi.advanceTimersByTime(1_001);
    expect(isDone).toBe(true);
  });

  it('never has more than the most in any second, however orders and requests come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(400), fc.boolean(), fc.integer({ min: 1, max: 30 })), { maxLength: 30 }),
        (arrivals) => {
          const budget = createMessageBudget();
          const pacer = createPacer(budget, { reserve: RESERVE });
          const left: number[] = [];
          const send = (): void => {
            left.push(performance.now());
            budget.note();
          };
          for (const [pause, isOrder, count] of arrivals) {
            vi.advanceTimersByTime(pause);
            for (let n = 0; n < count; n += 1) {
              if (!isOrder) pacer.run(send);
              else if (budget.left() > 0) send();
            }
          }
          vi.advanceTimersByTime(60_000);
          expect(pacer.waiting()).toBe(0);
          for (const [at, time] of left.entries()) {
            const later = left[at + MOST_PER_SECOND];
            if (later !== undefined) expect(later - time).toBeGreaterThanOrEqual(1_000);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('lets what is urgent by, and never beyond the most', () => {
    const budget = createMessageBudget();
    const pacer = createPacer(budget, { reserve: RESERVE });
    const done: string[] = [];
    const send = (name: string) => (): void => {
      done.push(name);
      budget.note();
    };
    for (let n = 0; n < REQUESTS_AT_ONCE; n += 1) budget.note();
    pacer.run(send('request'));
    for (let n = 0; n < RESERVE + 1; n += 1) pacer.runFirst(send(`urgent ${n}`));
    expect([done.length, budget.left(), pacer.waiting()]).toEqual([RESERVE, 0, 2]);
    vi.advanceTimersByTime(1_001);
    expect(done.slice(-2)).toEqual([`urgent ${RESERVE}`, 'request']);
  });

  it('forgets what waits when it is cleared', () => {
    const budget = createMessageBudget();
    const pacer = createPacer(budget, { reserve: MOST_PER_SECOND - 1 });
    const done: number[] = [];
    for (let n = 0; n < 3; n += 1)
      pacer.run(() => {
        done.push(n);
        budget.note();
      });
    pacer.clear();
    vi.advanceTimersByTime(10_000);
    expect(done).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
