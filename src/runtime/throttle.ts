/**
 * Groups marks into at most one call per interval; the first mark of a quiet time is delivered after
 * a tick of the event loop, so that what happens together is told together.
 */
export class Throttle<K> {
  readonly #intervalMs: number;
  readonly #deliver: (keys: ReadonlySet<K>) => void;
  #pending = new Set<K>();
  #timer: NodeJS.Timeout | undefined;
  #last = 0;

  constructor(intervalMs: number, deliver: (keys: ReadonlySet<K>) => void) {
    this.#intervalMs = intervalMs;
    this.#deliver = deliver;
  }

  mark(key: K): void {
    this.#pending.add(key);
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#last + this.#intervalMs - Date.now());
    this.#timer = setTimeout(() => this.#flush(), wait);
    this.#timer.unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#pending.clear();
  }

  #flush(): void {
    this.#timer = undefined;
    this.#last = Date.now();
    const keys = this.#pending;
    this.#pending = new Set();
    this.#deliver(keys);
  }
}
