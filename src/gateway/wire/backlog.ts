/** How much may be on its way to a client before market time waits for it. */
export const BEHIND_BYTES = 4 * 1024 * 1024;
/** How long it waits for one that reads nothing, wall ms. */
export const PATIENCE_MS = 10_000;

/** Judges from what waits in a socket whether its client keeps up. */
export class Backlog {
  #sent = 0;
  #idleSince: number | undefined;

  /**
   * `waiting` and `sent` in bytes, `sent` counted from the beginning; `now` in wall ms. A client is `stuck` when it
   * is behind and has taken nothing for PATIENCE_MS; one that reads, however slowly, is waited for.
   */
  look(waiting: number, sent: number, now: number): 'current' | 'behind' | 'stuck' {
    const hasRead = sent !== this.#sent;
    this.#sent = sent;
    if (waiting < BEHIND_BYTES) {
      this.#idleSince = undefined;
      return 'current';
    }
    if (hasRead || this.#idleSince === undefined) this.#idleSince = now;
    return now - this.#idleSince < PATIENCE_MS ? 'behind' : 'stuck';
  }
}
