import type { ClientSession } from '../client-session.ts';
import { Request } from '../wire/ids.ts';
import { invalid, type RequestHandlers } from './types.ts';

/** https://interactivebrokers.github.io/tws-api/account_summary.html */
const MOST_SUMMARIES = 2;

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
    const reqId = reader.int('reqId');
    if (isOwnAccount(session, reqId, reader.str('account'))) session.account.positionsMulti(reqId);
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
    else if (session.account.count('summary', reqId) >= MOST_SUMMARIES)
      session.error(
        reqId,
        322,
        "Error processing request.-'cF' : cause - Maximum number of account summary requests exceeded; desubscribe previous request first",
      );
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
    const reqId = reader.int('reqId');
    if (isOwnAccount(session, reqId, reader.str('account'))) session.account.updatesMulti(reqId);
  },
  [Request.cancelAccountUpdatesMulti]: (session, reader) => {
    reader.skip('version');
    session.account.cancel('updatesMulti', reader.int('reqId'));
  },

  [Request.pnl]: (session, reader) => {
    const reqId = reader.int('reqId');
    if (isOwnAccount(session, reqId, reader.str('account'))) session.account.pnl(reqId);
  },
  [Request.cancelPnl]: (session, reader) => session.account.cancel('pnl', reader.int('reqId')),
  [Request.pnlSingle]: (session, reader) => {
    const reqId = reader.int('reqId');
    if (!isOwnAccount(session, reqId, reader.str('account'))) return;
    reader.skip('modelCode');
    session.account.pnlSingle(reqId, reader.int('conId'));
  },
  [Request.cancelPnlSingle]: (session, reader) => session.account.cancel('pnlSingle', reader.int('reqId')),
};

/** Whether a request is about the account that there is, or about all; otherwise the client is told. */
function isOwnAccount(session: ClientSession, reqId: number, account: string): boolean {
  if (account === '' || account === 'All' || account === session.broker.config.account.id) return true;
  invalid(session, reqId, `Invalid account code '${account}'`);
  return false;
}
