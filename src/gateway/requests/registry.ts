import type { ClientSession } from '../client-session.ts';
import { FieldReader } from '../wire/fields.ts';
import { requestIdOf } from '../wire/ids.ts';
import { accountRequests } from './account.ts';
import { contractRequests } from './contracts.ts';
import { historyRequests } from './history.ts';
import { marketDataRequests } from './market-data.ts';
import { orderRequests } from './orders.ts';
import { systemRequests } from './system.ts';
import type { RequestHandler } from './types.ts';

const handlers = new Map<number, RequestHandler>(
  [
    systemRequests,
    contractRequests,
    marketDataRequests,
    historyRequests,
    orderRequests,
    accountRequests,
  ].flatMap((group) =>
    Object.entries(group).map(([id, handler]): [number, RequestHandler] => [Number(id), handler]),
  ),
);

/** Answers one request of a client. Throws WireError when it cannot be read; an unknown one is answered with an error. */
export function answerRequest(session: ClientSession, fields: readonly string[]): void {
  const reader = new FieldReader(fields);
  const messageId = reader.int('message id');
  const handler = handlers.get(messageId);
  if (handler === undefined) {
    session.broker.log.warn(`${session.name}: request ${messageId} is not supported`);
    session.error(requestIdOf(fields), 321, unsupported(messageId));
    return;
  }
  handler(session, reader);
}

const unsupported = (messageId: number): string =>
  `Error validating request.-'bX' : cause - Message id ${messageId} is not supported by the simulated gateway`;
