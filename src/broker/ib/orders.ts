import {
  type Contract,
  type CommissionReport as IbCommissionReport,
  type Execution as IbExecution,
  type Order as IbOrder,
  OrderAction as IbOrderAction,
  type OrderState as IbOrderState,
  OrderType as IbOrderType,
  TimeInForce as IbTimeInForce,
} from '@stoqey/ib';
import { decimal, decimalString } from '../../../machines/domain/decimal.ts';
import type { CommissionReport, Execution } from '../../../machines/domain/execution.ts';
import type { OrderIntent, OrderPrices, OrderSide } from '../../../machines/domain/order.ts';
import { termsProblem } from '../../../machines/domain/order-terms.ts';
import type { BrokerOrder, OrderPlacement, OrderWords } from '../../../machines/order/order.ports.ts';
import { decimalField, decimalOrNull } from './contracts.ts';
import { parseIbTime } from './times.ts';

const text = (field: string, value: string | undefined): string => {
  if (value === undefined || value === '') throw new RangeError(`${field}: found nothing, expected a text`);
  return value;
};

const whole = (field: string, value: number | undefined): number => {
  if (value === undefined || !Number.isSafeInteger(value)) {
    throw new RangeError(`${field}: found "${value}", expected a whole number`);
  }
  return value;
};

/** `SSHORT` and `SLONG` belong to institutions; `BOT` and `SLD` are an execution's words. */
function sideOf(field: string, value: string | undefined): OrderSide {
  switch (value?.toUpperCase()) {
    case 'BUY':
    case 'BOT':
    case 'SLONG':
      return 'BUY';
    case 'SELL':
    case 'SLD':
    case 'SSHORT':
      return 'SELL';
    default:
      throw new RangeError(`${field}: found "${value}", expected BUY or SELL`);
  }
}

/** IBKR takes doubles: a quantity or price that would change on the way is refused. */
function toDouble(field: string, value: string): number {
  const double = Number(value);
  if (!decimal(double).equals(decimal(value))) {
    throw new RangeError(`${field}: found "${value}", expected a number that a double holds exactly enough`);
  }
  return double;
}

const orderTypes: Readonly<Record<OrderIntent['orderType'], IbOrderType>> = {
  MKT: IbOrderType.MKT,
  LMT: IbOrderType.LMT,
  STP: IbOrderType.STP,
  'STP LMT': IbOrderType.STP_LMT,
  TRAIL: IbOrderType.TRAIL,
  'TRAIL LIMIT': IbOrderType.TRAIL_LIMIT,
  MIT: IbOrderType.MIT,
  LIT: IbOrderType.LIT,
  MOC: IbOrderType.MOC,
  LOC: IbOrderType.LOC,
};
const timesInForce: Readonly<Record<OrderIntent['timeInForce'], IbTimeInForce>> = {
  DAY: IbTimeInForce.DAY,
  GTC: IbTimeInForce.GTC,
  IOC: IbTimeInForce.IOC,
  FOK: IbTimeInForce.FOK,
  OPG: IbTimeInForce.OPG,
};

/** Types whose limit is told; the limit of a trailing stop limit moves, and others have none or 0. */
const limited: readonly string[] = ['LMT', 'STP LMT', 'LIT', 'LOC'];
const stopped: readonly string[] = ['STP', 'STP LMT', 'MIT', 'LIT'];
const trailing: readonly string[] = ['TRAIL', 'TRAIL LIMIT'];

/** IBKR has one auxiliary price: a stop, or the distance of a trailing one. */
function toIbPrices({ orderType, ...prices }: OrderWords): Partial<IbOrder> {
  const { limitPrice, stopPrice, trailAmount, trailPercent, limitOffset } = prices;
  const aux = trailing.includes(orderType) ? trailAmount : stopPrice;
  const start = trailing.includes(orderType) ? stopPrice : null;
  return {
    ...(limitPrice === null ? {} : { lmtPrice: toDouble('limit price', limitPrice) }),
    ...(aux === null ? {} : { auxPrice: toDouble('stop price', aux) }),
    ...(start === null ? {} : { trailStopPrice: toDouble('trailing stop price', start) }),
    ...(trailPercent === null ? {} : { trailingPercent: toDouble('trailing percent', trailPercent) }),
    ...(limitOffset === null ? {} : { lmtPriceOffset: toDouble('limit offset', limitOffset) }),
  };
}

/** The prices that an order of this type has; what IBKR leaves unset is null. */
function pricesOf(order: IbOrder): OrderPrices {
  const type = order.orderType ?? '';
  const isTrailing = trailing.includes(type);
  const percent = isTrailing ? decimalOrNull(order.trailingPercent) : null;
  return {
    limitPrice: limited.includes(type) || !(type in orderTypes) ? decimalOrNull(order.lmtPrice) : null,
    stopPrice: stopped.includes(type)
      ? decimalOrNull(order.auxPrice)
      : isTrailing
        ? decimalOrNull(order.trailStopPrice)
        : null,
    trailAmount: isTrailing && percent === null ? decimalOrNull(order.auxPrice) : null,
    trailPercent: percent,
    limitOffset: type === 'TRAIL LIMIT' ? decimalOrNull(order.lmtPriceOffset) : null,
  };
}

/**
 * An order as IBKR takes it. `transmit` is always set: unset, it would go out empty and the order would wait in TWS.
 * @throws RangeError on an order without the prices of its type.
 */
export function toIbOrder({ intent, account, parentOrderId, transmit }: OrderPlacement): IbOrder {
  const problem = termsProblem(intent);
  if (problem !== null) throw new RangeError(`order ${intent.ref}: ${problem.message}`);
  return {
    action: intent.side === 'BUY' ? IbOrderAction.BUY : IbOrderAction.SELL,
    totalQuantity: toDouble('quantity', intent.quantity),
    orderType: orderTypes[intent.orderType],
    ...toIbPrices(intent),
    tif: timesInForce[intent.timeInForce],
    account,
    orderRef: intent.ref,
    ...(parentOrderId === null ? {} : { parentId: parentOrderId }),
    transmit,
    outsideRth: false,
  };
}

type IdOf = (contract: Contract) => string;

/** An order that works, or worked, at the broker. `filled` is what its status said so far. @throws RangeError */
export function toBrokerOrder(
  idOf: IdOf,
  message: { readonly contract: Contract; readonly order: IbOrder; readonly state: IbOrderState },
  filled: string | null = null,
): BrokerOrder {
  const { contract, order, state } = message;
  const told = decimalOrNull(order.filledQuantity) ?? '0';
  const total = decimalOrNull(order.totalQuantity) ?? '0';
  return {
    ref: order.orderRef || null,
    permId: whole('permId', order.permId),
    // Completed orders carry neither id.
    orderId: order.orderId ?? 0,
    clientId: order.clientId ?? 0,
    account: order.account ?? '',
    instrumentId: idOf(contract),
    symbol: text('symbol', contract.symbol),
    side: sideOf('action', order.action),
    // A completed order says what it filled, and 0 for its size.
    quantity: decimal(total).isZero() ? told : total,
    orderType: text('order type', order.orderType),
    ...pricesOf(order),
    status: text('order status', state.status),
    filled: filled ?? told,
    message: state.completedStatus || state.warningText || null,
  };
}

/** One fill. @throws RangeError */
export function toExecution(idOf: IdOf, contract: Contract, execution: IbExecution): Execution {
  return {
    execId: text('execId', execution.execId),
    permId: whole('permId', execution.permId),
    orderId: whole('orderId', execution.orderId),
    clientId: whole('clientId', execution.clientId),
    orderRef: execution.orderRef || null,
    account: text('account', execution.acctNumber),
    instrumentId: idOf(contract),
    symbol: text('symbol', contract.symbol),
    side: sideOf('side', execution.side),
    quantity: decimalField('shares', execution.shares),
    price: decimalField('price', execution.price),
    time: parseIbTime(text('time', execution.time)),
  };
}

/** @throws RangeError */
export function toCommission(report: IbCommissionReport): CommissionReport {
  return {
    execId: text('execId', report.execId),
    commission: decimalField('commission', report.commission),
    currency: report.currency ?? '',
    realizedPnl: decimalOrNull(report.realizedPNL),
  };
}

/** A quantity of a status message; IBKR's decimals beyond a double's digits are noise. */
export const statusQuantity = (value: number | undefined): string =>
  decimalString(decimalOrNull(value) ?? '0');
