import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrm } from '../../../src/store/orm.ts';
import { openStore } from '../../../src/store/store.ts';
import { StoreError } from '../../../src/store/store-error.ts';
import { sql, type TestDatabase, testDatabase } from '../../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

const changed = (change: (url: URL) => void): string => {
  const url = new URL(database.url);
  change(url);
  return url.href;
};

async function refusal(url: string): Promise<StoreError> {
  const error = await openStore({ url }).then(
    async (store) => {
      await store.close();
      return new Error('it opened');
    },
    (failure: unknown) => failure,
  );
  if (!(error instanceof StoreError)) throw error;
  return error;
}

/** A port on which nobody listens, or one that accepts and then says nothing. */
async function listener(): Promise<{ server: Server; port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port, sockets };
}

describe('migrations', () => {
  it('make the schema that the entities declare, and running them again changes nothing', async () => {
    const first: string[] = [];
    const again: string[] = [];
    await (await openStore({ url: database.url, log: (line) => first.push(line) })).close();
    await (await openStore({ url: database.url, log: (line) => again.push(line) })).close();
    expect(first.join()).toContain('migrated by');
    expect(again).toEqual([]);
    const orm = createOrm({ url: database.url });
    const difference = (await orm.schema.getUpdateSchemaSQL({ wrap: false }))
      .split('\n')
      // MikroORM does not see TRUNCATE triggers: it reads information_schema, which leaves them out.
      .filter((line) => line !== '' && !line.includes('no_truncate'));
    expect(difference, 'entities and migrations differ: make a migration').toEqual([]);
    await orm.close(true);
  });

  it('run once when several processes open a new database together', async () => {
    const fresh = await testDatabase();
    const stores = await Promise.all([1, 2, 3].map(() => openStore({ url: fresh.url })));
    for (const store of stores) await store.close();
    const [row] = await sql<{ n: string }>(
      fresh.url,
      'select count(*) - count(distinct name) as n from mikro_orm_migrations',
    );
    expect(Number(row?.n)).toBe(0);
    await fresh.drop();
  });

  it('leave a database alone that a newer version has changed', async () => {
    const newer = await testDatabase();
    await (await openStore({ url: newer.url })).close();
    await sql(newer.url, "insert into mikro_orm_migrations (name) values ('Migration2999_future')");
    const error = await refusal(newer.url);
    expect(error.code).toBe('DATABASE_TOO_NEW');
    expect(error.message).toContain('Migration2999_future');
    await newer.drop();
  });

  it('say in one line why they failed and leave nothing behind', async () => {
    const odd = await testDatabase();
    await sql(odd.url, 'create table web_sessions (something int)');
    const error = await refusal(odd.url);
    expect(error.code).toBe('MIGRATION_FAILED');
    expect(error.message).toMatch(/^[^\n]*"web_sessions" already exists[^\n]*$/);
    const tables = await sql<{ name: string }>(
      odd.url,
      "select tablename as name from pg_tables where schemaname = 'public' and tablename = 'orders'",
    );
    expect(tables).toEqual([]);
    await odd.drop();
  });
});

describe('openStore', () => {
  it.each([
    [
      'a wrong password',
      (url: URL) => Object.assign(url, { password: 'secret-guess' }),
      /check user and password/,
    ],
    [
      'a missing database',
      (url: URL) => Object.assign(url, { pathname: '/nowhere' }),
      /"nowhere" does not exist; create it/,
    ],
    [
      'an unknown user',
      (url: URL) => Object.assign(url, { username: 'stranger' }),
      /check user and password/,
    ],
  ])('says in one line that the server refused %s', async (_, change, words) => {
    const error = await refusal(changed(change));
    expect(error).toMatchObject({ code: 'DATABASE_REFUSED', message: expect.stringMatching(words) });
    expect(error.message).not.toMatch(/\n|secret-guess/);
  });

  it('says at once that nobody listens', async () => {
    const { server, port } = await listener();
    server.close();
    const before = performance.now();
    const error = await refusal(changed((url) => Object.assign(url, { port })));
    expect(error).toMatchObject({
      code: 'DATABASE_AWAY',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('gives up within seconds on a server that accepts and says nothing', async () => {
    const { server, port, sockets } = await listener();
    const before = performance.now();
    const error = await refusal(changed((url) => Object.assign(url, { port })));
    expect(error.code).toBe('DATABASE_AWAY');
    expect(performance.now() - before).toBeLessThan(5_000);
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it.each(['mysql://root@localhost/x', 'not a url', ''])('refuses DATABASE_URL "%s"', async (url) => {
    expect(await refusal(url)).toMatchObject({
      code: 'DATABASE_REFUSED',
      message: expect.stringContaining('expected "postgresql://user:password@host:port/database"'),
    });
  });
});

describe('store', () => {
  it('rejects with DATABASE_AWAY while the server ends its connections, and works again by itself', async () => {
    const store = await openStore({ url: database.url });
    await Promise.all([store.ping(), store.ping(), store.ping()]);
    await sql(
      database.url,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'tradewarden'`,
    );
    const outcome = () =>
      store.ping().then(
        () => 'fine',
        (error: unknown) => (error instanceof StoreError ? error.code : error),
      );
    const seen: unknown[] = [];
    await expect
      .poll(async () => {
        seen.push(await outcome());
        return seen.at(-1);
      })
      .toBe('fine');
    expect(
      new Set(seen.slice(0, -1)).difference(new Set(['DATABASE_AWAY'])),
      'nothing else is thrown',
    ).toEqual(new Set());
    await store.close();
  });

  it('tells a failed statement without its values', async () => {
    const store = await openStore({ url: database.url });
    const failing = store.webSessions.create('token-hash', Number.NaN);
    await expect(failing).rejects.toMatchObject({ name: 'StoreError', code: 'QUERY_FAILED' });
    await expect(failing).rejects.toThrow(/^(?!.*token-hash)[^\n]+$/);
    await store.close();
  });
});
