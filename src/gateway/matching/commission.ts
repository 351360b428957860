import { Decimal } from 'decimal.js';
import type { GatewayConfig, SecType } from '../config.ts';

/**
 * The commission of an order's fills so far, IBKR fixed pricing: per share with a minimum per order and a maximum
 * as a fraction of the trade value; futures per contract. A fill costs what this grows by.
 * @see https://www.interactivebrokers.com/en/pricing/commissions-stocks.php
 */
export function commissionOf(
  rules: GatewayConfig['commission'],
  secType: SecType,
  quantity: Decimal,
  tradeValue: Decimal,
): Decimal {
  if (secType === 'FUT') return quantity.times(rules.perContract);
  const byShare = Decimal.max(quantity.times(rules.perShare), rules.minimum);
  return Decimal.min(byShare, tradeValue.times(rules.maximumFraction)).toDecimalPlaces(4);
}
