import { Decimal } from 'decimal.js';

/** From this price upwards (to the next band's), prices are multiples of the increment. */
export interface PriceBand {
  readonly lowEdge: number;
  readonly increment: number;
}

/**
 * The prices that an instrument can have, as IBKR's market rules say it: bands by price ascending, the first from 0.
 * https://interactivebrokers.github.io/tws-api/minimum_increment.html
 */
export type PriceGrid = readonly [PriceBand, ...PriceBand[]];

/** The increment that counts at a price; below zero as above it. */
export function incrementAt(grid: PriceGrid, price: number): number {
  const size = Math.abs(price);
  let { increment } = grid[0];
  for (const band of grid) if (band.lowEdge <= size) increment = band.increment;
  return increment;
}

/** The smallest increment, which contract details tell as minTick. */
export const minTickOf = (grid: PriceGrid): number => Math.min(...grid.map(({ increment }) => increment));

export const isOnGrid = (price: Decimal, grid: PriceGrid): boolean =>
  price.mod(new Decimal(incrementAt(grid, price.toNumber()))).isZero();

export function nearestOnGrid(price: Decimal, grid: PriceGrid): Decimal {
  const increment = new Decimal(incrementAt(grid, price.toNumber()));
  return price.div(increment).round().times(increment);
}

/** The price of the grid nearest to a price, free of binary noise. */
export function onGrid(price: number, grid: PriceGrid): number {
  const increment = incrementAt(grid, price);
  return clean(Math.round(price / increment) * increment);
}

/** So many steps up from a price of the grid, or down when negative; never below the lowest price above zero. */
export function stepped(price: number, steps: number, grid: PriceGrid): number {
  let at = price;
  for (let left = Math.abs(steps); left > 0; left -= 1) {
    // Down from an edge the finer increment below it counts.
    const increment = incrementAt(grid, steps > 0 ? at : at - grid[0].increment / 2);
    const next = clean(at + Math.sign(steps) * increment);
    if (next <= 0) break;
    at = next;
  }
  return at;
}

/** Bid and ask on the grid around a price, `spreadTicks` apart, or one more when the price is off the grid. */
export function quoteAround(
  price: number,
  grid: PriceGrid,
  spreadTicks: number,
): { bid: number; ask: number } {
  const increment = incrementAt(grid, price);
  const steps = price / increment;
  const lower = clean(Math.max(1, Math.floor(steps + 1e-6)) * increment);
  const upper = clean(Math.ceil(steps - 1e-6) * increment);
  const bid = stepped(lower, -Math.floor(spreadTicks / 2), grid);
  return { bid, ask: Math.max(stepped(bid, spreadTicks, grid), upper) };
}

/** Without the noise of binary fractions. */
export const clean = (price: number): number => Number(price.toPrecision(12));
