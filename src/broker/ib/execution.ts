import { BrokerError } from '../../../machines/domain/broker-error.ts';
import type { CommissionReport, Execution } from '../../../machines/domain/execution.ts';
import type {
  BrokerOrder,
  BrokerOrderNews,
  BrokerTruth,
  ExecutionPort,
  OrderPlacement,
} from '../../../machines/order/order.ports.ts';
import type { Contracts } from './contracts.ts';
import type { LinkHolder, Session } from './link-holder.ts';
import type { Log } from './log.ts';
import { statusQuantity, toBrokerOrder, toCommission, toExecution, toIbOrder } from './orders.ts';
import { isRequestId } from './requests.ts';
import { singleFile } from './single-file.ts';

/** Heartbeats and questions about orders must get through a burst of orders. */
const KEPT_FOR_QUESTIONS = 8;

interface Needs {
  readonly links: LinkHolder;
  readonly contracts: Contracts;
  readonly log: Log;
  readonly now: () => number;
}

/** The execution side. News is pushed whether or not the connection is trusted at that moment. */
export function createExecution({ links, contracts, log, now }: Needs): ExecutionPort {
  const listeners = new Set<(news: BrokerOrderNews) => void>();
  const { idOf } = contracts;

  /** A failing listener closes the link: what it missed is loaded again. The others are told first. */
  const publish = (news: BrokerOrderNews): void => {
    let failure: unknown;
    for (const listener of [...listeners]) {
      try {
        listener(news);
      } catch (error) {
        failure = error ?? new Error('a listener failed');
      }
    }
    if (failure !== undefined) throw failure;
  };

  links.onOpen(({ link }) => {
    link.on('openOrder', (_, contract, order, state) =>
      publish({ type: 'broker.openOrder', order: toBrokerOrder(idOf, { contract, order, state }) }),
    );
    link.on('orderStatus', (orderId, status, filled, remaining, _average, permId, _parent, _last, clientId) =>
      publish({
        type: 'broker.orderStatus',
        orderId,
        clientId: clientId ?? 0,
        permId: permId ?? 0,
        status,
        filled: statusQuantity(filled),
        remaining: statusQuantity(remaining),
      }),
    );
    link.on('execDetails', (id, contract, execution) => {
      // The answers of a question are in its answer.
      if (!isRequestId(id))
        publish({ type: 'broker.execution', execution: toExecution(idOf, contract, execution) });
    });
    link.on('commissionReport', (report) =>
      publish({ type: 'broker.commission', report: toCommission(report) }),
    );
    link.on('error', (error, code, id) => {
      if (id < 0 || isRequestId(id)) return;
      log.info({ orderId: id, code, message: error.message }, 'the gateway speaks of an order');
      publish({ type: 'broker.orderError', orderId: id, code, message: error.message });
    });
  });

  /** Writes an order message at once, or makes sure that it never goes out. @throws BrokerError `unavailable` */
  const writeNow = (what: string, write: (session: Session) => void): void => {
    const session = links.session();
    let isWritten = false;
    const off = session.link.on('sent', () => {
      isWritten = true;
    });
    try {
      write(session);
    } catch (error) {
      // Written and then failed is not "nothing was sent": the order desk hears of it, or asks.
      if (isWritten) log.error({ what, error: String(error) }, 'the client library failed after writing');
      else throw new BrokerError('unavailable', `${what} was not sent: ${String(error)}`);
    } finally {
      off();
    }
    if (isWritten) return;
    // The library kept it: with the client thrown away it cannot be sent later.
    session.link.fail(`${what} was held back by the client library`);
    throw new BrokerError('unavailable', `${what} was not sent`);
  };

  /** What cannot be said in IBKR's words is refused before the socket is touched. @throws BrokerError */
  const mapPlacement = (placement: OrderPlacement) => {
    try {
      return { contract: contracts.contract(placement.intent.instrumentId), order: toIbOrder(placement) };
    } catch (error) {
      throw new BrokerError('unavailable', `order ${placement.intent.ref} was not sent: ${String(error)}`);
    }
  };

  const put = (what: string, placement: OrderPlacement): void => {
    const { contract, order } = mapPlacement(placement);
    if (links.session().isCutOff()) {
      throw new BrokerError('unavailable', `${what} was not sent: the gateway has lost IBKR`);
    }
    writeNow(what, ({ link }) => link.send((api) => api.placeOrder(placement.orderId, contract, order)));
  };

  return {
    place: (placement) => put(`order ${placement.intent.ref}`, placement),
    // IBKR changes an order by its being placed again under its own id.
    modify: (placement) => put(`the change of order ${placement.intent.ref}`, placement),
    cancel(orderId) {
      writeNow(`the cancel of order ${orderId}`, ({ link }) =>
        link.send((api) => api.cancelOrder(orderId, {})),
      );
    },
    headroom() {
      try {
        return Math.max(0, links.session().link.budget.left() - KEPT_FOR_QUESTIONS);
      } catch {
        // Nothing can leave without a link; whoever tries is told so.
        return 0;
      }
    },
    ask: singleFile(() => loadTruth({ links, contracts, log, now })),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Orders that work, orders that are done, and executions with their commissions. */
async function loadTruth({ links, contracts, now }: Needs): Promise<BrokerTruth> {
  const { requests } = links.session();
  const { idOf } = contracts;
  const [open, completed, fills] = await Promise.all([
    requests.askAll<BrokerOrder[]>(
      { what: 'the open orders', isUrgent: true, send: (api) => api.reqAllOpenOrders() },
      (on, done) => {
        const orders: Parameters<typeof toBrokerOrder>[1][] = [];
        const filledByPermId = new Map<number, string>();
        on('openOrder', (_, contract, order, state) => orders.push({ contract, order, state }));
        on('orderStatus', (_id, _status, filled, _remaining, _average, permId) =>
          filledByPermId.set(permId ?? 0, statusQuantity(filled)),
        );
        on('openOrderEnd', () => {
          // An order that changed meanwhile was told twice: the last word counts.
          const byPermId = new Map(orders.map((message) => [message.order.permId, message]));
          done(
            [...byPermId.values()].map((message) =>
              toBrokerOrder(idOf, message, filledByPermId.get(message.order.permId ?? 0) ?? null),
            ),
          );
        });
      },
    ),
    requests.askAll<BrokerOrder[]>(
      { what: 'the completed orders', isUrgent: true, send: (api) => api.reqCompletedOrders(false) },
      (on, done) => {
        const orders: BrokerOrder[] = [];
        on('completedOrder', (contract, order, state) =>
          orders.push(toBrokerOrder(idOf, { contract, order, state })),
        );
        on('completedOrdersEnd', () => done(orders));
      },
    ),
    loadFills(links.session(), contracts),
  ]);
  return { open, completed, ...fills, at: now() };
}

/** Commission reports carry no request id: those that arrive meanwhile are collected, whosever they are. */
async function loadFills(
  { link, requests }: Session,
  { idOf }: Contracts,
): Promise<Pick<BrokerTruth, 'executions' | 'commissions'>> {
  const commissions = new Map<string, CommissionReport>();
  const executions: Execution[] = [];
  const off = link.on('commissionReport', (report) => {
    const commission = toCommission(report);
    commissions.set(commission.execId, commission);
  });
  try {
    await requests.ask<null>(
      { what: 'the executions', isUrgent: true, send: (api, id) => api.reqExecutions(id, {}) },
      (message, done) => {
        if (message.type === 'execution') {
          executions.push(toExecution(idOf, message.details[1], message.details[2]));
        } else if (message.type === 'end') done(null);
      },
    );
  } finally {
    off();
  }
  return { executions, commissions: [...commissions.values()] };
}
