import { join } from 'node:path';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, type Options } from '@mikro-orm/postgresql';
import { entities } from './entities.ts';
import { migrations } from './migrations/list.ts';

const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 10_000;

/** The one configuration of MikroORM, for the store and for making migrations. Connects to nothing. */
export function createOrm(options: {
  readonly url: string;
  readonly log?: ((message: string) => void) | undefined;
  /** Writes the schema's snapshot beside the migrations; only when one is made. @default false */
  readonly snapshot?: boolean;
}): MikroORM {
  const config: Options = {
    clientUrl: options.url,
    entities,
    extensions: [Migrator],
    ensureDatabase: false,
    // What was migrated is told by openStore.
    logger: (message) => {
      if (!message.startsWith('[migrator]')) options.log?.(message);
    },
    colors: false,
    pool: { min: 0, max: 10, idleTimeoutMillis: 30_000 },
    driverOptions: {
      application_name: 'tradewarden',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      // For a server that does not answer at all; longer, so that the server's own word comes first.
      query_timeout: STATEMENT_TIMEOUT_MS + 2_000,
      keepAlive: true,
    },
    migrations: {
      path: join(import.meta.dirname, 'migrations'),
      migrationsList: [...migrations],
      snapshot: options.snapshot ?? false,
      snapshotOnMigrate: false,
      snapshotName: '.snapshot',
      emit: 'ts',
      fileName: (timestamp, name) => {
        if (name === undefined) throw new Error('a migration needs a name');
        return `migration.${timestamp}.${name}`;
      },
    },
  };
  return new MikroORM(config);
}
