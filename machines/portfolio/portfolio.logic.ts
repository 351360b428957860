import { BrokerError } from '../domain/broker-error.ts';
import { failureMessage } from '../domain/failure.ts';
import type { Position } from '../domain/position.ts';
import {
  type PortfolioContext,
  type PortfolioInput,
  type PortfolioView,
  portfolioTiming,
  type RefreshFailure,
  type Unsaved,
} from './portfolio.events.ts';
import type { AccountNews, PortfolioStorePort } from './portfolio.ports.ts';

const nothing: Unsaved = { accounts: [], positions: [], values: [] };

export const initialPortfolio = (input: PortfolioInput | undefined): PortfolioContext => ({
  timing: { ...portfolioTiming, ...input?.timing },
  accounts: [],
  positions: {},
  values: {},
  positionValues: {},
  pnl: {},
  asOf: null,
  synced: false,
  unsaved: nothing,
  saving: nothing,
  waiting: [],
  asking: [],
  storing: [],
  askedAt: 0,
});

const keyOf = (of: { readonly account: string; readonly instrumentId: string }): string =>
  `${of.account} ${of.instrumentId}`;

const adding = (known: readonly string[], ...keys: readonly string[]): readonly string[] => [
  ...new Set([...known, ...keys]),
];

export const viewOf = (context: PortfolioContext): PortfolioView => ({
  positions: Object.values(context.positions),
  values: Object.values(context.values),
  positionValues: Object.values(context.positionValues),
  pnl: Object.values(context.pnl),
  asOf: context.asOf,
  synced: context.synced,
});

/**
 * Takes over all positions as the broker listed them. Known ones that it did not list, and that were not told
 * after `askedAt`, are closed: they become 0.
 */
export function takePositions(
  context: PortfolioContext,
  listed: readonly Position[],
  askedAt: number,
  at: number,
): Partial<PortfolioContext> {
  const positions: Record<string, Position> = { ...context.positions };
  const keys = new Set(listed.map(keyOf));
  for (const [key, position] of Object.entries(positions)) {
    if (!keys.has(key) && position.at < askedAt) {
      positions[key] = { ...position, quantity: '0', averageCost: null, at };
    }
  }
  for (const position of listed) positions[keyOf(position)] = position;
  const accounts = new Set([...context.accounts, ...Object.values(positions).map(({ account }) => account)]);
  return {
    positions,
    asOf: at,
    unsaved: { ...context.unsaved, accounts: adding(context.unsaved.accounts, ...accounts) },
  };
}

/** Takes over one piece of news. */
export function takeNews(context: PortfolioContext, news: AccountNews): Partial<PortfolioContext> {
  const { unsaved } = context;
  switch (news.type) {
    case 'account.position': {
      const key = keyOf(news.position);
      return {
        positions: { ...context.positions, [key]: news.position },
        unsaved: { ...unsaved, positions: adding(unsaved.positions, key) },
      };
    }
    case 'account.value': {
      const key = `${news.value.account} ${news.value.key} ${news.value.currency ?? ''}`;
      return {
        values: { ...context.values, [key]: news.value },
        unsaved: { ...unsaved, values: adding(unsaved.values, key) },
      };
    }
    case 'account.positionValue':
      return { positionValues: { ...context.positionValues, [keyOf(news.value)]: news.value } };
    case 'account.pnl':
      return { pnl: { ...context.pnl, [news.pnl.account]: news.pnl } };
  }
}

export const hasUnsaved = ({ unsaved }: PortfolioContext): boolean =>
  unsaved.accounts.length + unsaved.positions.length + unsaved.values.length > 0;

export const hasUnsavedPositions = ({ unsaved }: PortfolioContext): boolean =>
  unsaved.accounts.length + unsaved.positions.length > 0;

/** What to store in one go. */
export interface Batch {
  readonly accounts: readonly { readonly account: string; readonly positions: readonly Position[] }[];
  readonly positions: readonly Position[];
  readonly values: readonly PortfolioContext['values'][string][];
}

const pick = <T>(record: Readonly<Record<string, T>>, keys: readonly string[]): T[] =>
  keys.flatMap((key) => record[key] ?? []);

export function batchOf(context: PortfolioContext): Batch {
  const { accounts, positions, values } = context.saving;
  const all = Object.values(context.positions);
  return {
    accounts: accounts.map((account) => ({
      account,
      positions: all.filter((position) => position.account === account),
    })),
    positions: pick(context.positions, positions).filter(({ account }) => !accounts.includes(account)),
    values: pick(context.values, values),
  };
}

export async function save(store: PortfolioStorePort, batch: Batch): Promise<void> {
  for (const { account, positions } of batch.accounts) await store.replacePositions(account, positions);
  for (const position of batch.positions) await store.savePosition(position);
  if (batch.values.length > 0) await store.saveAccountValues(batch.values);
}

export const startSaving = ({ unsaved }: PortfolioContext): Partial<PortfolioContext> => ({
  saving: unsaved,
  unsaved: nothing,
});

/** What could not be stored waits with what came in meanwhile. */
export const putBack = ({ saving, unsaved }: PortfolioContext): Partial<PortfolioContext> => ({
  saving: nothing,
  unsaved: {
    accounts: adding(saving.accounts, ...unsaved.accounts),
    positions: adding(saving.positions, ...unsaved.positions),
    values: adding(saving.values, ...unsaved.values),
  },
});

export const doneSaving = (): Partial<PortfolioContext> => ({ saving: nothing });

export function failureOf(error: unknown, kind: RefreshFailure['kind'] = 'broker'): RefreshFailure {
  const known = error instanceof BrokerError ? error : null;
  return {
    kind,
    code: known?.code ?? 'lost',
    brokerCode: known?.brokerCode ?? null,
    message: failureMessage(error),
  };
}
