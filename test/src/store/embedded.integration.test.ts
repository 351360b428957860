import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isBelowOpenFolders } from '../../../src/store/embedded/launcher.ts';
import { isAlive } from '../../../src/store/embedded/process-facts.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/store/embedded.ts';
import { openStore } from '../../../src/store/store.ts';
import { sql } from '../../support/postgres.ts';

let dataDir: string;
let started: EmbeddedPostgres[];
let children: ChildProcess[];
beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'tradewarden-embedded-')), 'data', 'postgres');
  started = [];
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const server of started) await server.stop();
  rmSync(join(dataDir, '..', '..'), { recursive: true, force: true });
});

async function start(
  more: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {},
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: () => undefined, ...more });
  started.push(server);
  return server;
}

const ChildFacts = z.object({ url: z.string(), pid: z.number(), adopted: z.boolean() });

async function startInChild(): Promise<{ child: ChildProcess; facts: z.infer<typeof ChildFacts> }> {
  const script = join(import.meta.dirname, 'embedded-child.ts');
  const child = spawn('node', [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  if (child.stdout === null) throw new Error('no stdout');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, facts: ChildFacts.parse(JSON.parse(line)) };
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('startEmbeddedPostgres', () => {
  it('keeps its data between runs and stops in under two seconds, with a client connected', async () => {
    const first = await start();
    const store = await openStore({ url: first.url });
    await store.state.set('kept', 'yes');
    const before = performance.now();
    await first.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(isAlive(first.pid)).toBe(false);
    await store.close();

    const second = await start();
    expect(second.adopted).toBe(false);
    const again = await openStore({ url: second.url });
    expect(await again.state.get('kept')).toBe('yes');
    await again.close();
    await second.stop();
    expect(existsSync(join(dataDir, 'owner.json')), 'no lock is left').toBe(false);
    expect(existsSync(join(dataDir, 'cluster', 'postmaster.pid'))).toBe(false);
  });

  it('is closed to others: password in a private file, loopback only, no socket file', async () => {
    const server = await start();
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
    const settings = await sql<{ name: string; setting: string }>(
      server.url,
      "select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories', 'server_encoding', 'lc_messages', 'password_encryption') order by name",
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      lc_messages: 'C',
      listen_addresses: '127.0.0.1',
      password_encryption: 'scram-sha-256',
      server_encoding: 'UTF8',
      unix_socket_directories: '',
    });
    const wrong = new URL(server.url);
    wrong.password = 'guess';
    await expect(openStore({ url: wrong.href })).rejects.toMatchObject({ code: 'DATABASE_REFUSED' });
  });

  it.skipIf(platform() !== 'linux')('runs in a session of its own, out of reach of Ctrl-C', async () => {
    const server = await start();
    const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
    expect(fields?.slice(2, 4), 'process group and session').toEqual([
      String(server.pid),
      String(server.pid),
    ]);
  });

  it('takes over the server of a run that was killed, with its data, and can stop it', async () => {
    const { child, facts } = await startInChild();
    const before = await openStore({ url: facts.url });
    await before.state.set('kept', 'yes');
    await before.close();
    await killed(child);
    expect(isAlive(facts.pid), 'PostgreSQL outlives its runtime').toBe(true);

    const adopted = await start();
    expect(adopted).toMatchObject({ adopted: true, pid: facts.pid, url: facts.url });
    const store = await openStore({ url: adopted.url });
    expect(await store.state.get('kept')).toBe('yes');
    await store.close();
    await adopted.stop();
    expect(isAlive(facts.pid)).toBe(false);
  });

  it('recovers by itself when runtime and server were both killed', async () => {
    const { child, facts } = await startInChild();
    await killed(child);
    process.kill(facts.pid, 'SIGKILL');
    const server = await start();
    expect(server.adopted).toBe(false);
    await sql(server.url, 'select 1');
  });

  it('is not fooled by a stale postmaster.pid that names a living stranger', async () => {
    await (await start()).stop();
    const stranger = spawn('sleep', ['60']);
    children.push(stranger);
    const lines = [stranger.pid, join(dataDir, 'cluster'), 1, 1, '', '127.0.0.1', '', 'ready'];
    writeFileSync(join(dataDir, 'cluster', 'postmaster.pid'), `${lines.join('\n')}\n`);
    const server = await start();
    expect(server.adopted).toBe(false);
    expect(server.pid).not.toBe(stranger.pid);
    await server.stop();
    expect(isAlive(stranger.pid ?? 0), 'the stranger is left alone').toBe(true);
  });

  const isRoot = process.geteuid?.() === 0 && platform() === 'linux';
  it.runIf(isRoot && !isBelowOpenFolders(import.meta.filename))(
    'refuses root where it may not make namespaces and the programs lie below a closed folder',
    async () => {
      await expect(start({ as: 'postgres' })).rejects.toMatchObject({
        code: 'EMBEDDED_FAILED',
        message: expect.stringMatching(/^embedded PostgreSQL: running as root[^\n]*DATABASE_URL$/),
      });
    },
  );

  it.runIf(isRoot && isBelowOpenFolders(import.meta.filename))(
    'runs as user postgres below folders closed to others, where root may not make namespaces',
    async () => {
      const server = await start({ as: 'postgres' });
      expect(statSync(join(dataDir, '..')).mode & 0o077, 'a parent is closed').toBe(0);
      expect(statSync(join(dataDir, 'cluster')).uid).not.toBe(0);
      await sql(server.url, 'select 1');
      await server.stop();
      await sql((await start({ as: 'postgres' })).url, 'select 1');
    },
  );

  it('refuses a folder that a living process uses', async () => {
    await startInChild();
    await expect(start()).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringMatching(/in use by process \d+; stop that one/),
    });
  });

  it('forgets a start that was cut off in the middle of making the database', async () => {
    await (await start()).stop();
    rmSync(join(dataDir, 'cluster'), { recursive: true });
    spawnSync('mkdir', ['-p', join(dataDir, 'cluster.new', 'base')]);
    const server = await start();
    await sql(server.url, 'select 1');
  });

  it.each(['/proc/tradewarden/data', `${import.meta.filename}/data`])(
    'says in one line that %s cannot be written',
    async (path) => {
      const failing = start({ dataDir: path });
      await expect(failing).rejects.toMatchObject({ name: 'StoreError', code: 'DATA_DIR_UNWRITABLE' });
      await expect(failing).rejects.toThrow(/^data folder "[^\n]*" *: cannot be written[^\n]*--data[^\n]*$/);
    },
  );

  it('says in one line that the database was made by another version', async () => {
    await (await start()).stop();
    writeFileSync(join(dataDir, 'cluster', 'PG_VERSION'), '17\n');
    await expect(start()).rejects.toMatchObject({
      code: 'DATA_DIR_INCOMPATIBLE',
      message: expect.stringContaining('made by PostgreSQL 17, expected 18'),
    });
  });

  it('says in one line that the wanted port is in use', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    await expect(start({ port: address.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    holder.close();
  });
});
