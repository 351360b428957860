/** What to do next about one position that is to be closed. Pure. */
import { Decimal, type DecimalString, decimal, decimalString } from '../domain/decimal.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { OrderRef, OrderSide } from '../domain/order.ts';
import { roundPrice } from '../domain/price-bands.ts';
import type { Quote } from '../domain/quote.ts';

/** What is known of a position in the moment in which its next step is chosen. */
export interface CloseLook {
  /** Signed, of the account that orders go to. Null: the broker has not told it since the last fill. */
  readonly held: DecimalString | null;
  /** Orders of ours in the instrument that may still fill; null: the order desk is not open. */
  readonly inFlight: readonly OrderRef[] | null;
  /** Null: the broker has not described the instrument. */
  readonly instrument: Pick<Instrument, 'priceBands' | 'multiplier'> | null;
  readonly isOpen: boolean;
  /** Null: there is none, or it is not live, or too old. */
  readonly freshQuote: Pick<Quote, 'bid' | 'ask' | 'last'> | null;
}

export interface ClosePolicy {
  /** How much worse than the market the limit of a step may be, in basis points. */
  readonly collarBps: number;
  /** Largest worth of one step, in the instrument's currency; a step is never less than one unit. */
  readonly stepNotional: DecimalString;
}

/** Why a position cannot be made smaller just now; each is tried again. */
export const closeObstacles = [
  'deskClosed',
  'positionUnknown',
  'instrumentUnknown',
  'marketClosed',
  'noFreshPrice',
  'orderRefused',
  'cancelUnsettled',
  'brokerSilent',
  'failed',
] as const;
export type CloseObstacle = (typeof closeObstacles)[number];

export type CloseStep =
  | { readonly do: 'done' }
  /** Nothing else is sent before these are settled. */
  | { readonly do: 'cancel'; readonly refs: readonly OrderRef[] }
  | { readonly do: 'wait'; readonly obstacle: CloseObstacle }
  | {
      readonly do: 'order';
      readonly side: OrderSide;
      readonly quantity: DecimalString;
      readonly limitPrice: DecimalString;
    };

const wait = (obstacle: CloseObstacle): CloseStep => ({ do: 'wait', obstacle });

/** What a sale would get, or a purchase would cost: the other side of the book, else the last trade. */
function marketOf({ bid, ask, last }: Pick<Quote, 'bid' | 'ask' | 'last'>, side: OrderSide): Decimal | null {
  const price = (side === 'SELL' ? bid : ask) ?? last;
  return price === null || price <= 0 ? null : new Decimal(String(price));
}

/** Whole units where a whole unit is left, of at most the worth of a step; a rest below one unit goes as it is. */
function sizeOf(held: Decimal, unitWorth: Decimal, { stepNotional }: ClosePolicy): Decimal {
  const size = held.abs();
  if (size.lt(1)) return size;
  const most = Decimal.max(1, decimal(stepNotional).div(unitWorth).floor());
  return Decimal.min(size.floor(), most);
}

/**
 * The next step: never an order while another one of ours may fill in the instrument, never on a position that may have
 * changed, and never for more than is held, so that long cannot become short. The limit lies on the instrument's prices,
 * inside the collar.
 */
export function nextStep(look: CloseLook, policy: ClosePolicy): CloseStep {
  if (look.inFlight === null) return wait('deskClosed');
  if (look.inFlight.length > 0) return { do: 'cancel', refs: look.inFlight };
  if (look.held === null) return wait('positionUnknown');
  const held = decimal(look.held);
  if (held.isZero()) return { do: 'done' };
  if (look.instrument === null) return wait('instrumentUnknown');
  if (!look.isOpen) return wait('marketClosed');
  const side: OrderSide = held.isPositive() ? 'SELL' : 'BUY';
  const market = look.freshQuote === null ? null : marketOf(look.freshQuote, side);
  if (market === null) return wait('noFreshPrice');
  const { priceBands, multiplier } = look.instrument;
  const away = market.mul(policy.collarBps).div(10_000);
  // Rounded towards the market: with an increment wider than the collar it is the market's own price, or none at all.
  const limitPrice =
    side === 'SELL'
      ? roundPrice(market.minus(away), priceBands, 'up')
      : roundPrice(market.plus(away), priceBands, 'down');
  if (!limitPrice.gt(0)) return wait('noFreshPrice');
  const quantity = sizeOf(held, market.mul(multiplier), policy);
  return { do: 'order', side, quantity: decimalString(quantity), limitPrice: decimalString(limitPrice) };
}
