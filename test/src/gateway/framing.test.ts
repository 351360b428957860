import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ClientStream,
  frame,
  type Inbound,
  MAX_MESSAGE_BYTES,
  WireError,
} from '../../../src/gateway/wire/framing.ts';

const field = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'));
const message = fc.array(field, { minLength: 1, maxLength: 20 });

function helloBytes(text: string): Buffer {
  const body = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([Buffer.from('API\0'), length, body]);
}

function push(stream: ClientStream, chunk: Buffer, seen: Inbound[] = []): Inbound[] {
  stream.push(chunk, (inbound) => seen.push(inbound));
  return seen;
}

describe('ClientStream', () => {
  test('finds the same messages however the bytes are split and merged', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 10 }), fc.array(fc.nat(200)), (messages, cuts) => {
        const bytes = Buffer.concat([helloBytes('v100..193'), ...messages.map((fields) => frame(fields))]);
        const stream = new ClientStream();
        const seen: Inbound[] = [];
        let at = 0;
        for (const cut of cuts) {
          push(stream, bytes.subarray(at, at + cut), seen);
          at = Math.min(bytes.length, at + cut);
        }
        push(stream, bytes.subarray(at), seen);
        expect(seen).toEqual([
          { kind: 'hello', text: 'v100..193' },
          ...messages.map((fields) => ({ kind: 'message', fields })),
        ]);
      }),
    );
  });

  test('hands over what came before bytes that are no message, however they are split', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(60)), (messages, cuts) => {
        const bytes = Buffer.concat([
          helloBytes('v157'),
          ...messages.map((fields) => frame(fields)),
          Buffer.alloc(9, 255),
        ]);
        const stream = new ClientStream();
        const seen: Inbound[] = [];
        expect(() => {
          let at = 0;
          for (const cut of [...cuts, bytes.length]) {
            push(stream, bytes.subarray(at, at + cut), seen);
            at = Math.min(bytes.length, at + cut);
          }
        }).toThrow(/above the limit/);
        expect(seen).toHaveLength(messages.length + 1);
      }),
    );
  });

  test('a stream that does not begin with API is refused at its first wrong byte', () => {
    expect(() => push(new ClientStream(), Buffer.from('GET / HTTP/1.1'))).toThrow(WireError);
    expect(() => push(new ClientStream(), Buffer.from('AX'))).toThrow(WireError);
    expect(push(new ClientStream(), Buffer.from('AP'))).toEqual([]);
  });

  test('a message longer than any client sends is refused before it is waited for', () => {
    const stream = new ClientStream();
    push(stream, helloBytes('v100..193'));
    expect(() => push(stream, Buffer.from([0x7f, 0xff, 0xff, 0xff]))).toThrow(/above the limit/);
  });

  test('the bare version of an older client is told apart, and nothing behind it is read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), fc.uint8Array(), fc.nat(8), (version, rest, cut) => {
        const bytes = Buffer.concat([Buffer.from(`${version}\0`), rest]);
        const stream = new ClientStream();
        expect([...push(stream, bytes.subarray(0, cut)), ...push(stream, bytes.subarray(cut))]).toEqual([
          { kind: 'legacyHello', version },
        ]);
      }),
    );
    expect(() => push(new ClientStream(), Buffer.from('12345\0'))).toThrow(WireError);
    expect(() => push(new ClientStream(), Buffer.from('\0'))).toThrow(WireError);
  });

  test('the largest message, byte by byte, is copied a few times and not once per byte', () => {
    const message = frame(['x'.repeat(MAX_MESSAGE_BYTES - 1)]);
    const stream = new ClientStream();
    push(stream, helloBytes('v100..193'));
    const began = performance.now();
    let seen: Inbound[] = [];
    for (let at = 0; at < message.length; at += 1) seen = push(stream, message.subarray(at, at + 1));
    expect(seen).toHaveLength(1);
    expect(stream.isPartial).toBe(false);
    // Copying all that is held for each byte would move 500 GB, which takes minutes.
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('a hello longer than any is refused before it is waited for', () => {
    expect(() => push(new ClientStream(), Buffer.from('API\0\x00\x00\xff\xff', 'latin1'))).toThrow(
      /above the limit/,
    );
  });
});
