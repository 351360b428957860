import { dayIndexAt, type Instrument } from './instrument.ts';
import { clockTime, compactDate, localDate } from './zone.ts';

/** One trading session of the past, as `yyyyMMdd-HH:mm:ss` in the instrument's zone. */
export interface PastSession {
  readonly start: string;
  readonly end: string;
  /** `yyyyMMdd` */
  readonly refDate: string;
}

/** The sessions between two moments, oldest first. */
export function pastSessions(instrument: Instrument, from: number, to: number): PastSession[] {
  const zone = instrument.config.timeZone;
  const moment = (at: number): string => `${compactDate(localDate(zone, at))}-${clockTime(zone, at)}`;
  const out: PastSession[] = [];
  for (let i = dayIndexAt(instrument.days, from); i < instrument.days.length; i += 1) {
    const day = instrument.days[i];
    if (day === undefined || day.liquidOpen > to) break;
    out.push({
      start: moment(day.liquidOpen),
      end: moment(day.liquidClose),
      refDate: compactDate(day.date),
    });
  }
  return out;
}
