import type { WebSocket } from '@fastify/websocket';
import type { FastifyBaseLogger } from 'fastify';
import { type FeedLimits, FeedSubscriber, feedLimits, listJson } from './feed.subscriber.ts';
import { sendProblem } from './problems.ts';
import type { HttpApp } from './routes/http-app.ts';
import type { RuntimePort, TopicChange } from './runtime.port.ts';

const SWEEP_MS = 250;
const HEARTBEAT_MS = 15_000;
/** How long a client may take to answer the closing of its socket. */
const CLOSE_GRACE_MS = 500;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

interface Client {
  readonly socket: WebSocket;
  readonly subscriber: FeedSubscriber;
  readonly mayStay: () => Promise<boolean>;
  answered: boolean;
}

/** All clients of the feed: hands changes on, keeps hearts beating, tells the runtime which topics are watched. */
export class FeedHub {
  readonly #runtime: RuntimePort;
  readonly #log: FastifyBaseLogger;
  readonly #limits: FeedLimits;
  readonly #clients = new Set<Client>();
  readonly #unsubscribe: () => void;
  readonly #timers: readonly NodeJS.Timeout[];
  #watched = '';

  constructor(runtime: RuntimePort, log: FastifyBaseLogger, limits: FeedLimits = feedLimits) {
    this.#runtime = runtime;
    this.#log = log;
    this.#limits = limits;
    // The runtime calls this from the midst of its work: whatever goes wrong here stays here.
    this.#unsubscribe = runtime.subscribe((change) =>
      this.#guard(`change of "${change.topic}"`, () => this.#change(change)),
    );
    this.#timers = [
      setInterval(() => this.#guard('sweep', () => this.#sweep()), SWEEP_MS),
      setInterval(() => this.#beat(), HEARTBEAT_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Serves a socket until it closes. `mayStay` is asked now and then whether its login still holds. */
  serve(socket: WebSocket, mayStay: () => Promise<boolean>): void {
    const subscriber = new FeedSubscriber({
      socket,
      runtime: this.#runtime,
      limits: this.#limits,
      now: Date.now,
      onTopics: () => this.#watch(),
      onDrop: (reason) => {
        this.#log.warn(`feed: dropped a client: ${reason}`);
        this.#forget(client);
      },
      onFault: (topic, error) => this.#log.error({ err: error }, `feed: topic "${topic}" could not be read`),
    });
    const client: Client = { socket, subscriber, mayStay, answered: true };
    this.#clients.add(client);
    socket.on('message', (data, isBinary) => {
      if (!isBinary) this.#guard('message', () => subscriber.hear(data.toString()));
    });
    socket.on('pong', () => {
      client.answered = true;
    });
    socket.on('close', () => this.#forget(client));
  }

  /** Says goodbye to every client. */
  close(): void {
    this.#unsubscribe();
    for (const timer of this.#timers) clearInterval(timer);
    for (const { socket, subscriber } of this.#clients) {
      subscriber.close();
      socket.close(GOING_AWAY, 'the server stops');
      setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
    }
    this.#clients.clear();
  }

  #guard(what: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#log.error({ err: error }, `feed: ${what} failed`);
    }
  }

  #change(change: TopicChange): void {
    if (this.#clients.size === 0) return;
    const json = listJson(change.items, change.removed);
    for (const { subscriber } of this.#clients) subscriber.change(change, json);
  }

  #sweep(): void {
    for (const { subscriber } of this.#clients) subscriber.sweep();
  }

  #beat(): void {
    for (const client of this.#clients) {
      if (!client.answered) {
        // Half-open: the other side is gone without a word.
        client.socket.terminate();
        continue;
      }
      client.answered = false;
      client.socket.ping();
      client.mayStay().then(
        (stays) => {
          if (!stays) client.socket.close(POLICY_VIOLATION, 'the login has ended');
        },
        () => {}, // the store does not answer: whoever was let in stays
      );
    }
  }

  #forget(client: Client): void {
    if (!this.#clients.delete(client)) return;
    client.subscriber.close();
    this.#watch();
  }

  #watch(): void {
    const topics = new Set<string>();
    for (const { subscriber } of this.#clients) {
      for (const topic of subscriber.topics) topics.add(topic);
    }
    const watched = [...topics].sort().join('\n');
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.#runtime.setWatchedTopics(topics);
  }
}

/** The feed at `/feed`: a WebSocket for whoever upgrades, a hint for whoever does not. */
export function feedRoutes(
  app: HttpApp,
  hub: FeedHub,
  isKnown: (sessionHash: string) => Promise<boolean>,
): void {
  app.route({
    method: 'GET',
    url: '/feed',
    schema: {
      tags: ['feed'],
      summary: 'WebSocket: subscribe to topics, get a snapshot of each and then its changes',
    },
    handler: (_request, reply) =>
      sendProblem(
        reply.header('upgrade', 'websocket'),
        426,
        'webSocketOnly',
        'Open this address as a WebSocket.',
      ),
    wsHandler: (socket, request) => {
      const hash = request.caller?.sessionHash ?? null;
      hub.serve(socket, () => (hash === null ? Promise.resolve(true) : isKnown(hash)));
    },
  });
}
