/** A time of day that comes back every day, in the zone of the clock that keeps it. */
export interface DailyTime {
  /** `HH:MM`. */
  readonly time: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** One day of the week, by ISO: 1 is Monday, 7 is Sunday. */
export interface WeeklyTime extends DailyTime {
  readonly weekday: number;
}

const at = (day: Temporal.PlainDate, { time, timeZone }: DailyTime): number =>
  // A time that a change of the clock skips is the moment after the gap.
  day.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(time) }).epochMilliseconds;

const dayOf = (now: number, timeZone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();

/** The first such moment after `now`, epoch ms. */
export function nextDaily(daily: DailyTime, now: number): number {
  const today = dayOf(now, daily.timeZone);
  const [first, second] = [at(today, daily), at(today.add({ days: 1 }), daily)];
  return first > now ? first : second;
}

/** The first such moment after `now`, epoch ms. */
export function nextWeekly(weekly: WeeklyTime, now: number): number {
  const today = dayOf(now, weekly.timeZone);
  const day = today.add({ days: (weekly.weekday - today.dayOfWeek + 7) % 7 });
  const first = at(day, weekly);
  return first > now ? first : at(day.add({ days: 7 }), weekly);
}

/** Tells whether a time zone is one that this runtime can compute with. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name !== '';
  } catch {
    return false;
  }
}
