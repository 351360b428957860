/** Counts failed logins by address, in memory; too many within a minute close the door for that address. */
export class Attempts {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #failures = new Map<string, { count: number; until: number }>();

  constructor(limit = 10, windowMs = 60_000, now: () => number = Date.now) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Seconds until the address may try again; 0 when it may now. */
  waitSeconds(address: string): number {
    const entry = this.#failures.get(address);
    if (entry === undefined || entry.until <= this.#now() || entry.count < this.#limit) return 0;
    return Math.ceil((entry.until - this.#now()) / 1000);
  }

  fail(address: string): void {
    const now = this.#now();
    if (this.#failures.size > 1000) {
      for (const [key, { until }] of this.#failures) if (until <= now) this.#failures.delete(key);
    }
    const entry = this.#failures.get(address);
    if (entry === undefined || entry.until <= now) {
      this.#failures.set(address, { count: 1, until: now + this.#windowMs });
    } else entry.count += 1;
  }
}
