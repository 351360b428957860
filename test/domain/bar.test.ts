import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bar, isDaily, mergeBars, timeframeMs, timeframes } from '../../machines/domain/bar.ts';

const bar = (time: number, close = 1): Bar => ({
  time,
  open: close,
  high: close,
  low: close,
  close,
  volume: 0,
});
const series = (close: number) => fc.array(fc.nat({ max: 30 }).map((time) => bar(time, close)));

describe('mergeBars', () => {
  it('lets the newer bar win where both have a time', () => {
    expect(mergeBars([bar(1), bar(2)], [bar(2, 9), bar(3, 9)])).toEqual([bar(1), bar(2, 9), bar(3, 9)]);
  });

  it('ascends without duplicates, loses no time, and prefers the newer', () => {
    fc.assert(
      fc.property(series(1), series(2), (older, newer) => {
        const merged = mergeBars(older, newer);
        const times = merged.map((b) => b.time);
        expect(times).toEqual([...new Set([...older, ...newer].map((b) => b.time))].sort((a, b) => a - b));
        for (const b of merged) expect(b.close).toBe(newer.some((n) => n.time === b.time) ? 2 : 1);
        expect(mergeBars(merged, merged)).toEqual(merged);
      }),
    );
  });
});

describe('timeframes', () => {
  it('ascend in length, and only those of a day or more are stamped by date', () => {
    const lengths = timeframes.map((name) => timeframeMs[name]);
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
    expect(timeframes.filter(isDaily)).toEqual(['1d', '1w', '1M']);
  });
});
