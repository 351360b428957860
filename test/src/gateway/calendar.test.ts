import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { easter } from '../../../src/gateway/market/calendar/dates.ts';
import { CALENDARS, calendarOf } from '../../../src/gateway/market/calendar/exchanges.ts';
import { addDays, weekday } from '../../../src/gateway/market/zone.ts';

/** Weekdays of a year on which an exchange is closed. */
function closings(name: (typeof CALENDARS)[number], year: number): string[] {
  const calendar = calendarOf(name);
  const out: string[] = [];
  for (let day = `${year}-01-01`; day.startsWith(String(year)); day = addDays(day, 1))
    if (weekday(day) % 6 !== 0 && calendar.day(day) === undefined) out.push(day.slice(5));
  return out;
}

function halfDays(name: (typeof CALENDARS)[number], year: number): string[] {
  const calendar = calendarOf(name);
  const usual = calendar.day(`${year}-03-01`) ?? calendar.day(`${year}-03-03`);
  const out: string[] = [];
  for (let day = `${year}-01-01`; day.startsWith(String(year)); day = addDays(day, 1)) {
    const hours = calendar.day(day);
    if (hours !== undefined && hours.liquid[0]?.close !== usual?.liquid[0]?.close) out.push(day.slice(5));
  }
  return out;
}

// As published by NYSE, Euronext, Xetra and the London Stock Exchange.
describe('holidays', () => {
  test.each([
    ['NYSE', 2001, '01-01 01-15 02-19 04-13 05-28 07-04 09-03 09-11 09-12 09-13 09-14 11-22 12-25'],
    ['NYSE', 2018, '01-01 01-15 02-19 03-30 05-28 07-04 09-03 11-22 12-05 12-25'],
    ['NYSE', 2021, '01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24'],
    ['NYSE', 2022, '01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26'],
    ['NASDAQ', 2024, '01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25'],
    ['NASDAQ', 2026, '01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25'],
    ['SBF', 2024, '01-01 03-29 04-01 05-01 12-25 12-26'],
    ['SBF', 2025, '01-01 04-18 04-21 05-01 12-25 12-26'],
    ['IBIS', 2024, '01-01 03-29 04-01 05-01 12-24 12-25 12-26 12-31'],
    ['IBIS', 2019, '01-01 04-19 04-22 05-01 06-10 10-03 12-24 12-25 12-26 12-31'],
    ['LSE', 2022, '01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27'],
    ['LSE', 2023, '01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26'],
    ['LSE', 2021, '01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28'],
    ['IDEALPRO', 2025, '01-01 12-25'],
  ] as const)('of %s in %i are as published', (name, year, expected) => {
    expect(closings(name, year).join(' ')).toBe(expected);
  });

  test.each([
    ['NYSE', 2018, '07-03 11-23 12-24'],
    ['NYSE', 2021, '11-26'],
    ['NYSE', 2024, '07-03 11-29 12-24'],
    ['NYSE', 2026, '11-27 12-24'],
    ['SBF', 2024, '12-24 12-31'],
    ['LSE', 2024, '12-24 12-31'],
    ['LSE', 2022, '12-23 12-30'],
  ] as const)('half days of %s in %i are as published', (name, year, expected) => {
    expect(halfDays(name, year).join(' ')).toBe(expected);
  });

  test.each([
    [2000, '2000-04-23'],
    [2008, '2008-03-23'],
    [2011, '2011-04-24'],
    [2024, '2024-03-31'],
    [2038, '2038-04-25'],
  ])('Easter %i is %s', (year, expected) => {
    expect(easter(year)).toBe(expected);
  });
});

describe('every calendar', () => {
  test('rests on weekends, and its regular hours lie within its trading hours', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CALENDARS), fc.integer({ min: 0, max: 40 * 365 }), (name, days) => {
        const date = addDays('1995-01-01', days);
        const hours = calendarOf(name).day(date);
        if (weekday(date) % 6 === 0) expect(hours).toBeUndefined();
        for (const [index, liquid] of (hours?.liquid ?? []).entries()) {
          const trading = hours?.trading[index];
          expect(liquid.open).toBeLessThan(liquid.close);
          expect(trading?.open).toBeLessThanOrEqual(liquid.open);
          expect(trading?.close).toBeGreaterThanOrEqual(liquid.close);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('has between 240 and 262 days a year', () => {
    for (const name of CALENDARS)
      for (let year = 1995; year <= 2035; year += 1) {
        const weekdays = Array.from({ length: 366 }, (_, n) => addDays(`${year}-01-01`, n)).filter(
          (day) => day.startsWith(String(year)) && weekday(day) % 6 !== 0,
        ).length;
        const open = weekdays - closings(name, year).length;
        expect(open, `${name} ${year}`).toBeGreaterThan(240);
        expect(open, `${name} ${year}`).toBeLessThan(262);
      }
  });
});
