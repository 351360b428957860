import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { frame } from '../../../src/gateway/wire/framing.ts';

/** A client of bytes, for what a well-behaved library never sends. */
export class RawClient {
  readonly messages: string[][] = [];
  closed = false;
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #wake: (() => void)[] = [];

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('close', () => {
      this.closed = true;
      for (const wake of this.#wake.splice(0)) wake();
    });
    this.#socket.on('error', () => undefined);
    onTestFinished(() => {
      this.#socket.destroy();
    });
  }

  write(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  hello(text: string): void {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    this.write(Buffer.concat([Buffer.from('API\0'), length, Buffer.from(text)]));
  }

  send(...fields: (string | number)[]): void {
    this.write(frame(fields.map(String)));
  }

  /** The first message that passes, or the end of the connection (undefined). */
  async next(passes: (fields: string[]) => boolean): Promise<string[] | undefined> {
    for (;;) {
      const found = this.messages.find(passes);
      if (found !== undefined || this.closed) return found;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  async end(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    while (this.#buffer.length >= 4 && this.#buffer.length >= 4 + this.#buffer.readUInt32BE(0)) {
      const end = 4 + this.#buffer.readUInt32BE(0);
      this.messages.push(this.#buffer.toString('utf8', 4, end).split('\0').slice(0, -1));
      this.#buffer = this.#buffer.subarray(end);
    }
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** An ERR_MSG of a code. */
export const isError =
  (code: number) =>
  (fields: string[]): boolean =>
    fields[0] === '4' && fields[3] === String(code);
