import { decimal } from './decimal.ts';
import type { OrderPrices, OrderType, TimeInForce } from './order.ts';
import { isValidPrice, type PriceBands, roundPrice } from './price-bands.ts';

export type PriceField = keyof OrderPrices;

interface PriceRule {
  readonly required: readonly PriceField[];
  /** Exactly one of them. */
  readonly oneOf?: readonly PriceField[];
  readonly optional?: readonly PriceField[];
  readonly timesInForce: readonly TimeInForce[];
}

const plain: readonly TimeInForce[] = ['DAY', 'GTC', 'IOC', 'FOK', 'OPG'];
const resting: readonly TimeInForce[] = ['DAY', 'GTC'];
const trails: readonly PriceField[] = ['trailAmount', 'trailPercent'];

/**
 * Which prices and times in force each order type has.
 * @see https://ibkrcampus.com/campus/ibkr-api-page/order-types/ (read 2026-11)
 */
export const priceRules: Readonly<Record<OrderType, PriceRule>> = {
  MKT: { required: [], timesInForce: plain },
  LMT: { required: ['limitPrice'], timesInForce: plain },
  STP: { required: ['stopPrice'], timesInForce: resting },
  'STP LMT': { required: ['stopPrice', 'limitPrice'], timesInForce: resting },
  TRAIL: { required: [], oneOf: trails, optional: ['stopPrice'], timesInForce: resting },
  'TRAIL LIMIT': {
    required: ['limitOffset'],
    oneOf: trails,
    optional: ['stopPrice'],
    timesInForce: resting,
  },
  MIT: { required: ['stopPrice'], timesInForce: resting },
  LIT: { required: ['stopPrice', 'limitPrice'], timesInForce: resting },
  // Orders of the closing auction are for that day.
  MOC: { required: [], timesInForce: ['DAY'] },
  LOC: { required: ['limitPrice'], timesInForce: ['DAY'] },
};

/** What is wrong with an order's terms: the field, and a sentence that says what was found and what was expected. */
export interface TermsProblem {
  readonly field: PriceField | 'timeInForce';
  /** `missing`, `unwanted`: the field; `offGrid`: no price of the instrument; `notPositive`, `tooLarge`: its size. */
  readonly kind: 'missing' | 'unwanted' | 'offGrid' | 'notPositive' | 'tooLarge' | 'timeInForce';
  readonly message: string;
}

export interface OrderTerms extends OrderPrices {
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
}

const fields: readonly PriceField[] = [
  'limitPrice',
  'stopPrice',
  'trailAmount',
  'trailPercent',
  'limitOffset',
];
const words: Readonly<Record<PriceField, string>> = {
  limitPrice: 'limit price',
  stopPrice: 'stop price',
  trailAmount: 'trailing amount',
  trailPercent: 'trailing percent',
  limitOffset: 'limit offset',
};

/** The fields that an order of this type may have. */
export function fieldsOf(orderType: OrderType): readonly PriceField[] {
  const { required, oneOf = [], optional = [] } = priceRules[orderType];
  return fields.filter((field) => [...required, ...oneOf, ...optional].includes(field));
}

/** Whether a type has the prices and the time in force that it needs, and no others; null when it has. */
export function termsProblem(terms: OrderTerms): TermsProblem | null {
  const { orderType, timeInForce } = terms;
  const { required, oneOf = [], timesInForce } = priceRules[orderType];
  const isGiven = (field: PriceField) => terms[field] !== null;
  const missing = required.find((field) => !isGiven(field));
  if (missing !== undefined) return missingOf(missing, words[missing], orderType);
  const given = oneOf.filter(isGiven);
  const [first, second] = oneOf;
  if (first !== undefined && second !== undefined && given.length !== 1) {
    const either = `${words[first]} or ${words[second]}`;
    if (given.length === 0) return missingOf(first, either, orderType);
    return {
      field: second,
      kind: 'unwanted',
      message: `${either}: found both, expected one of them with an order of type ${orderType}`,
    };
  }
  const unwanted = fields.find((field) => isGiven(field) && !fieldsOf(orderType).includes(field));
  if (unwanted !== undefined) {
    const message = `${words[unwanted]}: found ${terms[unwanted]}, expected none with an order of type ${orderType}`;
    return { field: unwanted, kind: 'unwanted', message };
  }
  if (!timesInForce.includes(timeInForce)) {
    const message = `time in force: found ${timeInForce}, expected ${timesInForce.join(' or ')} with an order of type ${orderType}`;
    return { field: 'timeInForce', kind: 'timeInForce', message };
  }
  return null;
}

const missingOf = (field: PriceField, what: string, orderType: OrderType): TermsProblem => ({
  field,
  kind: 'missing',
  message: `${what}: found none, expected one with an order of type ${orderType}`,
});

/**
 * Whether each price is one that the instrument can have; null when all are. Distances have no price of their own, so
 * they are multiples of the smallest increment.
 */
export function gridProblem(
  prices: OrderPrices,
  instrumentId: string,
  bands: PriceBands,
): TermsProblem | null {
  for (const field of fields) {
    const text = prices[field];
    if (text === null) continue;
    const value = decimal(text);
    if (!value.gt(0)) {
      return {
        field,
        kind: 'notPositive',
        message: `${words[field]}: found ${text}, expected more than 0`,
      };
    }
    if (field === 'trailPercent') {
      if (value.lt(100)) continue;
      return { field, kind: 'tooLarge', message: `${words[field]}: found ${text}, expected less than 100` };
    }
    const isDistance = field === 'trailAmount' || field === 'limitOffset';
    const grid: PriceBands = isDistance ? [bands[0]] : bands;
    if (isValidPrice(value, grid)) continue;
    const near = (['down', 'up'] as const)
      .map((mode) => roundPrice(value, grid, mode))
      .filter((price) => price.gt(0))
      .map((price) => price.toFixed())
      .join(' or ');
    const message = `${words[field]}: found ${text}, expected a ${isDistance ? 'distance' : 'price'} of ${instrumentId}, such as ${near}`;
    return { field, kind: 'offGrid', message };
  }
  return null;
}
