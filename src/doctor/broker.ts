import { setTimeout as pause } from 'node:timers/promises';
import type { SocketEvent } from '../../machines/connection/connection.ports.ts';
import { failureMessage } from '../../machines/domain/failure.ts';
import { type Instrument, type InstrumentKey, instrumentId } from '../../machines/domain/instrument.ts';
import { createIbBroker, type IbBroker } from '../broker/ib/ib-broker.ts';
import type { Log } from '../broker/ib/log.ts';
import type { RuntimeConfig } from '../config/runtime.schema.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** Not the configured id: a running Tradewarden keeps that, and must not be disturbed. */
const PROBE_ID_DISTANCE = 7_700;
const HELLO_MS = 5_000;
const QUOTE_MS = 5_000;
/** IBKR takes Read-Only for a refusal of requests, with this word in it. */
const READ_ONLY = /read-?only/i;
const SETTINGS = 'Configure, API, Settings';

interface Hello {
  isAccepted: boolean;
  version: number | null;
  accounts: readonly string[] | null;
  isUsable: boolean;
  closed: string | null;
}

/** Remembers what the adapter complains of: some refusals of TWS belong to no request. */
function listeningLog(complaints: string[]): Log {
  const keep = (fields: object, message: string): void => {
    complaints.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { debug: keep, info: keep, warn: keep, error: keep };
}

async function greet(
  broker: IbBroker,
  at: { host: string; port: number; clientId: number },
  complaints: string[],
) {
  const hello: Hello = { isAccepted: false, version: null, accounts: null, isUsable: false, closed: null };
  const settled = Promise.withResolvers<void>();
  const handle = broker.socket.open(at, (event: SocketEvent) => {
    if (event.type === 'socket.accepted') hello.isAccepted = true;
    else if (event.type === 'socket.opened') hello.version = event.serverVersion;
    else if (event.type === 'socket.accounts') hello.accounts = event.accounts;
    else if (event.type === 'socket.nextValidId') hello.isUsable = true;
    else if (event.type === 'socket.notice') complaints.push(event.message);
    else if (event.type === 'socket.closed') hello.closed = event.cause;
    const isOver = hello.closed !== null || (hello.isUsable && hello.accounts !== null);
    if (isOver) settled.resolve();
  });
  await Promise.race([settled.promise, pause(HELLO_MS, undefined, { ref: false })]);
  return { hello, handle };
}

/** Why nobody can be talked to; null when somebody can. */
function greetingProblem(hello: Hello, where: string, isSimulated: boolean): Finding | null {
  if (hello.isUsable && hello.accounts !== null) return null;
  if (!hello.isAccepted && isSimulated)
    return ok('broker', `nobody listens at ${where}; the simulated gateway starts with the system`);
  if (!hello.isAccepted)
    return problem(
      'broker',
      `${hello.closed ?? `no answer from ${where}`}`,
      `start TWS or IB Gateway, log in, and in ${SETTINGS} enable socket clients on this port; or set broker.port to the one shown there`,
    );
  return problem(
    'broker',
    `${where} accepts connections and did not say ${hello.version === null ? 'its version' : 'its accounts'} within ${HELLO_MS / 1_000} s${hello.closed === null ? '' : `: ${hello.closed}`}`,
    `in ${SETTINGS} enable socket clients and trust this machine's address; a dialog may wait there for a click; else restart it`,
  );
}

/** Paper accounts begin with D; they are served on 7497 and 4002 as a rule, live ones on 7496 and 4001. */
function accountFinding(accounts: readonly string[], { broker }: RuntimeConfig): Finding {
  const unfit = accounts.filter((account) => account.startsWith('D') !== (broker.mode === 'paper'));
  const names = accounts.join(', ');
  if (broker.account !== null && !accounts.includes(broker.account)) {
    return problem(
      'account',
      `port ${broker.port} serves ${names}, and broker.account is ${broker.account}`,
      'log the gateway in to that account, or correct broker.account in runtime.yaml',
    );
  }
  if (unfit.length === 0) return ok('account', `${names}: fits mode ${broker.mode} and port ${broker.port}`);
  return problem(
    'account',
    `port ${broker.port} serves ${unfit.join(', ')}, and broker.mode is ${broker.mode}`,
    `log the gateway in to a ${broker.mode} account (${broker.mode === 'paper' ? 'they begin' : 'paper ones begin'} with D), or set broker.port to the one that serves it`,
  );
}

async function orderFinding(broker: IbBroker, complaints: readonly string[]): Promise<Finding> {
  const failure = await Promise.race([
    broker.socket.loadTruth().then(
      () => null,
      (error: unknown) => failureMessage(error),
    ),
    pause(4_000, 'the gateway did not tell its orders within 4 s', { ref: false }),
  ]);
  if (complaints.some((complaint) => READ_ONLY.test(complaint)))
    return problem(
      'orders',
      'the API is read-only: no order can be placed',
      `in ${SETTINGS} untick "Read-Only API"`,
    );
  if (failure === null) return ok('orders', 'open orders, completed orders and executions can be read');
  return problem('orders', failure, 'restart TWS or IB Gateway; see its own window for what it waits for');
}

async function dataFinding(broker: IbBroker, instrument: Instrument): Promise<Finding> {
  const check = `data of ${instrument.id}`;
  const told = Promise.withResolvers<Finding>();
  const cancel = broker.marketData.streamQuote(instrument, {
    onQuote(quote) {
      if (quote.quality === 'none') return;
      if (quote.quality === 'live') told.resolve(ok(check, 'live prices'));
      else
        told.resolve(
          warning(
            check,
            `prices are ${quote.quality}: no order leaves on them`,
            'subscribe to live market data of its exchange in Client Portal, and share it with the paper account',
          ),
        );
    },
    onInterrupted: (message) =>
      told.resolve(
        warning(
          check,
          message,
          'log out wherever the same user is logged in: only one session gets live data',
        ),
      ),
    onError: (message) =>
      told.resolve(
        warning(
          check,
          message,
          'subscribe to market data of its exchange in Client Portal, and share it with the paper account',
        ),
      ),
  });
  const silence = warning(
    check,
    `nothing was told within ${QUOTE_MS / 1_000} s`,
    'look at the same instrument in TWS: if it is silent there as well, its market is closed or its data farm is away',
  );
  const finding = await Promise.race([told.promise, pause(QUOTE_MS, silence, { ref: false })]);
  cancel();
  return finding;
}

async function instrumentFindings(broker: IbBroker, key: InstrumentKey): Promise<Finding[]> {
  const id = instrumentId(key);
  try {
    const instrument = await broker.marketData.instrument(key);
    const hours =
      instrument.liquidHours === '' ? 'its hours are unknown: it counts as closed' : 'its hours are known';
    return [ok(`contract of ${id}`, `found, ${hours}`), await dataFinding(broker, instrument)];
  } catch (error) {
    return [
      problem(
        `contract of ${id}`,
        failureMessage(error),
        'correct symbol, exchange, currency or expiry where it is declared; TWS shows the contract under Description',
      ),
    ];
  }
}

/**
 * Looks at a connection to TWS, IB Gateway or the simulated one: whether it answers, with which version, which accounts,
 * whether orders may be placed, and what data the declared instruments get. Places and changes nothing.
 */
export async function examineBroker(
  config: RuntimeConfig,
  instruments: readonly InstrumentKey[],
): Promise<readonly Finding[]> {
  const { host, port, clientId } = config.broker;
  const complaints: string[] = [];
  const broker = createIbBroker({ log: listeningLog(complaints), now: Date.now });
  const probe = { host, port, clientId: clientId + PROBE_ID_DISTANCE };
  const { hello, handle } = await greet(broker, probe, complaints);
  try {
    const failure = greetingProblem(hello, `${host}:${port}`, config.gateway.enabled);
    if (failure !== null) return [failure];
    const findings: Finding[] = [
      ok('broker', `${host}:${port} answers, server version ${hello.version}`),
      accountFinding(hello.accounts ?? [], config),
      await orderFinding(broker, complaints),
    ];
    for (const key of instruments) findings.push(...(await instrumentFindings(broker, key)));
    return findings;
  } finally {
    handle.close();
  }
}
