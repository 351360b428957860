import type { FlattenView } from '../../../src/contract/flatten.schema.ts';
import type { PositionView, TradeView } from '../../../src/contract/portfolio.schema.ts';
import { toNumber } from '../../format/numbers.ts';

/** Whether something is being closed, or called off. */
export const isUnderWay = ({ phase }: Pick<FlattenView, 'phase'>): boolean =>
  phase !== 'idle' && phase !== 'flat';

/** What closing everything will do: orders that are cancelled, and what is sold or bought back. */
export interface FlattenPreview {
  readonly orders: number;
  readonly closes: readonly {
    readonly key: string;
    readonly side: 'SELL' | 'BUY';
    readonly quantity: number;
    readonly position: PositionView;
  }[];
}

const open: readonly (string | null)[] = ['intended', 'sent', 'unknown', 'working', 'cancelling'];

/** By the positions and orders that are shown; what happens goes by what the broker says then. */
export function flattenPreview(
  positions: readonly PositionView[],
  trades: readonly TradeView[],
): FlattenPreview {
  const held = positions.flatMap((position) => {
    const quantity = toNumber(position.quantity) ?? 0;
    if (quantity === 0) return [];
    const side: 'SELL' | 'BUY' = quantity > 0 ? 'SELL' : 'BUY';
    return [
      { key: `${position.account}/${position.instrumentId}`, side, quantity: Math.abs(quantity), position },
    ];
  });
  const orders = trades.filter((trade) => trade.source !== 'ibkr' && open.includes(trade.state)).length;
  return { orders, closes: held };
}
