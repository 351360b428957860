import { Decimal } from 'decimal.js';
import type { OrderTicket } from '../../../src/gateway/messages/place-order.ts';

const bare: OrderTicket = {
  ...{ action: 'BUY', totalQuantity: new Decimal(1), orderType: 'MKT', lmtPrice: undefined },
  ...{ auxPrice: undefined, tif: 'GTC', ocaGroup: '', account: '', openClose: '', origin: 0, orderRef: '' },
  ...{ transmit: true, parentId: 0, outsideRth: false, hidden: false, allOrNone: false, displaySize: 0 },
  ...{ triggerMethod: 0, goodAfterTime: '', goodTillDate: '', ocaType: 0, whatIf: false, algoStrategy: '' },
  ...{ conditionCount: 0, trailStopPrice: undefined, trailingPercent: undefined, lmtPriceOffset: undefined },
  ...{
    cashQty: undefined,
    volatility: '',
    hedgeType: '',
    scaleInitLevelSize: '',
    adjustedOrderType: '',
    echo: {},
  },
};

/** A ticket to buy one at the market, good till cancelled, with changes. */
export const ticketOf = (change: Partial<OrderTicket>): OrderTicket => ({ ...bare, ...change });
