import { Decimal } from 'decimal.js';
import type { GatewayConfig, SecType } from '../config.ts';

/** What a commission is charged for: an order's fills so far, money in the contract's currency. */
export interface Charged {
  readonly secType: SecType;
  readonly currency: string;
  readonly isSale: boolean;
  readonly quantity: Decimal;
  /** Price times quantity times multiplier. */
  readonly value: Decimal;
  /** Shares of the month before this order, for the tiers. */
  readonly sharesBefore: Decimal;
}

type Rules = GatewayConfig['commission'];

/**
 * The commission of an order's fills so far; a fill costs what this grows by. Fixed or tiered pricing as IBKR
 * publishes them:
 * https://www.interactivebrokers.com/en/pricing/commissions-stocks.php
 * https://www.interactivebrokers.com/en/pricing/commissions-stocks-europe.php
 * https://www.interactivebrokers.com/en/pricing/commissions-spot-currencies.php
 * https://www.interactivebrokers.com/en/pricing/commissions-futures.php
 */
export function commissionOf(rules: Rules, of: Charged): Decimal {
  return ofContract(rules, of).toDecimalPlaces(4);
}

function ofContract(rules: Rules, of: Charged): Decimal {
  if (of.secType === 'FUT') return of.quantity.times(rules.perContract);
  // 0.2 basis points of the value, at least 2 US dollars an order.
  if (of.secType === 'CASH') return Decimal.max(of.value.times('0.00002'), 2);
  const european = EUROPEAN[of.currency];
  if (european !== undefined)
    return Decimal.max(of.value.times(european.fraction), european.minimum[rules.plan]);
  return rules.plan === 'tiered' ? tiered(rules, of) : fixed(rules, of);
}

/** Western Europe and the United Kingdom: 0.05 % with a minimum per order. */
const EUROPEAN: Readonly<
  Record<string, { readonly fraction: string; readonly minimum: Readonly<Record<Rules['plan'], string>> }>
> = {
  EUR: { fraction: '0.0005', minimum: { fixed: '3', tiered: '1.25' } },
  GBP: { fraction: '0.0005', minimum: { fixed: '3', tiered: '1' } },
};

function fixed(rules: Rules, { quantity, value }: Charged): Decimal {
  const byShare = Decimal.max(quantity.times(rules.perShare), rules.minimum);
  return Decimal.min(byShare, value.times(rules.maximumFraction));
}

/** US dollars a share, by how many shares were traded this month; each share pays the tier that it falls into. */
const TIERS: readonly { readonly upTo: number; readonly perShare: string }[] = [
  { upTo: 300_000, perShare: '0.0035' },
  { upTo: 3_000_000, perShare: '0.0020' },
  { upTo: 20_000_000, perShare: '0.0015' },
  { upTo: 100_000_000, perShare: '0.0010' },
  { upTo: Number.POSITIVE_INFINITY, perShare: '0.0005' },
];
const TIERED_MINIMUM = '0.35';
/** NSCC and DTC clearing, per share. */
const CLEARING = '0.0002';
/** SEC fee on sales, of the value (27.80 dollars a million); FINRA trading activity fee on sales, per share. */
const SEC_FEE = '0.0000278';
const ACTIVITY_FEE = '0.000166';
const ACTIVITY_FEE_MAXIMUM = '8.30';

function tiered(rules: Rules, of: Charged): Decimal {
  let open = of.quantity;
  let already = of.sharesBefore;
  let sum = new Decimal(0);
  for (const { upTo, perShare } of TIERS) {
    const room = upTo === Number.POSITIVE_INFINITY ? open : Decimal.max(0, new Decimal(upTo).minus(already));
    const here = Decimal.min(open, room);
    sum = sum.plus(here.times(perShare));
    open = open.minus(here);
    already = already.plus(here);
  }
  const own = Decimal.min(Decimal.max(sum, TIERED_MINIMUM), of.value.times(rules.maximumFraction));
  const clearing = of.quantity.times(CLEARING);
  if (!of.isSale) return own.plus(clearing);
  const activity = Decimal.min(of.quantity.times(ACTIVITY_FEE), ACTIVITY_FEE_MAXIMUM);
  return own.plus(clearing).plus(of.value.times(SEC_FEE)).plus(activity);
}
