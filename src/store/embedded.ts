import { closeSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolder } from '../process/make-folder.ts';
import { findBinaries } from './embedded/binaries.ts';
import { clusterPaths, embeddedDatabase, embeddedUser, failure, prepareCluster } from './embedded/cluster.ts';
import { keepServer } from './embedded/keeper.ts';
import { chooseLauncher, type Launcher } from './embedded/launcher.ts';
import { claimDataDir } from './embedded/owner.ts';
import {
  disownStalePidFile,
  type Postmaster,
  readPostmaster,
  stopPostmaster,
  whenReady,
} from './embedded/postmaster.ts';
import { dataDirError, errorCode, StoreError } from './store-error.ts';

export interface EmbeddedPostgresOptions {
  /** Kept between runs; made when missing. */
  readonly dataDir: string;
  readonly log: (message: string) => void;
  /** Told when the server has died, and of what comes of it. @default log */
  readonly warn?: ((message: string) => void) | undefined;
  /** @default a free one */
  readonly port?: number | undefined;
  /** More server settings, e.g. `{ fsync: 'off' }` in tests. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** How to run as root; for tests. @default chosen */
  readonly as?: Launcher['as'] | undefined;
}

export interface EmbeddedPostgres {
  /** With its password: for `openStore`, never for a log. */
  readonly url: string;
  /** True when the server of an earlier run that was killed was still there and was taken over. */
  readonly adopted: boolean;
  /** The process at the moment: a server that dies is restarted, on the same port. */
  readonly pid: number;
  /** Shuts the server down and releases the data folder. May be called twice. */
  stop(): Promise<void>;
}

const READY_DEADLINE_MS = 30_000;
/** A fast stop takes a tenth of a second; the whole system has five seconds to end. */
const FAST_STOP_DEADLINE_MS = 1_500;

/** A TCP port on loopback that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function serverArguments(
  cluster: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    // No socket file: in a folder that everyone may write it could be someone else's.
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    password_encryption: 'scram-sha-256',
    ...settings,
  };
  return ['-D', cluster, '-p', String(port), ...Object.entries(all).flatMap(([k, v]) => ['-c', `${k}=${v}`])];
}

/** Starts the server in a session of its own, so that Ctrl-C in the terminal does not reach it. */
async function launch(dataDir: string, launcher: Launcher, postgres: string, args: readonly string[]) {
  const { cluster, log } = clusterPaths(dataDir);
  const fd = openSync(log, 'w', 0o600);
  let ended = false;
  try {
    const child = launcher.spawn(postgres, args, {
      cwd: cluster,
      detached: true,
      stdio: ['ignore', fd, fd],
    });
    child.once('error', () => {
      ended = true;
    });
    child.once('exit', () => {
      ended = true;
    });
    child.unref();
    const server = await whenReady(cluster, READY_DEADLINE_MS, () => ended);
    if (server === null && child.pid !== undefined && !ended) await stopPostmaster(child.pid, 0);
    return server;
  } finally {
    closeSync(fd);
  }
}

/** The ready server that an earlier run left on the folder; one that is on its way out is waited for. */
async function takeOver(cluster: string): Promise<Postmaster | null> {
  const found = readPostmaster(cluster);
  if (found?.status === 'stopping') await stopPostmaster(found.pid, FAST_STOP_DEADLINE_MS);
  if (readPostmaster(cluster) === null) return null;
  return whenReady(cluster, READY_DEADLINE_MS, () => readPostmaster(cluster) === null);
}

async function startFresh(
  dataDir: string,
  launcher: Launcher,
  postgres: string,
  options: EmbeddedPostgresOptions,
): Promise<Postmaster> {
  const { cluster, log } = clusterPaths(dataDir);
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    disownStalePidFile(cluster);
    const args = serverArguments(cluster, port, options.settings ?? {});
    const server = await launch(dataDir, launcher, postgres, args);
    if (server !== null) return server;
    const output = readFileSync(log, 'utf8');
    const portTaken = /could not bind|Address already in use/.test(output);
    // Parts of a killed server end by themselves within moments.
    const remains = /shared memory block .* still in use/.test(output);
    if (attempt < 6 && (remains || (portTaken && options.port === undefined))) {
      if (remains) await delay(500);
      continue;
    }
    if (!portTaken) throw failure(dataDir, output);
    throw new StoreError(
      'PORT_IN_USE',
      `embedded PostgreSQL: port ${port} is in use; choose another or stop what holds it`,
    );
  }
}

/**
 * Starts PostgreSQL on a data folder, or takes over the one that an earlier, killed run left there.
 * The folder is claimed until `stop()`. @throws StoreError, one line with what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries();
  let dataDir = resolve(options.dataDir);
  try {
    makeFolder(dataDir);
    dataDir = realpathSync(dataDir);
  } catch (error) {
    throw dataDirError(dataDir, error);
  }
  const release = claimDataDir(dataDir);
  try {
    const { cluster } = clusterPaths(dataDir);
    const launcher = chooseLauncher(binaries, options.as);
    const { password, created } = await prepareCluster(dataDir, binaries, launcher);
    if (created) options.log(`embedded PostgreSQL: made a new database in "${dataDir}"`);

    const left = await takeOver(cluster);
    const adopted = left !== null;
    const server = left ?? (await startFresh(dataDir, launcher, binaries.postgres, options));
    const { pid, port } = server;
    options.log(
      `embedded PostgreSQL: ${adopted ? 'took over' : 'started'} process ${pid} on 127.0.0.1:${port}`,
    );
    const keeper = keepServer({
      server,
      restart: () => startFresh(dataDir, launcher, binaries.postgres, { ...options, port }),
      warn: options.warn ?? options.log,
    });
    let stopped: Promise<void> | null = null;
    const stop = async () => {
      await keeper.end();
      const { pid } = keeper.server();
      // A pid is signalled only while it is still the server of this folder.
      if (readPostmaster(cluster)?.pid === pid) await stopPostmaster(pid, FAST_STOP_DEADLINE_MS);
      release();
    };
    return {
      url: `postgresql://${embeddedUser}:${password}@127.0.0.1:${port}/${embeddedDatabase}`,
      adopted,
      get pid() {
        return keeper.server().pid;
      },
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    release();
    // Without a system's code it is no fault of the folder.
    throw errorCode(error) === null ? error : dataDirError(dataDir, error);
  }
}
