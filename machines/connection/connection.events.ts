import type { BackoffPolicy } from './backoff.logic.ts';
import type { LoginPlan, RestartPlan } from './connection.plans.ts';
import type { ConnectionNews, Endpoint, ReadyFacts, SocketEvent } from './connection.ports.ts';
import type { ConnectionStatus } from './connection.status.ts';

/** Every wait of the connection, in milliseconds of the actor's clock. */
export interface ConnectionTiming {
  /** Until the host accepts the TCP connection. */
  readonly connectMs: number;
  /** From there until version, next valid id and accounts have all been told. */
  readonly handshakeMs: number;
  /** Until open orders, completed orders, executions and positions have all been answered. */
  readonly loadMs: number;
  /** Rest between two heartbeats. */
  readonly heartbeatMs: number;
  readonly heartbeatDeadlineMs: number;
  /** Heartbeats missed in a row that end the socket. */
  readonly heartbeatMisses: number;
  /** How long IBKR's own link may be down before the socket is rebuilt to be sure. */
  readonly linkDownMs: number;
  /** How long after a due login the gateway may still be there without being logged out. */
  readonly loginGraceMs: number;
  readonly backoff: BackoffPolicy;
}

export interface ConnectionInput {
  readonly endpoint: Endpoint;
  /** What is left out has its default, see `connectionDefaults`. */
  readonly timing?: Partial<ConnectionTiming>;
  /** Further ones, tried in this order when one before does not answer. @default none */
  readonly others?: readonly Endpoint[];
  /** What kind of account must be behind the gateway. @default any */
  readonly accountKind?: 'paper' | 'live' | undefined;
  /** The account that is traded, one of those behind the gateway. @default the first that it tells */
  readonly account?: string | null | undefined;
  /** @default none is planned */
  readonly restart?: RestartPlan | null | undefined;
  /** @default none is planned */
  readonly login?: LoginPlan | null | undefined;
  /** Connect at start, without waiting for `connection.connect`. @default false */
  readonly autoConnect?: boolean;
}

export type ConnectionEvent =
  | { readonly type: 'connection.connect' }
  | { readonly type: 'connection.disconnect' }
  /** Takes `ready` back and loads everything anew, for an actor that was restarted under a ready connection. */
  | { readonly type: 'connection.reload' }
  | SocketEvent;

export type ConnectionEmitted =
  | ConnectionNews
  | { readonly type: 'connection.changed'; readonly status: ConnectionStatus };

/** What loading answers: ready's facts without those that the handshake told. */
export type LoadedFacts = Pick<ReadyFacts, 'truth' | 'positions'>;

/** One answered heartbeat. */
export interface Heartbeat {
  readonly marketTime: number;
  readonly roundTripMs: number;
  /** Epoch ms, wall clock. */
  readonly at: number;
}
