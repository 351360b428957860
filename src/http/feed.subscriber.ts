import { clientMessageSchema, type ServerMessage, type TopicName } from '../contract/feed.schema.ts';
import { keyOf, topicName } from './feed.topics.ts';
import { Refusal, type RuntimePort, type TopicChange } from './runtime.port.ts';

/** The part of a WebSocket that is used. */
export interface FeedSocket {
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
}

/** What a slow client may cost. Sizes in bytes, times in milliseconds. */
export interface FeedLimits {
  /** Beyond this much unsent, changes are conflated: only the newest of each key is kept. */
  readonly conflateAbove: number;
  /** Conflation ends below this. */
  readonly resumeBelow: number;
  /** Beyond this much unsent the client is dropped. */
  readonly dropAbove: number;
  /** Slow for longer than this, the client is dropped. */
  readonly dropAfterMs: number;
  readonly maxTopics: number;
}

export const feedLimits: FeedLimits = {
  conflateAbove: 1024 * 1024,
  resumeBelow: 256 * 1024,
  dropAbove: 8 * 1024 * 1024,
  dropAfterMs: 30_000,
  maxTopics: 100,
};

/** Close code "try again later". @see https://www.iana.org/assignments/websocket/websocket.xhtml */
export const TRY_AGAIN_LATER = 1013;

interface Topic {
  readonly name: TopicName;
  seq: number;
  /** `wanted`: a snapshot is due once the client keeps up; `loading`: it is being fetched. */
  snapshot: 'wanted' | 'loading' | 'sent';
  /** Newest item of each key that waits to be sent; `gone` for a removed one. */
  readonly pending: Map<string, { readonly item: unknown } | 'gone'>;
}

export interface SubscriberOptions {
  readonly socket: FeedSocket;
  readonly runtime: Pick<RuntimePort, 'snapshot'>;
  readonly limits: FeedLimits;
  readonly now: () => number;
  readonly onTopics: () => void;
  readonly onDrop: (reason: string) => void;
  readonly onFault: (topic: string, error: unknown) => void;
}

/**
 * One client of the feed: its topics, with the sequence of each. Changes that arrive while a snapshot is fetched, or
 * while the client is slow, wait as the newest item of each key, so that what is kept for a client is bounded by what
 * there is to show.
 */
export class FeedSubscriber {
  readonly #options: SubscriberOptions;
  readonly #topics = new Map<string, Topic>();
  #slowSince: number | null = null;
  #gone = false;

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  get topics(): Iterable<string> {
    return this.#topics.keys();
  }

  get isSlow(): boolean {
    return this.#slowSince !== null;
  }

  /** Obeys a message of the client; what cannot be read is answered with an error. */
  hear(text: string): void {
    const message = clientMessageSchema.safeParse(parseJson(text));
    if (!message.success) {
      const expected = 'expected {"type":"subscribe" | "unsubscribe" | "resync" | "ping", ...}';
      this.#error('', `message: found ${JSON.stringify(text.slice(0, 60))}, ${expected}`);
      return;
    }
    switch (message.data.type) {
      case 'ping':
        this.#write('', 0, 'pong', 'null');
        return;
      case 'resync':
        this.#subscribe(message.data.topic);
        break;
      case 'subscribe':
        for (const topic of message.data.topics) this.#subscribe(topic);
        break;
      case 'unsubscribe':
        for (const topic of message.data.topics) this.#topics.delete(topic);
        this.#options.onTopics();
    }
  }

  /** Tells a change, or keeps it. `json` is the change's data, written once for all clients. */
  change(change: TopicChange, json: string): void {
    const topic = this.#topics.get(change.topic);
    if (topic === undefined) return;
    if (topic.snapshot === 'sent' && topic.pending.size === 0 && this.#keepsUp()) {
      this.#send(change.topic, topic, 'change', json);
      return;
    }
    for (const key of change.removed) topic.pending.set(key, 'gone');
    for (const item of change.items) topic.pending.set(keyOf(topic.name, item), { item });
  }

  /** Call it a few times a second: sends what waited for a slow client, or drops one that stays slow. */
  sweep(): void {
    if (this.#slowSince === null || this.#gone) return;
    const { limits, now, socket } = this.#options;
    if (socket.bufferedAmount > limits.resumeBelow) {
      if (now() - this.#slowSince > limits.dropAfterMs) {
        this.#drop(`too slow: not read for ${Math.round(limits.dropAfterMs / 1000)} s`);
      }
      return;
    }
    this.#slowSince = null;
    for (const [name, topic] of this.#topics) {
      if (topic.snapshot === 'wanted') void this.#load(name, topic);
      else if (topic.snapshot === 'sent') this.#flush(name, topic);
    }
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#gone = true;
    this.#topics.clear();
  }

  #subscribe(name: string): void {
    const kind = topicName(name);
    if (kind === null) {
      this.#error(name, `topic: found "${name}", expected a known topic`);
      return;
    }
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      if (this.#topics.size >= this.#options.limits.maxTopics) {
        this.#error(name, `topic: found more than ${this.#options.limits.maxTopics}, expected fewer`);
        return;
      }
      topic = { name: kind, seq: 0, snapshot: 'wanted', pending: new Map() };
      this.#topics.set(name, topic);
      // Before the snapshot is asked for, so that no change falls between the two.
      this.#options.onTopics();
    }
    if (topic.snapshot === 'loading') return;
    topic.snapshot = 'wanted';
    if (this.#keepsUp()) void this.#load(name, topic);
  }

  async #load(name: string, topic: Topic): Promise<void> {
    topic.snapshot = 'loading';
    topic.pending.clear();
    let items: readonly unknown[];
    try {
      items = await this.#options.runtime.snapshot(name);
    } catch (error) {
      if (this.#topics.get(name) !== topic) return;
      this.#topics.delete(name);
      this.#options.onTopics();
      if (!(error instanceof Refusal)) this.#options.onFault(name, error);
      this.#error(name, error instanceof Refusal ? error.message : 'The list could not be read.', topic.seq);
      return;
    }
    // Unsubscribed meanwhile, or subscribed anew.
    if (this.#topics.get(name) !== topic) return;
    if (!this.#keepsUp()) {
      topic.snapshot = 'wanted';
      return;
    }
    topic.snapshot = 'sent';
    this.#send(name, topic, 'snapshot', listJson(items, []));
    this.#flush(name, topic);
  }

  #flush(name: string, topic: Topic): void {
    if (topic.pending.size === 0 || !this.#keepsUp()) return;
    const items: unknown[] = [];
    const removed: string[] = [];
    for (const [key, entry] of topic.pending) {
      if (entry === 'gone') removed.push(key);
      else items.push(entry.item);
    }
    topic.pending.clear();
    this.#send(name, topic, 'change', listJson(items, removed));
  }

  /** Looks at the socket's buffer: false while the client is slow, or once it was dropped. */
  #keepsUp(): boolean {
    if (this.#gone) return false;
    const { limits, now, socket } = this.#options;
    if (socket.bufferedAmount > limits.dropAbove) {
      this.#drop(`too slow: more than ${Math.round(limits.dropAbove / 1024 / 1024)} MB not read`);
      return false;
    }
    if (this.#slowSince === null && socket.bufferedAmount > limits.conflateAbove) this.#slowSince = now();
    return this.#slowSince === null;
  }

  #drop(reason: string): void {
    this.close();
    this.#options.socket.close(TRY_AGAIN_LATER, reason);
    this.#options.onDrop(reason);
  }

  #send(name: string, topic: Topic, type: 'snapshot' | 'change', json: string): void {
    topic.seq += 1;
    this.#write(name, topic.seq, type, json);
  }

  #error(name: string, message: string, seq = 0): void {
    this.#write(name, this.#topics.get(name)?.seq ?? seq, 'error', JSON.stringify({ message }));
  }

  #write(topic: string, seq: number, type: ServerMessage['type'], json: string): void {
    if (this.#gone) return;
    const { socket, limits, now } = this.#options;
    // Answers to the client's own messages pass here while it is slow; they too have an end.
    if (socket.bufferedAmount > limits.dropAbove) {
      this.#keepsUp();
      return;
    }
    socket.send(
      `{"topic":${JSON.stringify(topic)},"seq":${seq},"at":${now()},"type":"${type}","data":${json}}`,
    );
  }
}

/** The `data` of a snapshot or change. */
export const listJson = (items: readonly unknown[], removed: readonly string[]): string =>
  JSON.stringify({ items, removed });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
