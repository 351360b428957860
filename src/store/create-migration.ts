import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from './embedded.ts';
import { migrations } from './migrations/list.ts';
import { createOrm } from './orm.ts';

// `node src/store/create-migration.ts NAME`: writes the difference between the entities and the snapshot as a new
// migration. Add its class to migrations/list.ts afterwards.
const name = process.argv[2];
if (name === undefined || !/^[a-z][a-z0-9-]*$/.test(name)) {
  throw new Error(
    `create-migration: found name "${name ?? ''}", expected words with dashes, e.g. "add-audit"`,
  );
}
const dataDir = mkdtempSync(join(tmpdir(), 'tradewarden-migration-'));
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
const orm = createOrm({ url: postgres.url, snapshot: true });
try {
  const { fileName } = await orm.migrator.create(undefined, false, migrations.length === 0, name);
  process.stdout.write(fileName === '' ? 'nothing to do\n' : `wrote ${fileName}\n`);
} finally {
  await orm.close();
  await postgres.stop();
  rmSync(dataDir, { recursive: true });
}
