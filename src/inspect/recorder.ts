import type { AnyStateMachine, Snapshot } from 'xstate';
import type { JournalDetail, JournalKind, MachineVersion } from '../../machines/domain/journal.ts';
import { presentCause } from './attribution.ts';
import { encodeToText } from './codec.text.ts';
import { encode } from './codec.ts';
import { checkpointData, crashData, eventData, spawnData, stepData } from './entry-data.ts';
import { type EncodedText, GapMark, isFact, type PendingEntry } from './entry-queue.ts';
import { configHash, machineHash } from './machine-version.ts';
import type { DeadLetter, TurnObserver } from './probe.state.ts';
import { type ActorRecord, Turn } from './turn.ts';
import { WallClock } from './wall-clock.ts';
import { type JournalSink, JournalWriter, type WriterOptions, type WriterStatus } from './writer.ts';

export interface RecorderOptions {
  readonly sink: JournalSink;
  /** `seq` of the first entry: above all that are stored. */
  readonly firstSeq: number;
  /** Version of the program. */
  readonly program: string;
  /** @default 'full' */
  readonly wanted?: JournalDetail;
  /** Told at each change of what is recorded; `cause` is null when all that is wanted is recorded again. */
  readonly onDetail?: (detail: JournalDetail, cause: string | null) => void;
  /** The recorder could not do something. It goes on. */
  readonly onFault: (message: string) => void;
  /**
   * The part of an actor's input that is its configuration. Each distinct one is stored as a version of the machine,
   * so answer null for actors of one order each. @default the whole input
   */
  readonly configOf?: (actor: {
    readonly path: string;
    readonly src: string;
    readonly input: unknown;
  }) => unknown;
  /** A machine's whole state is recorded after so many steps of it. @default 1_000 */
  readonly checkpointEvery?: number;
  readonly writer?: Pick<
    WriterOptions<PendingEntry>,
    'capacity' | 'capacityBytes' | 'batchSize' | 'batchBytes' | 'batchMs' | 'retryMs'
  >;
}

/** An entry that is no turn. */
class Note implements PendingEntry {
  readonly seq: number;
  readonly kind: JournalKind;
  readonly actor: string;
  readonly cause: number | null;
  record: ActorRecord | null;
  /** JSON, made when it is written. */
  readonly data: () => string;
  readonly moment = performance.now();

  constructor(entry: Omit<Note, 'moment'>) {
    this.seq = entry.seq;
    this.kind = entry.kind;
    this.actor = entry.actor;
    this.cause = entry.cause;
    this.record = entry.record;
    this.data = entry.data;
  }
}

const openBrace = 0x7b;

/** What the recorder keeps of a machine. */
interface ActorNotes {
  steps: number;
  version: MachineVersion | null;
}

/**
 * The flight recorder: turns what the probe tells into journal entries. During a turn it only keeps references to what
 * happened (messages are never changed once sent); everything else follows between turns, a little at a time.
 */
export class Recorder implements TurnObserver {
  readonly #options: RecorderOptions;
  readonly #writer: JournalWriter<Turn | Note>;
  readonly #clock = new WallClock();
  readonly #machines = new Set<ActorRecord>();
  readonly #checkpointEvery: number;
  #seq: number;
  #checkpoints: Promise<void> | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#seq = options.firstSeq - 1;
    this.#checkpointEvery = options.checkpointEvery ?? 1_000;
    this.#writer = new JournalWriter<Turn | Note>({
      ...options.writer,
      sink: options.sink,
      encode: (entry) => this.#encode(entry),
      wanted: options.wanted ?? 'full',
      onDetail: (detail, cause) => {
        this.note('detail', 'process', { detail, cause }, null);
        if (detail === 'full') void this.checkpointAll();
        options.onDetail?.(detail, cause);
      },
    });
    const { detail } = this.#writer;
    if (detail !== 'full') this.note('detail', 'process', { detail, cause: 'No more is wanted.' }, null);
  }

  get status(): WriterStatus {
    return this.#writer.status;
  }

  /** `seq` of the newest entry. */
  get lastSeq(): number {
    return this.#seq;
  }

  /**
   * Adds an entry of what the runtime knows; only facts while nothing else is recorded.
   * @param actor path, or `process`.
   * @param cause `seq` of what caused it. @default the turn at work now
   * @returns its `seq`.
   */
  note(kind: JournalKind, actor: string, data: unknown, cause: number | null = presentCause()): number {
    return this.#note(kind, actor, null, cause, () => encodeToText(data));
  }

  /** Records the whole state of every machine that runs, some at a time; resolves when it is done. */
  checkpointAll(): Promise<void> {
    this.#checkpoints ??= this.#checkpointSome().finally(() => {
      this.#checkpoints = null;
    });
    return this.#checkpoints;
  }

  /** Writes what it can within the time. */
  close(withinMs: number): Promise<void> {
    return this.#writer.close(withinMs);
  }

  begin(turn: Turn): void {
    const { record, kind } = turn;
    if (kind === null) {
      turn.seq = record.birth;
      return;
    }
    this.#seq += 1;
    turn.seq = this.#seq;
    if (kind === 'spawn') this.#meet(record);
    const { detail } = this.#writer;
    if (detail !== 'full') {
      turn.reduced = true;
      if (detail === 'facts' && !isFact(kind)) {
        turn.kind = null;
        return;
      }
    }
    this.#writer.push(turn);
  }

  end(turn: Turn): void {
    const { record } = turn;
    if (turn.kind === 'stop') this.#machines.delete(record);
    if (turn.kind !== 'step' || turn.reduced) return;
    const notes = record.notes as ActorNotes;
    notes.steps += 1;
    if (notes.steps % this.#checkpointEvery === 0) this.#checkpoint(record, record.ref._snapshot);
  }

  rest(): void {
    this.#writer.relieve();
  }

  crashed(record: ActorRecord, error: unknown, turn: Turn | null): void {
    this.#machines.delete(record);
    if (turn !== null && turn.kind !== null) {
      turn.kind = 'crash';
      turn.error = error;
      return;
    }
    // Its own entry is written already, or it has none.
    const failed = new Turn(record, 'crash', turn?.event ?? null, turn?.seq ?? presentCause(), undefined);
    failed.error = error;
    failed.lastGood = turn?.lastGood ?? null;
    failed.reduced = this.#writer.detail !== 'full';
    failed.began = performance.now();
    this.#seq += 1;
    failed.seq = this.#seq;
    this.#writer.push(failed);
  }

  ended(record: ActorRecord, status: 'done' | 'stopped'): void {
    this.#machines.delete(record);
    this.#note('stop', record.path, record, presentCause(), () => `{"status":"${status}"}`);
  }

  deadLetter({ to, from, event, reason, cause }: DeadLetter): void {
    const isFull = this.#writer.detail === 'full';
    const known = { from, reason, eventType: event.type };
    this.#note('deadLetter', to, null, cause, () => encodeToText(isFull ? { ...known, event } : known));
  }

  #note(
    kind: JournalKind,
    actor: string,
    record: ActorRecord | null,
    cause: number | null,
    data: () => string,
  ) {
    this.#seq += 1;
    if (this.#writer.detail === 'facts' && !isFact(kind)) return this.#seq;
    this.#writer.push(new Note({ seq: this.#seq, kind, actor, cause, record, data }));
    return this.#seq;
  }

  #meet(record: ActorRecord): void {
    if (record.kind !== 'machine') return;
    record.notes = { steps: 0, version: null } satisfies ActorNotes;
    this.#machines.add(record);
  }

  #checkpoint(record: ActorRecord, snapshot: Snapshot<unknown>): void {
    if (snapshot.status !== 'active') return;
    const { detail } = this.#writer;
    this.#note('checkpoint', record.path, record, null, () => checkpointData(snapshot, detail));
  }

  async #checkpointSome(): Promise<void> {
    let until = 0;
    for (const record of [...this.#machines]) {
      if (performance.now() >= until) {
        await new Promise((resolve) => setImmediate(resolve));
        until = performance.now() + 1;
      }
      if (this.#machines.has(record)) this.#checkpoint(record, record.ref._snapshot);
    }
  }

  #encode(entry: Turn | Note | GapMark): EncodedText {
    if (entry.seq % 256 === 0) this.#clock.check();
    try {
      return this.#encodeSafely(entry);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#options.onFault(`journal: entry ${entry.seq} cannot be recorded: ${message}`);
      const actor = entry instanceof Note ? entry.actor : 'process';
      const data = JSON.stringify({ message: `Entry ${entry.seq} could not be recorded: ${message}` });
      return {
        seq: entry.seq,
        at: this.#clock.now(),
        actor,
        kind: 'fault',
        cause: null,
        version: null,
        machine: null,
        data,
      };
    }
  }

  #encodeSafely(entry: Turn | Note | GapMark): EncodedText {
    const { seq } = entry;
    if (entry instanceof GapMark) {
      const data = JSON.stringify({ lost: entry.lost, to: entry.to });
      return {
        seq,
        at: this.#clock.now(),
        actor: 'process',
        kind: 'gap',
        cause: null,
        version: null,
        machine: null,
        data,
      };
    }
    if (entry instanceof Note) {
      const { actor, kind, cause, record } = entry;
      const machine = record === null ? null : this.#versionOf(record);
      const data = entry.data();
      entry.record = null;
      return { seq, at: this.#clock.at(entry.moment), actor, kind, cause, version: null, machine, data };
    }
    const { record, cause, began } = entry;
    const machine = this.#versionOf(record);
    // A turn that was taken off the record does not come here.
    const kind = entry.kind ?? 'step';
    const { path } = record;
    const data = this.#dataOf(entry);
    entry.release();
    // The engine keeps a text that was joined from pieces as pieces until it is looked into: five times the memory, and
    // work for the garbage collector. So it is looked into here, in a way that is not optimised away.
    if (data.charCodeAt(0) !== openBrace) throw new Error(`found ${data.slice(0, 20)}, expected an object`);
    return { seq, at: this.#clock.at(began), actor: path, kind, cause, version: null, machine, data };
  }

  #dataOf(turn: Turn): string {
    switch (turn.kind) {
      case 'spawn':
        return spawnData(turn);
      case 'crash':
        return crashData(turn);
      case 'stop':
        return '{"status":"stopped"}';
      case 'event':
        return eventData(turn);
      default:
        return stepData(turn);
    }
  }

  #versionOf(record: ActorRecord): MachineVersion | null {
    if (record.kind !== 'machine') return null;
    const notes = record.notes as ActorNotes;
    notes.version ??= this.#newVersion(record);
    return notes.version;
  }

  #newVersion({ ref, path }: ActorRecord): MachineVersion {
    const { program, configOf } = this.#options;
    const machine = ref.logic as AnyStateMachine;
    const { input } = ref.options;
    const src = typeof ref.src === 'string' ? ref.src : machine.id;
    const config = configOf === undefined ? input : configOf({ path, src, input });
    return {
      machineId: machine.id,
      machineHash: machineHash(machine, program),
      configHash: configHash(encode(config)),
      program,
    };
  }
}
