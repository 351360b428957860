import { describe, expect, it } from 'vitest';
import { timeframes } from '../../../../machines/domain/bar.ts';
import { barSizes, durationFor, isClosedAt, toBar, whatToShow } from '../../../../src/broker/ib/bars.ts';

const at = (text: string): number => Date.parse(text);
const bar = (time: string) => ({ time: at(time), open: 1, high: 1, low: 1, close: 1, volume: 0 });
const newYork = {
  timeZone: 'America/New_York',
  liquidHours: '20260105:0930-20260105:1600;20260106:CLOSED',
};

describe('isClosedAt', () => {
  it.each([
    ['1m', '2026-01-05T14:30:00Z', '2026-01-05T14:30:59Z', false],
    ['1m', '2026-01-05T14:30:00Z', '2026-01-05T14:31:00Z', true],
    ['1d', '2026-01-02T00:00:00Z', '2026-01-05T14:30:00Z', true],
    ['1d', '2026-01-05T00:00:00Z', '2026-01-05T20:59:59Z', false],
    ['1d', '2026-01-05T00:00:00Z', '2026-01-05T21:00:00Z', true],
    // A trade date ahead of the calendar, as futures have in the evening.
    ['1d', '2026-01-06T00:00:00Z', '2026-01-05T23:30:00Z', false],
    // Still the 4th in New York.
    ['1d', '2026-01-04T00:00:00Z', '2026-01-05T02:00:00Z', false],
    ['1w', '2026-01-02T00:00:00Z', '2026-01-08T00:00:00Z', false],
    ['1w', '2026-01-02T00:00:00Z', '2026-01-09T00:00:00Z', true],
  ] as const)('a %s bar of %s at %s: %s', (timeframe, time, now, expected) => {
    expect(isClosedAt(bar(time), timeframe, newYork, at(now))).toBe(expected);
  });

  it('ends the day at midnight where the hours are unknown', () => {
    const unknown = { ...newYork, liquidHours: '' };
    expect(isClosedAt(bar('2026-01-05T00:00:00Z'), '1d', unknown, at('2026-01-06T04:59:00Z'))).toBe(false);
    expect(isClosedAt(bar('2026-01-05T00:00:00Z'), '1d', unknown, at('2026-01-06T05:00:00Z'))).toBe(true);
  });
});

describe('durationFor', () => {
  it.each([
    ['5s', 200, 'STK', '1500 S'],
    ['5s', 5_000, 'STK', '3600 S'],
    ['1m', 300, 'STK', '6 D'],
    ['1h', 200, 'STK', '51 D'],
    ['1d', 200, 'STK', '300 D'],
    ['1d', 300, 'STK', '2 Y'],
    ['1w', 52, 'STK', '2 Y'],
    ['1M', 24, 'STK', '3 Y'],
    ['1h', 200, 'CASH', '18 D'],
  ] as const)('%s x %i of %s asks for %s', (timeframe, count, secType, duration) => {
    expect(durationFor(timeframe, count, secType)).toBe(duration);
  });
});

describe('the tables', () => {
  it('know a bar size for every timeframe', () => {
    expect(timeframes.filter((timeframe) => barSizes[timeframe] === undefined)).toEqual([]);
  });

  it.each([
    ['STK', 'TRADES'],
    ['FUT', 'TRADES'],
    ['CASH', 'MIDPOINT'],
    ['CFD', 'MIDPOINT'],
  ] as const)('show %s by %s', (secType, what) => {
    expect(whatToShow(secType)).toBe(what);
  });
});

describe('toBar', () => {
  it('takes no volume for 0', () => {
    expect(toBar([1, '20260105', 1, 2, 0.5, 1.5, -1]).volume).toBe(0);
  });

  it('refuses a price that is no number', () => {
    expect(() => toBar([1, '20260105', Number.NaN, 2, 0.5, 1.5, 10])).toThrow('found open "NaN"');
  });
});
