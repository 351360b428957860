import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { processesOf } from '../support/processes.ts';
import { freePort, prepareSystem } from '../support/system.ts';

let root: string;
let config: string;
let stranger: Server;
let takenPort: number;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'tradewarden-refusal-'));
  config = join(root, 'config');
  cpSync('config', config, { recursive: true });
  change('runtime.yaml', /(broker:[\s\S]*?port: )\d+/, `$1${await freePort()}`);
  stranger = createServer().listen(0, '127.0.0.1');
  takenPort = await new Promise((done) =>
    stranger.once('listening', () => {
      const address = stranger.address();
      done(typeof address === 'object' && address !== null ? address.port : 0);
    }),
  );
});
afterEach(async () => {
  await new Promise((done) => stranger.close(done));
  rmSync(root, { recursive: true, force: true });
});

function change(file: string, from: string | RegExp, to: string): void {
  const path = join(config, file);
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${file} holds no ${from}`);
  writeFileSync(path, changed);
}

interface Refusal {
  data?: string;
  flags?: string[];
  env?: Record<string, string>;
}

/** Starts the system, which must refuse; answers its one line. */
async function refusal(
  { data = join(root, 'data'), flags = [], env = {} }: Refusal,
  code: 1 | 2,
): Promise<string> {
  const common = ['--data', data, '--config', config, '--port', '0', '--json'];
  const child = spawn(process.execPath, ['src/main.ts', 'start', ...common, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DATABASE_URL: '', NODE_OPTIONS: '', ...env },
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    child.kill('SIGINT'); // it started after all
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = await new Promise<number | null>((done) => child.once('close', done));
  expect({ code: ended, out }, err).toEqual({ code, out: '' });
  expect(err.trim().split('\n'), 'lines on stderr').toHaveLength(1);
  expect(err).not.toMatch(/\n\s+at |defect/);
  expect(processesOf(root), 'processes left').toEqual([]);
  return err;
}

describe('a configuration with a mistake', () => {
  it('is refused with file, line and column when it is no YAML', async () => {
    change('sessions/demo.yaml', 'timeframe: 1d', 'timeframe: [1d');
    expect(await refusal({}, 2)).toMatch(
      /config\/sessions\/demo\.yaml:\d+:\d+: found .* expected valid YAML/,
    );
  });

  it('is refused with the key that was meant when one is unknown', async () => {
    change('runtime.yaml', 'clientId: 1', 'clientID: 1');
    expect(await refusal({}, 2)).toMatch(
      /runtime\.yaml:\d+:3 broker\.clientID: found unknown key "clientID", did you mean "clientId"\?/,
    );
  });

  it('is refused alike when the simulated gateway finds it', async () => {
    change('gateway.yaml', 'seed: 1', 'sed: 1');
    expect(await refusal({}, 2)).toMatch(/gateway\.yaml:\d+:1 sed: found unknown key "sed"/);
  });
});

describe('a port in use', () => {
  it('is named with the flag that chooses another, before anything trades', async () => {
    const line = await refusal({ flags: ['--port', String(takenPort)] }, 1);
    expect(line).toMatch(new RegExp(`found port ${takenPort} .* in use, .* --port N`));
  });

  it('is named with the setting that chooses another when it is that of the gateway', async () => {
    change('runtime.yaml', /(broker:[\s\S]*?port: )\d+/, `$1${takenPort}`);
    expect(await refusal({}, 1)).toMatch(
      new RegExp(`found port ${takenPort} .* in use, .* broker\\.port in runtime\\.yaml`),
    );
  });
});

describe('a data folder', () => {
  it('is refused below a file, and in a file system that nobody may write', async () => {
    writeFileSync(join(root, 'file'), '');
    expect(await refusal({ data: join(root, 'file', 'x') }, 1)).toMatch(/not writable .* --data DIR/);
    if (platform() === 'linux')
      expect(await refusal({ data: '/proc/x' }, 1)).toMatch(/not writable .* --data DIR/);
  });

  it('is refused while another system runs on it', async () => {
    const system = await prepareSystem();
    try {
      await system.start();
      const line = await refusal({ data: system.dataDir }, 1);
      expect(line).toMatch(/in use by a running Tradewarden, .* --data DIR/);
      expect(await system.api('GET', '/api/v1/health')).toBeDefined();
    } finally {
      await system.cleanup();
    }
  }, 90_000);

  const tiny = (): string | null => {
    if (platform() !== 'linux' || process.geteuid?.() !== 0) return null;
    const folder = join(root, 'tiny');
    mkdirSync(folder);
    return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0 ? folder : null;
  };

  it('is refused on a full disk', async (test) => {
    const folder = tiny();
    if (folder === null) return test.skip('needs the right to mount a small file system');
    try {
      expect(await refusal({ data: join(folder, 'data') }, 1)).toMatch(/the disk is full .* --data/);
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});

describe('a database of one’s own', () => {
  it('is named with what to do when nobody answers there', async () => {
    const line = await refusal({ env: { DATABASE_URL: 'postgresql://u:hush@127.0.0.1:1/x' } }, 1);
    expect(line).toMatch(/127\.0\.0\.1:1\/x.*does not answer .*DATABASE_URL/);
    expect(line).not.toContain('hush');
  });

  it('is named with what to do when it refuses the password', async () => {
    const url = new URL(inject('postgresUrl'));
    url.password = 'hush';
    const line = await refusal({ env: { DATABASE_URL: url.href } }, 1);
    expect(line).toMatch(/refused: .*password.* DATABASE_URL/);
    expect(line).not.toContain('hush');
  });

  it('is refused with what was expected when its URL is none', async () => {
    expect(await refusal({ env: { DATABASE_URL: 'mysql://x' } }, 1)).toMatch(/expected "postgresql:/);
  });
});
