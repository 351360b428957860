import { beforeEach, describe, expect, it } from 'vitest';
import { type FeedLimits, FeedSubscriber, listJson } from '../../../src/http/feed.subscriber.ts';
import { topicName } from '../../../src/http/feed.topics.ts';
import { actor, FakeRuntime } from './fake-runtime.ts';

const limits: FeedLimits = {
  conflateAbove: 1000,
  resumeBelow: 100,
  dropAbove: 5000,
  dropAfterMs: 30_000,
  maxTopics: 3,
};

let runtime: FakeRuntime;
let now: number;
let socket: { bufferedAmount: number; sent: { type: string; topic: string; seq: number; data: unknown }[] };
let closed: [number, string] | null;
let watched: string[];
let subscriber: FeedSubscriber;

beforeEach(() => {
  runtime = new FakeRuntime();
  now = 0;
  closed = null;
  watched = [];
  socket = { bufferedAmount: 0, sent: [] };
  subscriber = new FeedSubscriber({
    socket: {
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      send: (text) => socket.sent.push(JSON.parse(text)),
      close: (code, reason) => {
        closed = [code, reason];
      },
    },
    runtime,
    limits,
    now: () => now,
    onTopics: () => {
      watched = [...subscriber.topics];
    },
    onDrop: () => {},
    onFault: () => {},
  });
});

const say = (message: object): void => subscriber.hear(JSON.stringify(message));
const change = (items: unknown[], removed: string[] = [], topic = 'actors'): void =>
  subscriber.change({ topic, items, removed }, listJson(items, removed));
/** Lets promises that are already settled be followed up. */
const settled = () => new Promise((done) => setImmediate(done));
const brief = () => socket.sent.map(({ type, seq, data }) => [type, seq, data]);

describe('a subscription', () => {
  it('gets a snapshot, then changes, numbered from 1', async () => {
    runtime.lists.set('actors', [actor('root')]);
    say({ type: 'subscribe', topics: ['actors'] });
    await settled();
    change([actor('root', 'down')]);
    change([], ['root']);
    expect(brief()).toEqual([
      ['snapshot', 1, { items: [actor('root')], removed: [] }],
      ['change', 2, { items: [actor('root', 'down')], removed: [] }],
      ['change', 3, { items: [], removed: ['root'] }],
    ]);
  });

  it('gets changes that came while the snapshot was fetched after it, the newest of each key', async () => {
    let open = () => {};
    runtime.gate = new Promise((done) => {
      open = done;
    });
    say({ type: 'subscribe', topics: ['actors'] });
    change([actor('root', 'one'), actor('root/a')]);
    change([actor('root', 'two')], ['root/a']);
    expect(socket.sent).toEqual([]);
    open();
    await settled();
    expect(brief()).toEqual([
      ['snapshot', 1, { items: [], removed: [] }],
      ['change', 2, { items: [actor('root', 'two')], removed: ['root/a'] }],
    ]);
  });

  it('gets a new snapshot on resync, numbered on', async () => {
    say({ type: 'subscribe', topics: ['actors'] });
    await settled();
    say({ type: 'resync', topic: 'actors' });
    await settled();
    expect(brief().map(([type, seq]) => [type, seq])).toEqual([
      ['snapshot', 1],
      ['snapshot', 2],
    ]);
  });

  it('is not answered twice when it is asked for twice', async () => {
    say({ type: 'subscribe', topics: ['actors', 'actors'] });
    say({ type: 'resync', topic: 'actors' });
    await settled();
    expect(socket.sent).toHaveLength(1);
  });

  it('ends with unsubscribe, even while its snapshot is fetched', async () => {
    say({ type: 'subscribe', topics: ['actors'] });
    say({ type: 'unsubscribe', topics: ['actors'] });
    await settled();
    change([actor('root')]);
    expect(socket.sent).toEqual([]);
    expect(watched).toEqual([]);
  });

  it('to an unknown topic is answered with an error and leaves the others alone', async () => {
    say({ type: 'subscribe', topics: ['weather', 'actors'] });
    await settled();
    expect(socket.sent.map(({ type, topic }) => [type, topic])).toEqual([
      ['error', 'weather'],
      ['snapshot', 'actors'],
    ]);
  });

  it('that the runtime refuses says why, and can be tried again', async () => {
    say({ type: 'subscribe', topics: ['decisions:nobody'] });
    await settled();
    expect(socket.sent[0]).toMatchObject({
      type: 'error',
      data: { message: 'There is no session "nobody".' },
    });
    expect(watched).toEqual([]);
    runtime.fault = new Error('password=secret');
    say({ type: 'subscribe', topics: ['actors'] });
    await settled();
    expect(socket.sent[1]).toMatchObject({ type: 'error', data: { message: 'The list could not be read.' } });
  });

  it('beyond the limit of topics is refused', async () => {
    say({ type: 'subscribe', topics: ['actors', 'prices', 'trades', 'system'] });
    await settled();
    expect(socket.sent.filter(({ type }) => type === 'error').map(({ topic }) => topic)).toEqual(['system']);
  });
});

describe('a message of the client', () => {
  it.each(['', 'x', '{}', '[]', '{"type":"subscribe","topics":[]}', '{"type":"order"}'])(
    '%j is answered with an error',
    (text) => {
      subscriber.hear(text);
      expect(socket.sent[0]).toMatchObject({ type: 'error', topic: '' });
    },
  );

  it('ping is answered with pong', () => {
    say({ type: 'ping' });
    expect(socket.sent[0]).toMatchObject({ type: 'pong' });
  });
});

describe('a slow client', () => {
  beforeEach(async () => {
    say({ type: 'subscribe', topics: ['actors'] });
    await settled();
    socket.sent.length = 0;
  });

  it('gets the newest of each key once it has read, in one change without a gap', () => {
    socket.bufferedAmount = 1001;
    change([actor('root', 'one')]);
    change([actor('root', 'two'), actor('root/a')]);
    change([actor('root/b')], ['root/a']);
    subscriber.sweep();
    socket.bufferedAmount = 101;
    subscriber.sweep();
    expect(socket.sent).toEqual([]);
    socket.bufferedAmount = 100;
    subscriber.sweep();
    expect(brief()).toEqual([
      ['change', 2, { items: [actor('root', 'two'), actor('root/b')], removed: ['root/a'] }],
    ]);
    change([actor('root', 'three')]);
    expect(brief().at(-1)?.slice(0, 2)).toEqual(['change', 3]);
  });

  it('gets a snapshot that it asked for once it has read', async () => {
    socket.bufferedAmount = 1001;
    change([actor('root', 'one')]);
    say({ type: 'resync', topic: 'actors' });
    await settled();
    expect(socket.sent).toEqual([]);
    socket.bufferedAmount = 0;
    subscriber.sweep();
    await settled();
    expect(brief().map(([type, seq]) => [type, seq])).toEqual([['snapshot', 2]]);
  });

  it('is dropped with a reason when it stays slow for more than 30 s', () => {
    socket.bufferedAmount = 1001;
    change([actor('root')]);
    now = 30_000;
    subscriber.sweep();
    expect(closed).toBeNull();
    now = 30_001;
    subscriber.sweep();
    expect(closed).toEqual([1013, 'too slow: not read for 30 s']);
    change([actor('root')]);
    expect(socket.sent).toEqual([]);
  });

  it('is dropped at once beyond the hard limit, whatever it asks for', () => {
    socket.bufferedAmount = 5001;
    say({ type: 'ping' });
    expect(closed?.[0]).toBe(1013);
    expect(socket.sent).toEqual([]);
  });
});

describe('topicName', () => {
  it.each([
    ['actors', 'actors'],
    ['decisions:a', 'decisions'],
    ['bars:ORCL.STK.SMART.USD:1d', 'bars'],
    ['actors:x', null],
    ['decisions', null],
    ['decisions:', null],
    ['bars:x', null],
    ['constructor', null],
    ['', null],
  ])('%j is %s', (topic, name) => {
    expect(topicName(topic)).toBe(name);
  });
});
