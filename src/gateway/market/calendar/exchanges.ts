import { addDays, weekday } from '../zone.ts';
import { at, type Calendar, type CalendarDay, overnight, type Session, session } from './calendar.ts';
import * as dates from './dates.ts';

/** The holidays and half days of a year; half days map to their earlier close. */
interface Year {
  readonly closed: ReadonlySet<string>;
  readonly half: ReadonlyMap<string, string>;
}

interface Rules {
  readonly name: string;
  readonly timeZone: string;
  readonly liquid: Session;
  readonly trading: Session;
  /** How long trading goes on after the early close of a half day. */
  readonly halfTradingClose?: string;
  year(year: number): Year;
}

function calendar(rules: Rules): Calendar {
  const years = new Map<number, Year>();
  const full: CalendarDay = { liquid: [rules.liquid], trading: [rules.trading] };
  return {
    name: rules.name,
    timeZone: rules.timeZone,
    day(date) {
      if (dates.isWeekend(date)) return undefined;
      const number = Number(date.slice(0, 4));
      let year = years.get(number);
      if (year === undefined) {
        year = rules.year(number);
        years.set(number, year);
      }
      if (year.closed.has(date)) return undefined;
      const early = year.half.get(date);
      if (early === undefined) return full;
      const tradingClose = at(rules.halfTradingClose ?? early);
      return {
        liquid: [{ open: rules.liquid.open, close: at(early) }],
        trading: [{ open: rules.trading.open, close: tradingClose }],
      };
    },
  };
}

/**
 * Closings of the United States outside the rules: hurricane Sandy, days of mourning, September 2001.
 * https://www.nyse.com/publicdocs/nyse/NYSE_Closings.pdf
 */
const US_SPECIAL = [
  ...['2001-09-11', '2001-09-12', '2001-09-13', '2001-09-14', '2004-06-11', '2007-01-02'],
  ...['2012-10-29', '2012-10-30', '2018-12-05', '2025-01-09'],
];

/** https://www.nyse.com/markets/hours-calendars and https://www.nasdaq.com/market-activity/stock-market-holiday-schedule */
function unitedStates(year: number): Year {
  const newYear = dates.date(year, 1, 1);
  const independence = dates.date(year, 7, 4);
  const christmas = dates.date(year, 12, 25);
  const closed = new Set([
    // NYSE rule 7.2: no Friday is given for a New Year's Day on a Saturday.
    ...(weekday(newYear) === 6 ? [] : [dates.observedInUs(newYear)]),
    ...(year >= 1998 ? [dates.nthWeekday(year, 1, 1, 3)] : []),
    dates.nthWeekday(year, 2, 1, 3),
    dates.goodFriday(year),
    dates.nthWeekday(year, 5, 1, -1),
    ...(year >= 2022 ? [dates.observedInUs(dates.date(year, 6, 19))] : []),
    dates.observedInUs(independence),
    dates.nthWeekday(year, 9, 1, 1),
    dates.nthWeekday(year, 11, 4, 4),
    dates.observedInUs(christmas),
    ...US_SPECIAL.filter((day) => day.startsWith(String(year))),
  ]);
  const dayBeforeIndependence = dates.date(year, 7, 3);
  const christmasEve = dates.date(year, 12, 24);
  const half = new Map<string, string>();
  for (const day of [addDays(dates.nthWeekday(year, 11, 4, 4), 1), dayBeforeIndependence, christmasEve])
    if (!dates.isWeekend(day) && !closed.has(day)) half.set(day, '13:00');
  // The 3rd of July is short only when the 4th follows as a weekday holiday; before 2013 a Friday the 5th was, too.
  if (dates.isWeekend(independence)) half.delete(dayBeforeIndependence);
  return { closed, half };
}

/** https://www.euronext.com/en/trade/trading-hours-holidays */
function euronext(year: number): Year {
  const half = new Map<string, string>();
  for (const day of [dates.date(year, 12, 24), dates.date(year, 12, 31)])
    if (!dates.isWeekend(day)) half.set(day, '14:05');
  return {
    closed: new Set([
      ...[dates.date(year, 1, 1), dates.goodFriday(year), dates.easterMonday(year)],
      ...[dates.date(year, 5, 1), dates.date(year, 12, 25), dates.date(year, 12, 26)],
    ]),
    half,
  };
}

/** https://www.xetra.com/xetra-en/trading/trading-calendar-and-trading-hours */
function xetra(year: number): Year {
  const closed = new Set([
    ...[dates.date(year, 1, 1), dates.goodFriday(year), dates.easterMonday(year), dates.date(year, 5, 1)],
    ...[dates.date(year, 12, 24), dates.date(year, 12, 25), dates.date(year, 12, 26)],
    dates.date(year, 12, 31),
  ]);
  // Whit Monday was a holiday up to 2021 with exceptions, the Day of German Unity up to 2021.
  if (year >= 2015 && year <= 2021) closed.add(addDays(dates.easter(year), 50));
  if (year === 2014 || (year >= 2016 && year <= 2021)) closed.add(dates.date(year, 10, 3));
  return { closed, half: new Map() };
}

/** Bank holidays outside the rules, and moved ones. https://www.gov.uk/bank-holidays */
const UK_SPECIAL: Readonly<
  Record<number, { readonly add: readonly string[]; readonly drop: readonly string[] }>
> = {
  1995: { add: ['1995-05-08'], drop: ['1995-05-01'] },
  1999: { add: ['1999-12-31'], drop: [] },
  2002: { add: ['2002-06-03', '2002-06-04'], drop: ['2002-05-27'] },
  2011: { add: ['2011-04-29'], drop: [] },
  2012: { add: ['2012-06-04', '2012-06-05'], drop: ['2012-05-28'] },
  2020: { add: ['2020-05-08'], drop: ['2020-05-04'] },
  2022: { add: ['2022-06-02', '2022-06-03', '2022-09-19'], drop: ['2022-05-30'] },
  2023: { add: ['2023-05-08'], drop: [] },
};

/** https://www.londonstockexchange.com/equities-trading/business-days */
function london(year: number): Year {
  const christmas = dates.substituteInUk(dates.date(year, 12, 25), []);
  // Boxing Day first when Christmas falls on a Sunday: the 26th is kept on its own day.
  const boxing =
    weekday(dates.date(year, 12, 25)) === 0
      ? dates.date(year, 12, 26)
      : dates.substituteInUk(dates.date(year, 12, 26), [christmas]);
  const christmasKept = weekday(dates.date(year, 12, 25)) === 0 ? dates.date(year, 12, 27) : christmas;
  const special = UK_SPECIAL[year];
  const closed = new Set([
    dates.substituteInUk(dates.date(year, 1, 1)),
    ...[dates.goodFriday(year), dates.easterMonday(year)],
    ...[dates.nthWeekday(year, 5, 1, 1), dates.nthWeekday(year, 5, 1, -1), dates.nthWeekday(year, 8, 1, -1)],
    ...[christmasKept, boxing],
    ...(special?.add ?? []),
  ]);
  for (const day of special?.drop ?? []) closed.delete(day);
  const half = new Map<string, string>();
  for (const last of [dates.date(year, 12, 24), dates.date(year, 12, 31)]) {
    // The last business day before Christmas and before New Year close early.
    let day = last;
    while (dates.isWeekend(day) || closed.has(day)) day = addDays(day, -1);
    half.set(day, '12:30');
  }
  return { closed, half };
}

/** Currencies rest on weekends, New Year and Christmas only. */
const currencies = (year: number): Year => ({
  closed: new Set([dates.date(year, 1, 1), dates.date(year, 12, 25)]),
  half: new Map(),
});

const NEW_YORK = 'America/New_York';
const calendars: readonly Calendar[] = [
  ...['NYSE', 'NASDAQ', 'ARCA', 'AMEX'].map((name) =>
    calendar({
      ...{ name, timeZone: NEW_YORK, liquid: session('09:30', '16:00'), trading: session('04:00', '20:00') },
      ...{ halfTradingClose: '17:00', year: unitedStates },
    }),
  ),
  calendar({
    ...{ name: 'SBF', timeZone: 'Europe/Paris', liquid: session('09:00', '17:30') },
    ...{ trading: session('09:00', '17:30'), year: euronext },
  }),
  calendar({
    ...{ name: 'IBIS', timeZone: 'Europe/Berlin', liquid: session('09:00', '17:30') },
    ...{ trading: session('09:00', '17:30'), year: xetra },
  }),
  calendar({
    ...{ name: 'LSE', timeZone: 'Europe/London', liquid: session('08:00', '16:30') },
    ...{ trading: session('08:00', '16:30'), year: london },
  }),
  calendar({
    ...{ name: 'EUREX', timeZone: 'Europe/Berlin', liquid: session('09:00', '17:30') },
    ...{ trading: session('08:00', '22:00'), year: xetra },
  }),
  calendar({
    ...{ name: 'IDEALPRO', timeZone: NEW_YORK, liquid: overnight('17:15', '17:00') },
    ...{ trading: overnight('17:15', '17:00'), year: currencies },
  }),
];

export const CALENDARS = [
  ...(['NYSE', 'NASDAQ', 'ARCA', 'AMEX', 'SBF', 'IBIS', 'LSE', 'EUREX', 'IDEALPRO'] as const),
] as const;
export type CalendarName = (typeof CALENDARS)[number];

/** The calendar of an exchange by IBKR's name. @throws Error for one that is not known, which the schema rules out */
export function calendarOf(name: CalendarName): Calendar {
  const found = calendars.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no calendar is called "${name}"`);
  return found;
}
