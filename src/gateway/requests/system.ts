import {
  familyCodes,
  managedAccounts,
  nextValidId,
  noDisplayGroups,
  noSoftDollarTiers,
  userInfo,
} from '../messages/system.ts';
import { Request } from '../wire/ids.ts';
import { invalid, type RequestHandlers } from './types.ts';

export const systemRequests: RequestHandlers = {
  [Request.currentTime]: (session) => session.sendCurrentTime(),
  [Request.ids]: (session) => session.send(nextValidId(session.nextValidId())),
  [Request.managedAccounts]: (session) => session.send(managedAccounts(session.broker.config.account.id)),
  [Request.familyCodes]: (session) => session.send(familyCodes([session.broker.config.account.id])),
  [Request.userInfo]: (session, reader) => session.send(userInfo(reader.int('reqId'))),
  // Accepted without an answer, as in TWS: there is no bulletin, and the log level is ours.
  [Request.serverLogLevel]: () => undefined,
  [Request.startApi]: (session) => invalid(session, -1, 'The API is already started on this connection'),
  [Request.softDollarTiers]: (session, reader) => session.send(noSoftDollarTiers(reader.int('reqId'))),
  [Request.queryDisplayGroups]: (session, reader) => {
    reader.skip('version');
    session.send(noDisplayGroups(reader.int('reqId')));
  },
  [Request.subscribeToGroupEvents]: (session, reader) => {
    reader.skip('version');
    const reqId = reader.int('reqId');
    invalid(session, reqId, `There is no display group ${reader.int('groupId')}`);
  },
  [Request.updateDisplayGroup]: (session, reader) => {
    reader.skip('version');
    invalid(session, reader.int('reqId'), 'This request id is not subscribed to a display group');
  },
  // Nothing can be subscribed, so there is nothing to end and nothing to say.
  [Request.unsubscribeFromGroupEvents]: () => undefined,
};
