import { priceDecimals } from '../format/numbers.ts';
import { usePricesStore } from '../stores/prices.ts';

/** Decimals of an instrument's prices, from its smallest increment; 2 for one that is not watched. */
export function useDecimals(): (instrumentId: string) => number {
  const prices = usePricesStore();
  return (instrumentId) => priceDecimals(prices.byKey.get(instrumentId)?.minTick ?? null);
}
