import { ulid } from 'ulid';
import { type Decimal, decimal } from '../../machines/domain/decimal.ts';
import type { Instrument } from '../../machines/domain/instrument.ts';
import { noPrices, type OrderIntent, type OrderPrices, orderRef } from '../../machines/domain/order.ts';
import {
  gridProblem,
  type OrderTerms,
  type TermsProblem,
  termsProblem,
} from '../../machines/domain/order-terms.ts';
import type { Quote } from '../../machines/domain/quote.ts';
import type { OrderDraft } from '../contract/portfolio.schema.ts';
import { Refusal } from '../http/runtime.port.ts';

/** An order to be placed; prices that are left out are none. */
export type Draft = Pick<OrderDraft, 'instrumentId' | 'side' | 'quantity' | 'orderType' | 'timeInForce'> &
  Partial<OrderDraft>;

export const wholeDraft = (draft: Draft): OrderDraft => ({
  ...noPrices,
  takeProfit: null,
  stopLoss: null,
  ...draft,
});

const codes: Readonly<Record<TermsProblem['kind'], string>> = {
  missing: 'price-missing',
  unwanted: 'price-not-wanted',
  offGrid: 'price-off-grid',
  notPositive: 'price-not-positive',
  tooLarge: 'price-too-large',
  timeInForce: 'time-in-force',
};

const refuse = (code: string, path: string, message: string): never => {
  throw new Refusal(422, code, message, [{ path, message }]);
};

/** Holds an order's terms to its type and to the instrument's prices. @throws Refusal */
export function requireTerms(
  terms: OrderTerms,
  { id, priceBands }: Pick<Instrument, 'id' | 'priceBands'>,
): void {
  const problem = termsProblem(terms) ?? gridProblem(terms, id, priceBands);
  if (problem !== null) refuse(codes[problem.kind], problem.field, problem.message);
}

/** What a bracket's prices are compared with: the entry's own price, else the market's. */
function referenceOf({ limitPrice, stopPrice }: OrderPrices, quote: Quote): Decimal | null {
  const own = limitPrice ?? stopPrice;
  const market = quote.last ?? quote.bid ?? quote.ask;
  return own !== null ? decimal(own) : market === null ? null : decimal(market);
}

/**
 * The protecting prices of a bracket: prices of the instrument, the profit on the one side of the entry and the loss on
 * the other. @throws Refusal
 */
export function requireBracket(
  draft: OrderDraft,
  { id, priceBands }: Pick<Instrument, 'id' | 'priceBands'>,
  quote: Quote,
): void {
  const reference = referenceOf(draft, quote);
  const check = (path: 'takeProfit' | 'stopLoss', words: string, isAbove: boolean): void => {
    const text = draft[path];
    if (text === null) return;
    const problem = gridProblem({ ...noPrices, limitPrice: text }, id, priceBands);
    if (problem !== null) refuse(codes[problem.kind], path, problem.message.replace('limit price', words));
    if (reference === null) return;
    const price = decimal(text);
    if (isAbove ? price.gt(reference) : price.lt(reference)) return;
    const where = isAbove ? 'above' : 'below';
    const message = `${words}: found ${text}, expected a price ${where} ${reference.toFixed()} to protect a ${draft.side}`;
    refuse('bracket-wrong-side', path, message);
  };
  const isLong = draft.side === 'BUY';
  check('takeProfit', 'take profit', isLong);
  check('stopLoss', 'stop loss', !isLong);
}

/** An order placed by hand, and the orders that protect what it fills. */
export function draftIntents(
  draft: OrderDraft,
  {
    purpose,
    reason,
    now,
  }: { readonly purpose: 'entry' | 'exit'; readonly reason: string; readonly now: number },
): { readonly intent: OrderIntent; readonly children: readonly OrderIntent[] } {
  const { takeProfit, stopLoss, ...terms } = draft;
  const shared = { source: 'manual', sessionId: null, barTime: null, createdAt: now } as const;
  const newRef = () => orderRef({ sessionId: null }, ulid());
  const intent: OrderIntent = { ...terms, ...shared, ref: newRef(), parentRef: null, purpose, reason };
  const child = (changes: Pick<OrderIntent, 'orderType' | 'reason'> & Partial<OrderPrices>): OrderIntent => ({
    ...shared,
    ...noPrices,
    ...changes,
    ref: newRef(),
    instrumentId: draft.instrumentId,
    side: draft.side === 'BUY' ? 'SELL' : 'BUY',
    quantity: draft.quantity,
    timeInForce: 'GTC',
    parentRef: intent.ref,
    purpose: 'exit',
  });
  const children = [
    ...(takeProfit === null
      ? []
      : [child({ orderType: 'LMT', limitPrice: takeProfit, reason: 'Takes the profit of its entry.' })]),
    ...(stopLoss === null
      ? []
      : [child({ orderType: 'STP', stopPrice: stopLoss, reason: 'Ends the loss of its entry.' })]),
  ];
  return { intent, children };
}
