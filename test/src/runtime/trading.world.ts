import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { parse } from 'yaml';
import type { SessionDefinition } from '../../../machines/domain/session.ts';
import { builtinStrategies } from '../../../machines/strategies/builtin.ts';
import { parseParameters } from '../../../machines/strategies/registry.ts';
import { type Config, loadConfig } from '../../../src/config/load.ts';
import { gatewayConfigSchema } from '../../../src/gateway/config.ts';
import { type RunningGateway, startGateway } from '../../../src/gateway/start.ts';
import { createLog, type Log } from '../../../src/runtime/log.ts';
import { startTrading, type Trading } from '../../../src/runtime/trading.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { agreement, disagreements } from '../../support/agreement.ts';
import { sql, type TestDatabase, testDatabase } from '../../support/postgres.ts';
import { type TestSystem, until } from '../../support/system.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folders = ['node_modules/vega-datasets/data', '../shared/data'].map((folder) => `${root}${folder}`);
export const symbols = ['SP500', 'SP500-2008', 'SP500-2011'] as const;
export const idOf = (symbol: string): string => `${symbol.toLowerCase()}-busy`;

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
  return { dir: root, runtime: { ...loaded.config.runtime, watch: [] }, strategies, sessions };
}

/** An event whose field throws when it is read: whoever handles it fails. */
export const poison = (type: string, field: string) =>
  Object.defineProperty({ type }, field, {
    enumerable: true,
    get: () => {
      throw new Error(`poisoned ${type}`);
    },
  });

/** The runtime in this process over a real gateway and a real database. */
export class World {
  readonly database: TestDatabase;
  readonly gateway: RunningGateway;
  readonly store: Store;
  /** What was logged, a line each: `level: message`. */
  readonly lines: string[];
  trading: Trading;

  constructor(parts: Pick<World, 'database' | 'gateway' | 'store' | 'lines' | 'trading'>) {
    this.database = parts.database;
    this.lines = parts.lines;
    this.gateway = parts.gateway;
    this.store = parts.store;
    this.trading = parts.trading;
  }

  start = (): Promise<Trading> => start(this.store, this.gateway.port, keepingLog(this.lines));

  end = async (): Promise<void> => {
    await this.trading.stop();
    await this.gateway.stop();
    await this.store.close();
    await this.database.drop();
  };

  filled = async (): Promise<number> => {
    const [row] = await sql<{ n: number }>(
      this.database.url,
      "select count(*)::int as n from orders where state = 'filled' and not is_foreign",
    );
    return row?.n ?? 0;
  };

  /** Waits for so many more filled orders. */
  trades = async (more: number): Promise<void> => {
    const before = await this.filled();
    await until(`${more} more orders are filled`, async () => (await this.filled()) >= before + more, 30_000);
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

  open = (): Promise<boolean> =>
    until('the desk is open', () => {
      const { connection, orderDesk } = this.trading.dashboard.system();
      return connection.phase === 'ready' && orderDesk === 'open';
    });

  /** Bars between the first and the last decision of a session that have none. */
  undecided = async (): Promise<unknown[]> =>
    sql(
      this.database.url,
      `select d.session_id, b.time from bars b join bar_series s on s.id = b.series_id and s.timeframe = '1d'
       join (select session_id, instrument_id, min(bar_time) as low, max(bar_time) as high from decisions
             group by session_id, instrument_id) d on d.instrument_id = s.instrument_id
       where b.time between d.low and d.high and not exists (
         select 1 from decisions x where x.session_id = d.session_id and x.bar_time = b.time)`,
    );

  /** Pauses all, waits for rest, and compares our records with the gateway's. */
  agrees = async (): Promise<void> => {
    for (const symbol of symbols) await this.trading.dashboard.commandSession(idOf(symbol), 'pause');
    await until(
      'orders are at rest',
      async () => {
        const open = await sql(
          this.database.url,
          "select 1 from orders where state in ('intended', 'sent', 'unknown', 'working', 'cancelling')",
        );
        return open.length === 0;
        // An intent that was never sent counts as absent after two answers ten seconds apart.
      },
      40_000,
    );
    await this.trading.dashboard.refreshPositions();
    const system = { gatewayPort: this.gateway.port } as TestSystem;
    expect(await disagreements(system, this.database.url)).toEqual(agreement);
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

const start = (
  store: Store,
  brokerPort: number,
  log: Log,
  change: (config: Config) => Config = (config) => config,
): Promise<Trading> =>
  startTrading({ config: change(busyConfig()), store, mode: 'paper', version: 'test', brokerPort, log });

/** A world in which three sessions trade, each with a few orders filled already. */
export async function beginWorld(change: (config: Config) => Config = (config) => config): Promise<World> {
  const shipped = gatewayConfigSchema.parse(parse(readFileSync(`${root}config/gateway.yaml`, 'utf8')));
  const instruments = shipped.instruments.filter(({ symbol }) => symbols.some((name) => name === symbol));
  const config = { ...shipped, instruments, dataFolders: folders };
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const gateway = await startGateway({ port: 0, config, speed: 23_400 * 4, log: { ...silent } });
  const database = await testDatabase();
  const store = await openStore({ url: database.url });
  const lines: string[] = [];
  const trading = await start(store, gateway.port, keepingLog(lines), change);
  const world = new World({ database, gateway, store, lines, trading });
  await world.open();
  await world.trades(2);
  return world;
}
