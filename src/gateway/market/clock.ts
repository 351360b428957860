/** A stretch of market time in which at least one instrument trades: [from, to), epoch ms. */
export interface OpenStretch {
  from: number;
  to: number;
}

/** Merges overlapping or touching stretches, ascending. */
export function mergeStretches(stretches: readonly OpenStretch[]): OpenStretch[] {
  const merged: OpenStretch[] = [];
  for (const next of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && next.from <= last.to) last.to = Math.max(last.to, next.to);
    else merged.push({ ...next });
  }
  return merged;
}

/**
 * Market time. It passes `speed` times as fast as wall time while something trades, and with `skipClosed` it jumps
 * over everything between. It moves only when told how much wall time has passed, so it cannot drift, and it stands
 * still while the process is down.
 */
export class MarketClock {
  readonly speed: number;
  readonly #stretches: readonly OpenStretch[];
  readonly #skipClosed: boolean;
  #now: number;
  #next = 0;

  constructor(options: {
    now: number;
    speed: number;
    stretches: readonly OpenStretch[];
    skipClosed: boolean;
  }) {
    this.#now = options.now;
    this.speed = options.speed;
    this.#stretches = options.stretches;
    this.#skipClosed = options.skipClosed;
  }

  /** Market time, epoch ms. */
  get now(): number {
    return this.#now;
  }

  /** True when nothing will ever trade again. */
  get isOver(): boolean {
    this.#forward();
    return this.#next >= this.#stretches.length;
  }

  /** Where the clock will stand after so much wall time. */
  after(wallMs: number): number {
    let left = wallMs * this.speed;
    // After the last stretch time goes on at wall speed: clients still ask what time it is.
    if (this.isOver) return this.#now + wallMs;
    if (!this.#skipClosed) return this.#now + left;
    let at = this.#now;
    for (let index = this.#next; ; index += 1) {
      const stretch = this.#stretches[index];
      if (stretch === undefined) return at;
      at = Math.max(at, stretch.from);
      // Reaching the very end is enough to close the last bar; the rest of the time belongs to the next stretch.
      if (at + left <= stretch.to) return at + left;
      left -= stretch.to - at;
      at = stretch.to;
    }
  }

  /** Moves forward to a moment; never back. */
  moveTo(at: number): void {
    if (at > this.#now) this.#now = at;
    this.#forward();
  }

  #forward(): void {
    for (
      let s = this.#stretches[this.#next];
      s !== undefined && s.to <= this.#now;
      s = this.#stretches[this.#next]
    )
      this.#next += 1;
  }
}
