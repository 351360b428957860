import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../store-error.ts';
import type { Postmaster } from './postmaster.ts';
import { isAlive } from './process-facts.ts';

const WATCH_MS = 250;
const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 5_000;

export interface KeeperOptions {
  readonly server: Postmaster;
  /** Starts it again on the same port: whoever has its URL keeps it. */
  readonly restart: () => Promise<Postmaster>;
  readonly warn: (message: string) => void;
}

export interface Keeper {
  /** The server at the moment; while it is being restarted, the one that died. */
  readonly server: () => Postmaster;
  /** Ends the watch; a restart under way is waited for. */
  readonly end: () => Promise<void>;
}

/**
 * Watches a server's process and restarts it, with backoff, whenever it dies. By polling: a server that was taken over
 * from an earlier run is no child of ours.
 */
export function keepServer({ server: first, restart, warn }: KeeperOptions): Keeper {
  let server = first;
  let ended = false;
  let restarting: Promise<void> | null = null;

  const revive = async (): Promise<void> => {
    for (let pause = RESTART_MIN_MS; !ended; pause = Math.min(pause * 2, RESTART_MAX_MS)) {
      try {
        server = await restart();
        warn(`embedded PostgreSQL is back (process ${server.pid})`);
        return;
      } catch (error) {
        warn(`embedded PostgreSQL did not start: ${messageOf(error)}`);
      }
      await delay(pause);
    }
  };
  const timer = setInterval(() => {
    if (restarting !== null || isAlive(server.pid)) return;
    warn(`embedded PostgreSQL process ${server.pid} died; restarting it`);
    restarting = revive().finally(() => {
      restarting = null;
    });
  }, WATCH_MS);
  timer.unref();

  return {
    server: () => server,
    end: async () => {
      ended = true;
      clearInterval(timer);
      await restarting;
    },
  };
}
