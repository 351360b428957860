import type { JournalDetail, JournalEntry, MachineVersion } from '../../machines/domain/journal.ts';
import { type EncodedText, EntryQueue, type GapMark, type PendingEntry } from './entry-queue.ts';

/** A journal entry as it is stored; `data` is JSON. */
export type EncodedEntry = Omit<JournalEntry, 'data'> & { readonly data: string };

/** `code` of the failure of a batch that was too much for the database's time. */
export const tooSlow = 'QUERY_TIMEOUT';

const isTooSlow = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === tooSlow;

/** Where entries go. */
export interface JournalSink {
  /**
   * Stores a batch, all or nothing. A batch whose answer was lost comes again, perhaps in parts: entries that are
   * stored already, by their `seq`, must be passed over. The entries are emptied once it has resolved.
   * @throws an error with `code` {@link tooSlow} for a batch that takes longer than it may: it comes again in halves.
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
  /** Bytes of text that may wait; about. @default 64 MB */
  readonly capacityBytes?: number;
  /** Most entries in one batch. @default 1_000 */
  readonly batchSize?: number;
  /** Most text in one batch; about. @default 4 MB */
  readonly batchBytes?: number;
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
/** Entries not encoded that are many, and how long encoding some of them may take between two turns, ms. */
const manyRaw = 16;
const reliefMs = 0.5;
const megabyte = 1024 * 1024;
const mostVersions = 10_000;
const megabytes = (bytes: number): number => Math.round((bytes / megabyte) * 10) / 10;
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
  readonly #capacityBytes: number;
  readonly #batchBytes: number;
  /** Ids of versions, also of those being asked for. */
  readonly #versions = new Map<string, Promise<number>>();
  #detail: JournalDetail;
  #cause: string | null = null;
  #since = Date.now();
  #inFlight = 0;
  #inFlightBytes = 0;
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
    this.#capacityBytes = options.capacityBytes ?? 64 * megabyte;
    this.#batchBytes = options.batchBytes ?? 4 * megabyte;
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
    if (this.#buffered >= this.#capacity) this.#drop();
    while (this.#queue.bytes >= this.#capacityBytes && this.#drop());
    this.#queue.push(entry);
    const fill = this.#fill;
    if (fill > 0.8) this.#reduceTo('facts');
    else if (fill > 0.5) this.#reduceTo('steps');
    this.#encoding ??= setImmediate(this.#encode);
  }

  /**
   * Encodes a little of what has come together, if it is much. To be called between turns: what happened would
   * otherwise be kept alive, which costs the garbage collector more than encoding it costs here.
   */
  relieve(): void {
    if (this.#queue.raw >= manyRaw) this.#encodeFor(reliefMs);
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

  get #bufferedBytes(): number {
    return this.#queue.bytes + this.#inFlightBytes;
  }

  /** Fraction of the room that is taken, by number or by size. */
  get #fill(): number {
    return Math.max(this.#buffered / this.#capacity, this.#bufferedBytes / this.#capacityBytes);
  }

  /** Makes room; false when nothing can be dropped. */
  #drop(): boolean {
    const dropped = this.#queue.dropOldest();
    if (dropped) this.#lost += 1;
    return dropped;
  }

  readonly #encode = (): void => {
    this.#encoding = null;
    if (this.#encodeFor(encodeMs)) this.#encoding = setImmediate(this.#encode);
    if (this.#isBatchFull) this.#write();
    else this.#batching ??= setTimeout(this.#writeWhatIsThere, this.#options.batchMs ?? 100).unref();
  };

  readonly #writeWhatIsThere = (): void => {
    this.#batching = null;
    this.#write();
  };

  get #isBatchFull(): boolean {
    return this.#queue.encoded >= this.#batchSize || this.#queue.bytes >= this.#batchBytes;
  }

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
    const batch = this.#queue.take(this.#batchSize, this.#batchBytes, this.#options.encode);
    if (batch.length === 0) return;
    this.#inFlight = batch.length;
    this.#inFlightBytes = batch.reduce((sum, { data }) => sum + data.length, 0);
    this.#writing = this.#writeUntilDone(batch).then(() => {
      this.#writing = null;
      this.#inFlightBytes = 0;
      this.#restore();
      if (this.#isBatchFull) this.#write();
      else if (this.#queue.encoded > 0 && !this.#isClosed)
        this.#batching ??= setTimeout(this.#writeWhatIsThere, this.#options.batchMs ?? 100).unref();
    });
  }

  /** Tries again until all of it is stored; after what was too slow with half of it, and then ever more again. */
  async #writeUntilDone(batch: readonly EncodedText[]): Promise<void> {
    const { first, longest } = this.#options.retryMs ?? { first: 100, longest: 10_000 };
    let rest = batch;
    let size = batch.length;
    let restMs = first;
    while (rest.length > 0) {
      try {
        const part = rest.slice(0, size);
        await this.#store(part);
        // See `Turn.release`: a written entry must not keep its text alive.
        for (const entry of part) entry.data = '';
        rest = rest.slice(part.length);
        this.#written += part.length;
        this.#inFlight -= part.length;
        this.#lastFailure = null;
        size *= 2;
        restMs = first;
        continue;
      } catch (error) {
        this.#lastFailure = error instanceof Error ? error.message : String(error);
        if (isTooSlow(error)) size = Math.max(1, Math.floor(Math.min(size, rest.length) / 2));
      }
      await this.#rest(restMs);
      restMs = Math.min(longest, restMs * 2);
    }
  }

  #rest(ms: number): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#wakeRetry = resolve;
      setTimeout(resolve, ms).unref();
    });
  }

  async #store(batch: readonly EncodedText[]): Promise<void> {
    const machines = new Set(batch.map(({ machine }) => machine).filter((machine) => machine !== null));
    const ids = new Map(
      await Promise.all([...machines].map(async (each) => [each, await this.#versionOf(each)] as const)),
    );
    for (const entry of batch) if (entry.machine !== null) entry.version = ids.get(entry.machine) ?? null;
    await this.#options.sink.append(batch);
  }

  #versionOf(machine: MachineVersion): Promise<number> {
    const key = `${machine.machineId} ${machine.machineHash} ${machine.configHash} ${machine.program}`;
    let id = this.#versions.get(key);
    if (id === undefined) {
      id = this.#options.sink.version(machine).catch((error: unknown) => {
        this.#versions.delete(key);
        throw error;
      });
      if (this.#versions.size >= mostVersions) this.#versions.clear();
      this.#versions.set(key, id);
    }
    return id;
  }

  #reduceTo(detail: JournalDetail): void {
    if (rank[detail] >= rank[this.#detail]) return;
    const isBySize = this.#bufferedBytes / this.#capacityBytes > this.#buffered / this.#capacity;
    const waiting = isBySize
      ? `${megabytes(this.#bufferedBytes)} of ${megabytes(this.#capacityBytes)} MB of entries wait`
      : `${this.#buffered} of ${this.#capacity} entries wait`;
    this.#become(
      detail,
      this.#lastFailure === null
        ? `More happens than can be written: ${waiting}.`
        : `The database does not take the journal (${this.#lastFailure}): ${waiting}.`,
    );
  }

  #restore(): void {
    if (this.#detail === this.#options.wanted || this.#isClosed) return;
    if (this.#fill < 0.2) this.#become(this.#options.wanted, null);
  }

  #become(detail: JournalDetail, cause: string | null): void {
    this.#detail = detail;
    this.#cause = cause;
    this.#since = Date.now();
    this.#options.onDetail(detail, cause);
  }
}
