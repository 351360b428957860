import {
  type ClientMessage,
  type ServerMessage,
  serverMessageSchema,
  type TopicName,
} from '../../src/contract/feed.schema.ts';
import { backoffMs } from './backoff.ts';
import { readMessage, type TopicMessage } from './messages.ts';

/** The part of a WebSocket that is used, so that a test can stand in for it. */
export interface FeedSocket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface FeedStatus {
  /** `live`: heard from within the last moments. `lost`: not; everything shown is stale. */
  readonly state: 'connecting' | 'live' | 'lost';
  readonly since: number;
  /** Failed attempts since it was last live. */
  readonly attempts: number;
  /** Server clock minus ours, from the newest message. */
  readonly skewMs: number;
  readonly reason: string | null;
}

export type TopicListener = (message: TopicMessage<TopicName>, at: number) => void;

/** Silence after which a ping is sent, and after which the feed counts as lost. Together below two seconds. */
export const PING_AFTER_MS = 500;
export const LOST_AFTER_MS = 1300;
const TICK_MS = 200;
/** A lost socket that stays silent this long is given up for a new one. */
const GIVE_UP_AFTER_MS = 4000;

export interface FeedOptions {
  readonly connect: () => FeedSocket;
  readonly onStatus: (status: FeedStatus) => void;
  readonly random?: () => number;
}

/**
 * Keeps one socket to the feed: subscribes by topic, hands over snapshots and changes, asks again after a gap in
 * `seq`, pings through silence, reconnects with backoff, and says within two seconds when nothing is heard.
 */
export class FeedClient {
  readonly #options: FeedOptions;
  readonly #topics = new Map<string, { listeners: Set<TopicListener>; seq: number; resyncing: boolean }>();
  #socket: FeedSocket | null = null;
  #open = false;
  #heardAt = 0;
  #pingedAt: number | null = null;
  #retryAt: number | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;
  #status: FeedStatus = { state: 'connecting', since: Date.now(), attempts: 0, skewMs: 0, reason: null };

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** Connects and stays connected until `stop`. */
  start(): void {
    if (this.#timer !== null) return;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#connect();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#drop();
  }

  /** Listens to a topic; the returned function ends it. Several listeners share one subscription. */
  subscribe(topic: string, listener: TopicListener): () => void {
    let entry = this.#topics.get(topic);
    if (entry === undefined) {
      entry = { listeners: new Set(), seq: 0, resyncing: false };
      this.#topics.set(topic, entry);
      entry.listeners.add(listener);
      this.#send({ type: 'subscribe', topics: [topic] });
    } else {
      entry.listeners.add(listener);
      // The list so far went to the others only.
      this.#resync(topic);
    }
    const subscribed = entry;
    return () => {
      subscribed.listeners.delete(listener);
      if (subscribed.listeners.size > 0 || this.#topics.get(topic) !== subscribed) return;
      this.#topics.delete(topic);
      this.#send({ type: 'unsubscribe', topics: [topic] });
    };
  }

  #connect(): void {
    this.#retryAt = null;
    const socket = this.#options.connect();
    this.#socket = socket;
    this.#heardAt = Date.now();
    this.#pingedAt = null;
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      this.#open = true;
      for (const entry of this.#topics.values()) {
        entry.seq = 0;
        entry.resyncing = false;
      }
      const topics = [...this.#topics.keys()];
      for (let i = 0; i < topics.length; i += 50) {
        this.#send({ type: 'subscribe', topics: topics.slice(i, i + 50) });
      }
      this.#ping();
    };
    socket.onmessage = (event) => {
      if (this.#socket === socket) this.#hear(event.data);
    };
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#lose(event.reason === '' ? null : event.reason);
    };
  }

  #hear(data: unknown): void {
    const message = parse(data);
    if (message === null) return;
    this.#heardAt = Date.now();
    this.#pingedAt = null;
    const skewMs = message.at - this.#heardAt;
    if (this.#status.state !== 'live') {
      this.#setStatus({ state: 'live', since: this.#heardAt, attempts: 0, skewMs, reason: null });
    } else if (Math.abs(skewMs - this.#status.skewMs) > 500) {
      this.#setStatus({ ...this.#status, skewMs });
    }
    if (message.type !== 'pong') this.#deliver(message);
  }

  #deliver(message: ServerMessage): void {
    const entry = this.#topics.get(message.topic);
    if (entry === undefined) return;
    if (message.type === 'change') {
      if (message.seq <= entry.seq) return;
      if (message.seq !== entry.seq + 1 || entry.resyncing) {
        this.#resync(message.topic);
        return;
      }
    }
    if (message.type === 'snapshot') entry.resyncing = false;
    entry.seq = message.type === 'error' ? Math.max(entry.seq, message.seq) : message.seq;
    const read = readMessage(message);
    for (const listener of entry.listeners) listener(read, message.at);
  }

  #resync(topic: string): void {
    const entry = this.#topics.get(topic);
    if (entry === undefined || entry.resyncing || !this.#open) return;
    entry.resyncing = true;
    this.#send({ type: 'resync', topic });
  }

  #ping(): void {
    this.#pingedAt = Date.now();
    this.#send({ type: 'ping' });
  }

  #tick(): void {
    const now = Date.now();
    if (this.#socket === null) {
      if (this.#retryAt !== null && now >= this.#retryAt) this.#connect();
      return;
    }
    const silence = now - this.#heardAt;
    if (this.#open && this.#pingedAt === null && silence >= PING_AFTER_MS) this.#ping();
    // A browser that slept ticks late: only a ping left without an answer counts as silence.
    const unanswered = this.#pingedAt === null ? 0 : now - this.#pingedAt;
    const quiet = !this.#open ? silence : Math.min(silence, unanswered + PING_AFTER_MS);
    if (quiet >= LOST_AFTER_MS && this.#status.state === 'live') {
      this.#setStatus({ ...this.#status, state: 'lost', since: now, reason: null });
    }
    if (quiet >= GIVE_UP_AFTER_MS) this.#lose(null);
  }

  #lose(reason: string | null): void {
    this.#drop();
    const attempts = this.#status.attempts + 1;
    const since = this.#status.state === 'lost' ? this.#status.since : Date.now();
    this.#retryAt = Date.now() + backoffMs(attempts, (this.#options.random ?? Math.random)());
    this.#setStatus({ ...this.#status, state: 'lost', since, attempts, reason });
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    if (socket === null) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #send(message: ClientMessage): void {
    if (this.#open) this.#socket?.send(JSON.stringify(message));
  }

  #setStatus(status: FeedStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}

function parse(data: unknown): ServerMessage | null {
  if (typeof data !== 'string') return null;
  try {
    const parsed = serverMessageSchema.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
