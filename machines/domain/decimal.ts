import { Decimal as DecimalJs } from 'decimal.js';

/**
 * Exact decimal arithmetic for prices, quantities and money.
 * 34 significant digits (IEEE 754 decimal128), as PostgreSQL's `numeric` keeps at least as many.
 */
export const Decimal = DecimalJs.clone({ precision: 34, toExpNeg: -30, toExpPos: 30 });
export type Decimal = DecimalJs;

/** A decimal written out, e.g. `"101.25"`: how decimals travel in events, contexts, JSON and the database. */
export type DecimalString = string;

/**
 * Parses a decimal.
 * @throws RangeError when the text is not a finite decimal number.
 */
export function decimal(value: DecimalString | number | Decimal): Decimal {
  let parsed: Decimal;
  try {
    parsed = new Decimal(value);
  } catch {
    throw new RangeError(`decimal: found "${String(value)}", expected a decimal number`);
  }
  if (!parsed.isFinite()) throw new RangeError(`decimal: found "${String(value)}", expected a finite number`);
  return parsed;
}

/** Writes a decimal without an exponent and without trailing zeros: `decimalString("1.50")` is `"1.5"`. */
export function decimalString(value: DecimalString | number | Decimal): DecimalString {
  return decimal(value).toFixed();
}

/** Rounds to a multiple of `step` (a price to its minTick, a quantity to its lot). `step` is positive. */
export function roundToStep(
  value: Decimal,
  step: Decimal,
  mode: 'nearest' | 'down' | 'up' = 'nearest',
): Decimal {
  const rounding = { nearest: Decimal.ROUND_HALF_UP, down: Decimal.ROUND_FLOOR, up: Decimal.ROUND_CEIL }[
    mode
  ];
  return value.div(step).toDecimalPlaces(0, rounding).mul(step);
}
