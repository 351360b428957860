/** Fencing leases in the database, by its clock; implemented by the store. */
export interface LeasePort {
  acquire(
    name: string,
    holder: string,
    ttlMs: number,
  ): Promise<{ epoch: number } | { heldBy: string; expiresAt: number }>;
  /** For a holder that is known to be dead. */
  takeOver(
    name: string,
    holder: string,
    deadHolder: string,
    ttlMs: number,
  ): Promise<{ epoch: number } | { heldBy: string; expiresAt: number }>;
  /** Answers the names that were lost. */
  renew(
    leases: readonly { name: string; epoch: number }[],
    holder: string,
    ttlMs: number,
  ): Promise<readonly string[]>;
  release(name: string, epoch: number): Promise<void>;
}

export interface LeaseKeeperOptions {
  readonly leases: LeasePort;
  readonly holder: string;
  /** Tells whether a holder is a process of this machine that is gone. */
  readonly isDead: (holder: string) => boolean;
  readonly log: { warn(message: string): void };
  /** @default 10000 */
  readonly ttlMs?: number;
}

interface Entry {
  epoch: number | null;
  /** Wall time until which the last acquire or renewal is good, by our own clock and on the safe side. */
  goodUntil: number;
  readonly listener: (held: { epoch: number } | null) => void;
}

/**
 * Holds one lease for each running session. A lease that could not be renewed in time is told as lost at once,
 * before anyone else can take it; it is then sought again until it is held or given up.
 */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #ttlMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #timer: NodeJS.Timeout;
  #round: Promise<void> = Promise.resolve();

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#ttlMs = options.ttlMs ?? 10_000;
    this.#timer = setInterval(() => {
      this.#expire(); // also while a round hangs on a silent database
      this.#kick();
    }, this.#ttlMs / 5);
    this.#timer.unref();
  }

  static leaseName(sessionId: string): string {
    return `session:${sessionId}`;
  }

  /** Seeks and keeps the lease of a session until the answered function is called. */
  hold(sessionId: string, listener: Entry['listener']): () => void {
    const name = LeaseKeeper.leaseName(sessionId);
    const entry: Entry = { epoch: null, goodUntil: 0, listener };
    this.#entries.set(name, entry);
    this.#kick();
    return () => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
      const epoch = entry.epoch;
      entry.epoch = null;
      if (epoch !== null) {
        this.#round = this.#round
          .then(() => this.#options.leases.release(name, epoch))
          .catch((error) => this.#options.log.warn(`lease ${name} was not released: ${String(error)}`));
      }
    };
  }

  /** Stops renewing and releases everything. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#round;
    const held = [...this.#entries];
    this.#entries.clear();
    for (const [name, { epoch }] of held) {
      if (epoch === null) continue;
      // One that cannot be given back runs out by itself.
      await this.#options.leases
        .release(name, epoch)
        .catch((error) => this.#options.log.warn(`lease ${name} was not released: ${String(error)}`));
    }
  }

  #kick(): void {
    this.#round = this.#round
      .then(() => this.#renew())
      .then(() => this.#seek())
      .catch((error) => {
        this.#options.log.warn(
          `leases could not be renewed: ${error instanceof Error ? error.message : String(error)}`,
        );
      })
      .finally(() => this.#expire());
  }

  async #renew(): Promise<void> {
    const held = [...this.#entries].flatMap(([name, { epoch }]) => (epoch === null ? [] : [{ name, epoch }]));
    if (held.length === 0) return;
    const asked = Date.now();
    const lost = new Set(await this.#options.leases.renew(held, this.#options.holder, this.#ttlMs));
    for (const { name, epoch } of held) {
      const entry = this.#entries.get(name);
      if (entry?.epoch !== epoch) continue;
      if (lost.has(name)) this.#lose(entry);
      else entry.goodUntil = asked + this.#ttlMs;
    }
  }

  async #seek(): Promise<void> {
    const { leases, holder, isDead } = this.#options;
    for (const [name, entry] of this.#entries) {
      if (entry.epoch !== null) continue;
      const asked = Date.now();
      let answer = await leases.acquire(name, holder, this.#ttlMs);
      if ('heldBy' in answer && isDead(answer.heldBy)) {
        answer = await leases.takeOver(name, holder, answer.heldBy, this.#ttlMs);
      }
      if ('heldBy' in answer) continue;
      if (this.#entries.get(name) !== entry) {
        await leases.release(name, answer.epoch); // given up while asking
        continue;
      }
      entry.epoch = answer.epoch;
      entry.goodUntil = asked + this.#ttlMs;
      entry.listener({ epoch: answer.epoch });
    }
  }

  #expire(): void {
    for (const entry of this.#entries.values()) {
      if (entry.epoch !== null && Date.now() >= entry.goodUntil - this.#ttlMs / 5) this.#lose(entry);
    }
  }

  #lose(entry: Entry): void {
    entry.epoch = null;
    entry.listener(null);
  }
}
