import { hostname } from 'node:os';
import type { MachineVersion } from '../../machines/domain/journal.ts';
import type { EncodedEntry, JournalSink } from '../inspect/writer.ts';
import type { FlightRecorder } from './flight-recorder.ts';

/** The database's side, as far as it is needed here. */
export interface JournalStorePort {
  open(info: {
    startedAt: number;
    program: string;
    host: string;
    pid: number;
  }): Promise<{ readonly run: number; readonly nextSeq: number }>;
  append(run: number, entries: readonly EncodedEntry[]): Promise<void>;
  version(version: MachineVersion): Promise<number>;
  /** Answers what was dropped, which the journal is to say; null: nothing. */
  retain(limits: { keepDays: number; keepBytes: number; now: number }): Promise<object | null>;
  size(): Promise<{ readonly bytes: number; readonly oldestAt: number | null }>;
}

export interface OpenJournal {
  readonly sink: JournalSink;
  readonly firstSeq: number;
  readonly run: number;
}

/** Registers this process as one that writes, and answers where its entries go. @throws StoreError */
export async function openJournal(
  store: JournalStorePort,
  program: string,
  startedAt: number,
): Promise<OpenJournal> {
  const { run, nextSeq } = await store.open({ startedAt, program, host: hostname(), pid: process.pid });
  return {
    run,
    firstSeq: nextSeq,
    sink: {
      append: (entries) => store.append(run, entries),
      version: (version) => store.version(version),
    },
  };
}

export interface JournalLimits {
  readonly keepDays: number;
  readonly keepMegabytes: number;
}

const ROUND_MS = 60_000;
/** By then the first entries have been written. */
const FIRST_ROUND_MS = 3_000;
/** Folding a state never begins further back than this, nor on an earlier day. */
const CHECKPOINT_EVERY_ENTRIES = 100_000;
const MEGABYTE = 1024 * 1024;

const dayOf = (at: number): number => Math.floor(at / 86_400_000);

/** Keeps the journal within its limits, and knows how large it is. */
export class JournalKeeper {
  readonly #options: {
    readonly store: JournalStorePort;
    readonly recorder: FlightRecorder;
    readonly limits: JournalLimits;
    readonly now: () => number;
    readonly onFault: (message: string) => void;
  };
  readonly #timers: readonly NodeJS.Timeout[];
  #size: { readonly bytes: number | null; readonly oldestAt: number | null } = {
    bytes: null,
    oldestAt: null,
  };
  #checkpointed: { readonly seq: number; readonly day: number };
  #round: Promise<void> | null = null;

  constructor(options: {
    readonly store: JournalStorePort;
    readonly recorder: FlightRecorder;
    readonly limits: JournalLimits;
    readonly now: () => number;
    readonly onFault: (message: string) => void;
  }) {
    this.#options = options;
    this.#checkpointed = { seq: options.recorder.lastSeq(), day: dayOf(options.now()) };
    this.#timers = [
      setTimeout(() => void this.round(), FIRST_ROUND_MS).unref(),
      setInterval(() => void this.round(), ROUND_MS).unref(),
    ];
  }

  /** Null before the database was asked. */
  get size(): { readonly bytes: number | null; readonly oldestAt: number | null } {
    return this.#size;
  }

  /** Drops what is too old or too much, and has states recorded anew when it is time; one round at a time. */
  round(): Promise<void> {
    this.#round ??= this.#keep().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #keep(): Promise<void> {
    const { store, recorder, limits, now, onFault } = this.#options;
    const seq = recorder.lastSeq();
    const day = dayOf(now());
    if (seq - this.#checkpointed.seq >= CHECKPOINT_EVERY_ENTRIES || day !== this.#checkpointed.day) {
      this.#checkpointed = { seq, day };
      await recorder.checkpointAll();
    }
    try {
      const keepBytes = limits.keepMegabytes * MEGABYTE;
      const dropped = await store.retain({ keepDays: limits.keepDays, keepBytes, now: now() });
      if (dropped !== null) recorder.note('retention', 'process', dropped);
      const { bytes, oldestAt } = await store.size();
      this.#size = { bytes, oldestAt: oldestAt === null ? null : Math.floor(oldestAt) };
    } catch (error) {
      // The next round tries again; the writer says so when the database is away for long.
      onFault(`journal: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
