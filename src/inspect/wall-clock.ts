/** Beyond it the computer's clock was set, ms. */
const mostDriftMs = 20;

/** Epoch ms with fraction for moments of `performance.now()`; follows the computer's clock when that is set. */
export class WallClock {
  #offset = performance.timeOrigin;

  /** @param moment of `performance.now()`. */
  at(moment: number): number {
    return Math.round((moment + this.#offset) * 1_000) / 1_000;
  }

  now(): number {
    return this.at(performance.now());
  }

  /** To be called now and then. */
  check(): void {
    const drift = Date.now() - (performance.now() + this.#offset);
    if (Math.abs(drift) > mostDriftMs) this.#offset += drift;
  }
}
