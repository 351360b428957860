import { describe, expect, it } from 'vitest';
import type { RecoveryView } from '../../../src/contract/supervision.schema.ts';
import { RecoveryTimes, summarise } from '../../../src/runtime/recovery-times.ts';

const recovery = (ms: number, what: RecoveryView['what'] = 'session'): RecoveryView => ({
  ...{ what, id: 'spx', cause: 'boom' },
  ...{ ms, at: ms },
});

function world(earlier: readonly RecoveryView[] = []) {
  let now = 1_000;
  const told: RecoveryView[] = [];
  const times = new RecoveryTimes({ now: () => now, earlier, onRecovered: (each) => told.push(each) });
  return { times, told, pass: (ms: number) => (now += ms) };
}

describe('summarise', () => {
  it('has no figures where there was no recovery', () => {
    expect(summarise('broker', [recovery(5)])).toEqual({
      ...{ what: 'broker', count: 0, meanMs: null, medianMs: null, worstMs: null },
      recent: [],
    });
  });

  it('tells mean, median and worst, and the newest first', () => {
    const summary = summarise('session', [recovery(10), recovery(70), recovery(20), recovery(40)]);
    expect(summary).toMatchObject({ count: 4, meanMs: 35, medianMs: 30, worstMs: 70 });
    expect(summary.recent.map(({ ms }) => ms)).toEqual([40, 20, 70, 10]);
  });
});

describe('RecoveryTimes', () => {
  it('measures from the loss until it stands', () => {
    const { times, told, pass } = world();
    times.lost('session', 'spx', 'the strategy divided by zero');
    pass(250);
    times.stands('session', 'spx');
    expect(told).toEqual([
      { what: 'session', id: 'spx', cause: 'the strategy divided by zero', ms: 250, at: 1_250 },
    ]);
  });

  it('counts from the first loss when more follow', () => {
    const { times, told, pass } = world();
    times.lost('broker', 'localhost:4002', 'socket closed');
    pass(100);
    times.lost('broker', 'localhost:4002', 'refused');
    pass(100);
    times.stands('broker', 'localhost:4002');
    expect(told).toMatchObject([{ ms: 200, cause: 'socket closed' }]);
  });

  it('counts nothing for what was not lost, or is no longer wanted', () => {
    const { times, told } = world();
    times.stands('session', 'spx');
    times.lost('session', 'spx', 'boom');
    times.forget('session', 'spx');
    times.stands('session', 'spx');
    expect(told).toEqual([]);
  });

  it('keeps sessions and the broker apart, and those of earlier runs', () => {
    const { times, pass } = world([recovery(100), recovery(8_000, 'broker')]);
    times.lost('session', 'x', 'boom');
    pass(300);
    times.stands('session', 'x');
    expect(times.summaries()).toMatchObject([
      { what: 'session', count: 2, meanMs: 200 },
      { what: 'broker', count: 1, meanMs: 8_000 },
    ]);
  });
});
