import type { Decimal } from 'decimal.js';
import { ascii7, type Field, type FieldReader, since } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { V } from '../wire/versions.ts';

/** A contract as a client names it; zero or empty means "not said". */
export interface ContractQuery {
  conId: number;
  symbol: string;
  secType: string;
  lastTradeDate: string;
  exchange: string;
  primaryExchange: string;
  currency: string;
  localSymbol: string;
  tradingClass: string;
}

export interface ContractReadOptions {
  /** primaryExchange follows exchange. @default true */
  primaryExchange?: boolean;
  /** tradingClass is followed by includeExpired. @default false */
  includeExpired?: boolean;
}

/** Reads the contract block that most requests share, in TWS's order. */
export function readContract(reader: FieldReader, options: ContractReadOptions = {}): ContractQuery {
  const conId = reader.int('conId');
  const symbol = reader.str('symbol');
  const secType = reader.str('secType').toUpperCase();
  const lastTradeDate = reader.str('lastTradeDateOrContractMonth');
  reader.skip('strike', 'right', 'multiplier');
  const exchange = reader.str('exchange');
  const primaryExchange = options.primaryExchange === false ? '' : reader.str('primaryExchange');
  const currency = reader.str('currency');
  const localSymbol = reader.str('localSymbol');
  const tradingClass = reader.str('tradingClass');
  if (options.includeExpired === true) reader.skip('includeExpired');
  return {
    conId,
    symbol,
    secType,
    lastTradeDate,
    exchange,
    primaryExchange,
    currency,
    localSymbol,
    tradingClass,
  };
}

/** REQ_CONTRACT_DATA. */
export function readContractDataRequest(reader: FieldReader, version: number) {
  reader.skip('version');
  const reqId = reader.int('reqId');
  const contract = readContract(reader, { includeExpired: true });
  reader.skip('secIdType', 'secId');
  if (version >= V.bondIssuerId) reader.skip('issuerId');
  reader.end();
  return { reqId, contract };
}

/** What the wire says about a contract wherever one is mentioned. */
export interface WireContract {
  conId: number;
  symbol: string;
  secType: string;
  lastTradeDate: string;
  multiplier: string;
  exchange: string;
  currency: string;
  localSymbol: string;
  tradingClass: string;
}

export interface WireContractDetails extends WireContract {
  primaryExchange: string;
  marketName: string;
  minTick: Decimal;
  orderTypes: string;
  validExchanges: string;
  longName: string;
  contractMonth: string;
  industry: string;
  category: string;
  subcategory: string;
  timeZoneId: string;
  tradingHours: string;
  liquidHours: string;
  marketRuleIds: string;
  stockType: string;
}

/** The block of positions, orders and open orders: strike 0, no right. */
export const contractFields = (c: WireContract): Field[] => [
  c.conId,
  c.symbol,
  c.secType,
  c.lastTradeDate,
  0,
  '',
  c.multiplier,
  c.exchange,
  c.currency,
  c.localSymbol,
  c.tradingClass,
];

/** CONTRACT_DATA. */
export function contractData(version: number, reqId: number, d: WireContractDetails): Field[] {
  return [
    Reply.contractData,
    ...(version < V.sizeRules ? [8] : []),
    reqId,
    d.symbol,
    d.secType,
    d.lastTradeDate,
    ...since(version, V.lastTradeDate, [d.lastTradeDate]),
    0, // strike
    '', // right
    d.exchange,
    d.currency,
    d.localSymbol,
    d.marketName,
    d.tradingClass,
    d.conId,
    d.minTick,
    ...(version < V.sizeRules ? [1] : []), // mdSizeMultiplier
    d.multiplier,
    d.orderTypes,
    d.validExchanges,
    1, // priceMagnifier
    0, // underConId
    version >= V.encodeAscii7 ? ascii7(d.longName) : d.longName,
    d.primaryExchange,
    d.contractMonth,
    d.industry,
    d.category,
    d.subcategory,
    d.timeZoneId,
    d.tradingHours,
    d.liquidHours,
    '', // evRule
    0, // evMultiplier
    0, // secIdList count
    1, // aggGroup
    '', // underSymbol
    '', // underSecType
    d.marketRuleIds,
    d.lastTradeDate, // realExpirationDate
    ...since(version, V.stockType, [d.stockType]),
    ...(version >= V.fractionalSizeSupport && version < V.sizeRules ? [1] : []), // sizeMinTick
    ...since(version, V.sizeRules, [1, 1, 1]), // minSize, sizeIncrement, suggestedSizeIncrement
    ...since(version, V.ineligibilityReasons, [0]),
  ];
}

export const contractDataEnd = (reqId: number): Field[] => [Reply.contractDataEnd, 1, reqId];

/** SYMBOL_SAMPLES, the answer to reqMatchingSymbols. */
export function symbolSamples(
  version: number,
  reqId: number,
  found: readonly WireContractDetails[],
): Field[] {
  return [
    Reply.symbolSamples,
    reqId,
    found.length,
    ...found.flatMap((d) => [
      d.conId,
      d.symbol,
      d.secType,
      d.primaryExchange,
      d.currency,
      0,
      ...since(version, V.bondIssuerId, [ascii7(d.longName), '']),
    ]),
  ];
}

/** MARKET_RULE: the price increments by the price from which each counts. */
export const marketRule = (
  ruleId: number,
  bands: readonly { readonly lowEdge: number; readonly increment: number }[],
): Field[] => [
  ...[Reply.marketRule, ruleId, bands.length],
  ...bands.flatMap(({ lowEdge, increment }) => [lowEdge, increment]),
];
