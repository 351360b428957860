import type { Contract } from '@stoqey/ib';
import type { Position } from '../../../machines/domain/position.ts';
import type { AccountNews, AccountPort } from '../../../machines/portfolio/portfolio.ports.ts';
import { type Contracts, decimalField, decimalOrNull } from './contracts.ts';
import type { LinkHolder, Session } from './link-holder.ts';
import type { Log } from './log.ts';
import { singleFile } from './single-file.ts';

interface Needs {
  readonly links: LinkHolder;
  readonly contracts: Contracts;
  readonly log: Log;
  readonly now: () => number;
}

/** The figures asked for where several accounts are managed. */
const SUMMARY_TAGS =
  'AccountType,NetLiquidation,TotalCashValue,SettledCash,BuyingPower,EquityWithLoanValue,GrossPositionValue,InitMarginReq,MaintMarginReq,AvailableFunds,ExcessLiquidity,Cushion,$LEDGER:ALL';

/** The account side: every figure with the moment at which it was told. */
export function createAccount({ links, contracts, log, now }: Needs): AccountPort {
  const toPosition = (
    account: string,
    contract: Contract,
    quantity: number | undefined,
    averageCost: number | undefined,
  ): Position => {
    if (account === '') throw new RangeError('position: found no account');
    const held = decimalField('position', quantity);
    return {
      account,
      instrumentId: contracts.idOf(contract),
      symbol: contract.symbol ?? '',
      quantity: held,
      averageCost: held === '0' || !averageCost ? null : decimalOrNull(averageCost),
      at: now(),
    };
  };

  const positions = singleFile(() =>
    links.session().requests.askAll<readonly Position[]>(
      // The subscription is left on: later changes arrive as they happen.
      { what: 'the positions', isUrgent: true, send: (api) => api.reqPositions() },
      (on, done) => {
        const found = new Map<string, Position>();
        on('position', (account, contract, quantity, averageCost) => {
          const position = toPosition(account, contract, quantity, averageCost);
          found.set(`${position.account} ${position.instrumentId}`, position);
        });
        on('positionEnd', () => done([...found.values()]));
      },
    ),
  );

  return {
    positions,
    stream(accounts, listener) {
      let session: Session;
      try {
        session = links.session();
      } catch {
        // Lost in this instant: the stream is over before it began, and the next ready starts another.
        log.debug({ accounts }, 'no connection for the account stream');
        return () => {};
      }
      const { link } = session;
      const isOurs = (account: string): boolean => accounts.includes(account);
      const tell = (news: AccountNews): void => listener(news);
      const ends = [
        link.on('position', (account, contract, quantity, averageCost) => {
          if (!isOurs(account)) return;
          tell({ type: 'account.position', position: toPosition(account, contract, quantity, averageCost) });
        }),
        link.on(
          'updatePortfolio',
          (contract, _held, price, value, _cost, unrealized, realized, account = '') => {
            if (!isOurs(account)) return;
            tell({
              type: 'account.positionValue',
              value: {
                account,
                instrumentId: contracts.idOf(contract),
                marketPrice: decimalOrNull(price),
                marketValue: decimalOrNull(value),
                unrealizedPnl: decimalOrNull(unrealized),
                realizedPnl: decimalOrNull(realized),
                at: now(),
              },
            });
          },
        ),
        link.on('updateAccountValue', (key, value, currency, account) => {
          if (isOurs(account)) tell(accountValue(account, key, value, currency));
        }),
        ...accounts.map((account) => streamPnl(session, account, tell)),
        accounts.length === 1
          ? streamUpdates(session, accounts[0] ?? '')
          : streamSummary(session, isOurs, tell),
      ];
      return () => {
        for (const end of ends) end();
      };
    },
  };

  function accountValue(account: string, key: string, value: string, currency: string): AccountNews {
    return {
      type: 'account.value',
      value: { account, key, value: value === '' ? null : value, currency: currency || null, at: now() },
    };
  }

  function streamPnl({ requests }: Session, account: string, tell: (news: AccountNews) => void): () => void {
    return requests.stream(
      {
        what: `the P&L of ${account}`,
        send: (api, id) => api.reqPnL(id, account, ''),
        cancel: (api, id) => api.cancelPnL(id),
      },
      {
        message(message) {
          if (message.type !== 'pnl') return;
          const [, daily, unrealized, realized] = message.pnl;
          tell({
            type: 'account.pnl',
            pnl: {
              account,
              daily: decimalOrNull(daily),
              unrealized: decimalOrNull(unrealized),
              realized: decimalOrNull(realized),
              at: now(),
            },
          });
        },
        error: (code, _consequence, message) => log.warn({ account, code, message }, 'no P&L of the account'),
        lost: () => {},
      },
    );
  }

  /** IBKR streams one account at a time this way, every three minutes and at each change of a position. */
  function streamUpdates({ link }: Session, account: string): () => void {
    link.send((api) => api.reqAccountUpdates(true, account));
    return () => {
      if (link.isUsable()) link.send((api) => api.reqAccountUpdates(false, account));
    };
  }

  function streamSummary(
    { requests }: Session,
    isOurs: (account: string) => boolean,
    tell: (news: AccountNews) => void,
  ): () => void {
    return requests.stream(
      {
        what: 'the account summary',
        send: (api, id) => api.reqAccountSummary(id, 'All', SUMMARY_TAGS),
        cancel: (api, id) => api.cancelAccountSummary(id),
      },
      {
        message(message) {
          if (message.type !== 'summary') return;
          const [, account, tag, value, currency] = message.summary;
          if (isOurs(account)) tell(accountValue(account, tag, value, currency));
        },
        error: (code, _consequence, message) => log.warn({ code, message }, 'no account summary'),
        lost: () => {},
      },
    );
  }
}
