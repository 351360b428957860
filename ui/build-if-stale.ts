import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'ui/dist/.source-hash');

function* filesBelow(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'dist' && entry.name !== 'node_modules') yield* filesBelow(path);
    } else if (entry.isFile()) yield path;
  }
}

/** Hash of everything that the built dashboard is made of: names and contents. */
function sourceHash(): string {
  const hash = createHash('sha256');
  const folders = ['ui', 'src/contract', 'machines'].map((folder) => join(root, folder));
  const files = [...folders.flatMap((folder) => [...filesBelow(folder)]), join(root, 'package-lock.json')];
  for (const file of files) {
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** Builds `ui/dist` when its sources have changed since the last build; says nothing when they have not. */
async function buildIfStale(): Promise<void> {
  const hash = sourceHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  const startedAt = Date.now();
  // Loaded only when needed: a fresh dashboard must not cost the start of Vite.
  const { build } = await import('vite');
  await build({ configFile: join(root, 'ui/vite.config.ts'), logLevel: 'warn' });
  writeFileSync(stamp, hash);
  process.stderr.write(`dashboard built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
}

try {
  await buildIfStale();
} catch (error) {
  const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
  process.stderr.write(`dashboard: the build failed: ${reason}\n`);
  process.exitCode = 1;
}
