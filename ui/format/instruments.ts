import type { SessionDraft } from '../../src/contract/session.schema.ts';

type InstrumentKey = SessionDraft['instrument'];

interface Named {
  readonly instrumentId: string;
  readonly symbol: string;
  readonly secType: string;
  readonly exchange: string;
  readonly currency: string;
}

const secTypes = ['STK', 'FUT', 'CASH', 'IND', 'CFD', 'CRYPTO'] as const;

/** The key that names a watched instrument again; the expiry of a future stands in its id, `ES-202603.FUT.CME.USD`. */
export function instrumentKeyOf(price: Named): InstrumentKey {
  const secType = secTypes.find((type) => type === price.secType) ?? 'STK';
  const expiry = /-(\d{6}(?:\d{2})?)\.FUT\./.exec(price.instrumentId)?.[1];
  const key = { symbol: price.symbol, secType, exchange: price.exchange, currency: price.currency };
  return expiry === undefined ? key : { ...key, expiry };
}

/** Symbol out of an instrument id, for the moment before its details are known. */
export const symbolOfId = (instrumentId: string): string => instrumentId.split('.')[0] ?? instrumentId;
