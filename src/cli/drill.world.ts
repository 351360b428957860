import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { FlattenConfig } from '../config/risk.schema.ts';
import { UsageError } from '../process/usage-error.ts';
import { type ControlClient, connectControl } from './control.ts';

const ENTRY = fileURLToPath(new URL('../main.ts', import.meta.url));
const READY_MS = 120_000;
const STEP_MS = 30_000;
const ASK_MS = 100;
const STOP_MS = 10_000;

/** A market that is made for the drill: it is open whenever it is looked at, and its prices move little. */
const gateway = {
  port: 0,
  speed: 60,
  seed: 1,
  skipClosed: true,
  marketStart: '2001-01-02',
  account: { id: 'DU9000001', cash: 1_000_000, currency: 'USD' },
  instruments: [
    {
      ...{ symbol: 'DRILL', longName: 'Made for the drill', primaryExchange: 'NYSE' },
      source: { synthetic: { startPrice: 100, annualVolatility: 0.05 } },
    },
  ],
};

/** Asks again until something is so. @throws UsageError with `what` when it is not in time */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  limitMs = STEP_MS,
): Promise<T> {
  const until = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > until) throw new UsageError(`not within ${limitMs / 1_000} s: ${what}`);
    await pause(ASK_MS);
  }
}

/** A whole system of its own, on folders that are taken away with it: nothing of it touches what trades. */
export class DrillWorld {
  readonly dataDir: string;
  readonly #root: string;
  readonly #child: ChildProcess;
  #said = '';
  control: ControlClient | null = null;

  private constructor(root: string, child: ChildProcess) {
    this.#root = root;
    this.dataDir = join(root, 'data');
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-2_000);
    });
  }

  /** @throws UsageError with what it said last when it does not become ready */
  static async start(brokerPort: number, { policy, patienceMs }: FlattenConfig): Promise<DrillWorld> {
    const root = mkdtempSync(join(tmpdir(), 'tradewarden-drill-'));
    const config = join(root, 'config');
    mkdirSync(config);
    const write = (name: string, content: unknown) => writeFileSync(join(config, name), stringify(content));
    write('gateway.yaml', gateway);
    write('runtime.yaml', {
      broker: { port: brokerPort },
      server: { port: 0 },
      watch: [{ symbol: 'DRILL' }],
      logLevel: 'warn',
    });
    write('risk.yaml', {
      flatten: {
        ...{ collar: policy.collarBps, step: policy.stepNotional },
        patienceSeconds: patienceMs / 1_000,
      },
    });
    const args = [ENTRY, 'start', '--config', config, '--data', join(root, 'data'), '--json'];
    const env = { ...process.env, DATABASE_URL: '' };
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const world = new DrillWorld(root, child);
    try {
      await world.#ready();
      return world;
    } catch (error) {
      await world.end();
      throw error;
    }
  }

  async #ready(): Promise<void> {
    let out = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    await eventually(
      'the system of the drill is ready',
      async () => {
        if (this.#child.exitCode !== null)
          throw new UsageError(`the system of the drill did not start: ${this.#said.trim()}`);
        return out.includes('"ready":true');
      },
      READY_MS,
    );
    this.control = await connectControl(this.dataDir, STEP_MS);
  }

  request: ControlClient['request'] = (method, path, body) => {
    if (this.control === null) throw new UsageError('the system of the drill is not ready');
    return this.control.request(method, path, body);
  };

  /** Runs a command of this program against it. @throws UsageError when it does not answer 0 */
  async command(...args: string[]): Promise<void> {
    const child = spawn(process.execPath, [ENTRY, ...args, '--data', this.dataDir], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const code = await new Promise((done) => child.once('close', done));
    if (code !== 0) throw new UsageError(`${args.join(' ')} ended with ${code}: ${said.trim()}`);
  }

  /** Ends it, and takes its folders away. */
  async end(): Promise<void> {
    const ended = new Promise((done) => this.#child.once('close', done));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGINT');
      const limit = new AbortController();
      await Promise.race([ended, pause(STOP_MS, null, { signal: limit.signal }).catch(() => null)]);
      limit.abort();
      this.#child.kill('SIGKILL');
    }
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
