import type { Decimal } from 'decimal.js';
import { type FieldReader, INFINITIES } from '../wire/fields.ts';
import { V } from '../wire/versions.ts';
import { type ContractQuery, readContract } from './contract.ts';

/**
 * Fields that the gateway does not act on. They are kept as the client wrote them and told again with the order, as
 * TWS does; those of a block that decides about an order (volatility, scale, hedge, algo) are refused by the rules.
 */
export const ECHOED = [
  ...(['blockOrder', 'sweepToFill', 'sharesAllocation', 'discretionaryAmt', 'faGroup', 'faMethod'] as const),
  ...(['faPercentage', 'modelCode', 'shortSaleSlot', 'designatedLocation', 'exemptCode', 'rule80A'] as const),
  ...(['settlingFirm', 'minQty', 'percentOffset', 'eTradeOnly', 'firmQuoteOnly', 'nbboPriceCap'] as const),
  ...(['auctionStrategy', 'startingPrice', 'stockRefPrice', 'delta', 'stockRangeLower'] as const),
  ...(['stockRangeUpper', 'overridePercentageConstraints', 'optOutSmartRouting', 'clearingAccount'] as const),
  ...(['clearingIntent', 'notHeld', 'solicited', 'randomizeSize', 'randomizePrice', 'extOperator'] as const),
  ...(['softDollarTierName', 'softDollarTierValue', 'dontUseAutoPriceForHedge', 'isOmsContainer'] as const),
  ...(['discretionaryUpToLimitPrice', 'usePriceMgmtAlgo', 'duration', 'postToAts'] as const),
  ...(['autoCancelParent', 'customerAccount', 'professionalCustomer', 'includeOvernight'] as const),
] as const;
export type EchoedField = (typeof ECHOED)[number];

/** What a client asks for in PLACE_ORDER. */
export interface OrderTicket {
  action: string;
  totalQuantity: Decimal | undefined;
  orderType: string;
  lmtPrice: Decimal | undefined;
  auxPrice: Decimal | undefined;
  tif: string;
  ocaGroup: string;
  account: string;
  openClose: string;
  origin: number;
  orderRef: string;
  transmit: boolean;
  parentId: number;
  outsideRth: boolean;
  hidden: boolean;
  allOrNone: boolean;
  displaySize: number;
  triggerMethod: number;
  goodAfterTime: string;
  goodTillDate: string;
  ocaType: number;
  whatIf: boolean;
  algoStrategy: string;
  conditionCount: number;
  trailStopPrice: Decimal | undefined;
  trailingPercent: Decimal | undefined;
  lmtPriceOffset: Decimal | undefined;
  cashQty: Decimal | undefined;
  volatility: string;
  hedgeType: string;
  scaleInitLevelSize: string;
  adjustedOrderType: string;
  /** As the client wrote them; only those that are not empty. */
  echo: Readonly<Partial<Record<EchoedField, string>>>;
}

export interface PlaceOrderRequest {
  orderId: number;
  contract: ContractQuery;
  ticket: OrderTicket;
}

/**
 * PLACE_ORDER for server versions 151 to 193: the longest layout of the protocol, and one misread field would be
 * a wrong order, so every field is read by name and anything left over is an error.
 */
export function readPlaceOrder(r: FieldReader, version: number): PlaceOrderRequest {
  const echo: Partial<Record<EchoedField, string>> = {};
  const keep = (...names: readonly EchoedField[]): void => {
    for (const name of names) {
      const text = r.str(name);
      if (text !== '') echo[name] = text;
    }
  };
  const orderId = r.id('orderId');
  const contract = readContract(r);
  r.skip('secIdType', 'secId');
  const action = r.str('action').toUpperCase();
  const totalQuantity = r.decimal('totalQuantity');
  const orderType = r.str('orderType').toUpperCase();
  const lmtPrice = r.decimal('lmtPrice');
  const auxPrice = r.decimal('auxPrice');
  const tif = r.str('tif').toUpperCase();
  const ocaGroup = r.str('ocaGroup');
  const account = r.str('account');
  const openClose = r.str('openClose');
  const origin = r.int('origin');
  const orderRef = r.str('orderRef');
  // TWS takes an empty transmit for "do not transmit"; clients must say 1.
  const transmit = r.bool('transmit');
  const parentId = r.int('parentId');
  keep('blockOrder', 'sweepToFill');
  const displaySize = r.int('displaySize');
  const triggerMethod = r.int('triggerMethod');
  const outsideRth = r.bool('outsideRth');
  const hidden = r.bool('hidden');
  if (contract.secType === 'BAG') readComboLegs(r);
  keep('sharesAllocation', 'discretionaryAmt');
  const goodAfterTime = r.str('goodAfterTime');
  const goodTillDate = r.str('goodTillDate');
  keep('faGroup', 'faMethod', 'faPercentage');
  if (version < V.faProfileDesupport) r.skip('faProfile');
  keep('modelCode', 'shortSaleSlot', 'designatedLocation', 'exemptCode');
  const ocaType = r.int('ocaType');
  keep('rule80A', 'settlingFirm');
  const allOrNone = r.bool('allOrNone');
  keep('minQty', 'percentOffset', 'eTradeOnly', 'firmQuoteOnly', 'nbboPriceCap', 'auctionStrategy');
  keep('startingPrice', 'stockRefPrice', 'delta', 'stockRangeLower', 'stockRangeUpper');
  keep('overridePercentageConstraints');
  const volatility = r.str('volatility');
  r.skip('volatilityType');
  const deltaNeutralOrderType = r.str('deltaNeutralOrderType');
  r.skip('deltaNeutralAuxPrice');
  if (deltaNeutralOrderType !== '') {
    r.skip('conId', 'settlingFirm', 'clearingAccount', 'clearingIntent');
    r.skip('openClose', 'shortSale', 'shortSaleSlot', 'designatedLocation');
  }
  r.skip('continuousUpdate', 'referencePriceType');
  const trailStopPrice = r.decimal('trailStopPrice');
  const trailingPercent = r.decimal('trailingPercent');
  const scaleInitLevelSize = r.str('scaleInitLevelSize');
  r.skip('scaleSubsLevelSize');
  if (r.decimal('scalePriceIncrement')?.gt(0) === true) {
    r.skip('scalePriceAdjustValue', 'scalePriceAdjustInterval', 'scaleProfitOffset', 'scaleAutoReset');
    r.skip('scaleInitPosition', 'scaleInitFillQty', 'scaleRandomPercent');
  }
  r.skip('scaleTable', 'activeStartTime', 'activeStopTime');
  const hedgeType = r.str('hedgeType');
  if (hedgeType !== '') r.skip('hedgeParam');
  keep('optOutSmartRouting', 'clearingAccount', 'clearingIntent', 'notHeld');
  if (r.bool('deltaNeutralContract')) r.skip('conId', 'delta', 'price');
  const algoStrategy = r.str('algoStrategy');
  if (algoStrategy !== '') r.list('algoParams', () => r.skip('tag', 'value'));
  r.skip('algoId');
  const whatIf = r.bool('whatIf');
  r.skip('orderMiscOptions');
  keep('solicited', 'randomizeSize', 'randomizePrice');
  if (orderType === 'PEG BENCH' || orderType === 'PEGBENCH') {
    r.skip('referenceContractId', 'isPeggedChangeAmountDecrease', 'peggedChangeAmount');
    r.skip('referenceChangeAmount', 'referenceExchangeId');
  }
  const conditionCount = r.list('conditions', () => skipCondition(r)).length;
  if (conditionCount > 0) r.skip('conditionsIgnoreRth', 'conditionsCancelOrder');
  const adjustedOrderType = r.str('adjustedOrderType');
  r.skip('triggerPrice');
  const lmtPriceOffset = r.decimal('lmtPriceOffset');
  r.skip('adjustedStopPrice', 'adjustedStopLimitPrice', 'adjustedTrailingAmount', 'adjustableTrailingUnit');
  keep('extOperator', 'softDollarTierName', 'softDollarTierValue');
  const cashQty = r.decimal('cashQty');
  r.skip('mifid2DecisionMaker', 'mifid2DecisionAlgo', 'mifid2ExecutionTrader', 'mifid2ExecutionAlgo');
  keep('dontUseAutoPriceForHedge', 'isOmsContainer', 'discretionaryUpToLimitPrice', 'usePriceMgmtAlgo');
  if (version >= V.duration) keep('duration');
  if (version >= V.postToAts) keep('postToAts');
  if (version >= V.autoCancelParent) keep('autoCancelParent');
  if (version >= V.advancedOrderReject) r.skip('advancedErrorOverride');
  if (version >= V.manualOrderTime) r.skip('manualOrderTime');
  if (version >= V.pegBestPegMidOffsets) skipPegOffsets(r, contract.exchange, orderType);
  if (version >= V.customerAccount) keep('customerAccount');
  if (version >= V.professionalCustomer) keep('professionalCustomer');
  if (version >= V.rfqFields && version < V.undoRfqFields) r.skip('externalUserId', 'manualOrderIndicator');
  if (version >= V.includeOvernight) keep('includeOvernight');
  if (version >= V.cmeTaggingFields) r.skip('manualOrderIndicator');
  r.end();
  return {
    orderId,
    contract,
    ticket: {
      ...{ action, totalQuantity, orderType, lmtPrice, auxPrice, tif: tif === '' ? 'DAY' : tif, ocaGroup },
      ...{ account, openClose, origin, orderRef, transmit, parentId, outsideRth, hidden, allOrNone },
      ...{ displaySize, triggerMethod, goodAfterTime, goodTillDate, ocaType, whatIf, algoStrategy },
      ...{ conditionCount, trailStopPrice, trailingPercent, lmtPriceOffset, cashQty, volatility, hedgeType },
      ...{ scaleInitLevelSize, adjustedOrderType, echo },
    },
  };
}

function readComboLegs(r: FieldReader): void {
  r.list('comboLegs', () => {
    r.skip(
      'conId',
      'ratio',
      'action',
      'exchange',
      'openClose',
      'shortSaleSlot',
      'designatedLocation',
      'exemptCode',
    );
  });
  r.list('orderComboLegs', () => r.skip('price'));
  r.list('smartComboRoutingParams', () => r.skip('tag', 'value'));
}

/** Condition types: 1 price, 3 time, 4 margin, 5 execution, 6 volume, 7 percent change. */
function skipCondition(r: FieldReader): void {
  const type = r.int('conditionType');
  r.skip('conjunction');
  if (type === 5) r.skip('secType', 'exchange', 'symbol');
  else {
    r.skip('isMore', 'value');
    if (type === 1 || type === 6 || type === 7) r.skip('conId', 'exchange');
    if (type === 1) r.skip('triggerMethod');
  }
}

function skipPegOffsets(r: FieldReader, exchange: string, orderType: string): void {
  if (exchange === 'IBKRATS') r.skip('minTradeQty');
  let midOffsets = orderType === 'PEG MID' || orderType === 'PEGMID';
  if (orderType === 'PEG BEST' || orderType === 'PEGBEST') {
    r.skip('minCompeteSize');
    // An infinite offset means "up to mid" and brings the mid offsets with it.
    midOffsets = INFINITIES.includes(r.str('competeAgainstBestOffset'));
  }
  if (midOffsets) r.skip('midOffsetAtWhole', 'midOffsetAtHalf');
}

/** CANCEL_ORDER. */
export function readCancelOrder(r: FieldReader, version: number): { orderId: number } {
  if (version < V.cmeTaggingFields) r.skip('version');
  const orderId = r.id('orderId');
  if (version >= V.manualOrderTime) r.skip('manualOrderCancelTime');
  if (version >= V.rfqFields && version < V.undoRfqFields)
    r.skip('extOperator', 'externalUserId', 'manualOrderIndicator');
  if (version >= V.cmeTaggingFields) r.skip('extOperator', 'manualOrderIndicator');
  r.end();
  return { orderId };
}
