import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { JournalDetail, JournalKind } from '../../machines/domain/journal.ts';
import type { DeadLetterView, JournalStatusView } from '../contract/supervision.schema.ts';
import type { Inspector } from '../inspect/probe.state.ts';
import { probeSystem } from '../inspect/probe.ts';
import { Recorder } from '../inspect/recorder.ts';
import type { JournalSink } from '../inspect/writer.ts';
import type { Turns } from '../process/turns.ts';
import type { MailboxStats } from './actor-directory.ts';
import { TurnWatch } from './turn-watch.ts';

export interface FlightRecorderOptions {
  readonly sink: JournalSink;
  /** `seq` of the first entry. */
  readonly firstSeq: number;
  /** Version of the program. */
  readonly program: string;
  readonly wanted: JournalDetail;
  /** Entries that may wait to be written. */
  readonly capacity: number;
  readonly inspectors: readonly Inspector[];
  readonly onFault: (message: string) => void;
  readonly onDetail: (detail: JournalDetail, cause: string | null) => void;
  readonly onDeadLetter: (letter: DeadLetterView) => void;
  /** Told of every turn, so that who holds the event loop can be named; null: nobody asks. */
  readonly turns: Turns | null;
}

/** What is known of the journal without asking the database. */
export type RecorderStatus = Omit<JournalStatusView, 'bytes' | 'oldestAt'>;

/** Records what every actor of the systems does that are created with its `inspect`. */
export interface FlightRecorder {
  readonly inspect: (event: InspectionEvent) => void;
  /** `seq` of the newest entry. */
  readonly lastSeq: () => number;
  readonly statsOf: (ref: AnyActorRef) => MailboxStats;
  readonly status: () => RecorderStatus;
  /** Adds what the runtime knows; `actor` is a path, or `process`. */
  note(kind: JournalKind, actor: string, data: unknown): void;
  /** An event was to go to an actor that does not run. */
  noteUnreachable(to: string, event: { readonly type: string }): void;
  /** Records the state of every machine that runs, so that folding need not begin earlier. */
  checkpointAll(): Promise<void>;
  /** Writes what it can within the time. */
  close(withinMs: number): Promise<void>;
}

/** Actors of one order each have inputs of their own; their configuration is nobody's. */
const isPassing = (path: string): boolean => /\/(order|commit):[^/]*$/.test(path);

/** Puts probe, recorder and writer together. */
export function createFlightRecorder(options: FlightRecorderOptions): FlightRecorder {
  const recorder = new Recorder({
    sink: options.sink,
    firstSeq: options.firstSeq,
    program: options.program,
    wanted: options.wanted,
    onDetail: options.onDetail,
    onFault: options.onFault,
    configOf: ({ path, input }) => (isPassing(path) ? null : input),
    writer: { capacity: options.capacity },
  });
  const tellLetter = (letter: Omit<DeadLetterView, 'at'>): void =>
    options.onDeadLetter({ ...letter, at: Date.now() });
  const watch = options.turns === null ? null : new TurnWatch(options.turns, isPassing);
  const probe = probeSystem({
    observer: {
      begin(turn) {
        // First: whatever follows may throw, and the end of the turn is told all the same.
        watch?.begin(turn);
        recorder.begin(turn);
      },
      end(turn) {
        watch?.end();
        recorder.end(turn);
      },
      rest: () => recorder.rest(),
      crashed(record, error, turn) {
        watch?.ended(record);
        recorder.crashed(record, error, turn);
      },
      ended(record, status) {
        watch?.ended(record);
        recorder.ended(record, status);
      },
      deadLetter: (letter) => {
        recorder.deadLetter(letter);
        const { to, from, event, reason } = letter;
        tellLetter({ to, from, reason, eventType: event.type });
      },
    },
    onFault: options.onFault,
    inspectors: options.inspectors,
  });
  return {
    inspect: probe.inspect,
    lastSeq: () => recorder.lastSeq,
    statsOf: (ref) => probe.mailboxOf(ref) ?? { depth: 0, peak: 0, handled: 0 },
    status: () => recorder.status,
    note: (kind, actor, data) => {
      recorder.note(kind, actor, data);
    },
    noteUnreachable: (to, event) => {
      recorder.note('deadLetter', to, { from: null, reason: 'unknown', eventType: event.type });
      tellLetter({ to, from: null, reason: 'unknown', eventType: event.type });
    },
    checkpointAll: () => recorder.checkpointAll(),
    close: (withinMs) => recorder.close(withinMs),
  };
}
