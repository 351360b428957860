import { MISSING } from './missing.ts';

const cache = new Map<string, Intl.DateTimeFormat>();

function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}|${JSON.stringify(options)}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(locale, options);
  cache.set(key, made);
  return made;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const seconds = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const minutes = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const day = { day: 'numeric', month: 'short', year: 'numeric' } as const;

/** The clock of the page ticks once a second: what arrived since the tick lies this much ahead of it at most. */
const TICK_MS = 2000;

/** "12 minutes ago" within the last hour; the clock today; else date and clock, in the viewer's zone. */
export function formatMoment(at: number | null | undefined, now: number, locale: string): string {
  if (at === null || at === undefined) return MISSING;
  const age = now - at;
  if (age > -TICK_MS && age < HOUR_MS) return formatAgo(Math.max(0, age), locale);
  const today = dateFormat('en-CA', day).format(now) === dateFormat('en-CA', day).format(at);
  return today ? dateFormat(locale, seconds).format(at) : formatDateTime(at, locale);
}

/** "5 seconds ago", in short words. */
export function formatAgo(ageMs: number, locale: string): string {
  // The narrow form of French is "-5 s", which reads as a negative figure.
  const style = locale.startsWith('fr') ? 'short' : 'narrow';
  const relative = new Intl.RelativeTimeFormat(locale, { style, numeric: 'always' });
  return ageMs < 60_000
    ? relative.format(-Math.floor(ageMs / 1000), 'second')
    : relative.format(-Math.floor(ageMs / 60_000), 'minute');
}

/** Date and clock in the viewer's zone. */
export function formatDateTime(at: number | null | undefined, locale: string, zone?: string): string {
  if (at === null || at === undefined) return MISSING;
  return dateFormat(locale, { ...day, ...minutes, ...(zone === undefined ? {} : { timeZone: zone }) }).format(
    at,
  );
}

/** Clock with seconds in the viewer's zone. */
export function formatClock(at: number | null | undefined, locale: string): string {
  return at === null || at === undefined ? MISSING : dateFormat(locale, seconds).format(at);
}

/** Clock to the millisecond, with its date on another day than today: what happened one after the other. */
export function formatStamp(at: number | null | undefined, now: number, locale: string): string {
  if (at === null || at === undefined) return MISSING;
  const today = dateFormat('en-CA', day).format(now) === dateFormat('en-CA', day).format(at);
  const clock = { ...seconds, fractionalSecondDigits: 3 } as const;
  return dateFormat(locale, today ? clock : { day: 'numeric', month: 'short', ...clock }).format(at);
}

/**
 * Start of a bar. Bars of a day and longer are dates: shown in UTC when they start at midnight UTC, so that no
 * viewer sees the day before.
 */
export function formatBarTime(at: number | null | undefined, timeframe: string, locale: string): string {
  if (at === null || at === undefined) return MISSING;
  if (!isDateBar(timeframe)) return formatDateTime(at, locale);
  const zone = at % DAY_MS === 0 ? { timeZone: 'UTC' } : {};
  return dateFormat(locale, { ...day, ...zone }).format(at);
}

/** Tells whether a bar is a date rather than a moment: a day, a week or a month long. */
export const isDateBar = (timeframe: string): boolean => /^\d+[dwM]$/.test(timeframe);

/** The moment as ISO 8601, for hovers and exports. */
export const isoTime = (at: number | null | undefined): string =>
  at === null || at === undefined ? '' : new Date(at).toISOString();
