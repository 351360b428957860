import type { EventEmitter } from 'node:events';

/** A connection of `pg`'s pool. */
interface PoolClient extends EventEmitter {
  release(destroy: boolean): void;
}

/** How long who holds a connection that broke may take to give it back. */
const GRACE_MS = 1_000;

/**
 * Takes connections that broke away from whoever does not give them back. A transaction whose connection is lost can
 * neither be committed nor rolled back, and Kysely gives a connection back only after one of the two: each such loss
 * would take a place of the pool for good, and ten of them the database.
 */
export function guardPool(pool: EventEmitter): void {
  const held = new Set<PoolClient>();
  pool.on('acquire', (client: PoolClient) => held.add(client));
  pool.on('release', (_error: unknown, client: PoolClient) => held.delete(client));
  pool.on('connect', (client: PoolClient) => {
    client.once('end', () => {
      if (!held.has(client)) return;
      setTimeout(() => {
        if (held.delete(client)) client.release(true);
      }, GRACE_MS).unref();
    });
  });
}
