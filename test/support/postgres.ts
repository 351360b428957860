import { randomBytes } from 'node:crypto';
import { MikroORM } from '@mikro-orm/postgresql';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  /** Ends the connections to it and removes it. */
  drop(): Promise<void>;
}

/** Runs statements outside the store, e.g. what a person would type into psql. */
export async function sql<T extends object = Record<string, unknown>>(
  url: string,
  ...statements: readonly string[]
): Promise<T[]> {
  const orm = new MikroORM({ clientUrl: url, entities: [], discovery: { warnWhenNoEntities: false } });
  try {
    let rows: T[] = [];
    for (const statement of statements) {
      rows = (await orm.driver.getConnection().execute(statement)) as T[];
    }
    return rows;
  } finally {
    await orm.close(true);
  }
}

/** Makes an empty database on the server of this run. */
export async function testDatabase(): Promise<TestDatabase> {
  const base = inject('postgresUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await sql(base, `create database ${name}`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await sql(base, `drop database if exists ${name} with (force)`);
    },
  };
}
