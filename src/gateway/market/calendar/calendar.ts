/** A stretch of trading: ms since midnight of its date; negative begins the day before. */
export interface Session {
  readonly open: number;
  readonly close: number;
}

export interface CalendarDay {
  /** Regular trading hours. */
  readonly liquid: readonly Session[];
  /** All trading hours, the regular ones included. */
  readonly trading: readonly Session[];
}

/** When an exchange trades. */
export interface Calendar {
  readonly name: string;
  readonly timeZone: string;
  /** The hours of a date `YYYY-MM-DD`; undefined when it is closed. */
  day(date: string): CalendarDay | undefined;
}

/** `09:30` as ms since midnight. */
export function at(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return (hours * 60 + minutes) * 60_000;
}

export const session = (open: string, close: string): Session => ({ open: at(open), close: at(close) });
/** A session that begins on the evening before its date. */
export const overnight = (open: string, close: string): Session => ({
  open: at(open) - 86_400_000,
  close: at(close),
});
