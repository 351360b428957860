import { consequenceOf } from '../domain/broker-codes.ts';
import { BrokerError } from '../domain/broker-error.ts';
import { backoffDelayMs } from './backoff.logic.ts';
import type { ConnectionInput, ConnectionTiming, Heartbeat } from './connection.events.ts';
import type { LoginPlan, RestartPlan } from './connection.plans.ts';
import type { Endpoint } from './connection.ports.ts';
import type { ConnectionPhase, ConnectionStatus, FarmStatus } from './connection.status.ts';

export const connectionDefaults: ConnectionTiming = {
  connectMs: 5_000,
  handshakeMs: 10_000,
  loadMs: 20_000,
  heartbeatMs: 2_000,
  heartbeatDeadlineMs: 3_000,
  heartbeatMisses: 2,
  linkDownMs: 300_000,
  loginGraceMs: 3_600_000,
  backoff: { minMs: 250, maxMs: 15_000, factor: 2, jitterFraction: 0.2 },
};

/** Plain data: everything the connection knows. */
export interface ConnectionContext {
  /** In order of preference, and which of them is tried now. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  readonly endpoint: Endpoint;
  readonly accountKind: 'paper' | 'live' | null;
  /** The account that is traded; null: the first that the gateway tells. */
  readonly account: string | null;
  readonly restartPlan: RestartPlan | null;
  readonly loginPlan: LoginPlan | null;
  readonly timing: ConnectionTiming;
  readonly autoConnect: boolean;
  readonly status: ConnectionStatus;
  /** Of this socket; null until told. */
  readonly nextValidId: number | null;
  /** `connection.ready` was said and not yet taken back. */
  readonly announced: boolean;
  /** Failures since a heartbeat was last answered: a gateway that dies right after ready is not hammered. */
  readonly failures: number;
  readonly retryDelayMs: number;
  /** Heartbeats missed in a row. */
  readonly misses: number;
}

/** The context of a connection that has done nothing yet. */
export function initialContext(input: ConnectionInput, now: number): ConnectionContext {
  const { endpoint } = input;
  return {
    endpoints: [endpoint, ...(input.others ?? [])],
    endpoint,
    accountKind: input.accountKind ?? null,
    account: input.account ?? null,
    restartPlan: input.restart ?? null,
    loginPlan: input.login ?? null,
    timing: { ...connectionDefaults, ...input.timing },
    autoConnect: input.autoConnect ?? false,
    status: {
      phase: 'disconnected',
      since: now,
      cause: null,
      host: endpoint.host,
      port: endpoint.port,
      clientId: endpoint.clientId,
      serverVersion: null,
      accounts: [],
      link: 'up',
      farms: [],
      attempts: 0,
      retryAt: null,
      roundTripMs: null,
      marketTime: null,
      marketTimeAt: null,
      restart: null,
      login: null,
    },
    nextValidId: null,
    announced: false,
    failures: 0,
    retryDelayMs: 0,
    misses: 0,
  };
}

/** Enters a phase; a phase that is no wait has no next attempt. */
export function enterPhase(status: ConnectionStatus, phase: ConnectionPhase, now: number): ConnectionStatus {
  return { ...status, phase, since: now, retryAt: null };
}

/** A new attempt: nothing that the last socket told is true any more. */
export function startAttempt(context: ConnectionContext): Partial<ConnectionContext> {
  return {
    nextValidId: null,
    misses: 0,
    status: {
      ...context.status,
      host: context.endpoint.host,
      port: context.endpoint.port,
      clientId: context.endpoint.clientId,
      attempts: context.status.attempts + 1,
      serverVersion: null,
      accounts: [],
      link: 'up',
      farms: [],
      roundTripMs: null,
    },
  };
}

/**
 * Plans the next attempt; `random` is in [0, 1). Where nobody answered, the next endpoint of the list is tried without
 * a long wait; after the last one, and after one that had answered, it begins again with the first.
 */
export function planRetry(
  context: ConnectionContext,
  now: number,
  random: () => number,
): Partial<ConnectionContext> {
  const { endpoints, endpoint, timing, status } = context;
  const answered = status.serverVersion !== null;
  const next = answered ? undefined : endpoints[endpoints.indexOf(endpoint) + 1];
  const retryDelayMs =
    next === undefined
      ? backoffDelayMs({ ...timing.backoff, attempt: context.failures }, random)
      : timing.backoff.minMs;
  return {
    retryDelayMs,
    endpoint: next ?? endpoints[0],
    failures: context.failures + (next === undefined ? 1 : 0),
    status: { ...context.status, retryAt: now + retryDelayMs },
  };
}

/** An answered heartbeat proves life: attempts and misses start over. */
export function recordHeartbeat(context: ConnectionContext, beat: Heartbeat): Partial<ConnectionContext> {
  return {
    misses: 0,
    failures: 0,
    status: {
      ...context.status,
      roundTripMs: beat.roundTripMs,
      marketTime: beat.marketTime,
      marketTimeAt: beat.at,
    },
  };
}

const farmKinds: Readonly<Record<number, FarmStatus['kind']>> = {
  2103: 'market',
  2104: 'market',
  2108: 'market',
  2119: 'market',
  2105: 'historical',
  2106: 'historical',
  2107: 'historical',
  2157: 'secdef',
  2158: 'secdef',
};
const farmStates = { farmOk: 'ok', farmInactive: 'inactive', farmBroken: 'broken' } as const;

/** Reads a farm message, e.g. 2104 "Market data farm connection is OK:usfarm"; null when it is not one. */
export function farmOf(
  code: number,
  message: string,
): { name: string; kind: FarmStatus['kind']; state: FarmStatus['state'] } | null {
  const consequence = consequenceOf(code);
  const kind = farmKinds[code];
  if (
    kind === undefined ||
    (consequence !== 'farmOk' && consequence !== 'farmInactive' && consequence !== 'farmBroken')
  ) {
    return null;
  }
  // Inactive farms are named after a full stop: "... available upon demand.ushmds". Names have stops too: "usfarm.nj".
  const name = /(?::|\bdemand\.)\s*(\S+)\s*$/.exec(message)?.[1] ?? 'unnamed';
  return { name, kind, state: farmStates[consequence] };
}

/** Replaces what was known of a farm; keeps `since` while its state stays the same. */
export function updateFarms(
  farms: readonly FarmStatus[],
  news: Omit<FarmStatus, 'since'>,
  now: number,
): readonly FarmStatus[] {
  const known = farms.find((farm) => farm.name === news.name && farm.kind === news.kind);
  if (known?.state === news.state) return farms;
  return [...farms.filter((farm) => farm !== known), { ...news, since: now }];
}

/** Tells whether IBKR calls a farm of this kind broken. */
export const isAnyBroken = (farms: readonly FarmStatus[], kind: FarmStatus['kind']): boolean =>
  farms.some((farm) => farm.kind === kind && farm.state === 'broken');

/** Tells that everything the handshake must tell was told. */
export const isIntroduced = (context: ConnectionContext): boolean =>
  context.nextValidId !== null && context.status.accounts.length > 0 && context.status.serverVersion !== null;

const seconds = (ms: number): string => `${ms / 1_000} s`;
const address = ({ host, port }: Endpoint): string => `${host}:${port}`;

/** Paper accounts of IBKR begin with D. https://ibkrcampus.com/campus/glossary-terms/paper-trading-account/ */
const isPaper = (account: string): boolean => account.startsWith('D');

/** The accounts behind the gateway, the one that is traded first. */
export const inOrder = ({ account }: ConnectionContext, accounts: readonly string[]): readonly string[] =>
  account !== null && accounts.includes(account)
    ? [account, ...accounts.filter((each) => each !== account)]
    : accounts;

/** Whether the account that was declared is not behind the gateway. */
export const isAccountMissing = ({ account, status }: ConnectionContext): boolean =>
  account !== null && !status.accounts.includes(account);

/** The accounts behind the gateway that are not of the kind that was declared. */
export const unfitAccounts = ({ accountKind, status }: ConnectionContext): readonly string[] =>
  accountKind === null
    ? []
    : status.accounts.filter((account) => isPaper(account) !== (accountKind === 'paper'));

/** Causes, in sentences for people. */
export const causes = {
  reload: (): string => 'orders and positions are asked for anew after a restart on our side',
  connectTimeout: ({ endpoint, timing }: ConnectionContext): string =>
    `no answer from ${address(endpoint)} within ${seconds(timing.connectMs)}`,
  handshakeTimeout: ({ endpoint, timing, nextValidId, status }: ConnectionContext): string => {
    const missing = [
      status.serverVersion === null ? 'its version' : null,
      nextValidId === null ? 'the next order id' : null,
      status.accounts.length === 0 ? 'the accounts' : null,
    ].filter((part) => part !== null);
    return `${address(endpoint)} accepted the connection, but did not tell ${missing.join(', ')} within ${seconds(timing.handshakeMs)}`;
  },
  loadTimeout: ({ timing }: ConnectionContext): string =>
    `the gateway did not tell orders, executions and positions within ${seconds(timing.loadMs)}`,
  heartbeatLost: ({ timing }: ConnectionContext): string =>
    `the gateway did not answer ${timing.heartbeatMisses} heartbeats in a row, ${seconds(timing.heartbeatDeadlineMs)} each`,
  clientIdHeld: ({ endpoint }: ConnectionContext): string =>
    `client id ${endpoint.clientId} is in use by another client`,
  wrongAccount: (context: ConnectionContext): string =>
    unfitAccounts(context).length === 0
      ? `the gateway is logged in to account ${context.status.accounts.join(', ')}, expected account ${context.account}`
      : `the gateway is logged in to account ${unfitAccounts(context).join(', ')}, expected ${context.accountKind === 'paper' ? 'paper accounts, which begin with D' : 'a live account, which does not begin with D'}`,
  linkDown: (code: number): string => `the gateway has lost its connection to IBKR (${code})`,
  linkDownTooLong: ({ timing }: ConnectionContext): string =>
    `the gateway had no connection to IBKR for ${seconds(timing.linkDownMs)}`,
  linkRestored: (code: number): string =>
    `the gateway is connected to IBKR again (${code}); orders and positions are being loaded`,
  disconnected: (): string => 'disconnected on request',
  loadFailed: (error: unknown): string => `orders and positions could not be loaded: ${messageOf(error)}`,
  socketFailed: (error: unknown): string => `the connection could not be opened: ${messageOf(error)}`,
} as const;

/** The sentence of an error: no stack. */
export const messageOf = (error: unknown): string =>
  error instanceof BrokerError || error instanceof Error ? error.message : String(error);
