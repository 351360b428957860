import type { JournalDetail, JournalEntry, MachineVersion } from '../../machines/domain/journal.ts';
import { type EncodedText, EntryQueue, type GapMark, type PendingEntry } from './entry-queue.ts';

/** A journal entry as it is stored; `data` is JSON. */
export type EncodedEntry = Omit<JournalEntry, 'data'> & { readonly data: string };

/** Where entries go. */
export interface JournalSink {
  /**
   * Stores a batch, all or nothing. A batch whose answer was lost comes again: entries that are stored already, by
   * their `seq`, must be passed over.
   */
  append(entries: readonly EncodedEntry[]): Promise<void>;
  /** Id of a machine's version, which is stored when it is new. */
  version(version: MachineVersion): Promise<number>;
}

export interface WriterOptions<P extends PendingEntry> {
  readonly sink: JournalSink;
  readonly encode: (entry: P | GapMark) => EncodedText;
  readonly wanted: JournalDetail;
  /** Entries that may wait. @default 20_000 */
  readonly capacity?: number;
  /** Most entries in one batch. @default 1_000 */
  readonly batchSize?: number;
  /** Longest that an entry waits for others to be written with it, ms. @default 100 */
  readonly batchMs?: number;
  /** Rests after failures, ms: the first, and the longest. @default 100 and 10_000 */
  readonly retryMs?: { readonly first: number; readonly longest: number };
  /** Told at each change; `cause` is null when all that is wanted is recorded again. */
  readonly onDetail: (detail: JournalDetail, cause: string | null) => void;
}

/** The part of the journal's status that the writer knows. */
export interface WriterStatus {
  readonly detail: JournalDetail;
  readonly wanted: JournalDetail;
  readonly cause: string | null;
  /** Epoch ms of the last change of detail. */
  readonly since: number;
  readonly buffered: number;
  readonly capacity: number;
  readonly written: number;
  readonly lost: number;
}

/** Longest that encoding may hold the event loop up at a time, ms. */
const encodeMs = 4;
/** Most text in one batch, about: more takes a slow database longer than a statement may take. */
const batchBytes = 4 * 1024 * 1024;
const rank: Readonly<Record<JournalDetail, number>> = { facts: 0, steps: 1, full: 2 };

/**
 * Writes entries in batches, one after the other, and never holds anybody up: while the database is slow or away it
 * records less, first without what events carried, then facts only, and at the very end it drops the oldest detail and
 * says how much is missing. It never throws.
 */
export class JournalWriter<P extends PendingEntry> {
  readonly #options: WriterOptions<P>;
  readonly #queue = new EntryQueue<P>();
  readonly #capacity: number;
  readonly #batchSize: number;
  /** Ids of versions, by what they are, and by the objects that actors hold. */
  readonly #versions = new Map<string, number>();
  readonly #ids = new WeakMap<MachineVersion, number>();
  #detail: JournalDetail;
  #cause: string | null = null;
  #since = Date.now();
  #inFlight = 0;
  #written = 0;
  #lost = 0;
  #lastFailure: string | null = null;
  #encoding: NodeJS.Immediate | null = null;
  #batching: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;
  #isClosed = false;
  #wakeRetry: () => void = () => {};

  constructor(options: WriterOptions<P>) {
    this.#options = options;
    this.#capacity = options.capacity ?? 20_000;
    this.#batchSize = options.batchSize ?? 1_000;
    this.#detail = options.wanted;
  }

  /** What is to be recorded now. */
  get detail(): JournalDetail {
    return this.#detail;
  }

  get status(): WriterStatus {
    return {
      detail: this.#detail,
      wanted: this.#options.wanted,
      cause: this.#cause,
      since: this.#since,
      buffered: this.#buffered,
      capacity: this.#capacity,
      written: this.#written,
      lost: this.#lost,
    };
  }

  push(entry: P): void {
    if (this.#isClosed) {
      this.#lost += 1;
      return;
    }
    if (this.#buffered >= this.#capacity && this.#queue.dropOldest()) this.#lost += 1;
    this.#queue.push(entry);
    const fill = this.#buffered / this.#capacity;
    if (fill > 0.8) this.#reduceTo('facts');
    else if (fill > 0.5) this.#reduceTo('steps');
    // Soon, so that what happened is not kept alive: that would cost more than the encoding.
    this.#encoding ??= setImmediate(this.#encode);
  }

  /** Writes what it can within the time; what is left is lost. */
  async close(withinMs: number): Promise<void> {
    this.#isClosed = true;
    this.#stopTimers();
    const deadline = Date.now() + withinMs;
    while (this.#buffered > 0 && Date.now() < deadline) {
      this.#encodeFor(encodeMs);
      this.#write();
      this.#wakeRetry();
      await Promise.race([
        this.#writing ?? Promise.resolve(),
        new Promise((resolve) => setTimeout(resolve, Math.min(20, withinMs))),
      ]);
    }
    this.#lost += this.#buffered;
  }

  get #buffered(): number {
    return this.#queue.size + this.#inFlight;
  }

  readonly #encode = (): void => {
    this.#encoding = null;
    if (this.#encodeFor(encodeMs)) this.#encoding = setImmediate(this.#encode);
    if (this.#queue.encoded >= this.#batchSize) this.#write();
    else this.#batching ??= setTimeout(this.#writeWhatIsThere, this.#options.batchMs ?? 100).unref();
  };

  readonly #writeWhatIsThere = (): void => {
    this.#batching = null;
    this.#write();
  };

  #stopTimers(): void {
    if (this.#encoding !== null) clearImmediate(this.#encoding);
    if (this.#batching !== null) clearTimeout(this.#batching);
    this.#encoding = null;
    this.#batching = null;
  }

  /** Encodes for so long; true when entries are left. */
  #encodeFor(ms: number): boolean {
    const until = performance.now() + ms;
    while (this.#queue.encodeNext(16, this.#options.encode)) {
      if (performance.now() >= until) return true;
    }
    return false;
  }

  #write(): void {
    if (this.#writing !== null) return;
    const batch = this.#queue.take(this.#batchSize, batchBytes, this.#options.encode);
    if (batch.length === 0) return;
    this.#inFlight = batch.length;
    this.#writing = this.#writeUntilDone(batch).then(() => {
      this.#writing = null;
      this.#written += batch.length;
      this.#inFlight = 0;
      this.#restore();
      if (this.#queue.encoded >= this.#batchSize) this.#write();
      else if (this.#queue.encoded > 0 && !this.#isClosed)
        this.#batching ??= setTimeout(this.#writeWhatIsThere, this.#options.batchMs ?? 100).unref();
    });
  }

  async #writeUntilDone(batch: readonly EncodedText[]): Promise<void> {
    const { first, longest } = this.#options.retryMs ?? { first: 100, longest: 10_000 };
    for (let restMs = first; ; restMs = Math.min(longest, restMs * 2)) {
      try {
        for (const entry of batch) {
          if (entry.machine === null) continue;
          let id = this.#ids.get(entry.machine);
          if (id === undefined) {
            id = await this.#versionOf(entry.machine);
            this.#ids.set(entry.machine, id);
          }
          entry.version = id;
        }
        await this.#options.sink.append(batch);
        this.#lastFailure = null;
        return;
      } catch (error) {
        this.#lastFailure = error instanceof Error ? error.message : String(error);
      }
      await new Promise<void>((resolve) => {
        this.#wakeRetry = resolve;
        setTimeout(resolve, restMs).unref();
      });
    }
  }

  async #versionOf(machine: MachineVersion): Promise<number> {
    const key = `${machine.machineId} ${machine.machineHash} ${machine.configHash} ${machine.program}`;
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const id = await this.#options.sink.version(machine);
    if (this.#versions.size >= 10_000) this.#versions.clear();
    this.#versions.set(key, id);
    return id;
  }

  #reduceTo(detail: JournalDetail): void {
    if (rank[detail] >= rank[this.#detail]) return;
    const waiting = `${this.#buffered} of ${this.#capacity} entries wait`;
    this.#become(
      detail,
      this.#lastFailure === null
        ? `More happens than can be written: ${waiting}.`
        : `The database does not take the journal (${this.#lastFailure}): ${waiting}.`,
    );
  }

  #restore(): void {
    if (this.#detail === this.#options.wanted || this.#isClosed) return;
    if (this.#buffered / this.#capacity < 0.2) this.#become(this.#options.wanted, null);
  }

  #become(detail: JournalDetail, cause: string | null): void {
    this.#detail = detail;
    this.#cause = cause;
    this.#since = Date.now();
    this.#options.onDetail(detail, cause);
  }
}
