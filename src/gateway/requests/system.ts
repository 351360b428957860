import { familyCodes, managedAccounts, nextValidId, userInfo } from '../messages/system.ts';
import { Request } from '../wire/ids.ts';
import type { RequestHandlers } from './types.ts';

export const systemRequests: RequestHandlers = {
  [Request.currentTime]: (session) => session.sendCurrentTime(),
  [Request.ids]: (session) => session.send(nextValidId(session.broker.state.nextOrderId(session.clientId))),
  [Request.managedAccounts]: (session) => session.send(managedAccounts(session.broker.config.account.id)),
  [Request.familyCodes]: (session) => session.send(familyCodes([session.broker.config.account.id])),
  [Request.userInfo]: (session, reader) => session.send(userInfo(reader.int('reqId'))),
  // Accepted without an answer, as in TWS: there is no bulletin, and the log level is ours.
  [Request.serverLogLevel]: () => undefined,
  [Request.newsBulletins]: () => undefined,
  [Request.cancelNewsBulletins]: () => undefined,
  // A second START_API changes nothing.
  [Request.startApi]: () => undefined,
};
