import type { GatewayConfig } from '../config.ts';
import type { Instrument } from '../market/instrument.ts';
import { parseMoment } from '../market/moment.ts';
import { isOnGrid } from '../market/price-grid.ts';
import type { OrderTicket } from '../messages/place-order.ts';
import { kindOf, type OrderKind } from './order-types.ts';
import { TIMES_IN_FORCE } from './time-in-force.ts';

/** An error message to the client. */
export interface Complaint {
  code: number;
  text: string;
}

/**
 * What TWS itself refuses before an order exists; `now` is market time. Codes: IBKR, "TWS API message codes".
 * @see https://interactivebrokers.github.io/tws-api/message_codes.html
 */
export function validateTicket(
  ticket: OrderTicket,
  instrument: Instrument,
  config: GatewayConfig,
  now: number,
): Complaint | undefined {
  const kind = kindOf(ticket);
  return (
    whoAndHowMuch(ticket, instrument, config) ??
    notSimulated(ticket) ??
    (kind === undefined
      ? { code: 387, text: 'Unsupported order type for this exchange and security type.' }
      : (prices(ticket, kind, instrument) ?? times(ticket, kind, instrument, now)))
  );
}

function whoAndHowMuch(
  ticket: OrderTicket,
  { config: of }: Instrument,
  config: GatewayConfig,
): Complaint | undefined {
  if (ticket.account !== '' && ticket.account !== config.account.id)
    return invalid(`Invalid account code '${ticket.account}'`);
  if (ticket.action !== 'BUY' && ticket.action !== 'SELL')
    return invalid(`Invalid action '${ticket.action}'`);
  if (ticket.cashQty?.gt(0) === true)
    return { code: 10244, text: 'Cash quantity cannot be used for this order.' };
  const quantity = ticket.totalQuantity;
  if (quantity === undefined || quantity.lte(0)) return { code: 434, text: 'The order size cannot be zero.' };
  if (!quantity.isInteger() && of.sizeIncrement >= 1)
    return { code: 10243, text: 'Fractional-sized order cannot be placed via API.' };
  if (quantity.lt(of.minSize) || !quantity.mod(of.sizeIncrement).isZero())
    return {
      code: 461,
      text: `Order size does not conform to market rule: found ${quantity.toFixed()}, expected at least ${of.minSize} in steps of ${of.sizeIncrement}.`,
    };
  return undefined;
}

/** Better refused than traded without what the client relies on. */
function notSimulated(ticket: OrderTicket): Complaint | undefined {
  const used = Object.entries({
    conditions: ticket.conditionCount > 0,
    algoStrategy: ticket.algoStrategy !== '',
    volatility: ticket.volatility !== '',
    hedgeType: ticket.hedgeType !== '',
    scaleInitLevelSize: ticket.scaleInitLevelSize !== '',
    adjustedOrderType: !['', 'None'].includes(ticket.adjustedOrderType),
  }).find(([, isUsed]) => isUsed);
  return used === undefined ? undefined : invalid(`${used[0]} is not supported by the simulated gateway`);
}

function prices(ticket: OrderTicket, kind: OrderKind, { grid, minTick }: Instrument): Complaint | undefined {
  const { lmtPrice, auxPrice, trailStopPrice, trailingPercent, lmtPriceOffset } = ticket;
  if (kind.price === 'limit' && kind.trigger !== 'trail') {
    if (lmtPrice === undefined || lmtPrice.lte(0)) return invalid('A limit order needs a limit price');
  }
  if (kind.trigger === 'stop' || kind.trigger === 'touch') {
    if (auxPrice === undefined || auxPrice.lte(0)) return { code: 403, text: 'Invalid stop price.' };
  }
  if (kind.trigger === 'trail') {
    const byPercent = trailingPercent?.gt(0) === true;
    const byAmount = auxPrice?.gt(0) === true;
    if (byPercent === byAmount)
      return invalid('A trailing order needs either a trailing amount or a trailing percentage');
    if (trailingPercent?.gte(100) === true) return invalid('A trailing percentage must be below 100');
    if (kind.price === 'limit' && (lmtPriceOffset === undefined) === (lmtPrice === undefined))
      return invalid('A trailing limit order needs either a limit price or a limit price offset');
    if (kind.price === 'limit' && lmtPrice !== undefined && trailStopPrice === undefined)
      return invalid('A trailing limit order with a limit price needs a stop price');
  }
  const onTick = [
    kind.price === 'limit' ? lmtPrice : undefined,
    kind.trigger === 'stop' || kind.trigger === 'touch' ? auxPrice : undefined,
    kind.trigger === 'trail' ? trailStopPrice : undefined,
  ];
  // Distances have no price of their own: the smallest increment must do.
  const distances =
    kind.trigger === 'trail'
      ? [
          trailingPercent === undefined ? auxPrice : undefined,
          kind.price === 'limit' ? lmtPriceOffset : undefined,
        ]
      : [];
  if (
    onTick.some((price) => price !== undefined && !isOnGrid(price, grid)) ||
    distances.some((distance) => distance?.mod(minTick).isZero() === false)
  )
    return {
      code: 110,
      text: 'The price does not conform to the minimum price variation for this contract.',
    };
  return undefined;
}

function times(
  ticket: OrderTicket,
  kind: OrderKind,
  instrument: Instrument,
  now: number,
): Complaint | undefined {
  const zone = instrument.config.timeZone;
  if (!TIMES_IN_FORCE.includes(ticket.tif))
    return invalid(`Time in force '${ticket.tif}' is not supported by the simulated gateway`);
  if (kind.auction === 'close' && ticket.tif !== 'DAY')
    return invalid(`Time in force '${ticket.tif}' is not valid for ${ticket.orderType} orders`);
  if (kind.trigger !== 'none' && (ticket.tif === 'IOC' || ticket.tif === 'FOK'))
    return invalid(`Time in force '${ticket.tif}' is not valid for ${ticket.orderType} orders`);
  if (ticket.tif === 'GTD') {
    const end = parseMoment(ticket.goodTillDate, zone);
    if (end === undefined)
      return { code: 391, text: `Invalid good till date: found "${ticket.goodTillDate}"` };
    if (end.at + (end.isDate ? 86_400_000 : 0) <= now)
      return { code: 201, text: 'Order rejected - reason:The good till date is in the past.' };
  }
  if (ticket.goodAfterTime !== '' && parseMoment(ticket.goodAfterTime, zone) === undefined)
    return { code: 337, text: `Invalid good after time: found "${ticket.goodAfterTime}"` };
  return undefined;
}

const invalid = (cause: string): Complaint => ({
  code: 321,
  text: `Error validating request.-'bW' : cause - ${cause}`,
});
