/** Failures that belong to no actor: more of them than this within the period, and the process is in doubt. */
const INTENSITY = 5;
const PERIOD_MS = 60_000;

/** Counts them as a supervisor counts restarts. */
export class StrayFaultLimit {
  #times: readonly number[] = [];

  /** Counts one more, at epoch ms; true when they come too often. */
  isExceeded(at: number): boolean {
    this.#times = [...this.#times.filter((time) => time > at - PERIOD_MS), at];
    return this.#times.length > INTENSITY;
  }
}
