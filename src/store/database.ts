import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { databaseError } from './database-error.ts';
import { StoreError } from './store-error.ts';

/** The part of `pg`'s pool that bulk statements use: MikroORM writes parameters into the statement's text. */
export interface BulkClient {
  query(
    text: string | { readonly name: string; readonly text: string },
    values: readonly unknown[],
  ): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

/** A statement that each connection reads and plans once; its name is the statement's for good. */
export const prepared = (name: string, text: string): { readonly name: string; readonly text: string } => ({
  name: `tradewarden ${name}`,
  text,
});

/**
 * What repositories work with. Each call has an EntityManager of its own, so nothing is remembered between calls;
 * what the driver throws leaves as a StoreError.
 */
export class Database {
  readonly #orm: MikroORM;
  readonly #url: string;

  constructor(orm: MikroORM, url: string) {
    this.#orm = orm;
    this.#url = url;
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw databaseError(this.#url, error) ?? error;
    }
  }

  run<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.#translated(() => work(this.#orm.em.fork()));
  }

  /** All of it or nothing. */
  transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.#translated(() => this.#orm.em.fork().transactional(work));
  }

  /** Runs outside MikroORM with bound parameters. */
  bulk<T>(work: (client: BulkClient) => Promise<T>): Promise<T> {
    return this.#translated(async () => work(await this.#orm.driver.getConnection().getNativeClient()));
  }

  /** A round trip. @throws StoreError `DATABASE_AWAY` after the timeout at the latest */
  async ping(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, fail) => {
      timer = setTimeout(() => {
        fail(new StoreError('DATABASE_AWAY', `database: no answer within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    try {
      await Promise.race([this.run((em) => em.execute('select 1')), silence]);
    } finally {
      clearTimeout(timer);
    }
  }
}
