import type { Database } from '../database.ts';

export type LeaseAnswer =
  | { readonly epoch: number }
  /** `expiresAt` in epoch ms by the database's clock. */
  | { readonly heldBy: string; readonly expiresAt: number };

const TAKE = `
  insert into leases (name, epoch, holder, acquired_at, expires_at)
  values (?, 1, ?, clock_timestamp(), clock_timestamp() + ? * interval '1 millisecond')
  on conflict (name) do update set
    epoch = leases.epoch + 1, holder = excluded.holder,
    acquired_at = excluded.acquired_at, expires_at = excluded.expires_at
  where leases.expires_at <= clock_timestamp() or leases.holder in (?, ?)
  returning epoch::float8 as epoch`;

/**
 * Fencing leases by the database's clock. A name has one holder at a time; each new holding has a higher epoch,
 * and an intent is committed only under the epoch that holds now.
 */
export class LeasesRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  #take(name: string, holder: string, ttlMs: number, alsoFrom: string): Promise<LeaseAnswer> {
    return this.#db.run(async (em) => {
      for (;;) {
        const [taken] = await em.execute<{ epoch: number }[]>(TAKE, [name, holder, ttlMs, holder, alsoFrom]);
        if (taken !== undefined) return { epoch: taken.epoch };
        const [held] = await em.execute<{ holder: string; expires: number }[]>(
          `select holder, (extract(epoch from expires_at) * 1000)::float8 as expires
           from leases where name = ? and expires_at > clock_timestamp()`,
          [name],
        );
        // None: it ran out between the two questions.
        if (held !== undefined) return { heldBy: held.holder, expiresAt: Math.round(held.expires) };
      }
    });
  }

  /** Takes a lease that is free, has run out, or is held by `holder` itself; each time under a new epoch. */
  acquire(name: string, holder: string, ttlMs: number): Promise<LeaseAnswer> {
    return this.#take(name, holder, ttlMs, holder);
  }

  /** Takes it also from `deadHolder`, whose process is known to be gone. */
  takeOver(name: string, holder: string, deadHolder: string, ttlMs: number): Promise<LeaseAnswer> {
    return this.#take(name, holder, ttlMs, deadHolder);
  }

  /**
   * Extends what `holder` holds. One that ran out and that nobody took is extended as well.
   * Answers the names that are lost.
   */
  renew(
    leases: readonly { readonly name: string; readonly epoch: number }[],
    holder: string,
    ttlMs: number,
  ): Promise<readonly string[]> {
    if (leases.length === 0) return Promise.resolve([]);
    return this.#db.run(async (em) => {
      const wanted = leases.map(() => '(?, ?::bigint)').join(', ');
      const kept = await em.execute<{ name: string }[]>(
        `update leases set expires_at = clock_timestamp() + ? * interval '1 millisecond'
         from (values ${wanted}) as wanted (name, epoch)
         where leases.name = wanted.name and leases.epoch = wanted.epoch and leases.holder = ?
         returning leases.name`,
        [ttlMs, ...leases.flatMap(({ name, epoch }) => [name, epoch]), holder],
      );
      const names = new Set(kept.map(({ name }) => name));
      return leases.map(({ name }) => name).filter((name) => !names.has(name));
    });
  }

  /** Gives a lease back at once; nothing happens when that epoch does not hold it any more. */
  async release(name: string, epoch: number): Promise<void> {
    await this.#db.run((em) =>
      em.execute(
        `update leases set holder = '', expires_at = clock_timestamp() where name = ? and epoch = ?`,
        [name, epoch],
        'run',
      ),
    );
  }
}
