import type { LoginStatus, RestartStatus } from './connection.plans.ts';

/** Where the connection stands, by the names of the socket region of the connection machine's chart. */
export const connectionPhases = [
  'disconnected',
  'connecting',
  'handshaking',
  'loading',
  'ready',
  'backingOff',
  'clientIdHeld',
  'wrongAccount',
  'stopped',
] as const;
export type ConnectionPhase = (typeof connectionPhases)[number];

/** A data farm of IBKR as its 2103 to 2158 messages describe it. */
export interface FarmStatus {
  readonly name: string;
  readonly kind: 'market' | 'historical' | 'secdef';
  readonly state: 'ok' | 'inactive' | 'broken';
  /** Epoch ms, wall clock. */
  readonly since: number;
}

/** Everything that a person or another actor may want to know of the connection; plain data. */
export interface ConnectionStatus {
  readonly phase: ConnectionPhase;
  /** Epoch ms at which the phase was entered. */
  readonly since: number;
  /** Why the connection is not ready, or was last lost, in one sentence; null when it never failed. */
  readonly cause: string | null;
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
  readonly serverVersion: number | null;
  readonly accounts: readonly string[];
  /** IBKR's own link behind TWS (1100, 1101, 1102). */
  readonly link: 'up' | 'down';
  readonly farms: readonly FarmStatus[];
  /** Attempts since the last ready. */
  readonly attempts: number;
  /** Epoch ms of the next attempt; null when none is planned. */
  readonly retryAt: number | null;
  /** Last heartbeat round trip. */
  readonly roundTripMs: number | null;
  /** Market time as the broker last told it, epoch ms, and when it told it (wall clock). */
  readonly marketTime: number | null;
  readonly marketTimeAt: number | null;
  /** The gateway's next planned restart; null when none is planned. */
  readonly restart: RestartStatus | null;
  /** The next login by a person; null when none is planned. */
  readonly login: LoginStatus | null;
}
