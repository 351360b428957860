import type { TradeView } from '../../../src/contract/portfolio.schema.ts';

/** States in which an order of ours can still be cancelled. */
const cancellable: readonly (string | null)[] = ['intended', 'sent', 'unknown', 'working'];

/** Tells whether a cancel makes sense: an order placed here that may still fill. */
export const isCancellable = (trade: TradeView): boolean =>
  trade.ref !== null && trade.source !== 'ibkr' && cancellable.includes(trade.state);

/** "30 / 100" while an order fills; the one number once it is whole or never had another. */
export function quantityParts(trade: TradeView): { filled: string; of: string | null } {
  const whole = trade.quantity === null || Number(trade.filled) === Number(trade.quantity);
  return { filled: trade.filled, of: whole ? null : trade.quantity };
}
