/** What can become of positions while orders are in flight: the worst of it, which limits look at. */

import type { DecimalString } from '../domain/decimal.ts';
import { Decimal } from '../domain/decimal.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import type { InFlightOrder } from '../domain/order.ts';

/** Signed: negative is short. `sessionId` of what a session's own fills left; null: what the broker holds in all. */
export interface HeldPosition {
  readonly account: string;
  readonly instrumentId: InstrumentId;
  readonly sessionId: string | null;
  readonly quantity: DecimalString;
}

/** What one instrument's position can come to. */
export interface Reach {
  /** When everything that buys fills, and nothing that sells. */
  readonly long: Decimal;
  /** The other way round. */
  readonly short: Decimal;
}

/** What is left of an order; as a decimal already where it is counted more than once. */
export interface OpenOrder extends Pick<InFlightOrder, 'instrumentId' | 'side'> {
  readonly remaining: DecimalString | Decimal;
}

/** The larger of both ways, unsigned. */
export const worst = ({ long, short }: Reach): Decimal => Decimal.max(long.abs(), short.abs());

/**
 * How far the positions of each instrument can go. Orders that can both fill count with their own sides: one that sells
 * is no hedge for one that buys before it has filled.
 */
export function reachOf(
  held: readonly HeldPosition[],
  inFlight: readonly OpenOrder[],
): ReadonlyMap<InstrumentId, Reach> {
  const reach = new Map<InstrumentId, Reach>();
  for (const { instrumentId, quantity } of held) {
    const { long, short } = reach.get(instrumentId) ?? nothing;
    reach.set(instrumentId, { long: long.plus(quantity), short: short.plus(quantity) });
  }
  for (const order of inFlight) {
    reach.set(order.instrumentId, filled(reach.get(order.instrumentId) ?? nothing, order));
  }
  return reach;
}

/** The same with one order more. */
export function reachWith(
  reach: ReadonlyMap<InstrumentId, Reach>,
  order: OpenOrder,
): ReadonlyMap<InstrumentId, Reach> {
  return new Map(reach).set(order.instrumentId, filled(reach.get(order.instrumentId) ?? nothing, order));
}

const nothing: Reach = { long: new Decimal(0), short: new Decimal(0) };
const filled = ({ long, short }: Reach, { side, remaining }: OpenOrder): Reach =>
  side === 'BUY' ? { long: long.plus(remaining), short } : { long, short: short.minus(remaining) };
