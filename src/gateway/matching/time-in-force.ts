import type { Feed } from '../market/feed.ts';
import { parseMoment } from '../market/moment.ts';
import type { OrderTicket } from '../messages/place-order.ts';
import { kindOf } from './order-types.ts';

export const TIMES_IN_FORCE: readonly string[] = ['DAY', 'GTC', 'IOC', 'FOK', 'GTD', 'OPG'];

/** When an order ends by itself, market time in epoch ms; undefined for one that is good till cancelled. */
export function expiryOf(ticket: OrderTicket, feed: Feed, now: number): number | undefined {
  const day = feed.dayAt(now);
  if (ticket.tif === 'GTC') return undefined;
  if (ticket.tif === 'GTD') {
    const moment = parseMoment(ticket.goodTillDate, feed.instrument.config.timeZone);
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
  ticket.goodAfterTime === '' ? undefined : parseMoment(ticket.goodAfterTime, zone)?.at;
