import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ListenError, listen } from '../../../src/http/listen.ts';
import { actor } from './fake-runtime.ts';
import { bearer, type Harness, harness, logIn } from './harness.ts';

interface Message {
  topic: string;
  seq: number;
  type: string;
  data: { items: unknown[] };
}

let server: Harness;
let port = 0;
let sockets: WebSocket[] = [];

beforeEach(async () => {
  server = harness();
  ({ port } = await listen(server.app, { host: '127.0.0.1', port: 0 }));
});
afterEach(async () => {
  for (const socket of sockets) socket.close();
  sockets = [];
  await server.app.close();
});

/** Opens the feed; `closed` fulfils with the code, `messages` collects what was heard. */
function connect(headers: Record<string, string>) {
  // Node's WebSocket takes headers, unlike the browser's whose type it has.
  const options = { headers } as unknown as string[];
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/feed`, options);
  sockets.push(socket);
  const messages: Message[] = [];
  socket.onmessage = ({ data }) => messages.push(JSON.parse(String(data)));
  const opened = new Promise<boolean>((done) => {
    socket.onopen = () => done(true);
    socket.onerror = () => done(false);
  });
  const closed = new Promise<{ code: number; reason: string }>((done) => {
    socket.onclose = ({ code, reason }) => done({ code, reason });
  });
  const say = (message: object) => socket.send(JSON.stringify(message));
  return { socket, messages, opened, closed, say };
}

describe('the feed on a real socket', () => {
  it('opens for a login from our own page, for the control token, and for nobody else', async () => {
    const cookie = await logIn(server);
    expect(await connect({}).opened).toBe(false);
    expect(await connect({ cookie: 'tw_session=x' }).opened).toBe(false);
    expect(await connect({ ...cookie, origin: 'http://evil.example' }).opened).toBe(false);
    expect(await connect({ ...cookie, origin: `http://127.0.0.1:${port + 1}` }).opened).toBe(false);
    expect(await connect({ ...cookie, origin: `http://127.0.0.1:${port}` }).opened).toBe(true);
    expect(await connect(bearer).opened).toBe(true);
  });

  it('sends snapshot and changes to each client by its own topics and numbers', async () => {
    server.runtime.lists.set('actors', [actor('root')]);
    const one = connect(bearer);
    const two = connect(bearer);
    await Promise.all([one.opened, two.opened]);
    one.say({ type: 'subscribe', topics: ['actors'] });
    await vi.waitFor(() => expect(one.messages).toHaveLength(1));
    server.runtime.tell('actors', [actor('root', 'a')]);
    two.say({ type: 'subscribe', topics: ['actors', 'prices'] });
    await vi.waitFor(() => expect(two.messages).toHaveLength(2));
    server.runtime.tell('actors', [actor('root', 'b')]);
    await vi.waitFor(() => expect(two.messages).toHaveLength(3));
    await vi.waitFor(() => expect(one.messages).toHaveLength(3));
    expect(one.messages.map(({ type, seq }) => [type, seq])).toEqual([
      ['snapshot', 1],
      ['change', 2],
      ['change', 3],
    ]);
    expect(two.messages[2]).toMatchObject({ topic: 'actors', type: 'change', seq: 2 });
  });

  it('keeps its own faults from the runtime, and goes on', async () => {
    const client = connect(bearer);
    await client.opened;
    client.say({ type: 'subscribe', topics: ['actors'] });
    await vi.waitFor(() => expect(client.messages).toHaveLength(1));
    expect(() => server.runtime.tell('actors', [{ path: 1n }])).not.toThrow();
    server.runtime.tell('actors', [actor('root')]);
    await vi.waitFor(() => expect(client.messages.map(({ seq }) => seq)).toEqual([1, 2]));
  });

  it('tells the runtime the union of watched topics, until the last client leaves', async () => {
    const one = connect(bearer);
    const two = connect(bearer);
    await Promise.all([one.opened, two.opened]);
    one.say({ type: 'subscribe', topics: ['actors', 'decisions:a', 'decisions:b'] });
    two.say({ type: 'subscribe', topics: ['decisions:b', 'bars:X:1d'] });
    const watched = () => [...server.runtime.watched].sort();
    await vi.waitFor(() => expect(watched()).toEqual(['actors', 'bars:X:1d', 'decisions:a', 'decisions:b']));
    one.socket.close();
    await vi.waitFor(() => expect(watched()).toEqual(['bars:X:1d', 'decisions:b']));
    two.say({ type: 'unsubscribe', topics: ['decisions:b', 'bars:X:1d'] });
    await vi.waitFor(() => expect(watched()).toEqual([]));
  });

  it('says goodbye when the server stops, within a second, and leaves the runtime', async () => {
    const client = connect(bearer);
    await client.opened;
    const began = performance.now();
    await server.app.close();
    expect(await client.closed).toMatchObject({ code: 1001, reason: 'the server stops' });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(server.runtime.listeners.size).toBe(0);
  });
});

describe('listen', () => {
  it('names the port that is in use, and what to do', async () => {
    const second = harness();
    const error = await listen(second.app, { host: '127.0.0.1', port }).catch((e) => e);
    expect(error).toBeInstanceOf(ListenError);
    expect(error.code).toBe('EADDRINUSE');
    expect(error.message).toContain(`port ${port} on 127.0.0.1 in use`);
    expect(error.message).toContain('--port N');
    await second.app.close();
  });

  it('names a host that is not of this machine', async () => {
    const second = harness();
    const error = await listen(second.app, { host: '192.0.2.1', port: 0 }).catch((e) => e);
    expect(error).toBeInstanceOf(ListenError);
    await second.app.close();
  });
});
