import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../../src/store/database.ts';
import { createOrm } from '../../../src/store/orm.ts';
import { guardPool } from '../../../src/store/pool-guard.ts';
import { sql, type TestDatabase, testDatabase } from '../../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

/** More than the pool has places. */
const LOSSES = 12;

describe('a pool of connections', () => {
  it('has all its places after more connections broke in transactions than it has', async () => {
    const orm = createOrm({ url: database.url });
    guardPool(await orm.driver.getConnection().getNativeClient());
    const db = new Database(orm, database.url);
    const lost = Array.from({ length: LOSSES }, () =>
      db
        .transaction(async (em) => {
          const [row] = await em.execute<{ pid: number }[]>('select pg_backend_pid() as pid');
          await sql(database.url, `select pg_terminate_backend(${row?.pid})`);
          await em.execute('select 1');
        })
        .catch((error: unknown) => error),
    );
    const errors = await Promise.all(lost);
    expect(errors.filter((error) => error instanceof Error)).toHaveLength(LOSSES);
    const beside = Array.from({ length: 10 }, () => db.transaction((em) => em.execute('select 1 as one')));
    expect(await Promise.all(beside)).toEqual(Array(10).fill([{ one: 1 }]));
    await orm.close(true);
  });
});
