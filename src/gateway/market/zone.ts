/** Local dates and times of an IANA zone, and back. Dates are `YYYY-MM-DD`, times of day are ms since midnight. */

const offsets = new Map<string, number>();
const QUARTER_HOUR_MS = 900_000;
export const DAY_MS = 86_400_000;

/** The zone's offset from UTC at a moment. Offsets change on quarter hours, so one lookup serves 15 minutes. */
export function offsetMs(zone: string, at: number): number {
  const slot = Math.floor(at / QUARTER_HOUR_MS);
  const key = `${zone}|${slot}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    const zoned = Temporal.Instant.fromEpochMilliseconds(slot * QUARTER_HOUR_MS).toZonedDateTimeISO(zone);
    offset = zoned.offsetNanoseconds / 1e6;
    if (offsets.size > 50_000) offsets.clear();
    offsets.set(key, offset);
  }
  return offset;
}

export function localDate(zone: string, at: number): string {
  return new Date(at + offsetMs(zone, at)).toISOString().slice(0, 10);
}

export function timeOfDayMs(zone: string, at: number): number {
  const local = at + offsetMs(zone, at);
  return local - Math.floor(local / DAY_MS) * DAY_MS;
}

/** The moment of a local date and time; in a gap of daylight saving the later side. */
export function instantOf(zone: string, date: string, timeOfDay: number): number {
  const local = Date.parse(`${date}T00:00:00Z`) + timeOfDay;
  const guess = local - offsetMs(zone, local);
  return local - offsetMs(zone, guess);
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** 0 is Sunday. */
export function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

/** `HH:MM[:SS]` as ms since midnight. */
export function parseTimeOfDay(text: string): number | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (match === null) return undefined;
  return (Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0)) * 1000;
}

/** `yyyyMMdd`. */
export const compactDate = (date: string): string => date.replaceAll('-', '');

/** `HH:mm:ss` of a moment in a zone. */
export function clockTime(zone: string, at: number): string {
  return new Date(at + offsetMs(zone, at)).toISOString().slice(11, 19);
}

/** `yyyyMMdd HH:mm:ss Zone/Name`, as IBKR writes moments to clients. */
export function stamp(zone: string, at: number): string {
  return `${compactDate(localDate(zone, at))} ${clockTime(zone, at)} ${zone}`;
}
