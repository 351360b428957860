import type { ActorRecord, Turn } from '../inspect/turn.ts';
import { ProcessingStatus } from '../inspect/xstate-internals.ts';
import type { Turns } from '../process/turns.ts';

/** Under which number the watchdog knows an actor. */
interface Known {
  readonly number: number;
  /** Whose path it is: the actor's own, or that of the passing one above it. */
  readonly owner: ActorRecord;
}

/**
 * Tells the watchdog who is at work. Passing actors, of one order each, come under ever new paths: they are forgotten
 * when they end, and what is below them counts as theirs, so that the watchdog's names do not grow.
 */
export class TurnWatch {
  readonly #turns: Turns;
  readonly #isPassing: (path: string) => boolean;
  readonly #known = new WeakMap<ActorRecord, Known>();
  /** The turns under way, the innermost last. */
  readonly #open: number[] = [];
  readonly #owners: ActorRecord[] = [];

  constructor(turns: Turns, isPassing: (path: string) => boolean) {
    this.#turns = turns;
    this.#isPassing = isPassing;
  }

  begin({ record, began }: Turn): void {
    const { number, owner } = this.#knownOf(record);
    this.#open.push(this.#turns.begin(number, began));
    this.#owners.push(owner);
  }

  end(): void {
    const open = this.#open.pop();
    const owner = this.#owners.pop();
    if (open !== undefined) this.#turns.end(open);
    if (owner?.ref._processingStatus === ProcessingStatus.stopped) this.ended(owner);
  }

  /** The actor has ended. While a turn under its name is under way that is kept; the end of the turn forgets it. */
  ended(record: ActorRecord): void {
    if (this.#isPassing(record.path) && !this.#owners.includes(record)) this.#turns.forget(record.path);
  }

  #knownOf(record: ActorRecord): Known {
    let known = this.#known.get(record);
    if (known === undefined) {
      const owner = this.#ownerOf(record);
      known = { number: this.#turns.numberOf(owner.path), owner };
      this.#known.set(record, known);
    }
    return known;
  }

  #ownerOf(record: ActorRecord): ActorRecord {
    let owner = record;
    for (let at: ActorRecord | null = record; at !== null; at = at.parent) {
      if (this.#isPassing(at.path)) owner = at;
    }
    return owner;
  }
}
