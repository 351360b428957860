/** Most different messages that are remembered; beyond it the oldest is told again when it comes back. */
const mostMessages = 200;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Tells each distinct fault once and counts the rest. Nothing that it calls can throw out of it. */
export class FaultBook {
  /** Faults so far, repeated ones included. */
  count = 0;
  readonly #times = new Map<string, number>();
  readonly #tell: (message: string) => void;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  readonly note = (where: string, error: unknown): void => {
    this.count += 1;
    const message = `${where}: ${textOf(error)}`;
    const times = this.#times.get(message) ?? 0;
    this.#times.set(message, times + 1);
    if (times > 0) return;
    if (this.#times.size > mostMessages) {
      for (const oldest of this.#times.keys()) {
        this.#times.delete(oldest);
        break;
      }
    }
    try {
      this.#tell(message);
    } catch {
      // Whoever hears of faults must not become one; it is counted above.
    }
  };
}
