import type { AccountView } from '../../../src/contract/portfolio.schema.ts';

export interface Figure {
  readonly id: 'net' | 'cash' | 'buyingPower' | 'daily' | 'unrealized' | 'realized';
  readonly value: string | null;
  readonly currency: string | null;
  readonly at: number | null;
  /** A profit or loss: sign and colour. */
  readonly signed: boolean;
}

/** IBKR's tags of account values. @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#account-summary */
const tags = { net: 'NetLiquidation', cash: 'TotalCashValue', buyingPower: 'BuyingPower' } as const;

/** The figures of the strip; what the broker has not told is null with no time. */
export function accountFigures(account: AccountView | null): readonly Figure[] {
  const values = account?.values ?? {};
  const plain = (id: keyof typeof tags): Figure => {
    const found = values[tags[id]];
    return {
      id,
      value: found?.value ?? null,
      currency: found?.currency ?? null,
      at: found?.at ?? null,
      signed: false,
    };
  };
  const pnl = account?.pnl ?? null;
  const profit = (id: 'daily' | 'unrealized' | 'realized'): Figure => ({
    id,
    value: pnl?.[id] ?? null,
    currency: null,
    at: pnl?.at ?? null,
    signed: true,
  });
  return [
    plain('net'),
    plain('cash'),
    plain('buyingPower'),
    profit('daily'),
    profit('unrealized'),
    profit('realized'),
  ];
}
