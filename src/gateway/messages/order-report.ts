import { Decimal } from 'decimal.js';
import { before, type Field, since, UNSET_DOUBLE } from '../wire/fields.ts';
import { Reply } from '../wire/ids.ts';
import { V } from '../wire/versions.ts';
import { contractFields, type WireContract } from './contract.ts';
import type { EchoedField, OrderTicket } from './place-order.ts';

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
  /** The present stop price of a trailing order; its limit when it has one. */
  trailStopPrice: Decimal | undefined;
  /** The answer to a what-if; undefined for an order. */
  whatIf: WireWhatIf | undefined;
}

export interface WireMargins {
  initial: Decimal;
  maintenance: Decimal;
  equityWithLoan: Decimal;
}

/** What an order would do to the account. Margins in the account's currency. */
export interface WireWhatIf {
  before: WireMargins;
  after: WireMargins;
  commission: Decimal | undefined;
  minCommission: Decimal | undefined;
  maxCommission: Decimal | undefined;
  currency: string;
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

/** A field as the client wrote it; `otherwise` is what TWS tells when it wrote nothing. */
const echoed = (o: WireOrder, name: EchoedField, otherwise: Field = ''): Field =>
  o.ticket.echo[name] ?? otherwise;
const trail = (o: WireOrder): Field[] => [price(o.trailStopPrice), price(o.ticket.trailingPercent)];
/** Shared by open and completed orders: short selling, and the blocks of box and pegged orders. */
const shortSale = (o: WireOrder): Field[] => [
  echoed(o, 'shortSaleSlot', 0),
  echoed(o, 'designatedLocation'),
  echoed(o, 'exemptCode', -1),
];
const box = (o: WireOrder): Field[] => [
  echoed(o, 'startingPrice'),
  echoed(o, 'stockRefPrice'),
  echoed(o, 'delta'),
  echoed(o, 'stockRangeLower'),
  echoed(o, 'stockRangeUpper'),
];

/** Volatility and combo blocks of an order that uses none of them. */
const noVolatility: Field[] = ['', 0, '', '', 0, 0];
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
    echoed(o, 'discretionaryAmt', 0),
    t.goodAfterTime,
    '', // sharesAllocation
    ...[echoed(o, 'faGroup'), echoed(o, 'faMethod'), echoed(o, 'faPercentage')],
    ...before(version, V.faProfileDesupport, ['']),
    echoed(o, 'modelCode'),
    t.goodTillDate,
    echoed(o, 'rule80A'),
    echoed(o, 'percentOffset'),
    echoed(o, 'settlingFirm'),
    ...shortSale(o),
    echoed(o, 'auctionStrategy', 0),
    ...box(o),
    t.displaySize,
    echoed(o, 'blockOrder', 0),
    echoed(o, 'sweepToFill', 0),
    t.allOrNone,
    echoed(o, 'minQty'),
    t.ocaType,
    ...[0, 0, ''], // eTradeOnly, firmQuoteOnly, nbboPriceCap
    t.parentId,
    t.triggerMethod,
    ...noVolatility,
    ...trail(o),
    ...['', ''], // basisPoints, basisPointsType
    ...noCombo,
    ...noScale,
    '', // hedgeType
    echoed(o, 'optOutSmartRouting', 0),
    echoed(o, 'clearingAccount'),
    echoed(o, 'clearingIntent', 'IB'),
    echoed(o, 'notHeld', 0),
    0, // deltaNeutralContract
    '', // algoStrategy
    echoed(o, 'solicited', 0),
    t.whatIf,
    o.status,
    ...orderState(o),
    o.warning,
    ...[echoed(o, 'randomizeSize', 0), echoed(o, 'randomizePrice', 0)],
    0, // conditions
    ...['None', UNSET_DOUBLE, unset(o.trailStopPrice), unset(t.lmtPriceOffset)], // adjusted type, trigger, trail stop, offset
    ...[UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE, 0], // adjusted stop, stop limit, trailing amount, unit
    ...[echoed(o, 'softDollarTierName'), echoed(o, 'softDollarTierValue'), ''],
    price(t.cashQty),
    ...[echoed(o, 'dontUseAutoPriceForHedge', 0), echoed(o, 'isOmsContainer', 0)],
    ...[echoed(o, 'discretionaryUpToLimitPrice', 0), echoed(o, 'usePriceMgmtAlgo', 0)],
    ...since(version, V.duration, [echoed(o, 'duration')]),
    ...since(version, V.postToAts, [echoed(o, 'postToAts')]),
    ...since(version, V.autoCancelParent, [echoed(o, 'autoCancelParent', 0)]),
    ...since(version, V.pegBestPegMidOffsets, noPegOffsets),
    ...since(version, V.customerAccount, [echoed(o, 'customerAccount')]),
    ...since(version, V.professionalCustomer, [echoed(o, 'professionalCustomer', 0)]),
    ...since(version, V.bondAccruedInterest, ['']),
    ...since(version, V.includeOvernight, [echoed(o, 'includeOvernight', 0)]),
    ...since(version, V.cmeTaggingFieldsInOpenOrder, ['', '']),
  ];
}

const unset = (value: Decimal | undefined): Field => value ?? UNSET_DOUBLE;

/** Margins before, as change and after, then the commission: unset unless the client asked "what if". */
function orderState({ whatIf }: WireOrder): Field[] {
  if (whatIf === undefined) return [...Array<Field>(12).fill(UNSET_DOUBLE), ''];
  const { before: was, after } = whatIf;
  return [
    ...[was.initial, was.maintenance, was.equityWithLoan],
    after.initial.minus(was.initial),
    after.maintenance.minus(was.maintenance),
    after.equityWithLoan.minus(was.equityWithLoan),
    ...[after.initial, after.maintenance, after.equityWithLoan],
    ...[unset(whatIf.commission), unset(whatIf.minCommission), unset(whatIf.maxCommission), whatIf.currency],
  ];
}

/** ORDER_BOUND: an order placed by hand has got an id of the client's. */
export const orderBound = (o: { permId: number; clientId: number; orderId: number }): Field[] => [
  Reply.orderBound,
  o.permId,
  o.clientId,
  o.orderId,
];

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
    echoed(o, 'discretionaryAmt', 0),
    t.goodAfterTime,
    ...[echoed(o, 'faGroup'), echoed(o, 'faMethod'), echoed(o, 'faPercentage')],
    ...before(version, V.faProfileDesupport, ['']),
    echoed(o, 'modelCode'),
    t.goodTillDate,
    ...[echoed(o, 'rule80A'), echoed(o, 'percentOffset'), echoed(o, 'settlingFirm')],
    ...shortSale(o),
    ...box(o),
    t.displaySize,
    echoed(o, 'sweepToFill', 0),
    t.allOrNone,
    echoed(o, 'minQty'),
    t.ocaType,
    t.triggerMethod,
    ...noVolatility,
    ...trail(o),
    ...noCombo,
    ...noScale,
    '', // hedgeType
    ...[echoed(o, 'clearingAccount'), echoed(o, 'clearingIntent', 'IB')],
    echoed(o, 'notHeld', 0),
    0, // deltaNeutralContract
    '', // algoStrategy
    echoed(o, 'solicited', 0),
    o.status,
    ...[echoed(o, 'randomizeSize', 0), echoed(o, 'randomizePrice', 0)],
    0, // conditions
    ...[unset(o.trailStopPrice), unset(t.lmtPriceOffset)],
    price(t.cashQty),
    ...[echoed(o, 'dontUseAutoPriceForHedge', 0), echoed(o, 'isOmsContainer', 0)],
    '', // autoCancelDate
    o.filled,
    0, // refFuturesConId
    echoed(o, 'autoCancelParent', 0),
    '', // shareholder
    ...[0, 0], // imbalanceOnly, routeMarketableToBbo
    o.parentPermId,
    o.completedTime,
    o.completedStatus,
    ...since(version, V.pegBestPegMidOffsets, noPegOffsets),
    ...since(version, V.customerAccount, [echoed(o, 'customerAccount')]),
    ...since(version, V.professionalCustomer, [echoed(o, 'professionalCustomer', 0)]),
  ];
}

export const completedOrdersEnd = (): Field[] => [Reply.completedOrdersEnd];
