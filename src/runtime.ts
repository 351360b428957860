import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './config/load.ts';
import { buildApp } from './http/app.ts';
import { LoginTokens } from './http/auth/login-tokens.ts';
import { checkAddress, listen } from './http/listen.ts';
import { type ControlRecord, controlFile } from './process/control-record.ts';
import { type DataFolder, openDataFolder } from './process/data-folder.ts';
import { type GatewayProcess, startGatewayProcess } from './process/gateway-process.ts';
import { catchStrayFaults } from './process/stray-faults.ts';
import { UsageError } from './process/usage-error.ts';
import type { Log } from './runtime/log.ts';
import { startTrading } from './runtime/trading.ts';
import { startEmbeddedPostgres } from './store/embedded.ts';
import { openStore, type Store } from './store/store.ts';
import { StoreError } from './store/store-error.ts';
import { version } from './version.ts';

export interface RuntimeOptions {
  readonly config: Config;
  readonly dataDir: string;
  /** The user's own PostgreSQL; undefined runs the embedded one. */
  readonly databaseUrl: string | undefined;
  readonly host: string;
  /** 0 picks one. */
  readonly port: number;
  /** Runs the simulated gateway; without it, whatever listens on the configured broker port. */
  readonly gateway: boolean;
  /** The command line's entry file, with which the gateway's process is started. */
  readonly entry: string;
  readonly log: Log;
}

export interface Runtime {
  readonly url: string;
  readonly loginUrl: string;
  stop(): Promise<void>;
}

/**
 * How long each part may take to end, one after the other; database and gateway end side by side. Together less than
 * the command line waits before it forces the end.
 */
export const endLimitsMs = {
  controlRecord: 100,
  webServer: 400,
  trading: 1_700,
  strayFaults: 50,
  databaseAndGateway: 2_400,
  dataFolderLock: 100,
} as const;

const projectDir = fileURLToPath(new URL('..', import.meta.url));

/** @throws Error when the work takes longer. */
async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`still not after ${limitMs} ms`)), limitMs);
  });
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

/**
 * Things to be undone at the end, last one first; what fails to end, or takes too long, does not keep the others
 * alive. All limits together leave a Ctrl-C done within five seconds, also with a database that is frozen.
 */
class Teardown {
  readonly #steps: {
    readonly what: string;
    readonly limitMs: number;
    readonly end: () => Promise<unknown>;
  }[] = [];

  add(what: string, limitMs: number, end: () => Promise<unknown>): void {
    this.#steps.unshift({ what, limitMs, end });
  }

  async run(log: Log): Promise<void> {
    for (const { what, limitMs, end } of this.#steps.splice(0)) {
      const began = performance.now();
      try {
        await within(limitMs, end());
        log.debug(`${what} ended after ${Math.round(performance.now() - began)} ms`);
      } catch (error) {
        log.error(`${what} did not end cleanly: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}

async function openDatabase(options: RuntimeOptions, folder: DataFolder, teardown: Teardown): Promise<Store> {
  const { log } = options;
  try {
    let url = options.databaseUrl;
    if (url === undefined) {
      const server = await startEmbeddedPostgres({
        dataDir: folder.file('postgres'),
        log: (message) => log.debug(`postgres: ${message}`),
        warn: (message) => log.warn(message),
      });
      if (server.adopted) log.info('the database of an earlier run was still there and was taken over');
      teardown.add('embedded PostgreSQL', 2_000, () => server.stop());
      url = server.url;
    }
    const store = await openStore({ url, log: (message) => log.debug(message) });
    teardown.add('database connections', 300, () => store.close());
    return store;
  } catch (error) {
    if (error instanceof StoreError) throw new UsageError(error.message);
    throw error;
  }
}

async function openGateway(
  options: RuntimeOptions,
  folder: DataFolder,
  teardown: Teardown,
): Promise<GatewayProcess | null> {
  const { config, log } = options;
  if (!options.gateway) return null;
  const gateway = await startGatewayProcess({
    folder,
    host: config.runtime.broker.host,
    port: config.runtime.broker.port,
    configFile: join(config.dir, 'gateway.yaml'),
    entry: options.entry,
    log,
  });
  teardown.add('simulated gateway', 2_200, () => gateway.stop());
  return gateway;
}

/**
 * Brings the whole system up: data folder, database and gateway, the supervision tree, the web server.
 * @throws UsageError when a person must put something right; whatever had been started is ended again.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { config, log } = options;
  const teardown = new Teardown();
  try {
    // Before anything runs: sessions would trade until the web server cannot have its port.
    await checkAddress(options);
    const folder = await openDataFolder(options.dataDir);
    teardown.add('data folder lock', endLimitsMs.dataFolderLock, () => folder.release());
    const [database, broker] = [new Teardown(), new Teardown()];
    teardown.add('database and gateway', endLimitsMs.databaseAndGateway, () =>
      Promise.all([database.run(log), broker.run(log)]),
    );
    const opening = [openDatabase(options, folder, database), openGateway(options, folder, broker)] as const;
    // Both are awaited, whichever fails: what the other one started must be known to the teardown.
    await Promise.allSettled(opening);
    const [store, gateway] = await Promise.all(opening);
    if (gateway !== null) {
      const how = gateway.adopted ? 'was still there and was taken over' : 'started';
      log.info(`simulated gateway ${how} on port ${gateway.port} (process ${gateway.pid()})`);
    }

    const trading = await startTrading({
      config,
      store,
      mode: config.runtime.broker.mode === 'live' ? 'live' : gateway === null ? 'paper' : 'simulated',
      version,
      brokerPort: gateway?.port ?? config.runtime.broker.port,
      log,
      killDir: folder.path,
      entry: options.entry,
    });
    const loginTokens = new LoginTokens();
    const controlToken = randomBytes(32).toString('base64url');
    const app = buildApp({
      runtime: trading.dashboard,
      webSessions: store.webSessions,
      loginTokens,
      controlToken,
      uiDir: join(projectDir, 'ui', 'dist'),
      version,
      host: options.host,
      log: log.child('http', 'warn'),
    });
    const strays = catchStrayFaults((error) => trading.strayFault(error));
    teardown.add('stray faults', endLimitsMs.strayFaults, async () => strays.release());
    teardown.add('trading', endLimitsMs.trading, () => trading.stop());
    teardown.add('web server', endLimitsMs.webServer, () => app.close());
    const { url } = await listen(app, { host: options.host, port: options.port });
    const record: ControlRecord = { url, token: controlToken, pid: process.pid };
    await writeFile(folder.file(controlFile), JSON.stringify(record), { mode: 0o600 });
    teardown.add('control record', endLimitsMs.controlRecord, () =>
      rm(folder.file(controlFile), { force: true }),
    );
    return { url, loginUrl: `${url}${loginTokens.mint().path}`, stop: () => teardown.run(log) };
  } catch (error) {
    await teardown.run(log);
    throw error;
  }
}
