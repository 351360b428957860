import { MikroORM } from '@mikro-orm/postgresql';

/** Runs statements outside the store, e.g. what a person would type into psql; answers the rows of the last one. */
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
