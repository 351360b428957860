/**
 * The byte stream of a TWS client: `API\0`, then 4-byte big-endian length + payload, again and again.
 * Payloads are text: fields, each ended by NUL. Splits and merges of the stream by TCP do not matter.
 * Clients from before 2014 begin with their version instead, digits ended by NUL, and know no lengths at all.
 */

/** No request comes near it; IBKR's own reader takes 16 MiB, but here each client may make us hold as much. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_HELLO_BYTES = 1024;
const MAX_LEGACY_DIGITS = 4;
const HELLO = Buffer.from('API\0', 'latin1');
/** What is kept for the next message instead of being given back. */
const KEPT_BYTES = 64 * 1024;

/** The peer does not speak this protocol, or a message does not hold what its layout promises. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WireError';
  }
}

export type Inbound =
  | { kind: 'hello'; text: string }
  /** The bare version of a client without length prefixes; nothing behind it is read. */
  | { kind: 'legacyHello'; version: number }
  | { kind: 'message'; fields: string[] };

/** Cuts one client's byte stream into the hello (`v100..193`) and the messages that follow. */
export class ClientStream {
  /** Bytes of what is not yet complete; grows by doubling, so that a trickle costs no more than one write. */
  #held: Buffer = Buffer.alloc(0);
  #heldLength = 0;
  #state: 'prefix' | 'hello' | 'messages' | 'legacy' = 'prefix';

  /** Whether a message has begun that is not complete. */
  get isPartial(): boolean {
    return this.#heldLength > 0;
  }

  /**
   * Hands over what became complete with this chunk. Throws WireError where the stream cannot be a TWS client's, when
   * everything before is handed over: what counts must not depend on how TCP cut the bytes.
   */
  push(chunk: Buffer, handOver: (inbound: Inbound) => void): void {
    const bytes = this.#heldLength === 0 ? chunk : this.#append(chunk);
    let at = 0;
    for (;;) {
      const next = this.#take(bytes, at);
      if (next === undefined) break;
      at = next.end;
      if (next.inbound !== undefined) handOver(next.inbound);
    }
    this.#keep(bytes, at);
  }

  #append(chunk: Buffer): Buffer {
    const length = this.#heldLength + chunk.length;
    if (this.#held.length < length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#held.length, 256));
      this.#held.copy(grown, 0, 0, this.#heldLength);
      this.#held = grown;
    }
    chunk.copy(this.#held, this.#heldLength);
    this.#heldLength = length;
    return this.#held.subarray(0, length);
  }

  #keep(bytes: Buffer, from: number): void {
    const rest = bytes.length - from;
    if (rest > 0 && from === 0 && this.#heldLength > 0) return;
    if (rest > this.#held.length) this.#held = Buffer.allocUnsafeSlow(Math.max(rest, 256));
    else if (rest === 0 && this.#held.length > KEPT_BYTES) this.#held = Buffer.alloc(0);
    bytes.copy(this.#held, 0, from);
    this.#heldLength = rest;
  }

  #take(bytes: Buffer, at: number): { end: number; inbound?: Inbound } | undefined {
    if (at >= bytes.length) return undefined;
    if (this.#state === 'legacy') return { end: bytes.length };
    if (this.#state === 'prefix') return this.#prefix(bytes);
    if (bytes.length - at < 4) return undefined;
    const length = bytes.readUInt32BE(at);
    const limit = this.#state === 'hello' ? MAX_HELLO_BYTES : MAX_MESSAGE_BYTES;
    if (length > limit) throw new WireError(`message length ${length} is above the limit ${limit}`);
    const end = at + 4 + length;
    if (bytes.length < end) return undefined;
    const text = bytes.toString('utf8', at + 4, end);
    if (this.#state === 'messages') return { end, inbound: { kind: 'message', fields: splitFields(text) } };
    this.#state = 'messages';
    return { end, inbound: { kind: 'hello', text } };
  }

  #prefix(bytes: Buffer): { end: number; inbound?: Inbound } | undefined {
    const seen = Math.min(bytes.length, HELLO.length);
    if (bytes.subarray(0, seen).equals(HELLO.subarray(0, seen))) {
      if (seen < HELLO.length) return undefined;
      this.#state = 'hello';
      return { end: HELLO.length };
    }
    const end = bytes.indexOf(0);
    const digits = bytes.toString('latin1', 0, Math.min(end < 0 ? bytes.length : end, MAX_LEGACY_DIGITS + 1));
    if (!/^\d+$/.test(digits) || digits.length > MAX_LEGACY_DIGITS)
      throw new WireError('the stream does not begin with "API\\0": not a TWS API client');
    if (end < 0) return undefined;
    this.#state = 'legacy';
    return { end: end + 1, inbound: { kind: 'legacyHello', version: Number(digits) } };
  }
}

function splitFields(text: string): string[] {
  const fields = text.split('\0');
  // Every field ends in NUL, so the piece behind the last NUL is empty; a missing last NUL is tolerated.
  if (fields.at(-1) === '') fields.pop();
  return fields;
}

/** Packs a payload of text fields into one length-prefixed message. */
export function frame(fields: readonly string[]): Buffer {
  const body = `${fields.join('\0')}\0`;
  const length = Buffer.byteLength(body);
  const out = Buffer.allocUnsafe(4 + length);
  out.writeUInt32BE(length, 0);
  out.write(body, 4);
  return out;
}
