import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTimeZone, nextDaily, nextWeekly } from '../../machines/domain/wall-time.ts';

const at = (text: string): number => Temporal.ZonedDateTime.from(text).epochMilliseconds;
const daily = { time: '23:45', timeZone: 'America/New_York' };
const weekly = { ...daily, time: '01:00', weekday: 7 };
const instants = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2035, 0) });
const zones = fc.constantFrom('America/New_York', 'Europe/Paris', 'Asia/Tokyo', 'Australia/Lord_Howe', 'UTC');
const times = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
const hour = 3_600_000;

describe('a time that comes back', () => {
  it.each([
    ['2026-03-06T23:44-05:00[America/New_York]', '2026-03-06T23:45-05:00[America/New_York]'],
    ['2026-03-06T23:45-05:00[America/New_York]', '2026-03-07T23:45-05:00[America/New_York]'],
    // The clocks go forward in between.
    ['2026-03-07T23:50-05:00[America/New_York]', '2026-03-08T23:45-04:00[America/New_York]'],
  ])('every day is after %s at %s', (now, next) => {
    expect(nextDaily(daily, at(now))).toBe(at(next));
  });

  it.each([
    ['2026-11-26T12:00-05:00[America/New_York]', '2026-11-29T01:00-05:00[America/New_York]'],
    ['2026-11-29T01:00-05:00[America/New_York]', '2026-12-06T01:00-05:00[America/New_York]'],
    ['2026-11-29T00:59-05:00[America/New_York]', '2026-11-29T01:00-05:00[America/New_York]'],
  ])('every Sunday is after %s at %s', (now, next) => {
    expect(nextWeekly(weekly, at(now))).toBe(at(next));
  });

  it('lies ahead by at most a day, or a week, and an hour for the clocks', () => {
    fc.assert(
      fc.property(instants, zones, times, fc.integer({ min: 1, max: 7 }), (now, timeZone, time, weekday) => {
        const day = nextDaily({ time, timeZone }, now) - now;
        expect(day).toBeGreaterThan(0);
        expect(day).toBeLessThanOrEqual(25 * hour);
        const week = nextWeekly({ time, timeZone, weekday }, now);
        expect(week - now).toBeGreaterThan(0);
        expect(week - now).toBeLessThanOrEqual(7 * 24 * hour + hour);
        expect(Temporal.Instant.fromEpochMilliseconds(week).toZonedDateTimeISO(timeZone).dayOfWeek).toBe(
          weekday,
        );
      }),
    );
  });

  it.each([
    ['Europe/Paris', true],
    ['US/Eastern', true],
    ['', false],
    ['EST (Eastern Standard Time)', false],
  ])('knows whether %s is a zone: %s', (name, expected) => {
    expect(isTimeZone(name)).toBe(expected);
  });
});
