import type { Feed } from '../market/feed.ts';
import { instantOf, offsetMs, parseTimeOfDay } from '../market/zone.ts';
import type { OrderTicket } from '../messages/place-order.ts';
import { kindOf } from './order-types.ts';

export const TIMES_IN_FORCE: readonly string[] = ['DAY', 'GTC', 'IOC', 'FOK', 'GTD', 'OPG'];

/**
 * A moment as orders write it: `yyyyMMdd`, `yyyyMMdd HH:mm:ss[ zone]` in the named or the instrument's zone, or
 * `yyyyMMdd-HH:mm:ss` in UTC. Answers epoch ms; a date alone is its midnight, and says so. Undefined when it is none.
 */
export function orderMoment(text: string, zone: string): { at: number; isDate: boolean } | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(?:(-|\s+)(\d{1,2}:\d{2}(?::\d{2})?))?(?:\s+(\S+))?$/.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const inZone = match[4] === '-' ? 'UTC' : (match[6] ?? zone);
  try {
    offsetMs(inZone, 0);
  } catch {
    return undefined;
  }
  const at = instantOf(
    inZone,
    `${match[1]}-${match[2]}-${match[3]}`,
    parseTimeOfDay(match[5] ?? '0:00') ?? 0,
  );
  return Number.isNaN(at) ? undefined : { at, isDate: match[5] === undefined };
}

/** When an order ends by itself, market time in epoch ms; undefined for one that is good till cancelled. */
export function expiryOf(ticket: OrderTicket, feed: Feed, now: number): number | undefined {
  const day = feed.dayAt(now);
  if (ticket.tif === 'GTC') return undefined;
  if (ticket.tif === 'GTD') {
    const moment = orderMoment(ticket.goodTillDate, feed.instrument.config.timeZone);
    if (moment === undefined || !moment.isDate) return moment?.at;
    // Good till a date is good to the close of that date.
    const last = feed.dayAt(moment.at);
    return last === undefined ? moment.at + 86_400_000 : closeOf(last, ticket.outsideRth);
  }
  if (day === undefined) return undefined;
  // An order for the opening that the opening did not take has no other chance.
  if (ticket.tif === 'OPG') return now < day.liquidOpen ? day.liquidOpen : feed.dayAfter(now)?.liquidOpen;
  if (kindOf(ticket)?.auction === 'close') return day.liquidClose;
  return closeOf(day, ticket.outsideRth);
}

const closeOf = (day: { liquidClose: number; playedTo: number }, extended: boolean): number =>
  extended ? Math.max(day.liquidClose, day.playedTo) : day.liquidClose;

/** When an order begins to be worked (good after time); undefined at once. */
export const startOf = (ticket: OrderTicket, zone: string): number | undefined =>
  ticket.goodAfterTime === '' ? undefined : orderMoment(ticket.goodAfterTime, zone)?.at;
