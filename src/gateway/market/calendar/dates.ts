import { addDays, weekday } from '../zone.ts';

/** Dates by rule, all `YYYY-MM-DD`. */

export const date = (year: number, month: number, day: number): string =>
  `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;

/** Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher). */
export function easter(year: number): string {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const month = Math.floor((h + l - 7 * m + 114) / 31);
  const day = ((h + l - 7 * m + 114) % 31) + 1;
  return date(year, month, day);
}

export const goodFriday = (year: number): string => addDays(easter(year), -2);
export const easterMonday = (year: number): string => addDays(easter(year), 1);

/** The n-th weekday (0 is Sunday) of a month; n -1 is the last. */
export function nthWeekday(year: number, month: number, day: number, n: number): string {
  if (n > 0) {
    const first = date(year, month, 1);
    return addDays(first, ((day - weekday(first) + 7) % 7) + (n - 1) * 7);
  }
  const last = addDays(month === 12 ? date(year + 1, 1, 1) : date(year, month + 1, 1), -1);
  return addDays(last, -((weekday(last) - day + 7) % 7));
}

export const isWeekend = (day: string): boolean => weekday(day) === 0 || weekday(day) === 6;

/** A holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after. */
export function observedInUs(day: string): string {
  if (weekday(day) === 6) return addDays(day, -1);
  return weekday(day) === 0 ? addDays(day, 1) : day;
}

/** A holiday on a weekend is kept on the Monday after; `taken` days move it on. */
export function substituteInUk(day: string, taken: readonly string[] = []): string {
  let at = day;
  while (isWeekend(at) || taken.includes(at)) at = addDays(at, 1);
  return at;
}
