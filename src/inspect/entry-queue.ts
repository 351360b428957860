import type { JournalKind, MachineVersion } from '../../machines/domain/journal.ts';

/** An entry before it is encoded: it only refers to what happened. */
export interface PendingEntry {
  readonly seq: number;
  readonly kind: JournalKind | null;
}

/** As the database takes it; `data` is JSON. */
export interface EncodedText {
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly kind: JournalKind;
  readonly cause: number | null;
  /** Id of `machine`, once it is known. */
  version: number | null;
  readonly machine: MachineVersion | null;
  data: string;
}

/** Kept until there is no room for anything else. */
const facts: ReadonlySet<JournalKind | null> = new Set<JournalKind | null>([
  'run',
  'spawn',
  'stop',
  'crash',
  'restart',
  'report',
  'decision',
  'deadLetter',
  'fault',
  'recovery',
  'detail',
  'gap',
  'retention',
]);

export const isFact = (kind: JournalKind | null): boolean => facts.has(kind);

/** Entries that were lost, in the place of the first of them. */
export class GapMark implements PendingEntry {
  readonly kind = 'gap';
  readonly seq: number;
  /** `seq` of the last one lost. */
  to: number;
  lost = 1;

  constructor(seq: number) {
    this.seq = seq;
    this.to = seq;
  }
}

type Slot<P> = P | EncodedText | GapMark | null;
/** Entries in the order of their making; encoded from the front, taken from the front, dropped oldest detail first. */
export class EntryQueue<P extends PendingEntry> {
  #slots: Slot<P>[] = [];
  #head = 0;
  /** Slots before it are encoded. */
  #encodedTo = 0;
  /** Slots before it hold no detail that could be dropped. */
  #droppedTo = 0;
  #gap: GapMark | null = null;
  size = 0;

  push(entry: P): void {
    this.#slots.push(entry);
    this.size += 1;
  }

  /** Encodes the next entries that are not, at most so many; false when all are. */
  encodeNext(most: number, encode: (entry: P | GapMark) => EncodedText): boolean {
    const slots = this.#slots;
    const end = Math.min(slots.length, this.#encodedTo + most);
    for (let index = this.#encodedTo; index < end; index += 1) {
      const slot = slots[index] ?? null;
      // It still grows until it is taken.
      if (slot !== null && !(slot instanceof GapMark)) slots[index] = encode(slot as P);
    }
    this.#encodedTo = end;
    return end < slots.length;
  }

  /** Takes at most so many encoded entries out. */
  take(most: number, encode: (entry: P | GapMark) => EncodedText): EncodedText[] {
    const taken: EncodedText[] = [];
    while (this.#head < this.#encodedTo && taken.length < most) {
      const slot = this.#slots[this.#head] ?? null;
      this.#slots[this.#head] = null;
      this.#head += 1;
      if (slot === null) continue;
      if (slot === this.#gap) this.#gap = null;
      taken.push(slot instanceof GapMark ? encode(slot) : (slot as EncodedText));
    }
    this.size -= taken.length;
    this.#compact();
    return taken;
  }

  /** Entries that are not encoded, about: dropped ones count too. */
  get raw(): number {
    return this.#slots.length - this.#encodedTo;
  }

  /** Encoded entries, about: dropped ones count too. */
  get encoded(): number {
    return this.#encodedTo - this.#head;
  }

  /** Makes room for one: drops the oldest detail, or the oldest of all when there is none. */
  dropOldest(): void {
    let index = Math.max(this.#droppedTo, this.#head);
    const end = this.#slots.length;
    for (; index < end; index += 1) {
      const slot = this.#slots[index] ?? null;
      if (slot !== null && !isFact(slot.kind)) break;
    }
    this.#droppedTo = index;
    if (index === end) {
      index = this.#head;
      while (index < end && (this.#slots[index] === null || this.#slots[index] === this.#gap)) index += 1;
    }
    const slot = this.#slots[index] ?? null;
    if (slot === null) return;
    if (this.#gap === null || this.#gap.seq > slot.seq) {
      this.#gap = new GapMark(slot.seq);
      this.#slots[index] = this.#gap;
    } else {
      this.#gap.to = Math.max(this.#gap.to, slot.seq);
      this.#gap.lost += 1;
      this.#slots[index] = null;
      this.size -= 1;
    }
  }

  #compact(): void {
    if (this.#head < 1_024 && this.#head < this.#slots.length) return;
    this.#slots.splice(0, this.#head);
    this.#encodedTo -= this.#head;
    this.#droppedTo = Math.max(0, this.#droppedTo - this.#head);
    this.#head = 0;
  }
}
