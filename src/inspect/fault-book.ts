/** Most different messages that are remembered; beyond it the oldest is told again when it comes back. */
const mostMessages = 200;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Tells each distinct fault once. Nothing that it calls can throw out of it. */
export class FaultBook {
  readonly #told = new Set<string>();
  readonly #tell: (message: string) => void;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  readonly note = (where: string, error: unknown): void => {
    const message = `${where}: ${textOf(error)}`;
    if (this.#told.has(message)) return;
    this.#told.add(message);
    if (this.#told.size > mostMessages) {
      for (const oldest of this.#told) {
        this.#told.delete(oldest);
        break;
      }
    }
    try {
      this.#tell(message);
    } catch {
      // Whoever hears of faults must not become one.
    }
  };
}
