import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { type ControlClient, connectControl } from '../../src/cli/control.ts';
import { gatewayFiles, gatewayRecordSchema } from '../../src/process/gateway-process.ts';
import { clusterPaths } from '../../src/store/embedded/cluster.ts';
import { readPostmaster } from '../../src/store/embedded/postmaster.ts';

const projectDir = fileURLToPath(new URL('../..', import.meta.url));
const readySchema = z.object({
  ready: z.literal(true),
  url: z.string(),
  loginUrl: z.string(),
  pid: z.number().int(),
});
type Ready = z.infer<typeof readySchema>;
type Yaml = Record<string, unknown>;

const READY_LIMIT_MS = 60_000;

export interface SystemOptions {
  /** Changes a copy of the shipped `gateway.yaml`, e.g. its speed. */
  readonly gateway?: (shipped: Yaml) => void;
  /** Changes a copy of the shipped `runtime.yaml`; ports are free ones already. */
  readonly runtime?: (shipped: Yaml) => void;
  /** Changes a copy of the shipped `risk.yaml`, e.g. a limit that the scenario's order would break. */
  readonly risk?: (shipped: Yaml) => void;
  /** Sessions in place of the shipped ones. */
  readonly sessions?: readonly Yaml[];
  readonly env?: Readonly<Record<string, string>>;
  /** More flags of `start`. */
  readonly flags?: readonly string[];
  /** In a process group of its own, as a terminal starts it. */
  readonly ownGroup?: boolean;
}

/** The whole system as a user starts it, in processes of its own, on a data and a config folder of its own. */
export interface TestSystem {
  readonly dataDir: string;
  readonly configDir: string;
  readonly gatewayPort: number;
  /** Of the newest start. */
  readonly url: string;
  readonly loginUrl: string;
  readonly pid: number;
  /** Everything the runtime wrote to standard error, all starts together. */
  readonly log: () => string;
  /** Asks the REST interface as a command of this machine does. */
  readonly api: ControlClient['request'];
  /** Process id of the gateway at the moment. */
  gatewayPid(): number;
  /** Starts it, again after `stop` or `kill` (on the same address). @throws with the log when it does not become ready. */
  start(): Promise<Ready>;
  /** Asks it to end; answers the exit code and how long the end took. @param signal Ctrl-C unless said otherwise */
  stop(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly ms: number }>;
  /** SIGKILL of the runtime alone: gateway and database are left as a crash leaves them. */
  kill(): Promise<void>;
  /** Ends whatever is left, the folders too. */
  cleanup(): Promise<void>;
}

/** A port of loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === 'object' ? done(address.port) : fail(new Error('no port')),
      );
    });
  });
}

/** Waits for a fact, asking every 50 ms. @throws with `what` when it does not come about in time. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  limitMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  let last: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const why = last instanceof Error ? `; last error: ${last.message}` : '';
      throw new Error(`not within ${limitMs} ms: ${what}${why}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

function changeYaml(file: string, change: (content: Yaml) => void): void {
  const content = z.record(z.string(), z.unknown()).parse(parse(readFileSync(file, 'utf8')));
  change(content);
  writeFileSync(file, stringify(content));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Prepares a system on free ports and temporary folders; nothing runs yet. */
export async function prepareSystem(options: SystemOptions = {}): Promise<TestSystem> {
  const root = mkdtempSync(join(tmpdir(), 'tradewarden-system-'));
  const dataDir = join(root, 'data');
  const configDir = join(root, 'config');
  const gatewayPort = await freePort();
  cpSync(join(projectDir, 'config'), configDir, { recursive: true });
  changeYaml(join(configDir, 'gateway.yaml'), (content) => options.gateway?.(content));
  changeYaml(join(configDir, 'runtime.yaml'), (content) => {
    content.broker = { ...(content.broker as Yaml), port: gatewayPort };
    options.runtime?.(content);
  });
  changeYaml(join(configDir, 'risk.yaml'), (content) => {
    // Not while something else is tried.
    content.drill = null;
    options.risk?.(content);
  });
  if (options.sessions !== undefined) {
    writeFileSync(join(configDir, 'sessions', 'demo.yaml'), stringify(options.sessions));
  }

  let child: ChildProcess | null = null;
  let ready: Ready | null = null;
  let control: ControlClient | null = null;
  let log = '';
  const running = (): Ready => {
    if (ready === null) throw new Error('the system has not been started');
    return ready;
  };
  const exitOf = (process: ChildProcess): Promise<number | null> =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve(process.exitCode)
      : new Promise((done) => process.once('exit', (code) => done(code)));
  const gatewayPid = (): number =>
    gatewayRecordSchema.parse(JSON.parse(readFileSync(join(dataDir, gatewayFiles.record), 'utf8'))).pid;

  return {
    dataDir,
    configDir,
    gatewayPort,
    get url() {
      return running().url;
    },
    get loginUrl() {
      return running().loginUrl;
    },
    get pid() {
      return running().pid;
    },
    log: () => log,
    gatewayPid,
    async api(method, path, body) {
      control ??= await connectControl(dataDir);
      return control.request(method, path, body);
    },
    async start() {
      control = null;
      const flags = [
        '--data',
        dataDir,
        '--config',
        configDir,
        '--port',
        // People's open pages come back by themselves.
        ready === null ? '0' : new URL(ready.url).port,
        '--json',
        ...(options.flags ?? []),
      ];
      const started = spawn(process.execPath, ['src/main.ts', 'start', ...flags], {
        cwd: projectDir,
        detached: options.ownGroup === true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, DATABASE_URL: '', NODE_OPTIONS: '', ...options.env },
      });
      child = started;
      started.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
      const lines = createInterface({ input: started.stdout });
      const timer = setTimeout(() => started.kill('SIGKILL'), READY_LIMIT_MS);
      const first = await new Promise<string | null>((done) => {
        lines.once('line', done);
        started.once('exit', () => done(null));
      });
      clearTimeout(timer);
      if (first === null) throw new Error(`the system did not become ready:\n${log}`);
      ready = readySchema.parse(JSON.parse(first));
      return ready;
    },
    async stop(signal = 'SIGINT') {
      if (child?.pid === undefined) return { code: null, ms: 0 };
      const began = performance.now();
      process.kill(options.ownGroup === true ? -child.pid : child.pid, signal);
      const code = await exitOf(child);
      return { code, ms: performance.now() - began };
    },
    async kill() {
      if (child === null) return;
      child.kill('SIGKILL');
      await exitOf(child);
    },
    async cleanup() {
      if (child !== null && child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT');
        const timer = setTimeout(() => child?.kill('SIGKILL'), 8_000);
        await exitOf(child);
        clearTimeout(timer);
      }
      // What outlives a killed runtime: its gateway and its database, each named by a file in the data folder.
      const left: number[] = [];
      try {
        left.push(gatewayPid());
      } catch {
        // ended with the runtime
      }
      const database = readPostmaster(clusterPaths(join(dataDir, 'postgres')).cluster);
      if (database !== null) left.push(database.pid);
      const alive = left.filter(isAlive);
      for (const pid of alive) process.kill(pid, 'SIGINT');
      await until('leftover processes end', () => !alive.some(isAlive), 5_000).catch(() => {
        for (const pid of alive.filter(isAlive)) process.kill(pid, 'SIGKILL');
      });
      rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
