import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { sql } from './sql.ts';

export { sql };

export interface TestDatabase {
  readonly url: string;
  /** Ends the connections to it and removes it. */
  drop(): Promise<void>;
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
