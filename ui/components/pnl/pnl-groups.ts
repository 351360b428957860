import type { PnlView } from '../../../src/contract/portfolio.schema.ts';

/** What the rows of profit and loss are grouped by. */
export const pnlGroups = ['sessions', 'instruments', 'accounts', 'currencies'] as const;
export type PnlGroup = (typeof pnlGroups)[number];

const groups: Readonly<Record<PnlView['scope'], PnlGroup>> = {
  session: 'sessions',
  instrument: 'instruments',
  account: 'accounts',
  currency: 'currencies',
  base: 'currencies',
};

/** All currencies together stand below each of them. */
export const groupOf = ({ scope }: Pick<PnlView, 'scope'>): PnlGroup => groups[scope];
