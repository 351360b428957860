import type { InstrumentId } from '../domain/instrument.ts';

/** IBKR's usual number of market data lines. @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#market-data-lines */
export const usualLines = 100;

/** One instrument that wants a market data line. */
export interface LineClaim {
  readonly id: InstrumentId;
  /** Sessions that trade on its bars; 0: it is only watched. */
  readonly sessions: number;
  /** It has a line now. */
  readonly hasLine: boolean;
  /** When somebody last asked for it, epoch ms. */
  readonly usedAt: number;
}

/**
 * Who gets the lines: what sessions trade before what is only watched; among equals who has one keeps it, and then the
 * latest used comes first. So a session takes the line of the watched instrument that was used longest ago, and
 * nothing takes a session's.
 */
export function assignLines(claims: readonly LineClaim[], lines: number): ReadonlySet<InstrumentId> {
  const ranked = [...claims].sort(
    (a, b) =>
      Number(b.sessions > 0) - Number(a.sessions > 0) ||
      Number(b.hasLine && b.sessions > 0) - Number(a.hasLine && a.sessions > 0) ||
      b.usedAt - a.usedAt,
  );
  return new Set(ranked.slice(0, lines).map(({ id }) => id));
}
