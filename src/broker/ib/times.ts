const WALL = /^(\d{4})(\d{2})(\d{2})[ -]+(\d{2}):(\d{2}):(\d{2})(?: +(\S+))?$/;
const DATE = /^(\d{4})(\d{2})(\d{2})$/;

/**
 * Reads a time of IBKR as epoch ms: `20260105 09:30:00 US/Eastern` with an IANA zone, `20260105-14:30:00` in UTC.
 * A time with a space and no zone is in the zone of the gateway's login; the zone of this machine stands in for it.
 * @throws RangeError on anything else, and on a zone that the IANA database does not know.
 * @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#exec-time (read 2026-11)
 */
export function parseIbTime(text: string): number {
  const match = WALL.exec(text.trim());
  if (match === null) {
    throw new RangeError(`time: found "${text}", expected "yyyyMMdd HH:mm:ss Zone" or "yyyyMMdd-HH:mm:ss"`);
  }
  const [, year, month, day, hour, minute, second, zone] = match;
  const isUtc = text.trim()[8] === '-' && zone === undefined;
  const timeZone = zone ?? (isUtc ? 'UTC' : Temporal.Now.timeZoneId());
  return Temporal.PlainDateTime.from(`${year}-${month}-${day}T${hour}:${minute}:${second}`).toZonedDateTime(
    timeZone,
  ).epochMilliseconds;
}

/**
 * Reads the time of a bar as epoch ms: epoch seconds (formatDate 2), `yyyyMMdd` (a trade date, 00:00 UTC),
 * or a time as in `parseIbTime`.
 * @throws RangeError on anything else.
 */
export function parseBarTime(text: string): number {
  const date = DATE.exec(text);
  if (date !== null) return Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3]));
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1_000;
  return parseIbTime(text);
}

/** Writes epoch ms as IBKR reads it in UTC: `yyyyMMdd-HH:mm:ss`. */
export function formatIbTime(at: number): string {
  const [date = '', time = ''] = new Date(at).toISOString().split(/[T.]/);
  return `${date.replaceAll('-', '')}-${time}`;
}
