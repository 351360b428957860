import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHistoryQueue, type HistoryQuestion } from '../../../../src/broker/ib/history-queue.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const small = (contract: string, identity: string): HistoryQuestion => ({
  contract,
  identity,
  isSmall: true,
});

describe('the queue of historical requests', () => {
  it('has at most twenty on their way, and the next goes when one is over', () => {
    const queue = createHistoryQueue();
    let sent = 0;
    const overs = Array.from({ length: 25 }, (_, n) =>
      queue.run({ contract: `C${n}`, identity: `${n}`, isSmall: false }, () => {
        sent += 1;
      }),
    );
    expect([sent, queue.waiting()]).toEqual([20, 5]);
    overs[0]?.();
    overs[0]?.();
    expect([sent, queue.waiting()]).toEqual([21, 4]);
    // One that was given up while it waited is never sent.
    overs[24]?.();
    for (const over of overs) over();
    expect([sent, queue.waiting()]).toEqual([24, 0]);
  });

  it('asks the same of small bars only every fifteen seconds, and lets others by meanwhile', () => {
    const queue = createHistoryQueue();
    const sent: string[] = [];
    const ask = (identity: string): void => {
      queue.run(small(identity, identity), () => sent.push(identity))();
    };
    queue.run(small('A', 'A'), () => sent.push('A'));
    queue.run(small('A', 'A'), () => sent.push('A again'));
    ask('B');
    expect(sent).toEqual(['A', 'B']);
    vi.advanceTimersByTime(15_002);
    expect(sent).toEqual(['A', 'B', 'A again']);
  });

  it('keeps every limit, whatever is asked for and when', () => {
    const arrivals = fc.array(fc.tuple(fc.nat(3_000), fc.constantFrom('A', 'B', 'C'), fc.nat(400)), {
      minLength: 1,
      maxLength: 120,
    });
    fc.assert(
      fc.property(arrivals, (asked) => {
        const queue = createHistoryQueue();
        const sent: { at: number; contract: string; identity: string }[] = [];
        for (const [pause, contract, identity] of asked) {
          vi.advanceTimersByTime(pause);
          const over = queue.run(small(contract, `${contract}${identity}`), () => {
            sent.push({ at: performance.now(), contract, identity: `${contract}${identity}` });
            setTimeout(() => over(), 10);
          });
        }
        vi.advanceTimersByTime(3_600_000);
        expect([sent.length, queue.waiting()]).toEqual([asked.length, 0]);
        const spacing = (of: typeof sent, count: number, ms: number): void => {
          for (const [at, each] of of.entries()) {
            const later = of[at + count];
            if (later !== undefined) expect(later.at - each.at).toBeGreaterThanOrEqual(ms);
          }
        };
        spacing(sent, 58, 600_000);
        for (const contract of ['A', 'B', 'C'])
          spacing(
            sent.filter((each) => each.contract === contract),
            5,
            2_000,
          );
        for (const identity of new Set(sent.map((each) => each.identity)))
          spacing(
            sent.filter((each) => each.identity === identity),
            1,
            15_000,
          );
      }),
      { numRuns: 30 },
    );
  });
});
