/**
 * The byte stream of a TWS client: `API\0`, then 4-byte big-endian length + payload, again and again.
 * Payloads are text: fields, each ended by NUL. Splits and merges of the stream by TCP do not matter.
 */

/** A client never sends more than this in one message (the limit of IBKR's own Java client). */
export const MAX_MESSAGE_BYTES = 0xffffff;
const HELLO = Buffer.from('API\0', 'latin1');

/** The peer does not speak this protocol, or a message does not hold what its layout promises. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WireError';
  }
}

export type Inbound = { kind: 'hello'; text: string } | { kind: 'message'; fields: string[] };

/** Cuts one client's byte stream into the hello (`v100..193`) and the messages that follow. */
export class ClientStream {
  #pending: Buffer = Buffer.alloc(0);
  #state: 'prefix' | 'hello' | 'messages' = 'prefix';

  /** Answers what became complete with this chunk. Throws WireError when the stream cannot be a TWS client's. */
  push(chunk: Buffer): Inbound[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const out: Inbound[] = [];
    if (this.#state === 'prefix') {
      const seen = Math.min(this.#pending.length, HELLO.length);
      if (!this.#pending.subarray(0, seen).equals(HELLO.subarray(0, seen)))
        throw new WireError('the stream does not begin with "API\\0": not a TWS API client');
      if (seen < HELLO.length) return out;
      this.#pending = this.#pending.subarray(HELLO.length);
      this.#state = 'hello';
    }
    for (let payload = this.#take(); payload !== undefined; payload = this.#take()) {
      if (this.#state === 'hello') {
        this.#state = 'messages';
        out.push({ kind: 'hello', text: payload.toString('utf8') });
      } else {
        out.push({ kind: 'message', fields: splitFields(payload) });
      }
    }
    return out;
  }

  #take(): Buffer | undefined {
    if (this.#pending.length < 4) return undefined;
    const length = this.#pending.readUInt32BE(0);
    if (length > MAX_MESSAGE_BYTES)
      throw new WireError(`message length ${length} is above the limit ${MAX_MESSAGE_BYTES}`);
    if (this.#pending.length < 4 + length) return undefined;
    const payload = this.#pending.subarray(4, 4 + length);
    this.#pending = this.#pending.subarray(4 + length);
    return payload;
  }
}

function splitFields(payload: Buffer): string[] {
  const fields = payload.toString('utf8').split('\0');
  // Every field ends in NUL, so the piece behind the last NUL is empty; a missing last NUL is tolerated.
  if (fields.at(-1) === '') fields.pop();
  return fields;
}

/** Packs a payload of text fields into one length-prefixed message. */
export function frame(fields: readonly string[]): Buffer {
  const body = Buffer.from(`${fields.join('\0')}\0`, 'utf8');
  const out = Buffer.allocUnsafe(4 + body.length);
  out.writeUInt32BE(body.length, 0);
  body.copy(out, 4);
  return out;
}
