import { Decimal } from 'decimal.js';
import { before, type Field, since, UNSET_DOUBLE } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { V } from '../wire/versions.ts';
import { contractFields, type WireContract } from './contract.ts';
import type { OrderTicket } from './place-order.ts';

/** An order as the broker reports it. */
export interface WireOrder {
  orderId: number;
  clientId: number;
  permId: number;
  parentPermId: number;
  account: string;
  contract: WireContract;
  ticket: OrderTicket;
  status: string;
  filled: Decimal;
  remaining: Decimal;
  avgFillPrice: Decimal;
  lastFillPrice: Decimal;
  whyHeld: string;
  completedTime: string;
  completedStatus: string;
  warning: string;
}

/** ORDER_STATUS. */
export const orderStatus = (o: WireOrder): Field[] => [
  Reply.orderStatus,
  o.orderId,
  o.status,
  o.filled,
  o.remaining,
  o.avgFillPrice,
  o.permId,
  o.ticket.parentId,
  o.lastFillPrice,
  o.clientId,
  o.whyHeld,
  0, // mktCapPrice
];

const price = (value: Decimal | undefined): Field => value ?? '';

/** The fields from action to orderRef, shared by open and completed orders. */
const mainFields = (o: WireOrder): Field[] => [
  ...contractFields(o.contract),
  o.ticket.action,
  o.ticket.totalQuantity ?? new Decimal(0),
  o.ticket.orderType,
  price(o.ticket.lmtPrice),
  price(o.ticket.auxPrice),
  o.ticket.tif,
  o.ticket.ocaGroup,
  o.account,
  o.ticket.openClose,
  o.ticket.origin,
  o.ticket.orderRef,
];

/** Volatility, trail and combo blocks of an order that uses none of them. */
const noVolatility: Field[] = ['', 0, '', '', 0, 0];
const noTrail: Field[] = ['', ''];
const noCombo: Field[] = ['', 0, 0, 0];
const noScale: Field[] = ['', '', ''];
const noPegOffsets: Field[] = ['', '', UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE];

/** OPEN_ORDER for server versions 151 to 193. */
export function openOrder(version: number, o: WireOrder): Field[] {
  const t = o.ticket;
  return [
    Reply.openOrder,
    o.orderId,
    ...mainFields(o),
    o.clientId,
    o.permId,
    t.outsideRth,
    t.hidden,
    0, // discretionaryAmt
    t.goodAfterTime,
    '', // sharesAllocation
    ...['', '', ''], // faGroup, faMethod, faPercentage
    ...before(version, V.faProfileDesupport, ['']),
    '', // modelCode
    t.goodTillDate,
    '', // rule80A
    '', // percentOffset
    '', // settlingFirm
    ...[0, '', -1], // shortSaleSlot, designatedLocation, exemptCode
    0, // auctionStrategy
    ...['', '', ''], // startingPrice, stockRefPrice, delta
    ...['', ''], // stockRangeLower, stockRangeUpper
    t.displaySize,
    ...[0, 0], // blockOrder, sweepToFill
    t.allOrNone,
    '', // minQty
    t.ocaType,
    ...[0, 0, ''], // eTradeOnly, firmQuoteOnly, nbboPriceCap
    t.parentId,
    t.triggerMethod,
    ...noVolatility,
    ...noTrail,
    ...['', ''], // basisPoints, basisPointsType
    ...noCombo,
    ...noScale,
    '', // hedgeType
    0, // optOutSmartRouting
    ...['', 'IB'], // clearingAccount, clearingIntent
    0, // notHeld
    0, // deltaNeutralContract
    '', // algoStrategy
    0, // solicited
    t.whatIf,
    o.status,
    ...Array<Field>(9).fill(UNSET_DOUBLE), // margins before, change, after
    ...[UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE, ''], // commission, min, max, currency
    o.warning,
    ...[0, 0], // randomizeSize, randomizePrice
    0, // conditions
    ...['None', UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE], // adjustedOrderType, trigger, trailStop, lmtPriceOffset
    ...[UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE, 0], // adjusted stop, stop limit, trailing amount, unit
    ...['', '', ''], // soft dollar tier
    '', // cashQty
    ...[0, 0, 0, 0], // dontUseAutoPriceForHedge, isOmsContainer, discretionaryUpToLimitPrice, usePriceMgmtAlgo
    ...since(version, V.duration, ['']),
    ...since(version, V.postToAts, ['']),
    ...since(version, V.autoCancelParent, [0]),
    ...since(version, V.pegBestPegMidOffsets, noPegOffsets),
    ...since(version, V.customerAccount, ['']),
    ...since(version, V.professionalCustomer, [0]),
    ...since(version, V.bondAccruedInterest, ['']),
    ...since(version, V.includeOvernight, [0]),
    ...since(version, V.cmeTaggingFieldsInOpenOrder, ['', '']),
  ];
}

export const openOrderEnd = (): Field[] => [Reply.openOrderEnd, 1];

/** COMPLETED_ORDER for server versions 151 to 193: no order id and no client id, permId identifies it. */
export function completedOrder(version: number, o: WireOrder): Field[] {
  const t = o.ticket;
  return [
    Reply.completedOrder,
    ...mainFields(o),
    o.permId,
    t.outsideRth,
    t.hidden,
    0, // discretionaryAmt
    t.goodAfterTime,
    ...['', '', ''], // faGroup, faMethod, faPercentage
    ...before(version, V.faProfileDesupport, ['']),
    '', // modelCode
    t.goodTillDate,
    ...['', '', ''], // rule80A, percentOffset, settlingFirm
    ...[0, '', -1], // shortSaleSlot, designatedLocation, exemptCode
    ...['', '', ''], // startingPrice, stockRefPrice, delta
    ...['', ''], // stockRangeLower, stockRangeUpper
    t.displaySize,
    0, // sweepToFill
    t.allOrNone,
    '', // minQty
    t.ocaType,
    t.triggerMethod,
    ...noVolatility,
    ...noTrail,
    ...noCombo,
    ...noScale,
    '', // hedgeType
    ...['', 'IB'], // clearingAccount, clearingIntent
    0, // notHeld
    0, // deltaNeutralContract
    '', // algoStrategy
    0, // solicited
    o.status,
    ...[0, 0], // randomizeSize, randomizePrice
    0, // conditions
    ...[UNSET_DOUBLE, UNSET_DOUBLE], // trailStopPrice, lmtPriceOffset
    '', // cashQty
    ...[0, 0], // dontUseAutoPriceForHedge, isOmsContainer
    '', // autoCancelDate
    o.filled,
    0, // refFuturesConId
    0, // autoCancelParent
    '', // shareholder
    ...[0, 0], // imbalanceOnly, routeMarketableToBbo
    o.parentPermId,
    o.completedTime,
    o.completedStatus,
    ...since(version, V.pegBestPegMidOffsets, noPegOffsets),
    ...since(version, V.customerAccount, ['']),
    ...since(version, V.professionalCustomer, [0]),
  ];
}

export const completedOrdersEnd = (): Field[] => [Reply.completedOrdersEnd];
