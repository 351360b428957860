import type { DecimalString } from './decimal.ts';
import type { PriceBands } from './price-bands.ts';

/** IBKR's security types that Tradewarden trades. @see https://ibkrcampus.com/campus/ibkr-api-page/contracts/ */
export const SecType = {
  stock: 'STK',
  future: 'FUT',
  forex: 'CASH',
  index: 'IND',
  cfd: 'CFD',
  crypto: 'CRYPTO',
} as const;
export type SecType = (typeof SecType)[keyof typeof SecType];

/** `SYMBOL.SECTYPE.EXCHANGE.CURRENCY`, e.g. `ORCL.STK.SMART.USD`: our own key, stable over restarts. */
export type InstrumentId = string;

/** What a person writes to name an instrument; enough for IBKR to find one contract. */
export interface InstrumentKey {
  readonly symbol: string;
  readonly secType: SecType;
  /** Routing destination, e.g. `SMART`. */
  readonly exchange: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Tells apart the same symbol on several exchanges behind SMART. */
  readonly primaryExchange?: string | undefined;
  /** `YYYYMM` or `YYYYMMDD` of a future. */
  readonly expiry?: string | undefined;
}

/** An instrument as the broker describes it (contract details). */
export interface Instrument extends InstrumentKey {
  readonly id: InstrumentId;
  readonly conId: number;
  readonly longName: string;
  /** Smallest price increment. */
  readonly minTick: DecimalString;
  /** Every price of an order must lie on them. */
  readonly priceBands: PriceBands;
  /** Contract multiplier; "1" for a share. */
  readonly multiplier: DecimalString;
  /** IANA zone of the trading hours, e.g. `America/New_York`. */
  readonly timeZone: string;
  /** IBKR's text, e.g. `20260105:0930-20260105:1600;20260106:CLOSED`. Unknown hours are "": closed. */
  readonly tradingHours: string;
  readonly liquidHours: string;
}

/** What an id names; null when it is not the id of an instrument that Tradewarden trades. */
export function instrumentKeyOf(id: InstrumentId): InstrumentKey | null {
  const match = /^(.+)\.([A-Z]+)\.([^.]+)\.([A-Z]{3})$/.exec(id);
  const [, name = '', kind = '', exchange = '', currency = ''] = match ?? [];
  const secType = Object.values(SecType).find((each) => each === kind);
  if (match === null || secType === undefined) return null;
  const future = secType === 'FUT' ? /^(.+)-(\d{6}|\d{8})$/.exec(name) : null;
  const [, symbol = name, expiry] = future ?? [];
  return { symbol, secType, exchange, currency, ...(expiry === undefined ? {} : { expiry }) };
}

/** Names an instrument; the expiry of a future is part of its symbol part: `ESTX50-200603.FUT.EUREX.EUR`. */
export function instrumentId(key: InstrumentKey): InstrumentId {
  const symbol = key.expiry === undefined ? key.symbol : `${key.symbol}-${key.expiry}`;
  return `${symbol}.${key.secType}.${key.exchange}.${key.currency}`.toUpperCase();
}
