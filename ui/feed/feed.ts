import type { FeedClient, FeedSocket, TopicListener } from './client.ts';

let client: FeedClient | null = null;

/** The one feed of the page; main.ts sets it before anything is drawn. */
export function setFeed(feed: FeedClient): void {
  client = feed;
}

/** Listens to a topic of the page's feed; the returned function ends it. Without a feed it hears nothing. */
export function listen(topic: string, listener: TopicListener): () => void {
  return client === null ? () => {} : client.subscribe(topic, listener);
}

/** A browser socket to the feed of the server that served this page. */
export function browserSocket(): FeedSocket {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/api/v1/feed`);
  const wrapped: FeedSocket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => socket.send(text),
    close: () => socket.close(),
  };
  socket.onopen = () => wrapped.onopen?.();
  socket.onmessage = (event: MessageEvent) => wrapped.onmessage?.({ data: event.data });
  socket.onclose = (event) => wrapped.onclose?.({ code: event.code, reason: event.reason });
  return wrapped;
}
