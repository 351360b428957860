import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { OrderAction, OrderType } from '@stoqey/ib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunningGateway } from '../../../src/gateway/start.ts';
import { type Field, fieldTexts } from '../../../src/gateway/wire/fields.ts';
import { frame } from '../../../src/gateway/wire/framing.ts';
import { isError, RawClient } from './raw-client.ts';
import {
  ACME,
  connected,
  SESSION_MS,
  silentLog,
  type TestClient,
  testConfig,
  testGateway,
} from './support.ts';

const require = createRequire(import.meta.url);
const { Encoder } = require('@stoqey/ib/dist/core/io/encoder.js');

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function heapMb(): number {
  collectGarbage();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return (heapUsed + external + arrayBuffers) / 1024 / 1024;
}

/** Keeps nothing, so that what is measured is the gateway's. */
const deafLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

const HELLO = Buffer.from('API\0\0\0\0\x09v100..193', 'latin1');
const START = Buffer.concat([HELLO, frame(['71', '2', '9', ''])]);

/** Sends bytes on a connection of their own and waits for its end. */
async function throwAt(gateway: RunningGateway, bytes: Uint8Array): Promise<void> {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(bytes);
  await once(socket, 'close');
}

/** The proof that others go on: an order of a well-behaved client is filled. */
async function trades(client: TestClient, orderId: number): Promise<void> {
  client.ib.placeOrder(orderId, ACME, {
    action: OrderAction.BUY,
    orderType: OrderType.MKT,
    totalQuantity: 1,
    transmit: true,
  });
  await client.next('orderStatus', (id, status) => id === orderId && status === 'Filled');
}

async function world(log = deafLog): Promise<{ gateway: RunningGateway; good: TestClient }> {
  const config = testConfig({ limits: { handshakeSeconds: 1, messageSeconds: 1 } });
  const gateway = await testGateway({ config, log });
  gateway.pass(SESSION_MS / 2);
  return { gateway, good: await connected(gateway.port, 1) };
}

/** What @stoqey/ib sends for a plain limit order at 193. */
function placeOrderBytes(): string[] {
  let sent: unknown[] = [];
  const encoder = new Encoder({
    serverVersion: 193,
    sendMsg: (tokens: unknown[]) => {
      sent = tokens.flat(5);
    },
    emitError: () => undefined,
  });
  const order = { action: 'BUY', totalQuantity: 12, transmit: true, orderType: 'LMT', lmtPrice: 9.75 };
  encoder.placeOrder(1, ACME, order);
  return fieldTexts(sent as Field[]);
}

describe('whatever one connection sends, the others go on', () => {
  test.each([
    ['random bytes', fc.uint8Array({ maxLength: 400 })],
    [
      'random bytes behind a hello',
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.concat([HELLO, bytes])),
    ],
    [
      'random bytes behind START_API',
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.concat([START, bytes])),
    ],
    [
      'messages of random fields',
      fc
        .array(fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 150 }), { maxLength: 10 })
        .map((messages) => Buffer.concat([START, ...messages.map((fields) => frame(fields))])),
    ],
    [
      'known messages with random fields',
      fc
        .array(
          fc.tuple(
            fc.integer({ min: 0, max: 110 }),
            fc.array(fc.oneof(fc.string(), fc.integer().map(String))),
          ),
        )
        .map((messages) =>
          Buffer.concat([START, ...messages.map(([id, fields]) => frame([String(id), ...fields]))]),
        ),
    ],
  ])('%s', async (_, bytes: fc.Arbitrary<Uint8Array>) => {
    const { gateway, good } = await world();
    await fc.assert(
      fc.asyncProperty(bytes, (each) => throwAt(gateway, each)),
      { numRuns: 100 },
    );
    await trades(good, 1);
    expect(good.all('execDetails')).toHaveLength(1);
  });

  test('a message that is no UTF-8, or full of NULs, is answered and does not end the session', async () => {
    const { gateway } = await world();
    const client = new RawClient(gateway.port);
    client.write(START);
    const odd = [
      Buffer.from('3\0\xff\xfe\0\xc3\x28\0', 'latin1'),
      Buffer.alloc(1000),
      Buffer.from(['9', '8', '5', '\0'.repeat(5000), ''].join('\0'), 'latin1'),
      Buffer.alloc(0),
    ];
    for (const payload of odd) {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(payload.length);
      client.write(Buffer.concat([length, payload]));
    }
    client.send(49, 1);
    await client.next((fields) => fields[0] === '49');
    const errors = client.messages.filter((fields) => isError(320)(fields) || isError(321)(fields));
    expect(errors).toHaveLength(4);
    for (const error of errors) expect(error[4]?.length).toBeLessThan(300);
  });

  test('a PLACE_ORDER that lost, repeats or ends before a field is an error under its id, never an order', async () => {
    const { gateway } = await world();
    const client = new RawClient(gateway.port);
    client.write(START);
    await client.next((fields) => fields[0] === '9');
    const order = placeOrderBytes();
    let orderId = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: order.length - 1 }),
        fc.constantFrom('lost', 'repeated', 'cut'),
        async (at, fault) => {
          orderId += 1;
          const fields = order.with(1, String(orderId));
          if (fault === 'lost') client.send(...fields.toSpliced(at, 1));
          else if (fault === 'repeated') client.send(...fields.toSpliced(at, 0, fields[at] ?? ''));
          else client.send(...fields.slice(0, at));
          const about = (message: string[]) => message[0] === '4' && message[2] === String(orderId);
          expect((await client.next(about))?.[3]).toBe('320');
        },
      ),
      { numRuns: 300 },
    );
    client.send(16, 1);
    await client.next((fields) => fields[0] === '53');
    expect(client.messages.filter((fields) => fields[0] === '5' || fields[0] === '3')).toEqual([]);
    client.send(...order.with(1, '9999'));
    expect((await client.next((fields) => fields[0] === '5'))?.[1]).toBe('9999');
  });

  test('a length that no client sends ends that client with a reason, here and in the log', async () => {
    const log = silentLog();
    const gateway = await testGateway({ log });
    const client = new RawClient(gateway.port);
    client.write(START);
    client.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
    await client.end();
    expect(client.messages.find(isError(507))?.[4]).toMatch(/4294967295 is above the limit/);
    expect(log.lines.join('\n')).toMatch(/client 9 closed: message length 4294967295/);
  });
});

describe('memory stays flat', () => {
  test('over 20,000 messages that make no sense', async () => {
    const { gateway, good } = await world();
    const socket: Socket = connect(gateway.port, '127.0.0.1');
    let answers = 0;
    socket.on('data', (chunk: Buffer) => {
      answers += chunk.length;
    });
    socket.write(START);
    const bad = Buffer.concat(
      Array.from({ length: 100 }, (_, i) =>
        frame([String(i % 12), 'x'.repeat(i * 5), '', String(i), 'é\ud800']),
      ),
    );
    const round = async (messages: number): Promise<number> => {
      for (let sent = 0; sent < messages; sent += 100) {
        const before = answers;
        socket.write(bad);
        while (answers === before) await once(socket, 'data');
      }
      await good.settled();
      good.forget();
      return heapMb();
    };
    await round(2000);
    const before = await round(2000);
    const after = await round(20_000);
    expect(after - before).toBeLessThan(10);
    await trades(good, 1);
    socket.destroy();
  });

  test('over 2,000 connections that make no sense', async () => {
    const { gateway, good } = await world();
    const kinds = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      HELLO,
      Buffer.concat([HELLO, Buffer.from([0, 15, 0, 0, 1])]),
      Buffer.concat([HELLO, frame(['49', '1'])]),
      Buffer.from('63\0'),
    ];
    const round = async (connections: number): Promise<number> => {
      for (let made = 0; made < connections; made += 50)
        await Promise.all(
          Array.from({ length: 50 }, (_, i) => throwAt(gateway, kinds[i % kinds.length] ?? HELLO)),
        );
      await good.settled();
      good.forget();
      return heapMb();
    };
    await round(200);
    const before = await round(200);
    const after = await round(2000);
    expect(after - before).toBeLessThan(10);
    await trades(good, 1);
  });
});
