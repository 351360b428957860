import { topicItems } from '../contract/feed.schema.ts';
import { Refusal, type TopicChange } from '../http/runtime.port.ts';
import { Throttle } from './throttle.ts';

/** How one topic is read: the whole list, and the items of some keys (one that is not answered is gone). */
export interface TopicSource {
  list(parameter: string): Promise<readonly unknown[]> | readonly unknown[];
  items(
    keys: ReadonlySet<string>,
    parameter: string,
  ): Promise<ReadonlyMap<string, unknown>> | ReadonlyMap<string, unknown>;
}

/** Stands for every item of a topic. */
const ALL = '*';

/** Never more often per topic than ten times a second. */
const INTERVAL_MS = 100;

/**
 * Turns "this changed" marks into grouped changes of topics. An item is read when it is told, not when it is
 * marked, so a burst of marks costs one reading of the newest state. Topics with a parameter that nobody watches
 * cost nothing.
 */
export class Topics {
  readonly #sources: Readonly<Record<string, TopicSource>>;
  readonly #listeners = new Set<(change: TopicChange) => void>();
  readonly #throttles = new Map<string, Throttle<string>>();
  readonly #onFault: (message: string) => void;
  #watched: ReadonlySet<string> = new Set();

  constructor(sources: Readonly<Record<string, TopicSource>>, onFault: (message: string) => void) {
    this.#sources = sources;
    this.#onFault = onFault;
  }

  async snapshot(topic: string): Promise<readonly unknown[]> {
    const { source, parameter } = this.#resolve(topic);
    return source.list(parameter);
  }

  subscribe(listener: (change: TopicChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(topics: ReadonlySet<string>): void {
    this.#watched = topics;
    for (const [topic, throttle] of this.#throttles) {
      if (topics.has(topic)) continue;
      throttle.close();
      this.#throttles.delete(topic);
    }
  }

  /** Says that an item of a topic has changed, or is gone. */
  mark(topic: string, key: string): void {
    if (!this.#watched.has(topic)) return;
    let throttle = this.#throttles.get(topic);
    if (throttle === undefined) {
      throttle = new Throttle(INTERVAL_MS, (keys) => {
        this.#tell(topic, keys).catch((error: unknown) => {
          this.#onFault(`topic ${topic}: ${error instanceof Error ? error.message : String(error)}`);
        });
      });
      this.#throttles.set(topic, throttle);
    }
    throttle.mark(key);
  }

  /** Says that any item of a topic may have changed; the whole list is told. */
  markAll(topic: string): void {
    this.mark(topic, ALL);
  }

  close(): void {
    for (const throttle of this.#throttles.values()) throttle.close();
    this.#throttles.clear();
    this.#listeners.clear();
  }

  #resolve(topic: string): { source: TopicSource; parameter: string } {
    const [name = '', ...rest] = topic.split(':');
    const source = Object.hasOwn(topicItems, name) ? this.#sources[name] : undefined;
    if (source === undefined) {
      const known = Object.keys(topicItems).join(', ');
      throw new Refusal(404, 'unknown-topic', `topic: found "${topic}", expected one of ${known}`);
    }
    return { source, parameter: rest.join(':') };
  }

  async #tell(topic: string, keys: ReadonlySet<string>): Promise<void> {
    const { source, parameter } = this.#resolve(topic);
    const change = keys.has(ALL)
      ? { items: await source.list(parameter), removed: [] }
      : await this.#some(source, keys, parameter);
    for (const listener of this.#listeners) {
      try {
        listener({ topic, ...change });
      } catch (error) {
        this.#onFault(`topic ${topic}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  async #some(source: TopicSource, keys: ReadonlySet<string>, parameter: string) {
    const found = await source.items(keys, parameter);
    return { items: [...found.values()], removed: [...keys].filter((key) => !found.has(key)) };
  }
}
