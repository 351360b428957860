import { startEmbeddedPostgres } from '../../../src/store/embedded.ts';

// Runs an embedded server in a process of its own until it is killed; tells where on stdout.
const dataDir = process.argv[2];
if (dataDir === undefined) throw new Error('expected a data folder');
const { url, pid, adopted } = await startEmbeddedPostgres({ dataDir, log: () => undefined });
process.stdout.write(`${JSON.stringify({ url, pid, adopted })}\n`);
setInterval(() => undefined, 60_000);
