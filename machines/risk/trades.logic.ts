/** Limits on the trades of a session: losses in a row, a pause after a loss, and how long a position may be held. */
import { type Decimal, type DecimalString, decimal, decimalString } from '../domain/decimal.ts';
import { type Fill, holdingOf } from '../portfolio/holding.logic.ts';
import type { Level } from './limits.ts';

/**
 * - `losingStreak`: trades in a row that ended with a loss.
 * - `cooldown`: minutes after a losing trade in which nothing is entered.
 * - `holding`: minutes that a position has been held.
 */
export const tradeLimitNames = ['losingStreak', 'cooldown', 'holding'] as const;
export type TradeLimitName = (typeof tradeLimitNames)[number];
export type TradeLimits = Readonly<Partial<Record<TradeLimitName, Level>>>;

/** From flat to flat. */
export interface RoundTrip<F extends Fill = Fill> {
  /** What it is made of. */
  readonly fills: readonly F[];
  /** Epoch ms, of the fill that left nothing. */
  readonly closedAt: number;
  /** By average cost, commissions taken off as far as they were told. */
  readonly profit: DecimalString;
}

/** The trades that fills make in one instrument, oldest first, and what is still open. */
export interface Trades<F extends Fill = Fill> {
  readonly closed: readonly RoundTrip<F>[];
  /** Of what is still held. */
  readonly open: readonly F[];
  /** Of the fill that opened what is held; null when flat. */
  readonly openedAt: number | null;
  /** Signed: negative is short. */
  readonly held: DecimalString;
}

const signedOf = ({ side, quantity }: Fill): Decimal =>
  side === 'BUY' ? decimal(quantity) : decimal(quantity).neg();

/** A fill that goes through zero is the end of one trade and the beginning of the next; its commission is the first's. */
function parts<F extends Fill>(fill: F, held: Decimal): readonly F[] {
  const signed = signedOf(fill);
  const crosses =
    !held.isZero() && held.plus(signed).isNegative() !== held.isNegative() && !held.plus(signed).isZero();
  if (!crosses) return [fill];
  const rest = signed.abs().minus(held.abs());
  return [
    { ...fill, quantity: decimalString(held.abs()) },
    { ...fill, quantity: decimalString(rest), commission: null, commissionCurrency: null },
  ];
}

function profitOf(fills: readonly Fill[], multiplier: DecimalString): DecimalString {
  const { realized } = holdingOf(fills, multiplier);
  const paid = fills.reduce((sum, { commission }) => sum.plus(commission ?? 0), decimal(0));
  return decimalString(decimal(realized).minus(paid));
}

/** @param fills of one account in one instrument, whoever ordered them, in the order of the market */
export function tradesOf<F extends Fill>(fills: readonly F[], multiplier: DecimalString): Trades<F> {
  const closed: RoundTrip<F>[] = [];
  let open: F[] = [];
  let held: Decimal = decimal(0);
  for (const whole of fills) {
    for (const fill of parts(whole, held)) {
      const signed = signedOf(fill);
      // A trade that was busted counts nothing.
      if (signed.isZero()) continue;
      held = held.plus(signed);
      open.push(fill);
      if (!held.isZero()) continue;
      closed.push({ fills: open, closedAt: fill.at, profit: profitOf(open, multiplier) });
      open = [];
    }
  }
  return { closed, open, openedAt: open[0]?.at ?? null, held: decimalString(held) };
}

/** How many trades in a row ended with a loss, of those that were closed after `since` (epoch ms). */
export function losingStreak(
  closed: readonly Pick<RoundTrip, 'closedAt' | 'profit'>[],
  since: number,
): number {
  const counted = closed.filter(({ closedAt }) => closedAt > since);
  const lastGood = counted.findLastIndex(({ profit }) => !decimal(profit).isNegative());
  return counted.length - 1 - lastGood;
}

const MINUTE = 60_000;

/** Minutes left of the pause after a loss, rounded up; 0 when there is none. */
export function cooldownLeft(
  closed: readonly Pick<RoundTrip, 'closedAt' | 'profit'>[],
  minutes: DecimalString,
  now: number,
): number {
  const last = closed.at(-1);
  if (last === undefined || !decimal(last.profit).isNegative()) return 0;
  const until = last.closedAt + Number(minutes) * MINUTE;
  return Math.max(0, Math.ceil((until - now) / MINUTE));
}

/** Minutes that a position has been held; null when flat. */
export const heldMinutes = ({ openedAt }: Pick<Trades, 'openedAt'>, now: number): number | null =>
  openedAt === null ? null : (now - openedAt) / MINUTE;

/** The level that a figure has reached; null: none. A figure that equals a level has reached it. */
export function reached(level: Level | undefined, figure: number | null): keyof Level | null {
  if (level === undefined || figure === null) return null;
  if (level.hard !== null && figure >= Number(level.hard)) return 'hard';
  return level.soft !== null && figure >= Number(level.soft) ? 'soft' : null;
}
