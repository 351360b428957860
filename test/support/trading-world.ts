/** The runtime in this process, over a gateway in this process and a real database; fast, and open to faults. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Decimal } from 'decimal.js';
import { parse } from 'yaml';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import { builtinStrategies } from '../../machines/strategies/builtin.ts';
import { parseParameters } from '../../machines/strategies/registry.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { type GatewayConfig, gatewayConfigSchema } from '../../src/gateway/config.ts';
import { faultLineSchema, toFaultLine } from '../../src/gateway/faults/catalogue.ts';
import { manualTicket } from '../../src/gateway/faults/manual-order.ts';
import { type RunningGateway, startGateway } from '../../src/gateway/start.ts';
import { createLog, type Log } from '../../src/runtime/log.ts';
import { startTrading, type Trading, type TradingTiming } from '../../src/runtime/trading.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { type Disagreements, disagreements } from './agreement.ts';
import { sql } from './sql.ts';
import { type TestSystem, until } from './system.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['node_modules/vega-datasets/data', '../shared/data'].map((folder) => `${root}${folder}`);
export const symbols = ['SP500', 'SP500-2008', 'SP500-2011'] as const;
export const idOf = (symbol: string): string => `${symbol.toLowerCase()}-busy`;

/** Waits of a few hundred milliseconds where trading takes seconds. */
export const hasty: TradingTiming = {
  connection: {
    ...{ connectMs: 1_000, handshakeMs: 1_000, loadMs: 3_000, linkDownMs: 5_000 },
    ...{ heartbeatMs: 200, heartbeatDeadlineMs: 400, heartbeatMisses: 2 },
    backoff: { minMs: 50, maxMs: 500, factor: 2, jitterFraction: 0.2 },
  },
  desk: {
    ...{ ackMs: 500, cancelMs: 500, cancelAskMs: 1_000, fillsMs: 2_000 },
    ...{ absentAfterMs: 1_000, pollMs: 250, askMs: 2_000, storeRetryMs: 200 },
  },
  flatten: { patienceMs: 1_000, pollMs: 50, retryMs: 300, askMs: 3_000, roundMs: 10_000 },
};

function busyConfig(): Config {
  const builtinNames = builtinStrategies.map(({ name }) => name);
  const loaded = loadConfig(`${root}config`, { parseParameters, builtinNames });
  if (!loaded.ok) throw new Error('the shipped configuration does not load');
  const parameters = parseParameters('sma', { fast: 2, slow: 4, exitOnly: true });
  if (!parameters.ok) throw new Error('the parameters do not fit');
  const sessions = symbols.map(
    (symbol): SessionDefinition => ({
      ...{ id: idOf(symbol), name: symbol, timeframe: '1d', strategy: 'busy', orderType: 'MKT' },
      instrument: { symbol, secType: 'STK', exchange: 'SMART', currency: 'USD' },
      sizing: { kind: 'percent', percent: 10 },
      ...{
        limitOffsetBps: 0,
        allowShort: false,
        onDifference: 'adopt',
        thread: 'main',
        bufferSize: 200,
        active: true,
        origin: 'config',
      },
    }),
  );
  const strategies = [
    { name: 'busy', kind: 'sma', notes: null, parameters: parameters.value, origin: 'config' as const },
  ];
  const runtime = { ...loaded.config.runtime, watch: [] };
  return {
    dir: root,
    runtime,
    strategies,
    sessions,
    limits: [],
    losses: loaded.config.losses,
    flatten: loaded.config.flatten,
    ...{ capital: null, places: {}, trades: {}, drill: null },
  };
}

/** Keeps the lines, and says them as well when `TEST_LOG` names a level. */
function keepingLog(lines: string[]): Log {
  const log = createLog(process.env.TEST_LOG ?? 'silent', false);
  const keep = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string) => {
    lines.push(`${level}: ${message}`);
    log[level](message);
  };
  return {
    ...log,
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
  };
}

export interface TradingWorldOptions {
  /** An empty database. */
  readonly databaseUrl: string;
  readonly config?: ((config: Config) => Config) | undefined;
  readonly gateway?: ((config: GatewayConfig) => GatewayConfig) | undefined;
  readonly faultSeed?: number | undefined;
  readonly timing?: TradingTiming | undefined;
  /** Real money, as far as the runtime knows: the folder in which it is armed. @default paper */
  readonly liveDir?: string | undefined;
  /** Daily bars a second. @default 4 */
  readonly barsPerSecond?: number | undefined;
}

export class TradingWorld {
  readonly databaseUrl: string;
  readonly gateway: RunningGateway;
  readonly store: Store;
  /** What was logged, a line each: `level: message`. */
  readonly lines: string[];
  readonly #options: TradingWorldOptions;
  trading: Trading;

  constructor(
    parts: Pick<TradingWorld, 'gateway' | 'store' | 'lines' | 'trading'>,
    options: TradingWorldOptions,
  ) {
    this.#options = options;
    this.databaseUrl = options.databaseUrl;
    this.lines = parts.lines;
    this.gateway = parts.gateway;
    this.store = parts.store;
    this.trading = parts.trading;
  }

  /** Starts the runtime once more; to be called after it was stopped. */
  start = async (): Promise<Trading> => {
    this.trading = await startRuntime(this.store, this.gateway.port, this.lines, this.#options);
    return this.trading;
  };

  /** Ends all but the database. */
  close = async (): Promise<void> => {
    await this.trading.stop();
    await this.gateway.stop();
    await this.store.close();
  };

  rows = <T extends object>(query: string): Promise<T[]> => sql<T>(this.databaseUrl, query);

  /** Strikes or schedules a fault of the gateway, written as a line of its language. Answers its number. */
  strike = (line: Record<string, unknown>): number =>
    this.gateway.broker.faults.add(toFaultLine(faultLineSchema.parse(line)));

  /** Ends every fault of the gateway and takes those to come off the schedule. */
  calm = (): void => {
    const { faults } = this.gateway.broker;
    for (const { id } of faults.list()) faults.remove(id);
  };

  /** What a person does in TWS's own window: a market order that belongs to no client. */
  tradeByHand = (symbol: string, action: 'BUY' | 'SELL', quantity: number): void => {
    const { market, desk } = this.gateway.broker;
    const instrument = market.instruments.find(({ config }) => config.symbol === symbol);
    if (instrument === undefined) throw new Error(`the gateway plays no ${symbol}`);
    const ticket = manualTicket({ symbol, action, quantity, type: 'MKT', tif: 'DAY' }, new Decimal(quantity));
    const placed = desk.placeManual({ exchange: 'SMART', instrument, ticket });
    if ('code' in placed) throw new Error(`${placed.code}: ${placed.text}`);
  };

  /** How often the connection became ready. */
  readies = (): number => this.lines.filter((line) => line === 'info: broker ready').length;

  filled = async (): Promise<number> => {
    const [row] = await this.rows<{ n: number }>(
      "select count(*)::int as n from orders where state = 'filled' and not is_foreign",
    );
    return row?.n ?? 0;
  };

  /** Waits for so many more filled orders. */
  trades = async (more: number, limitMs = 30_000): Promise<void> => {
    const before = await this.filled();
    await until(
      `${more} more orders are filled`,
      async () => (await this.filled()) >= before + more,
      limitMs,
    );
  };

  restarts = (id: string): number => {
    const view = this.trading.directory.views().find(({ path }) => path.split('/').at(-1) === id);
    return view?.restarts ?? 0;
  };

  crash = async (id: string, event: { type: string }): Promise<void> => {
    const before = this.restarts(id);
    this.trading.directory.running(id)?.send(event);
    await until(`${id} is started again`, () => {
      return this.restarts(id) === before + 1 && this.trading.directory.running(id) !== undefined;
    });
  };

  /** Fells the desk in the turn in which the next commit is begun. */
  dieAtCommit = (): void => {
    const { orders } = this.store;
    const commit = orders.commitIntent.bind(orders);
    orders.commitIntent = (intent, options) => {
      orders.commitIntent = commit;
      const committing = commit(intent, options);
      this.trading.directory.running('orderDesk')?.send({ type: 'desk.submit' });
      return committing;
    };
  };

  open = (limitMs?: number): Promise<boolean> =>
    until(
      'the desk is open',
      () => {
        const { connection, orderDesk } = this.trading.dashboard.system();
        return connection.phase === 'ready' && orderDesk === 'open';
      },
      limitMs,
    );

  /** Bars between the first and the last decision of a session that have none. */
  undecided = async (timeframe = '1d'): Promise<object[]> =>
    this.rows(
      `select d.session_id, b.time from bars b join bar_series s on s.id = b.series_id and s.timeframe = '${timeframe}'
       join (select session_id, instrument_id, min(bar_time) as low, max(bar_time) as high from decisions
             group by session_id, instrument_id) d on d.instrument_id = s.instrument_id
       where b.time between d.low and d.high and not exists (
         select 1 from decisions x where x.session_id = d.session_id and x.bar_time = b.time)`,
    );

  /** Pauses all sessions and waits until no order of ours is in flight. */
  rest = async (limitMs = 40_000): Promise<void> => {
    for (const symbol of symbols) await this.trading.dashboard.commandSession(idOf(symbol), 'pause');
    // What was decided before the pause still leaves, and has no row until it is committed.
    await until(
      'no session is ordering',
      () => symbols.every((symbol) => this.trading.dashboard.session(idOf(symbol)).state !== 'ordering'),
      limitMs,
    );
    await until(
      'orders are at rest',
      async () => {
        const open = await this.rows(
          "select 1 from orders where state in ('intended', 'sent', 'unknown', 'working', 'cancelling') and not is_foreign",
        );
        return open.length === 0;
      },
      limitMs,
    );
  };

  /** What of our records and the gateway's does not agree; orders must be at rest. */
  differences = async (): Promise<Disagreements> => {
    await this.trading.dashboard.refreshPositions();
    return disagreements({ gatewayPort: this.gateway.port } as TestSystem, this.databaseUrl);
  };
}

const startRuntime = (
  store: Store,
  brokerPort: number,
  lines: string[],
  { config: change = (config) => config, timing, liveDir }: TradingWorldOptions,
): Promise<Trading> =>
  startTrading({
    ...{ config: change(busyConfig()), store, version: 'test', brokerPort, timing },
    ...{ mode: liveDir === undefined ? 'paper' : 'live', killDir: liveDir ?? null },
    log: keepingLog(lines),
  });

/** Starts gateway and runtime; three sessions begin to trade as soon as the broker is ready. */
export async function createTradingWorld(options: TradingWorldOptions): Promise<TradingWorld> {
  const shipped = gatewayConfigSchema.parse(parse(readFileSync(`${root}config/gateway.yaml`, 'utf8')));
  const instruments = shipped.instruments.filter(({ symbol }) => symbols.some((name) => name === symbol));
  const plain = { ...shipped, instruments, dataFolders: folders };
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const gateway = await startGateway({
    ...{ port: 0, config: options.gateway?.(plain) ?? plain, log: silent },
    speed: 23_400 * (options.barsPerSecond ?? 4),
    faults: { seed: options.faultSeed ?? 1, lines: [] },
  });
  const store = await openStore({ url: options.databaseUrl });
  const lines: string[] = [];
  const trading = await startRuntime(store, gateway.port, lines, options);
  return new TradingWorld({ gateway, store, lines, trading }, options);
}
