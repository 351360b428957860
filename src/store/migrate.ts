import type { MikroORM } from '@mikro-orm/postgresql';
import { databaseName } from './database-error.ts';
import { migrations } from './migrations/list.ts';
import { messageOf, StoreError } from './store-error.ts';

/** Any number: processes that start at once migrate one after the other. */
const MIGRATION_LOCK = 7_246_120_111;

interface Connection {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: { name: string }[] }>;
  release(): void;
}

/** Names of the migrations that a database has; none for a new one. */
async function executed(connection: Connection): Promise<string[]> {
  const { rows: tables } = await connection.query(
    "select to_regclass('mikro_orm_migrations')::text as name where to_regclass('mikro_orm_migrations') is not null",
  );
  if (tables.length === 0) return [];
  return (await connection.query('select name from mikro_orm_migrations')).rows.map(({ name }) => name);
}

/**
 * Brings the schema up to date; answers the names of the migrations that ran.
 * @throws StoreError `DATABASE_TOO_NEW` when a newer program was here, `MIGRATION_FAILED`; driver errors as they are
 */
export async function migrate(orm: MikroORM, url: string): Promise<readonly string[]> {
  const pool = await orm.driver.getConnection().getNativeClient();
  const connection: Connection = await pool.connect();
  try {
    await connection.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const known = new Set(migrations.map(({ name }) => name));
    const done = await executed(connection);
    const unknown = done.filter((name) => !known.has(name));
    if (unknown.length > 0) {
      throw new StoreError(
        'DATABASE_TOO_NEW',
        `database "${databaseName(url)}": found migration "${unknown.join('", "')}", which this version does not know; start the newer Tradewarden, or restore a backup of this version`,
      );
    }
    if (done.length === known.size) return [];
    try {
      return (await orm.migrator.up()).map(({ name }) => name);
    } catch (error) {
      throw new StoreError(
        'MIGRATION_FAILED',
        `database "${databaseName(url)}": could not be brought up to date: ${messageOf(error).split(' - ').at(-1) ?? ''}; nothing was changed`,
        error,
      );
    }
  } finally {
    await connection.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    connection.release();
  }
}
