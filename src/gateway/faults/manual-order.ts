import { Decimal } from 'decimal.js';
import type { OrderTicket } from '../messages/place-order.ts';
import type { ManualOrder } from './control.ts';

const decimal = (value: number | undefined): Decimal | undefined =>
  value === undefined ? undefined : new Decimal(value);

/** The ticket of an order that a person places in TWS's own window. */
export function manualTicket(order: ManualOrder, quantity: Decimal): OrderTicket {
  return {
    ...{ action: order.action, totalQuantity: quantity, orderType: order.type.toUpperCase() },
    ...{ lmtPrice: decimal(order.limit), auxPrice: decimal(order.stop), tif: order.tif.toUpperCase() },
    ...{ ocaGroup: '', account: '', openClose: '', origin: 0, orderRef: '', transmit: true, parentId: 0 },
    ...{ outsideRth: false, hidden: false, allOrNone: false, displaySize: 0, triggerMethod: 0 },
    ...{ goodAfterTime: '', goodTillDate: '', ocaType: 0, whatIf: false, algoStrategy: '' },
    ...{ conditionCount: 0, trailStopPrice: undefined, trailingPercent: undefined },
    ...{ lmtPriceOffset: undefined, cashQty: undefined, volatility: '', hedgeType: '' },
    ...{ scaleInitLevelSize: '', adjustedOrderType: '', echo: {} },
  };
}
