import type { Database } from '../database.ts';
import { json } from '../rows.ts';

/** Single facts of the installation by key, e.g. the risk state or the highest order id. */
export class StateRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Null when it was never set. The caller parses: the store does not know what it holds. */
  get(key: string): Promise<unknown> {
    return this.#db.run(async (em) => {
      const [row] = await em.execute<{ value: unknown }[]>('select value from app_state where key = ?', [
        key,
      ]);
      return row?.value ?? null;
    });
  }

  /** @param value anything that JSON can hold */
  async set(key: string, value: unknown): Promise<void> {
    await this.#db.run((em) =>
      em.execute(
        `insert into app_state (key, value) values (?, ?::jsonb)
         on conflict (key) do update set value = excluded.value, updated_at = now()`,
        [key, json(value)],
        'run',
      ),
    );
  }
}
