import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { SocketEvent } from '../../../../machines/connection/connection.ports.ts';
import { createHistoryQueue } from '../../../../src/broker/ib/history-queue.ts';
import { type Link, openLink, socketCause } from '../../../../src/broker/ib/link.ts';
import { createRequests } from '../../../../src/broker/ib/requests.ts';
import { silentLog } from './support.ts';
import { eventually, frame, greeting, startClient, startTcp } from './wire-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A link to a server that greets; `peer` is the server's end of it. */
async function greeted(): Promise<{
  link: Link;
  peer: Socket;
  events: SocketEvent[];
}> {
  let peer: Socket | undefined;
  const server = await startTcp((socket) => {
    peer = socket;
    socket.once('data', () => socket.write(greeting));
  });
  ends.push(server.stop);
  const events: SocketEvent[] = [];
  const link = openLink(
    { host: '127.0.0.1', port: server.port, clientId: 1 },
    (event) => events.push(event),
    silentLog,
  );
  ends.push(() => link.fail('the test is over'));
  await eventually(() => expect(link.isUsable()).toBe(true));
  if (peer === undefined) throw new Error('nobody connected');
  return { link, peer, events };
}
const closed = (events: SocketEvent[]): Promise<string> =>
  eventually(() => {
    const end = events.find((event) => event.type === 'socket.closed');
    if (end === undefined) throw new Error(`not closed: ${JSON.stringify(events)}`);
    return end.cause;
  });

describe('a connection that does not come to be', () => {
  it('tells that nobody listens', async () => {
    const server = await startTcp(() => {});
    await server.stop();
    const client = startClient(server.port);
    ends.push(() => client.actor.stop());
    const status = await client.until(({ phase }) => phase === 'backingOff');
    expect(status.cause).toBe(`no answer from 127.0.0.1:${server.port}: connection refused`);
  });

  it('tells that a program accepts and says nothing', async () => {
    const server = await startTcp(() => {});
    ends.push(server.stop);
    const client = startClient(server.port, { timing: { handshakeMs: 100 } });
    ends.push(() => client.actor.stop());
    const status = await client.until(({ phase }) => phase === 'backingOff');
    expect(status.cause).toBe(
      `127.0.0.1:${server.port} accepted the connection, but did not tell its version, the next order id, the accounts within 0.1 s`,
    );
  });

  it('tells that a gateway greets and then answers nothing', async () => {
    const server = await startTcp((socket) => socket.once('data', () => socket.write(greeting)));
    ends.push(server.stop);
    const client = startClient(server.port, { timing: { loadMs: 100 } });
    ends.push(() => client.actor.stop());
    const status = await client.until(({ phase }) => phase === 'backingOff');
    expect(status.cause).toBe('the gateway did not tell orders, executions and positions within 0.1 s');
  });

  it.each([
    ['closes in the handshake', (socket: Socket) => socket.end(), 'the gateway closed the socket'],
    [
      'resets in the handshake',
      (socket: Socket) => socket.resetAndDestroy(),
      'the gateway cut the connection',
    ],
    [
      'speaks a version that we do not',
      (socket: Socket) => socket.write(frame(999, 'now')),
      'Unsupported Version 999',
    ],
    [
      'is something else',
      (socket: Socket) => socket.write(frame('hello', 'there')),
      /^what answers at 127\.0\.0\.1:\d+ is no TWS or IB Gateway$/,
    ],
  ] as const)('tells that the gateway %s', async (_, act, cause) => {
    const server = await startTcp((socket) => socket.once('data', () => act(socket)));
    ends.push(server.stop);
    const client = startClient(server.port);
    ends.push(() => client.actor.stop());
    const status = await client.until(({ phase }) => phase === 'backingOff');
    expect(status.cause).toMatch(cause);
  });
});

describe('a link', () => {
  it('tells its life in order, and nothing after its end', async () => {
    const { link, peer, events } = await greeted();
    peer.end();
    await closed(events);
    link.fail('again');
    expect(events).toEqual([
      { type: 'socket.accepted' },
      { type: 'socket.opened', serverVersion: 193 },
      { type: 'socket.accounts', accounts: ['DU1'] },
      { type: 'socket.nextValidId', orderId: 1 },
      { type: 'socket.closed', cause: 'the gateway closed the socket' },
    ]);
    expect(link.isUsable()).toBe(false);
    expect(() => link.send(() => {})).toThrow('there is no connection to the gateway');
  });

  it('passes system messages on as notices', async () => {
    const { peer, events } = await greeted();
    peer.write(frame(4, 2, -1, 2104, 'Market data farm connection is OK:usfarm', ''));
    await eventually(() =>
      expect(events).toContainEqual({
        type: 'socket.notice',
        code: 2104,
        message: 'Market data farm connection is OK:usfarm',
      }),
    );
  });

  it('ends when a listener fails, instead of letting the next message vanish', async () => {
    const { link, peer, events } = await greeted();
    link.on('currentTime', () => {
      throw new Error('no such time');
    });
    peer.write(frame(49, 1, 1767623400));
    expect(await closed(events)).toBe(
      'a message of the gateway could not be handled (currentTime): no such time',
    );
  });

  it('ends when the decoder throws, as it does on a malformed reject document', async () => {
    const { peer, events } = await greeted();
    peer.write(frame(4, 2, 1, 201, 'Order rejected', '{"not json'));
    expect(await closed(events)).toMatch(/^a message of the gateway could not be read: /);
  });

  it('ends when a fill is cut short', async () => {
    const { peer, events } = await greeted();
    peer.write(frame(11, -1, 1, 7, 'ORCL'));
    expect(await closed(events)).toMatch(/^a message of the gateway could not be read: Underrun error/);
  });

  it('survives a message of a kind that nobody knows', async () => {
    const { link, peer } = await greeted();
    let heard = 0;
    link.on('currentTime', () => {
      heard += 1;
    });
    peer.write(frame(4711, 1));
    peer.write(frame(49, 1, 1767623400));
    await eventually(() => expect(heard).toBe(1));
    expect(link.isUsable()).toBe(true);
  });

  it('writes a hundred messages at once: the rate limiter of the library holds none back', async () => {
    const { link } = await greeted();
    let sent = 0;
    link.on('sent', () => {
      sent += 1;
    });
    for (let i = 0; i < 100; i += 1) link.send((api) => api.reqCurrentTime());
    expect(sent).toBe(100);
  });
});

describe('requests', () => {
  it('time out, are refused, or are lost, each with its code', async () => {
    const { link, peer } = await greeted();
    const requests = createRequests(link, silentLog, createHistoryQueue());
    const ask = (timeoutMs: number) =>
      requests.ask<null>(
        { what: 'the answer', timeoutMs, send: (api, id) => api.reqContractDetails(id, {}) },
        () => {},
      );
    await expect(ask(20)).rejects.toMatchObject({
      code: 'timeout',
      message: 'the answer: no answer within 0.02 s',
    });
    const puzzled = ask(200);
    peer.write(frame(4, 2, 1_500_000_001, 4711, 'Something new', ''));
    await expect(puzzled).rejects.toMatchObject({
      code: 'timeout',
      message: 'the answer: no answer within 0.2 s; it said: Something new (4711)',
    });
    const refused = ask(5_000);
    peer.write(frame(4, 2, 1_500_000_002, 200, 'No security definition has been found for the request', ''));
    await expect(refused).rejects.toMatchObject({ code: 'refused', brokerCode: 200 });
    const remarked = ask(5_000);
    peer.write(frame(4, 2, 1_500_000_003, 2109, 'Order Event Warning', ''));
    peer.end();
    await expect(remarked).rejects.toMatchObject({
      code: 'lost',
      message: 'the answer: the gateway closed the socket',
    });
    await expect(ask(20)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('reads the size of a bid, which the decoder of the library drops', async () => {
    const { link, peer } = await greeted();
    const requests = createRequests(link, silentLog, createHistoryQueue());
    const ticks: unknown[] = [];
    requests.stream(
      { what: 'quotes', send: (api, id) => api.reqMktData(id, {}, '', false, false) },
      { message: (message) => ticks.push(message), error: () => {}, lost: () => {} },
    );
    peer.write(frame(1, 6, 1_500_000_000, 1, 88.5, 300, 0));
    await eventually(() =>
      expect(ticks).toEqual([
        { type: 'tickSize', field: 0, value: 300 },
        { type: 'tickPrice', field: 1, value: 88.5 },
      ]),
    );
  });

  it('that stream end on 1101, with the reason', async () => {
    const { link } = await greeted();
    const requests = createRequests(link, silentLog, createHistoryQueue());
    const lost: string[] = [];
    const route = { message: () => {}, error: () => {}, lost: (cause: string) => lost.push(cause) };
    const spec = { what: 'quotes', send: () => {} };
    requests.stream(spec, {
      ...route,
      lost: () => {
        throw new Error('a stream that fails on its end');
      },
    });
    requests.stream(spec, route);
    requests.endStreams('dropped');
    expect(lost).toEqual(['dropped']);
    link.fail('over');
    expect(lost, 'an ended stream hears nothing more').toEqual(['dropped']);
  });
});

describe('socketCause', () => {
  it.each([
    ['connect ECONNREFUSED 127.0.0.1:4002', 'no answer from h:1: connection refused'],
    ['getaddrinfo ENOTFOUND h', 'no answer from h:1: host name not known'],
    ['connect ETIMEDOUT 10.0.0.1:4002', 'no answer from h:1: timed out'],
    ['connect EHOSTUNREACH 10.0.0.1:4002', 'no answer from h:1: not reachable'],
    ['read ECONNRESET', 'the gateway cut the connection'],
    ['', 'no answer from h:1'],
  ])('makes "%s" a sentence', (message, cause) => {
    expect(socketCause({ host: 'h', port: 1, clientId: 1 }, message)).toBe(cause);
  });
});
