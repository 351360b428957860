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

/**
 * Entries that were lost, in the place of the first of them. `to` never falls from one mark to the next: the newest
 * mark before a moment says how far after it entries may be missing.
 */
export class GapMark implements PendingEntry {
  readonly kind = 'gap';
  readonly seq: number;
  /** `seq` of the last one lost. */
  to: number;
  lost: number;

  constructor(seq: number, to = seq, lost = 1) {
    this.seq = seq;
    this.to = to;
    this.lost = lost;
  }
}

type Slot<P> = P | EncodedText | GapMark | null;

/** Fewer slots are not worth moving. */
const fewSlots = 1_024;

/** About: a character counts as one byte. What is not encoded yet counts as nothing. */
const bytesOf = (slot: object): number =>
  'data' in slot && typeof slot.data === 'string' ? slot.data.length : 0;

/** Entries in the order of their making; encoded from the front, taken from the front, dropped oldest detail first. */
export class EntryQueue<P extends PendingEntry> {
  #slots: Slot<P>[] = [];
  #head = 0;
  /** Slots before it are encoded. */
  #encodedTo = 0;
  /** Slots before it hold no detail that could be dropped. */
  #droppedTo = 0;
  /** Slots before it hold nothing that could be dropped, neither detail nor facts. */
  #emptyTo = 0;
  #gap: GapMark | null = null;
  /** Of the newest mark. */
  #lostTo = 0;
  size = 0;
  /** Of what is encoded; about. */
  bytes = 0;

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
      if (slot === null || slot instanceof GapMark) continue;
      const encoded = encode(slot as P);
      this.bytes += encoded.data.length;
      slots[index] = encoded;
    }
    this.#encodedTo = end;
    return end < slots.length;
  }

  /** Takes encoded entries out, at most so many and of so many bytes together; the first one is taken whatever its size. */
  take(most: number, mostBytes: number, encode: (entry: P | GapMark) => EncodedText): EncodedText[] {
    const taken: EncodedText[] = [];
    let bytes = 0;
    while (this.#head < this.#encodedTo && taken.length < most) {
      const slot = this.#slots[this.#head] ?? null;
      if (slot !== null) {
        bytes += bytesOf(slot);
        if (bytes > mostBytes && taken.length > 0) break;
        if (slot === this.#gap) this.#gap = null;
        this.bytes -= bytesOf(slot);
        this.size -= 1;
        taken.push(slot instanceof GapMark ? encode(slot) : (slot as EncodedText));
      }
      this.#slots[this.#head] = null;
      this.#head += 1;
    }
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

  /** Slots in memory, empty ones included. */
  get slots(): number {
    return this.#slots.length;
  }

  /**
   * Makes room: drops the oldest detail, or the oldest of all when there is none.
   * @returns whether an entry was lost by it.
   */
  dropOldest(): boolean {
    const index = this.#oldest();
    const slot = index === null ? null : (this.#slots[index] ?? null);
    if (index === null || slot === null) return false;
    this.bytes -= bytesOf(slot);
    this.#lostTo = Math.max(this.#lostTo, slot.seq);
    const later = this.#gap;
    if (later === null || later.seq > slot.seq) {
      this.#gap = new GapMark(slot.seq, this.#lostTo, 1 + (later?.lost ?? 0));
      this.#slots[index] = this.#gap;
      if (later !== null) this.#empty(this.#slots.indexOf(later, index));
    } else {
      later.to = this.#lostTo;
      later.lost += 1;
      this.#empty(index);
    }
    return true;
  }

  #empty(index: number): void {
    this.#slots[index] = null;
    this.size -= 1;
    this.#compact();
  }

  /** Place of the oldest detail, or of the oldest fact when there is none. Marks of gaps stay: they say what is lost. */
  #oldest(): number | null {
    const slots = this.#slots;
    const end = slots.length;
    let index = Math.max(this.#droppedTo, this.#head);
    for (; index < end; index += 1) {
      const slot = slots[index] ?? null;
      if (slot !== null && !isFact(slot.kind)) break;
    }
    this.#droppedTo = index;
    if (index < end) return index;
    for (index = Math.max(this.#emptyTo, this.#head); index < end; index += 1) {
      const slot = slots[index] ?? null;
      if (slot !== null && slot.kind !== 'gap') break;
    }
    this.#emptyTo = index;
    return index < end ? index : null;
  }

  /** Drops empty slots when they are most of them, so that the cost of it is small for each entry. */
  #compact(): void {
    const before = this.#slots;
    if (before.length <= fewSlots ? this.#head < before.length : before.length <= 2 * this.size) return;
    const after: Slot<P>[] = [];
    const moved = { encodedTo: 0, droppedTo: 0, emptyTo: 0 };
    for (let index = this.#head; index < before.length; index += 1) {
      const slot = before[index] ?? null;
      if (slot === null) continue;
      after.push(slot);
      if (index < this.#encodedTo) moved.encodedTo += 1;
      if (index < this.#droppedTo) moved.droppedTo += 1;
      if (index < this.#emptyTo) moved.emptyTo += 1;
    }
    this.#slots = after;
    this.#head = 0;
    this.#encodedTo = moved.encodedTo;
    this.#droppedTo = moved.droppedTo;
    this.#emptyTo = moved.emptyTo;
  }
}
