import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf, commandLine, isAlive } from './process-facts.ts';

const POLL_MS = 15;

/** A running server as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly status: 'starting' | 'ready' | 'stopping';
}

/**
 * Reads `postmaster.pid` and answers the server only when its process lives and runs on this very folder: after a
 * crash of the machine the file is stale, and its pid may belong to anyone.
 * @see https://www.postgresql.org/docs/18/storage-file-layout.html
 */
export function readPostmaster(cluster: string): Postmaster | null {
  let lines: string[];
  try {
    lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
  // Lines: pid, data folder, start time, port, socket folder, listen address, shared memory key, status.
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return null;
  if (!(commandLine(pid) ?? '').includes(`-D ${cluster}`)) return null;
  const word = lines[7]?.trim();
  const status = word === 'ready' || word === 'stopping' ? word : 'starting';
  return { pid, port, status };
}

/** No process has it: Linux gives pids below 2^22, macOS below 100,000. */
const NOBODY = 2 ** 22;

/**
 * Makes the `postmaster.pid` of a server that is gone name nobody, so that PostgreSQL starts. It would take any
 * process that has the pid by now, even one that ended and was not collected, for the old server and refuse;
 * containers give the same low pids at every start. The rest of the file stays, because with it PostgreSQL finds
 * out whether parts of the old server still live.
 */
export function disownStalePidFile(cluster: string): void {
  const file = join(cluster, 'postmaster.pid');
  if (readPostmaster(cluster) !== null) return;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return; // there is none
  }
  writeFileSync(file, text.replace(/^-?\d*/, String(NOBODY)));
}

/** Waits until the server is ready; answers null when it ended instead or the deadline passed. */
export async function whenReady(
  cluster: string,
  deadlineMs: number,
  hasEnded: () => boolean,
): Promise<Postmaster | null> {
  for (const until = Date.now() + deadlineMs; Date.now() < until; await delay(POLL_MS)) {
    const server = readPostmaster(cluster);
    if (server?.status === 'ready') return server;
    if (hasEnded()) return null;
  }
  return null;
}

async function whenDead(pid: number, deadlineMs: number): Promise<boolean> {
  for (const until = Date.now() + deadlineMs; isAlive(pid); await delay(POLL_MS)) {
    if (Date.now() > until) return false;
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended in between
  }
}

/**
 * Stops a server: SIGINT ends connections and writes a checkpoint; after the deadline SIGQUIT ends it at once, and
 * the next start recovers from its log.
 * @see https://www.postgresql.org/docs/18/server-shutdown.html
 */
export async function stopPostmaster(pid: number, deadlineMs: number): Promise<void> {
  signal(pid, 'SIGINT');
  if (await whenDead(pid, deadlineMs)) return;
  signal(pid, 'SIGQUIT');
  if (await whenDead(pid, 300)) return;
  // Frozen: it does not hear. Its parts would stay frozen for ever.
  for (const each of [pid, ...childrenOf(pid)]) signal(each, 'SIGKILL');
  await whenDead(pid, 1_000);
}
