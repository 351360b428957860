import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { z } from 'zod';
import type { DataFolder } from './data-folder.ts';
import { UsageError } from './usage-error.ts';

/** What the gateway command writes beside its state once it listens. */
export const gatewayRecordSchema = z.object({
  pid: z.number().int(),
  port: z.number().int(),
  startedAt: z.number(),
});
export type GatewayRecord = z.infer<typeof gatewayRecordSchema>;

export const gatewayFiles = {
  record: 'gateway.json',
  state: 'gateway.state.jsonl',
  log: 'gateway.log',
} as const;

const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
const RESTART_MIN_MS = 500;
const RESTART_MAX_MS = 15_000;
const STOP_TIMEOUT_MS = 1_500;

export interface GatewayProcess {
  readonly port: number;
  /** True when a gateway that outlived an earlier runtime was found and kept. */
  readonly adopted: boolean;
  /** The process id at the moment; null while it is being restarted. */
  pid(): number | null;
  stop(): Promise<void>;
}

export interface GatewayProcessOptions {
  readonly folder: DataFolder;
  readonly host: string;
  /** 0 picks one. */
  readonly port: number;
  readonly configFile: string;
  /** The command line's entry file. */
  readonly entry: string;
  readonly log: { info(message: string): void; warn(message: string): void };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const answer = (value: boolean) => () => {
      socket.destroy();
      done(value);
    };
    socket.once('connect', answer(true)).once('error', answer(false)).once('timeout', answer(false));
  });
}

async function readRecord(folder: DataFolder): Promise<GatewayRecord | null> {
  try {
    return gatewayRecordSchema.parse(JSON.parse(await readFile(folder.file(gatewayFiles.record), 'utf8')));
  } catch {
    return null; // absent or torn: there is no gateway to adopt
  }
}

/** What a gateway that did not start has to say, from so many bytes of its log on; its log records are left out. */
async function lastWords(folder: DataFolder, from: number): Promise<string> {
  const log = await readFile(folder.file(gatewayFiles.log)).catch(() => Buffer.alloc(0));
  const lines = log.subarray(from).toString('utf8').trim().split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('{')).join('\n');
}

/**
 * Runs the simulated gateway in a process of its own and restarts it with backoff when it dies.
 * The process is detached: neither Ctrl-C in the terminal nor the death of the runtime reaches it, as a real TWS
 * would live on; a gateway that outlived an earlier runtime is adopted.
 * @throws UsageError when it does not come up the first time.
 */
export async function startGatewayProcess(options: GatewayProcessOptions): Promise<GatewayProcess> {
  const { folder, host, log } = options;
  let stopping = false;
  let pid: number | null = null;
  let port = options.port;
  let watcher: NodeJS.Timeout | undefined;

  const launch = async (): Promise<GatewayRecord> => {
    await rm(folder.file(gatewayFiles.record), { force: true });
    const output = openSync(folder.file(gatewayFiles.log), 'a', 0o600);
    const logged = fstatSync(output).size;
    const flags = [
      '--host',
      host,
      '--port',
      String(port),
      '--config',
      options.configFile,
      '--state-dir',
      folder.path,
    ];
    const child = spawn(process.execPath, [options.entry, 'gateway', ...flags], {
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    child.unref();
    let exited: { readonly how: string; readonly code: number | null } | null = null;
    child.once('exit', (code, signal) => {
      exited = { how: signal ?? `exit code ${code}`, code };
    });
    child.once('error', (error) => {
      exited = { how: error.message, code: null };
    });
    // Set from a callback, which the compiler does not see.
    const end = (): typeof exited => exited;
    const deadline = Date.now() + READY_TIMEOUT_MS;
    for (;;) {
      const record = await readRecord(folder);
      if (record !== null && record.pid === child.pid && (await accepts(host, record.port))) return record;
      const ended = end();
      if (ended !== null) {
        const words = (await lastWords(folder, logged)) || `simulated gateway: ended with ${ended.how}`;
        throw new UsageError(words, ended.code === 2 ? 2 : 1);
      }
      if (Date.now() > deadline)
        throw new UsageError(
          `simulated gateway: not listening after ${READY_TIMEOUT_MS / 1000} s; see ${folder.file(gatewayFiles.log)}`,
        );
      await pause(POLL_MS);
    }
  };

  const relaunch = async (): Promise<void> => {
    for (let delay = RESTART_MIN_MS; !stopping; delay = Math.min(delay * 2, RESTART_MAX_MS)) {
      await pause(delay);
      if (stopping) return;
      try {
        pid = (await launch()).pid;
        log.info(`simulated gateway is back on ${host}:${port} (process ${pid})`);
        watch();
        return;
      } catch (error) {
        log.warn(
          `simulated gateway did not start: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  };

  // Polling works alike for a child and for an adopted process.
  const watch = (): void => {
    watcher = setInterval(() => {
      if (pid !== null && isAlive(pid)) return;
      clearInterval(watcher);
      if (stopping) return;
      log.warn(`simulated gateway process ${pid} died; restarting it`);
      pid = null;
      void relaunch();
    }, 250);
    watcher.unref();
  };

  const survivor = await readRecord(folder);
  const adopted = survivor !== null && isAlive(survivor.pid) && (await accepts(host, survivor.port));
  if (!adopted && port !== 0 && (await accepts(host, port))) {
    throw new UsageError(
      `simulated gateway: found port ${port} on ${host} in use, expected it free; stop what uses it, choose another as broker.port in runtime.yaml, or trade through it with --no-gateway`,
    );
  }
  const record = adopted ? survivor : await launch();
  pid = record.pid;
  port = record.port;
  watch();

  return {
    port,
    adopted,
    pid: () => pid,
    stop: async () => {
      stopping = true;
      clearInterval(watcher);
      if (pid !== null && isAlive(pid)) {
        process.kill(pid, 'SIGTERM');
        const deadline = Date.now() + STOP_TIMEOUT_MS;
        while (isAlive(pid) && Date.now() < deadline) await pause(20);
        if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      }
      await rm(folder.file(gatewayFiles.record), { force: true });
    },
  };
}
