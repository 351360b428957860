import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { openStore } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const NODE_MAJOR = 26;
const SCARCE_MEGABYTES = 1_024;

export function examineNode(version: string = process.versions.node): Finding {
  if (Number(version.split('.')[0]) >= NODE_MAJOR) return ok('node', `version ${version}`);
  return problem(
    'node',
    `found version ${version}, expected ${NODE_MAJOR} or newer`,
    'run it by npm (npm start, npm run tw), which brings its own; or install a newer Node',
  );
}

/** The folder that keeps the database: it, or the nearest folder above that exists, must be writable. */
export function examineDataFolder(dir: string): Finding {
  let at = resolve(dir);
  while (!existsSync(at)) at = dirname(at);
  try {
    accessSync(at, constants.W_OK);
  } catch {
    return problem(
      'data folder',
      `${at} cannot be written`,
      'choose another with --data or TRADEWARDEN_DATA, or give yourself the right to write there',
    );
  }
  const { bavail, bsize } = statfsSync(at);
  const free = Math.floor((bavail * bsize) / 1_048_576);
  if (free < SCARCE_MEGABYTES)
    return warning(
      'data folder',
      `${at} has ${free} MB left`,
      'free some space: the database stops when it is full',
    );
  return ok('data folder', `${resolve(dir)} can be written, ${Math.floor(free / 1_024)} GB left`);
}

/** The user's own database; the embedded one is started with the system. */
export async function examineDatabase(url: string | undefined): Promise<Finding> {
  if (url === undefined) return ok('database', 'the embedded PostgreSQL, which starts with the system');
  try {
    const store = await openStore({ url });
    await store.ping();
    await store.close();
    return ok('database', 'answers, and its tables are up to date');
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return problem(
      'database',
      error.message,
      'correct DATABASE_URL, or unset it to use the embedded PostgreSQL',
    );
  }
}
