/** What a machine read from outside in one turn, in order. */
export interface Tape {
  draws: unknown[] | null;
}

/** The values of a recorded turn, read again while it is folded. */
export class Playback {
  readonly #values: readonly unknown[];
  #next = 0;

  constructor(values: readonly unknown[]) {
    this.#values = values;
  }

  /** @throws DrawMismatch when the turn reads more often than it did when it was recorded. */
  next(): unknown {
    if (this.#next >= this.#values.length) throw new DrawMismatch(this.#values.length, this.#next + 1);
    this.#next += 1;
    return this.#values[this.#next - 1];
  }

  /** @throws DrawMismatch when the turn read less often than it did when it was recorded. */
  finish(): void {
    if (this.#next !== this.#values.length) throw new DrawMismatch(this.#values.length, this.#next);
  }
}

/** A folded turn reads the outside in another way than it did when it was recorded. */
export class DrawMismatch extends Error {
  constructor(recorded: number, read: number) {
    super(`expected ${recorded} reads of clock and chance as recorded, found ${read}`);
    this.name = 'DrawMismatch';
  }
}

let tape: Tape | null = null;
let playback: Playback | null = null;

/** Draws go on this tape from now on; answers the one that they went on before. */
export function swapTape(next: Tape | null): Tape | null {
  const before = tape;
  tape = next;
  return before;
}

/** Runs a turn whose draws come from the recording instead of the outside. */
export function withPlayback<T>(values: readonly unknown[], turn: () => T): T {
  const before = playback;
  const own = new Playback(values);
  playback = own;
  try {
    const result = turn();
    own.finish();
    return result;
  } finally {
    playback = before;
  }
}

/**
 * Wraps a port that transitions read (clock, chance, a status held elsewhere), so that folding can repeat what they
 * read. What a custom action or async code reads is not kept: it does not decide the next state.
 * @param read answers plain data that is never changed afterwards.
 */
export function recorded<A extends readonly unknown[], T>(read: (...args: A) => T): (...args: A) => T {
  return (...args) => {
    if (playback !== null) return playback.next() as T;
    const value = read(...args);
    if (tape !== null) {
      if (tape.draws === null) tape.draws = [value];
      else tape.draws.push(value);
    }
    return value;
  };
}
