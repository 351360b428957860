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
import type { OrderIntent, OrderSide } from '../../../machines/domain/order.ts';
import type { BrokerOrder, OrderPlacement } from '../../../machines/order/order.ports.ts';
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
};
const timesInForce: Readonly<Record<OrderIntent['timeInForce'], IbTimeInForce>> = {
  DAY: IbTimeInForce.DAY,
  GTC: IbTimeInForce.GTC,
};

/**
 * An order as IBKR takes it. `transmit` is always set: unset, it would go out empty and the order would wait in TWS.
 * @throws RangeError on a limit order without a price.
 */
export function toIbOrder({ intent, account }: OrderPlacement): IbOrder {
  if (intent.orderType === 'LMT' && intent.limitPrice === null) {
    throw new RangeError(`order ${intent.ref}: found a limit order without a price`);
  }
  return {
    action: intent.side === 'BUY' ? IbOrderAction.BUY : IbOrderAction.SELL,
    totalQuantity: toDouble('quantity', intent.quantity),
    orderType: orderTypes[intent.orderType],
    ...(intent.limitPrice === null ? {} : { lmtPrice: toDouble('limit price', intent.limitPrice) }),
    tif: timesInForce[intent.timeInForce],
    account,
    orderRef: intent.ref,
    transmit: true,
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
    limitPrice: order.orderType === IbOrderType.MKT ? null : decimalOrNull(order.lmtPrice),
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
