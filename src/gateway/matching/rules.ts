import type { Decimal } from 'decimal.js';
import type { GatewayConfig } from '../config.ts';
import type { Instrument } from '../market/instrument.ts';
import type { OrderTicket } from '../messages/place-order.ts';

/** An error message to the client. */
export interface Complaint {
  code: number;
  text: string;
}

/**
 * What TWS itself refuses before an order exists. Codes: IBKR, "TWS API message codes".
 * @see https://interactivebrokers.github.io/tws-api/message_codes.html
 */
export function validateTicket(
  ticket: OrderTicket,
  instrument: Instrument,
  config: GatewayConfig,
): Complaint | undefined {
  if (ticket.account !== '' && ticket.account !== config.account.id)
    return invalid(`Invalid account code '${ticket.account}'`);
  if (ticket.action !== 'BUY' && ticket.action !== 'SELL')
    return invalid(`Invalid action '${ticket.action}'`);
  const quantity = ticket.totalQuantity;
  if (quantity === undefined || quantity.lte(0)) return { code: 434, text: 'The order size cannot be zero.' };
  if (!quantity.isInteger()) return { code: 10243, text: 'Fractional-sized order cannot be placed via API.' };
  if (ticket.orderType !== 'MKT' && ticket.orderType !== 'LMT')
    return { code: 387, text: 'Unsupported order type for this exchange and security type.' };
  if (ticket.tif !== 'DAY' && ticket.tif !== 'GTC')
    return invalid(`Time in force '${ticket.tif}' is not supported by the simulated gateway`);
  // Better refused than traded without what the client relies on.
  const unsupported = Object.entries({
    conditions: ticket.conditionCount > 0,
    algoStrategy: ticket.algoStrategy !== '',
    parentId: ticket.parentId !== 0,
    ocaGroup: ticket.ocaGroup !== '',
    goodAfterTime: ticket.goodAfterTime !== '',
    allOrNone: ticket.allOrNone,
  }).find(([, isUsed]) => isUsed);
  if (unsupported !== undefined)
    return invalid(`${unsupported[0]} is not supported by the simulated gateway yet`);
  if (ticket.orderType === 'LMT') {
    if (ticket.lmtPrice === undefined || ticket.lmtPrice.lte(0))
      return invalid('A limit order needs a limit price');
    if (!isOnTick(ticket.lmtPrice, instrument.minTick))
      return {
        code: 110,
        text: 'The price does not conform to the minimum price variation for this contract.',
      };
  }
  return undefined;
}

const invalid = (cause: string): Complaint => ({
  code: 321,
  text: `Error validating request.-'bW' : cause - ${cause}`,
});

const isOnTick = (price: Decimal, minTick: Decimal): boolean => price.mod(minTick).isZero();
