import type { ClientSession } from '../client-session.ts';
import { wireOrder } from '../describe.ts';
import { clockTime, compactDate, localDate } from '../market/zone.ts';
import { MANUAL_CLIENT_ID } from '../matching/desk.ts';
import { type BrokerExecution, type BrokerOrder, isLive } from '../matching/order.ts';
import { type ExecutionFilter, executionEnd, readExecutionsRequest } from '../messages/execution.ts';
import { completedOrder, completedOrdersEnd, openOrder, openOrderEnd } from '../messages/order-report.ts';
import { readCancelOrder, readPlaceOrder } from '../messages/place-order.ts';
import { Request } from '../wire/ids.ts';
import { invalid, type RequestHandlers, resolve } from './types.ts';

export const orderRequests: RequestHandlers = {
  [Request.placeOrder]: (session, reader) => {
    const { orderId, contract, ticket } = readPlaceOrder(reader, session.version);
    const instrument = resolve(session, orderId, contract);
    if (instrument === undefined) return;
    const exchange = contract.exchange || instrument.config.exchange;
    const { desk, config } = session.broker;
    const placement = { clientId: session.clientId, orderId, exchange, ticket, instrument };
    if (ticket.whatIf) {
      const answer = desk.whatIf(placement);
      if ('code' in answer) session.error(orderId, answer.code, answer.text);
      else {
        const { order, figures } = answer;
        const wire = wireOrder({ ...order, warning: figures.warning }, instrument, config);
        session.send(openOrder(session.version, { ...wire, whatIf: figures }));
      }
      return;
    }
    const complaint = desk.place(placement);
    if (complaint !== undefined) session.error(orderId, complaint.code, complaint.text);
    const order = desk.find(session.clientId, orderId);
    session.broker.faults.happened('order', { client: session, order });
  },

  [Request.cancelOrder]: (session, reader) => {
    const { orderId } = readCancelOrder(reader, session.version);
    const { desk, faults } = session.broker;
    const complaint = desk.cancel(session.clientId, orderId);
    if (complaint !== undefined) session.error(orderId, complaint.code, complaint.text);
    else faults.happened('cancel', { client: session, order: desk.find(session.clientId, orderId) });
  },

  [Request.globalCancel]: (session) => session.broker.desk.cancelAll(),

  [Request.openOrders]: (session) => {
    // Asking for them binds client 0's orders that were placed by hand, as in TWS.
    if (session.clientId === MANUAL_CLIENT_ID) session.broker.desk.bindManual();
    sendOpenOrders(session, (order) => order.clientId === session.clientId);
  },

  [Request.allOpenOrders]: (session) => sendOpenOrders(session, () => true),

  [Request.autoOpenOrders]: (session, reader) => {
    reader.skip('version');
    const autoBind = reader.bool('autoBind');
    if (session.clientId === MANUAL_CLIENT_ID) session.broker.desk.autoBind = autoBind;
    else invalid(session, -1, 'Only the default client (i.e 0) can auto bind orders');
  },

  [Request.completedOrders]: (session) => {
    const { desk, config } = session.broker;
    for (const order of desk.orders()) {
      const instrument = session.broker.instrument(order.conId);
      if (isLive(order) || instrument === undefined) continue;
      session.send(completedOrder(session.version, wireOrder(order, instrument, config)));
    }
    session.send(completedOrdersEnd());
  },

  [Request.executions]: (session, reader) => {
    const { reqId, filter } = readExecutionsRequest(reader);
    for (const execution of session.broker.desk.executions()) {
      if (!passes(session, execution, filter)) continue;
      session.sendExecution(reqId, execution);
      session.sendCommission(execution);
    }
    session.send(executionEnd(reqId));
  },
};

function sendOpenOrders(session: ClientSession, isWanted: (order: BrokerOrder) => boolean): void {
  for (const order of session.broker.desk.orders())
    if (isLive(order) && isWanted(order)) session.orderChanged(order);
  session.send(openOrderEnd());
}

/**
 * TWS answers executions since midnight. Here a market day may pass in half a second of wall time, and a client that
 * was away for longer would never hear of its fills; so everything younger than 24 hours of wall time is kept and
 * answered too (BrokerState forgets what is older).
 */
function passes(session: ClientSession, execution: BrokerExecution, filter: ExecutionFilter): boolean {
  const instrument = session.broker.instrument(execution.conId);
  if (instrument === undefined) return false;
  const { config } = instrument;
  // Client id 0 in a filter means everybody.
  if (filter.clientId > 0 && filter.clientId !== execution.clientId) return false;
  if (filter.account !== '' && filter.account !== session.broker.config.account.id) return false;
  if (filter.symbol !== '' && filter.symbol !== config.symbol) return false;
  if (filter.secType !== '' && filter.secType !== config.secType) return false;
  if (filter.exchange !== '' && filter.exchange !== execution.exchange) return false;
  if (filter.side !== '' && filter.side.startsWith('B') !== (execution.side === 'BOT')) return false;
  if (filter.time === '') return true;
  const zone = filter.time.charAt(8) === '-' ? 'UTC' : config.timeZone;
  const at = `${compactDate(localDate(zone, execution.at))}${clockTime(zone, execution.at)}`;
  return at >= filter.time.slice(0, 17).replace(/[-\s]+/, '');
}
