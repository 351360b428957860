import { type Field, fieldText } from './fields.ts';

const NOTHING = Buffer.alloc(0);
const FIRST_BYTES = 512;
/** A larger buffer than this is not kept for the next time. */
const KEPT_BYTES = 1024 * 1024;

/** Gathers the messages of one turn of the event loop in one buffer, framed, so that they leave in one write. */
export class Outbox {
  #buffer: Buffer = NOTHING;
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Adds one message: 4-byte length, then the fields, each ended by NUL. */
  add(fields: readonly Field[]): void {
    let body = '';
    for (const field of fields) body += `${fieldText(field)}\0`;
    // UTF-8 needs at most three bytes for one unit of a string.
    this.#reserve(4 + body.length * 3);
    const written = this.#buffer.write(body, this.#length + 4);
    this.#buffer.writeUInt32BE(written, this.#length);
    this.#length += 4 + written;
  }

  /** Everything gathered, as bytes that nobody writes to again. */
  take(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.clear();
    return bytes;
  }

  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = NOTHING;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(FIRST_BYTES, this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
