import type { Database } from '../database.ts';

/** Logged-in browsers, by the SHA-256 of their token; time is the database's. */
export class WebSessionsRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  async create(tokenHash: string, ttlMs: number): Promise<void> {
    await this.#db.run((em) =>
      em.execute(
        `insert into web_sessions (token_hash, expires_at)
         values (?, clock_timestamp() + ? * interval '1 millisecond')
         on conflict (token_hash) do update set expires_at = excluded.expires_at`,
        [tokenHash, ttlMs],
        'run',
      ),
    );
  }

  /** Whether it is there and has not run out. */
  exists(tokenHash: string): Promise<boolean> {
    return this.#db.run(async (em) => {
      const rows = await em.execute(
        'select 1 from web_sessions where token_hash = ? and expires_at > clock_timestamp()',
        [tokenHash],
      );
      return rows.length > 0;
    });
  }

  async remove(tokenHash: string): Promise<void> {
    await this.#db.run((em) =>
      em.execute('delete from web_sessions where token_hash = ?', [tokenHash], 'run'),
    );
  }

  /** Answers how many were removed. */
  async purgeExpired(): Promise<number> {
    const { affectedRows } = await this.#db.run((em) =>
      em.execute<{ affectedRows: number }>(
        'delete from web_sessions where expires_at <= clock_timestamp()',
        [],
        'run',
      ),
    );
    return affectedRows;
  }
}
