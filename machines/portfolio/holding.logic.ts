/** What a run of fills leaves: position, average cost, and what was realised. */
import { Decimal, type DecimalString, decimal, decimalString } from '../domain/decimal.ts';
import type { OrderSide } from '../domain/order.ts';

/** One execution that counts, as profit and loss looks at it; in the order of the market. */
export interface Fill {
  readonly side: OrderSide;
  readonly quantity: DecimalString;
  readonly price: DecimalString;
  readonly commission: DecimalString | null;
  readonly commissionCurrency: string | null;
  /** When it reached us, epoch ms. */
  readonly at: number;
}

/** What a run of fills leaves. */
export interface Holding {
  /** Signed: negative is short. */
  readonly quantity: DecimalString;
  /** Per unit, without commissions; null when flat. */
  readonly averageCost: DecimalString | null;
  /** Of what was closed, commissions not taken off. */
  readonly realized: DecimalString;
  /** Null when a report is missing, or they came in several currencies. */
  readonly commission: DecimalString | null;
  readonly commissionCurrency: string | null;
  readonly at: number | null;
}

/**
 * The average cost method: what opens moves the average, what closes realises the difference to it, and what goes
 * through zero opens anew at its own price. `multiplier` is that of the contract.
 * @see https://www.ibkrguides.com/reportingreference/reportguide/tradesmtm.htm (realised P&L by average cost)
 */
export function holdingOf(fills: readonly Fill[], multiplier: DecimalString): Holding {
  let quantity: Decimal = new Decimal(0);
  let average: Decimal = new Decimal(0);
  let realized: Decimal = new Decimal(0);
  for (const fill of fills) {
    const signed = fill.side === 'BUY' ? decimal(fill.quantity) : decimal(fill.quantity).neg();
    if (signed.isZero()) continue;
    const price = decimal(fill.price);
    const next = quantity.plus(signed);
    if (quantity.isZero() || quantity.isNegative() === signed.isNegative()) {
      average = average.mul(quantity).plus(price.mul(signed)).div(next);
    } else {
      const closed = Decimal.min(quantity.abs(), signed.abs());
      const gain = price.minus(average).mul(closed).mul(multiplier);
      realized = quantity.isNegative() ? realized.minus(gain) : realized.plus(gain);
      if (!next.isZero() && next.isNegative() !== quantity.isNegative()) average = price;
    }
    quantity = next;
  }
  return {
    quantity: decimalString(quantity),
    averageCost: quantity.isZero() ? null : decimalString(average.toSignificantDigits(12)),
    realized: decimalString(realized.toSignificantDigits(15)),
    ...commissionOf(fills),
    at: fills.length === 0 ? null : Math.max(...fills.map(({ at }) => at)),
  };
}

function commissionOf(fills: readonly Fill[]): Pick<Holding, 'commission' | 'commissionCurrency'> {
  const counted = fills.filter(({ quantity }) => !decimal(quantity).isZero());
  const [first] = counted;
  const isOne = counted.every(
    ({ commission, commissionCurrency }) =>
      commission !== null && commissionCurrency === first?.commissionCurrency,
  );
  if (first === undefined || !isOne) return { commission: null, commissionCurrency: null };
  const sum = counted.reduce((total, { commission }) => total.plus(commission ?? 0), new Decimal(0));
  return { commission: decimalString(sum), commissionCurrency: first.commissionCurrency };
}
