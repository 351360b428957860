import type { ClientSession } from '../client-session.ts';
import { FieldReader } from '../wire/fields.ts';
import { Request, requestIdOf } from '../wire/ids.ts';
import { accountRequests } from './account.ts';
import { contractRequests } from './contracts.ts';
import { depthRequests } from './depth.ts';
import { historyRequests } from './history.ts';
import { marketDataRequests } from './market-data.ts';
import { orderRequests } from './orders.ts';
import { realTimeBarRequests } from './real-time-bars.ts';
import { referenceRequests } from './reference.ts';
import { systemRequests } from './system.ts';
import { tickByTickRequests } from './tick-by-tick.ts';
import { invalid, type RequestHandler } from './types.ts';
import { refuse } from './unsupported.ts';

const handlers = new Map<number, RequestHandler>(
  [
    systemRequests,
    contractRequests,
    marketDataRequests,
    realTimeBarRequests,
    tickByTickRequests,
    depthRequests,
    referenceRequests,
    historyRequests,
    orderRequests,
    accountRequests,
  ].flatMap((group) =>
    Object.entries(group).map(([id, handler]): [number, RequestHandler] => [Number(id), handler]),
  ),
);

/**
 * What TWS refuses in read-only mode: everything that changes orders, and also the requests for own and completed
 * orders (https://github.com/erdewit/ib_insync/issues/1 and issues/7: the open orders asked for on connecting).
 */
const NEEDS_WRITE_ACCESS: ReadonlySet<number> = new Set([
  Request.placeOrder,
  Request.cancelOrder,
  Request.globalCancel,
  Request.exerciseOptions,
  Request.openOrders,
  Request.autoOpenOrders,
  Request.completedOrders,
]);

/** What TWS only passes on: while it has no link to IB such a request waits. */
const GOES_TO_IB: ReadonlySet<number> = new Set([
  Request.placeOrder,
  Request.cancelOrder,
  Request.globalCancel,
]);

/** Answers one request of a client. Throws WireError when it cannot be read; an unknown one is answered with an error. */
export function answerRequest(session: ClientSession, fields: readonly string[]): void {
  const reader = new FieldReader(fields);
  const messageId = reader.int('message id');
  if (session.broker.config.readOnly && NEEDS_WRITE_ACCESS.has(messageId)) {
    const id = requestIdOf(fields, session.version);
    invalid(session, id, 'The API interface is currently in Read-Only mode.');
    return;
  }
  const handler = handlers.get(messageId);
  const { faults } = session.broker;
  if (handler === undefined) refuse(session, messageId, fields);
  else if (GOES_TO_IB.has(messageId) && faults.conditions.linkDown.isSo) {
    // Answered as if it came when the link is there again, with whatever is wrong with it.
    session.broker.overLink(() => session.answer(fields));
    return;
  } else handler(session, reader);
  faults.happened('request', { client: session });
}
