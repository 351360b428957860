import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** A server in a process of its own that tells its port first, and answers each line with one line of JSON. */
export class AskedServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  private constructor(child: ChildProcess, lines: Interface, port: number) {
    this.#child = child;
    this.#lines = lines;
    this.port = port;
  }

  static async start(script: string, ...args: readonly string[]): Promise<AskedServer> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout);
    const [line] = await once(lines, 'line');
    return new AskedServer(child, lines, z.object({ port: z.number() }).parse(JSON.parse(String(line))).port);
  }

  async ask<T>(answer: z.ZodType<T>): Promise<T> {
    this.#child.stdin?.write('report\n');
    const [line] = await once(this.#lines, 'line');
    return answer.parse(JSON.parse(String(line)));
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
