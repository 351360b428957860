import {
  type CommissionReport,
  type Contract,
  type ContractDetails,
  type Execution,
  IBApi,
  type Order,
  type OrderState,
} from '@stoqey/ib';
import type { Endpoint, SocketEvent } from '../../../machines/connection/connection.ports.ts';
import { consequenceOf } from '../../../machines/domain/broker-codes.ts';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import { createFrameGuard } from './frame-guard.ts';
import type { Log } from './log.ts';
import { createMessageBudget, type MessageBudget } from './message-budget.ts';

/** The events of the library that are used, with their arguments as its decoder really emits them. */
export interface IbEvents {
  sent: [tokens: readonly unknown[]];
  received: [tokens: readonly string[]];
  server: [version: number, connectedAt: string];
  disconnected: [];
  info: [message: string, code: number];
  error: [error: Error, code: number, id: number];
  nextValidId: [orderId: number];
  managedAccounts: [accounts: string];
  currentTime: [seconds: number];
  contractDetails: [id: number, details: ContractDetails];
  contractDetailsEnd: [id: number];
  marketRule: [id: number, increments: readonly { lowEdge?: number; increment?: number }[]];
  historicalData: HistoricalBar;
  historicalDataUpdate: HistoricalBar;
  tickPrice: [id: number, field: number, value: number | undefined];
  tickSize: [id: number, field: number | undefined, value: number | undefined];
  tickString: [id: number, field: number, value: string];
  marketDataType: [id: number, type: number];
  openOrder: [orderId: number, contract: Contract, order: Order, state: OrderState];
  openOrderEnd: [];
  orderStatus: OrderStatusMessage;
  completedOrder: [contract: Contract, order: Order, state: OrderState];
  completedOrdersEnd: [];
  execDetails: [id: number, contract: Contract, execution: Execution];
  execDetailsEnd: [id: number];
  commissionReport: [report: CommissionReport];
  position: [account: string, contract: Contract, quantity: number | undefined, averageCost?: number];
  positionEnd: [];
  updateAccountValue: [key: string, value: string, currency: string, account: string];
  updatePortfolio: PortfolioMessage;
  accountSummary: [id: number, account: string, tag: string, value: string, currency: string];
  pnl: [id: number, daily: number | undefined, unrealized?: number, realized?: number];
}
export type HistoricalBar = [
  id: number,
  time: string,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number | undefined,
];
export type OrderStatusMessage = [
  orderId: number,
  status: string,
  filled: number | undefined,
  remaining: number | undefined,
  averagePrice: number,
  permId: number | undefined,
  parentId: number | undefined,
  lastPrice: number | undefined,
  clientId: number | undefined,
];
export type PortfolioMessage = [
  contract: Contract,
  quantity: number | undefined,
  marketPrice: number | undefined,
  marketValue: number | undefined,
  averageCost: number | undefined,
  unrealizedPnl: number | undefined,
  realizedPnl: number | undefined,
  account: string | undefined,
];

/** One life of one socket. Once closed it stays closed, and whatever it held is gone. */
export interface Link {
  readonly endpoint: Endpoint;
  /** Every message that leaves is counted in it. */
  readonly budget: MessageBudget;
  /** From the first `nextValidId` until closed: the library writes at once. */
  isUsable(): boolean;
  /** Writes now. Answers whether the bytes were handed to the socket. @throws BrokerError `unavailable` */
  send(write: (api: IBApi) => void): void;
  /** Listens until answered's call or the end of the link. A listener that throws closes the link. */
  on<E extends keyof IbEvents>(event: E, listener: (...args: IbEvents[E]) => void): () => void;
  /** Closes for a reason of our own, which the connection actor is told. */
  fail(cause: string): void;
  onClosed(listener: (cause: string) => void): () => void;
}

type Emitter = {
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
  removeAllListeners(): void;
};

const reasons: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'connection refused'],
  [/ETIMEDOUT/, 'timed out'],
  [/EHOSTUNREACH|ENETUNREACH/, 'not reachable'],
  [/ENOTFOUND|EAI_AGAIN/, 'host name not known'],
];

/** Why a socket failed, for people. An error in several addresses at once has no message of its own. */
export function socketCause({ host, port }: Endpoint, message: string): string {
  if (/ECONNRESET|EPIPE/.test(message)) return 'the gateway cut the connection';
  const reason = reasons.find(([pattern]) => pattern.test(message))?.[1] ?? message;
  return `no answer from ${host}:${port}${reason === '' ? '' : `: ${reason}`}`;
}

// A message of these kinds that cannot be read may be a fill that is never told again.
const PRECIOUS =
  /OPEN_ORDER|ORDER_STATUS|EXECUTION_DATA|COMMISSION_REPORT|COMPLETED_ORDER|POSITION|NEXT_VALID_ID|MANAGED_ACCTS/;

/**
 * Opens one link over a fresh client. The listener hears all of its life, in order; nothing after `socket.closed`.
 *
 * The library would hold orders back and send them on a later connection: its rate limiter is switched off, writing
 * before `nextValidId` is refused, and the client is thrown away with its link.
 */
export function openLink(endpoint: Endpoint, tell: (event: SocketEvent) => void, log: Log): Link {
  const { host, port, clientId } = endpoint;
  // All four options are given, so that the library does not read a .env file for its defaults.
  const api = new IBApi({ host, port, clientId, maxReqPerSec: Number.MAX_SAFE_INTEGER });
  const emitter = api as unknown as Emitter;
  const closedListeners = new Set<(cause: string) => void>();
  let state: 'opening' | 'usable' | 'closed' = 'opening';
  let isAccepted = false;
  let lastError: string | null = null;

  const close = (cause: string): void => {
    if (state === 'closed') return;
    state = 'closed';
    emitter.removeAllListeners();
    try {
      api.disconnect();
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the client library failed to disconnect');
    }
    for (const listener of [...closedListeners]) {
      try {
        listener(cause);
      } catch (error) {
        log.error({ error: messageOf(error) }, 'a listener failed on the end of the link');
      }
    }
    closedListeners.clear();
    tell({ type: 'socket.closed', cause });
  };

  const on: Link['on'] = (event, listener) => {
    const guarded = (...args: never[]): void => {
      if (state === 'closed') return;
      try {
        (listener as (...args: never[]) => void)(...args);
      } catch (error) {
        log.error({ event, error: messageOf(error) }, 'a message of the gateway could not be handled');
        close(`a message of the gateway could not be handled (${event}): ${messageOf(error)}`);
      }
    };
    emitter.on(event, guarded);
    return () => emitter.off(event, guarded);
  };

  const budget = createMessageBudget();
  on('sent', () => {
    budget.note();
    // The first thing sent is the version offer, in the instant in which the host accepts.
    if (isAccepted) return;
    isAccepted = true;
    tell({ type: 'socket.accepted' });
  });
  on('server', (serverVersion) => {
    if (!Number.isInteger(serverVersion)) {
      close(`what answers at ${host}:${port} is no TWS or IB Gateway`);
      return;
    }
    tell({ type: 'socket.opened', serverVersion });
  });
  on('nextValidId', (orderId) => {
    state = 'usable';
    tell({ type: 'socket.nextValidId', orderId });
  });
  on('managedAccounts', (text) => {
    const accounts = text
      .split(',')
      .map((account) => account.trim())
      .filter((account) => account !== '');
    tell({ type: 'socket.accounts', accounts });
  });
  on('info', (message, code) => tell({ type: 'socket.notice', code, message }));
  on('error', (error, code, id) => {
    if (id >= 0) return;
    if (consequenceOf(code) === 'socketEnds') {
      lastError = code === 502 ? socketCause(endpoint, error.message) : error.message;
      if (code !== 502) close(lastError);
      return;
    }
    log.warn({ code, error: error.message }, 'the client library complains');
    if (code === 505 && /Underrun/.test(error.message) && PRECIOUS.test(error.message)) {
      close(`a message of the gateway could not be read: ${error.message}`);
    }
  });
  on('disconnected', () => close(lastError ?? 'the gateway closed the socket'));

  guardDecoder(api, (error) => {
    log.error({ error: messageOf(error) }, 'a message of the gateway could not be read');
    close(`a message of the gateway could not be read: ${messageOf(error)}`);
  });

  guardFrames(api, (length) =>
    close(`what came is no message of a gateway: found a length of ${length} bytes`),
  );

  const isUsable = (): boolean => state === 'usable' && api.isConnected;
  const link: Link = {
    endpoint,
    budget,
    isUsable,
    send(write) {
      if (!isUsable()) throw new BrokerError('unavailable', 'there is no connection to the gateway');
      try {
        write(api);
      } catch (error) {
        // A throw inside leaves the library's command buffer stuck for good.
        close(`a request could not be written: ${messageOf(error)}`);
        throw error;
      }
    },
    on,
    fail: close,
    onClosed(listener) {
      closedListeners.add(listener);
      return () => closedListeners.delete(listener);
    },
  };
  api.connect(clientId);
  return link;
}

/**
 * Catches what the decoder throws, e.g. on a malformed reject document: inside the socket's data handler it would
 * be an uncaught exception.
 */
function guardDecoder(api: IBApi, onError: (error: unknown) => void): void {
  const { controller } = api as unknown as { controller: { processIngressQueue(): void } };
  const process = controller.processIngressQueue.bind(controller);
  controller.processIngressQueue = () => {
    try {
      process();
    } catch (error) {
      onError(error);
    }
  };
}

/** Keeps lengths that no message has from the library, whose buffer would never be emptied. */
function guardFrames(api: IBApi, onBadLength: (length: number) => void): void {
  const { socket } = (api as unknown as { controller: { socket: { onData(data: Buffer): void } } })
    .controller;
  const onData = socket.onData.bind(socket);
  const check = createFrameGuard();
  let isBad = false;
  socket.onData = (data) => {
    if (isBad) return;
    const length = check(data);
    if (length === null) {
      onData(data);
      return;
    }
    isBad = true;
    onBadLength(length);
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
