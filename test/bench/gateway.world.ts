import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { GatewayConfigInput } from '../../src/gateway/config.ts';
import { frame } from '../../src/gateway/wire/framing.ts';

const readySchema = z.object({ port: z.number() });
const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** A server in a process of its own that announces its port as the first line of its output. */
export class BenchServer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(
    script: string,
    args: readonly string[],
    nodeFlags: readonly string[] = [],
  ): Promise<BenchServer> {
    const child = spawn(process.execPath, [...nodeFlags, pathOf(script), ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(createInterface(child.stdout), 'line');
    return new BenchServer(child, readySchema.parse(JSON.parse(String(line))).port);
  }

  /** Resident memory in MiB (Linux; undefined elsewhere). */
  memory(): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      const kilobytes = /VmRSS:\s+(\d+)/.exec(status)?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
    } catch {
      return undefined;
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

export const INSTRUMENTS = 1_000;

/** `tradewarden gateway` with a thousand instruments of one-minute bars; `speed` in market seconds per wall second. */
export async function startBenchGateway(speed: number): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tradewarden-bench-'));
  const config: GatewayConfigInput = {
    marketStart: '2024-01-08',
    speed,
    marketData: { lines: INSTRUMENTS },
    instruments: Array.from({ length: INSTRUMENTS }, (_, index) => ({
      symbol: `SYM${index}`,
      primaryExchange: 'NYSE',
      source: { synthetic: { timeframe: '1m' as const, days: 3, historyDays: 0 } },
    })),
  };
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, stringify(config));
  try {
    // With a bounded heap the collector has to show that it can stay within it.
    return await BenchServer.start(
      '../../src/main.ts',
      ['gateway', '--json', '--port', '0', '--config', file],
      ['--max-old-space-size=768'],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A client that counts messages and decodes nothing, so that the server is what is measured. */
export class CountingClient {
  received = 0;
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #inFlight = 0;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#count(chunk));
    // A bench that loses its server must fail, not hang.
    this.#socket.on('error', (error) => {
      throw error;
    });
  }

  /** Says hello as client `clientId`; server version 193. */
  greet(clientId: number): void {
    const hello = Buffer.from('v100..193');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(hello.length);
    this.#socket.write(Buffer.concat([Buffer.from('API\0'), length, hello]));
    this.send(71, 2, clientId, '');
  }

  send(...fields: readonly (string | number)[]): void {
    this.#socket.write(frame(fields.map(String)));
  }

  subscribe(reqId: number, symbol: string): void {
    this.send(1, 11, reqId, 0, symbol, 'STK', '', 0, '', '', 'SMART', '', 'USD', '', '', 0, '', 0, 0, '');
  }

  /** Keeps `window` requests for the time on their way; each answer sends the next. */
  ask(window: number): void {
    this.#inFlight = window;
    for (let sent = 0; sent < window; sent += 1) this.send(49, 1);
  }

  end(): void {
    this.#socket.destroy();
  }

  #count(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    let complete = 0;
    while (at + 4 <= bytes.length) {
      const end = at + 4 + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      at = end;
      complete += 1;
    }
    this.#rest = bytes.subarray(at);
    this.received += complete;
    if (this.#inFlight > 0 && complete > 0) {
      const next = frame(['49', '1']);
      this.#socket.write(Buffer.concat(Array.from({ length: complete }, () => next)));
    }
  }
}

/** Messages per second that some clients hear together over `wallMs`. */
export async function rateOf(clients: readonly CountingClient[], wallMs: number): Promise<number> {
  const heard = (): number => clients.reduce((sum, client) => sum + client.received, 0);
  const before = heard();
  const began = performance.now();
  await new Promise((done) => setTimeout(done, wallMs));
  return ((heard() - before) * 1_000) / (performance.now() - began);
}
