import type { Position } from '../domain/position.ts';
import type { BrokerTruth } from '../order/order.ports.ts';

/** What the socket says, in the order in which it happened. */
export type SocketEvent =
  /** The host accepted the TCP connection; the program behind it has said nothing yet. */
  | { readonly type: 'socket.accepted' }
  | { readonly type: 'socket.opened'; readonly serverVersion: number }
  | { readonly type: 'socket.closed'; readonly cause: string }
  | { readonly type: 'socket.nextValidId'; readonly orderId: number }
  | { readonly type: 'socket.accounts'; readonly accounts: readonly string[] }
  /** A system message (request id -1) with IBKR's code, e.g. 1100 or 2104. */
  | { readonly type: 'socket.notice'; readonly code: number; readonly message: string };

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
}

/**
 * The one socket to the broker. `open` makes a fresh client and answers its `close`; at most one is open at a time.
 * `close` never throws, and after it the listener hears nothing more.
 * Nothing is ever queued for a later connection.
 */
export interface SocketPort {
  open(endpoint: Endpoint, listener: (event: SocketEvent) => void): { close(): void };
  /** Round trip: asks the broker's clock; epoch ms. @throws BrokerError */
  currentTime(): Promise<number>;
  /** Loads what ready needs: open orders of all clients, completed orders, executions. @throws BrokerError */
  loadTruth(): Promise<BrokerTruth>;
  /** @throws BrokerError */
  loadPositions(): Promise<readonly Position[]>;
}

/** What the connection actor needs: the socket, wall-clock epoch ms, and a number in [0, 1) for the jitter. */
export interface ConnectionPorts extends SocketPort {
  now(): number;
  random(): number;
}

/** What `connection.ready` carries to the rest of the broker subtree. */
export interface ReadyFacts {
  readonly nextValidId: number;
  readonly accounts: readonly string[];
  readonly truth: BrokerTruth;
  readonly positions: readonly Position[];
}

/** Sent by the connection to the actors that depend on it. */
export type ConnectionNews =
  | { readonly type: 'connection.ready'; readonly facts: ReadyFacts }
  | { readonly type: 'connection.lost'; readonly cause: string };
