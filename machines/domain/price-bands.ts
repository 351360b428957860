import { type Decimal, type DecimalString, decimal, decimalString, roundToStep } from './decimal.ts';

/** From this price upwards, to the next band's, prices are multiples of the increment. */
export interface PriceBand {
  readonly from: DecimalString;
  readonly increment: DecimalString;
}

/**
 * The prices that an instrument can have: IBKR's market rule, bands by price ascending, the first from 0. The smallest
 * increment alone (minTick of contract details) is refused with 110 above the first edge.
 * @see https://interactivebrokers.github.io/tws-api/minimum_increment.html
 */
export type PriceBands = readonly [PriceBand, ...PriceBand[]];

/** One increment for every price. */
export const singleBand = (increment: DecimalString): PriceBands => [{ from: '0', increment }];

/**
 * Bands of a market rule as the broker lists it.
 * @throws RangeError when they do not begin at 0, do not ascend, or an increment is not positive.
 */
export function priceBands(listed: readonly { from: number; increment: number }[]): PriceBands {
  const bands = listed.map(({ from, increment }) => ({
    from: decimalString(from),
    increment: decimalString(increment),
  }));
  const [first, ...others] = bands;
  const ascends = bands.every(
    (band, at) => at === 0 || decimal(band.from).gt(bands[at - 1]?.from ?? band.from),
  );
  const isPositive = bands.every(({ increment }) => decimal(increment).gt(0));
  if (first === undefined || !decimal(first.from).isZero() || !ascends || !isPositive) {
    throw new RangeError(
      `market rule: found ${JSON.stringify(listed)}, expected ascending edges from 0 with positive increments`,
    );
  }
  return [first, ...others];
}

/** The increment that counts at a price; of a negative price by its size. */
export function incrementAt(bands: PriceBands, price: Decimal): Decimal {
  const size = price.abs();
  let { increment } = bands[0];
  for (const band of bands) if (size.gte(band.from)) increment = band.increment;
  return decimal(increment);
}

/** Rounds a price to one that the instrument can have. An edge belongs to both its bands. */
export const roundPrice = (price: Decimal, bands: PriceBands, mode: 'nearest' | 'down' | 'up'): Decimal =>
  roundToStep(price, incrementAt(bands, price), mode);

export const isValidPrice = (price: Decimal, bands: PriceBands): boolean =>
  price.mod(incrementAt(bands, price)).isZero();
