import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chownSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../store-error.ts';
import type { Binaries } from './binaries.ts';

/** Runs PostgreSQL's programs as a user that PostgreSQL accepts: it refuses to run as root. */
export interface Launcher {
  readonly as: 'self' | 'namespace' | 'postgres';
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Gives a file or folder that we made to the user that the server runs as. */
  own(path: string): void;
}

/** The environment of PostgreSQL: messages in English (they are read here), no settings from outside. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' };
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

function users(): (User & { readonly name: string })[] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
      .filter((user) => user.name !== '' && user.uid > 0);
  } catch {
    return [];
  }
}

const asSelf: Launcher = {
  as: 'self',
  spawn: (program, args, options) => spawn(program, args, { ...options, env: environment() }),
  own: () => undefined,
};

/**
 * As root: a user namespace in which the process sees itself as an ordinary user, while outside it stays the
 * owner of root's files. Nothing is installed, and folders closed to others work. `uid` must be in /etc/passwd,
 * because initdb looks its own name up.
 */
const inNamespace = (uid: number): Launcher => ({
  as: 'namespace',
  // unshare replaces itself by the program: the child's pid is the program's.
  spawn: (program, args, options) =>
    spawn('unshare', ['--user', `--map-user=${uid}`, '--', program, ...args], {
      ...options,
      env: environment(),
    }),
  own: () => undefined,
});

/**
 * As root where namespaces are forbidden (most containers): the user `postgres`. `setpriv` leaves it the right to
 * pass through root's closed folders above the data folder; the programs must not lie below such ones.
 */
const asUser = (user: User, passage: boolean): Launcher => ({
  as: 'postgres',
  spawn: (program, args, options) =>
    passage
      ? spawn('setpriv', [...passageArguments(user), program, ...args], { ...options, env: environment() })
      : spawn(program, args, { ...options, uid: user.uid, gid: user.gid, env: environment() }),
  own: (path) => chownSync(path, user.uid, user.gid),
});

const passageArguments = (user: User): string[] => [
  `--reuid=${user.uid}`,
  `--regid=${user.gid}`,
  '--clear-groups',
  '--inh-caps=+dac_override',
  '--ambient-caps=+dac_override',
  '--',
];

function postgresUser(): User | null {
  const find = () => users().find((user) => user.name === 'postgres') ?? null;
  if (find() === null) spawnSync('useradd', ['--system', '--user-group', 'postgres'], { stdio: 'ignore' });
  return find();
}

/**
 * Tells whether anybody may enter every folder above a file. PostgreSQL asks `access` whether its programs may be run,
 * and for that call the kernel forgets the right to pass through closed folders.
 */
export function isBelowOpenFolders(file: string): boolean {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Chooses how to run; `force` is for tests. @throws StoreError `EMBEDDED_FAILED` when root finds no way. */
export function chooseLauncher(binaries: Binaries, force?: Launcher['as']): Launcher {
  if (process.geteuid?.() !== 0 && force === undefined) return asSelf;
  const known = users();
  const uid = (known.find((user) => user.uid >= 1000 && user.name !== 'nobody') ?? known[0])?.uid ?? 65534;
  const probe = spawnSync('unshare', ['--user', `--map-user=${uid}`, '--', binaries.postgres, '--version']);
  if (force !== 'postgres' && probe.status === 0) return inNamespace(uid);

  const user = isBelowOpenFolders(binaries.postgres) ? postgresUser() : null;
  if (user !== null) {
    const passing = spawnSync('setpriv', [...passageArguments(user), binaries.postgres, '--version']);
    if (passing.status === 0) return asUser(user, true);
    const plain = spawnSync(binaries.postgres, ['--version'], { uid: user.uid, gid: user.gid });
    if (plain.status === 0) return asUser(user, false);
  }
  throw new StoreError(
    'EMBEDDED_FAILED',
    `embedded PostgreSQL: running as root, which PostgreSQL refuses; found neither "unshare --user" nor a user "postgres" that may run "${binaries.postgres}"; start as an ordinary user, or set DATABASE_URL`,
  );
}
