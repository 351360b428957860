import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TopicName } from '../../src/contract/feed.schema.ts';
import { backoffMs } from '../../ui/feed/backoff.ts';
import { FeedClient, type FeedSocket, type FeedStatus } from '../../ui/feed/client.ts';
import type { TopicMessage } from '../../ui/feed/messages.ts';

class FakeSocket implements FeedSocket {
  onopen: FeedSocket['onopen'] = null;
  onmessage: FeedSocket['onmessage'] = null;
  onclose: FeedSocket['onclose'] = null;
  readonly sent: { type: string; topics?: string[]; topic?: string }[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
  }
  tell(topic: string, seq: number, type: string, data: unknown): void {
    this.onmessage?.({ data: JSON.stringify({ topic, seq, at: Date.now(), type, data }) });
  }
  asked(type: string) {
    return this.sent.filter((message) => message.type === type);
  }
}

const bar = (time: number, close = 1) => ({
  time,
  open: 1,
  high: 1,
  low: 1,
  close,
  volume: 1,
  closed: true,
});

describe('the feed client', () => {
  let sockets: FakeSocket[];
  let statuses: FeedStatus[];
  let heard: TopicMessage<TopicName>[];
  let client: FeedClient;

  const socket = () => {
    const last = sockets.at(-1);
    if (last === undefined) throw new Error('no socket was opened');
    return last;
  };
  const open = () => {
    socket().onopen?.();
    socket().tell('', 0, 'pong', null);
  };
  const state = () => statuses.at(-1)?.state;

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    sockets = [];
    statuses = [];
    heard = [];
    client = new FeedClient({
      connect: () => {
        sockets.push(new FakeSocket());
        return socket();
      },
      onStatus: (status) => statuses.push(status),
      random: () => 0,
    });
    client.start();
    client.subscribe('bars:X:1d', (message) => heard.push(message));
  });
  afterEach(() => {
    client.stop();
    vi.useRealTimers();
  });

  it('subscribes to what is wanted as soon as the socket is open', () => {
    open();
    expect(socket().asked('subscribe')).toEqual([{ type: 'subscribe', topics: ['bars:X:1d'] }]);
    expect(state()).toBe('live');
  });

  it('hands over a snapshot and then the changes in order', () => {
    open();
    socket().tell('bars:X:1d', 1, 'snapshot', { items: [bar(1)] });
    socket().tell('bars:X:1d', 2, 'change', { items: [bar(2)], removed: ['1'] });
    expect(heard.map((message) => message.kind)).toEqual(['snapshot', 'change']);
    expect(heard[1]).toMatchObject({ items: [{ time: 2 }], removed: ['1'] });
  });

  it('asks once for a new snapshot after a gap and ignores changes until it comes', () => {
    open();
    socket().tell('bars:X:1d', 1, 'snapshot', { items: [bar(1)] });
    socket().tell('bars:X:1d', 3, 'change', { items: [bar(3)] });
    socket().tell('bars:X:1d', 4, 'change', { items: [bar(4)] });
    expect(socket().asked('resync')).toEqual([{ type: 'resync', topic: 'bars:X:1d' }]);
    expect(heard).toHaveLength(1);
    socket().tell('bars:X:1d', 5, 'snapshot', { items: [bar(4)] });
    socket().tell('bars:X:1d', 6, 'change', { items: [bar(5)] });
    expect(heard.map((message) => message.kind)).toEqual(['snapshot', 'snapshot', 'change']);
  });

  it('reports an item that does not fit the contract instead of showing it', () => {
    open();
    socket().tell('bars:X:1d', 1, 'snapshot', { items: [{ ...bar(1), close: 'high' }] });
    expect(heard[0]).toMatchObject({ kind: 'error', message: expect.stringContaining('"close"') });
  });

  it('pings through silence and stays live while it is answered', () => {
    open();
    for (let i = 0; i < 10; i += 1) {
      vi.advanceTimersByTime(800);
      socket().tell('', 0, 'pong', null);
    }
    expect(socket().asked('ping').length).toBeGreaterThan(5);
    expect(statuses.some((status) => status.state === 'lost')).toBe(false);
  });

  it('says within two seconds that nothing is heard, and takes a new socket after four', () => {
    open();
    vi.advanceTimersByTime(2000);
    expect(state()).toBe('lost');
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(3000);
    expect(sockets[0]?.closed).toBe(true);
    expect(sockets).toHaveLength(2);
  });

  it('says at once that the socket has closed, and comes back with all its topics', () => {
    open();
    socket().tell('bars:X:1d', 1, 'snapshot', { items: [bar(1)] });
    socket().onclose?.({ code: 1001, reason: 'the server stops' });
    expect(statuses.at(-1)).toMatchObject({ state: 'lost', reason: 'the server stops', attempts: 1 });
    vi.advanceTimersByTime(500);
    open();
    expect(socket().asked('subscribe')).toHaveLength(1);
    socket().tell('bars:X:1d', 1, 'snapshot', { items: [bar(2)] });
    expect(heard).toHaveLength(2);
    expect(statuses.at(-1)).toMatchObject({ state: 'live', attempts: 0 });
  });

  it('keeps the moment of the first loss over failed attempts', () => {
    open();
    socket().onclose?.({ code: 1006, reason: '' });
    const since = statuses.at(-1)?.since;
    for (let i = 0; i < 4; i += 1) {
      vi.advanceTimersByTime(6000);
      socket().onclose?.({ code: 1006, reason: '' });
    }
    expect(statuses.at(-1)).toMatchObject({ state: 'lost', since });
  });

  it('does not call a sleeping browser lost when the answer to its ping is still on the way', () => {
    open();
    vi.setSystemTime(Date.now() + 60_000);
    vi.advanceTimersByTime(200);
    expect(socket().asked('ping')).toHaveLength(2);
    expect(state()).toBe('live');
  });

  it('shares one subscription between listeners and ends it with the last', () => {
    open();
    const stop = client.subscribe('prices', () => {});
    const stopToo = client.subscribe('prices', () => {});
    expect(socket().asked('subscribe')).toHaveLength(2);
    stop();
    expect(socket().asked('unsubscribe')).toHaveLength(0);
    stopToo();
    expect(socket().asked('unsubscribe')).toEqual([{ type: 'unsubscribe', topics: ['prices'] }]);
  });

  it('survives messages that are not of the feed', () => {
    open();
    socket().onmessage?.({ data: 'not json' });
    socket().onmessage?.({ data: JSON.stringify({ hello: 1 }) });
    expect(state()).toBe('live');
  });
});

describe('backoff', () => {
  it('doubles from a quarter of a second to five seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 20].map((attempt) => backoffMs(attempt, 0))).toEqual([
      250, 500, 1000, 2000, 4000, 5000, 5000,
    ]);
  });

  it('takes at most 30 percent off at random', () => {
    expect(backoffMs(20, 1)).toBe(3500);
  });
});
