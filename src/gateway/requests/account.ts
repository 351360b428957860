import { Request } from '../wire/ids.ts';
import { invalid, type RequestHandlers } from './types.ts';

export const accountRequests: RequestHandlers = {
  [Request.accountData]: (session, reader) => {
    reader.skip('version');
    const subscribe = reader.bool('subscribe');
    const code = reader.str('acctCode');
    if (code !== '' && code !== session.broker.config.account.id)
      session.error(2100, 321, `Error validating request.-'bI' : cause - Invalid account code '${code}'`);
    else session.account.updates(subscribe);
  },

  [Request.positions]: (session) => session.account.positions(),
  [Request.cancelPositions]: (session) => session.account.cancelPositions(),

  [Request.positionsMulti]: (session, reader) => {
    reader.skip('version');
    session.account.positionsMulti(reader.int('reqId'));
  },
  [Request.cancelPositionsMulti]: (session, reader) => {
    reader.skip('version');
    session.account.cancel('positionsMulti', reader.int('reqId'));
  },

  [Request.accountSummary]: (session, reader) => {
    reader.skip('version');
    const reqId = reader.int('reqId');
    reader.skip('group');
    const tags = reader.str('tags');
    if (tags === '') invalid(session, reqId, 'No tags were asked for');
    else
      session.account.summary(
        reqId,
        tags.split(',').map((tag) => tag.trim()),
      );
  },
  [Request.cancelAccountSummary]: (session, reader) => {
    reader.skip('version');
    session.account.cancel('summary', reader.int('reqId'));
  },

  [Request.accountUpdatesMulti]: (session, reader) => {
    reader.skip('version');
    session.account.updatesMulti(reader.int('reqId'));
  },
  [Request.cancelAccountUpdatesMulti]: (session, reader) => {
    reader.skip('version');
    session.account.cancel('updatesMulti', reader.int('reqId'));
  },

  [Request.pnl]: (session, reader) => session.account.pnl(reader.int('reqId')),
  [Request.cancelPnl]: (session, reader) => session.account.cancel('pnl', reader.int('reqId')),
  [Request.pnlSingle]: (session, reader) => {
    const reqId = reader.int('reqId');
    reader.skip('account', 'modelCode');
    session.account.pnlSingle(reqId, reader.int('conId'));
  },
  [Request.cancelPnlSingle]: (session, reader) => session.account.cancel('pnlSingle', reader.int('reqId')),
};
