/**
 * The journal: what every actor did, in one order. Domain facts (intents, executions, decisions) have tables of their
 * own and are committed before they take effect; the journal explains them and is never waited for.
 */

/** What a journal entry tells of. */
export const journalKinds = [
  /** A process began to write: its version, and where it runs. */
  'run',
  /** An actor started; `data` is a {@link SpawnData}. */
  'spawn',
  /** A machine handled an event; `data` is a {@link StepData}. */
  'step',
  /** An actor that is no machine was sent an event. */
  'event',
  /** A machine's whole state, so that folding need not begin at its start; `data` is a {@link CheckpointData}. */
  'checkpoint',
  /** An actor finished, or was stopped. */
  'stop',
  /** An actor failed; `data` is a {@link CrashData}. */
  'crash',
  /** A supervisor started a child again. */
  'restart',
  /** A supervisor's report: supervisor, context, reason, offender. */
  'report',
  /** A session decided a closed bar; the whole record is in `decisions`. */
  'decision',
  /** An event reached nobody: its receiver was gone, full, or failed with the event unread. */
  'deadLetter',
  /** Ticks of an instrument, added up. */
  'ticks',
  /** Something failed outside every actor, or the event loop was held up. */
  'fault',
  /** How long something took to stand again. */
  'recovery',
  /** The detail that is recorded changed, and why. */
  'detail',
  /** Entries were lost before they could be written; how many. */
  'gap',
  /** Old entries were dropped, by age or by size. */
  'retention',
] as const;
export type JournalKind = (typeof journalKinds)[number];

/**
 * How much is recorded. `full`: everything, states can be rebuilt; `steps`: events and transitions without what
 * they carried; `facts`: starts, ends, crashes, restarts, reports, decisions, dead letters.
 */
export const journalDetails = ['facts', 'steps', 'full'] as const;
export type JournalDetail = (typeof journalDetails)[number];

/** JSON as it is stored: plain, secrets taken out, errors and other non-JSON values in tagged form. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface JournalEntry {
  /** Global, ascending over all runs; gaps are allowed. */
  readonly seq: number;
  /** Epoch ms with fraction, wall clock. */
  readonly at: number;
  /** Path from the root, e.g. `root/broker/orderDesk`; `process` for what concerns none. */
  readonly actor: string;
  readonly kind: JournalKind;
  /** `seq` of what caused it; null when it came from outside. */
  readonly cause: number | null;
  /** Id of the {@link MachineVersion} that the actor runs; null for what is no machine. */
  readonly version: number | null;
  readonly data: Json;
}

/** A machine with its configuration, as it was when it recorded. */
export interface MachineVersion {
  readonly machineId: string;
  /** SHA-256 over the chart's definition, the sources of its named implementations and the program's version. */
  readonly machineHash: string;
  /** SHA-256 over the input the actor was started with. */
  readonly configHash: string;
  /** Of the program. */
  readonly program: string;
}

/** `data` of a `spawn` entry. */
export interface SpawnData {
  /** Name of the logic in its parent, e.g. `session`. */
  readonly src: string;
  readonly logic: 'machine' | 'callback' | 'promise' | 'observable' | 'transition' | 'other';
  /** 1 for the first start under this path. */
  readonly generation: number;
  readonly input?: Json;
  /** State value of a machine after its initial transition. */
  readonly state?: Json;
  readonly actions?: readonly string[];
  /** See {@link StepData}. */
  readonly draws?: readonly Json[];
}

/** `data` of a `step` entry: one event, all transitions that it caused, up to rest. */
export interface StepData {
  readonly event: Json;
  /** State value before and after; `to` is absent when it did not change. */
  readonly from: Json;
  readonly to?: Json;
  /** Targets of the transitions taken, in order; absent when there was none. */
  readonly transitions?: readonly string[];
  /** Types of the actions run, in order. */
  readonly actions?: readonly string[];
  /** What the machine read from outside meanwhile (clock, chance), in order: folding reads the same again. */
  readonly draws?: readonly Json[];
  readonly tookMs?: number;
}

/** `data` of a `checkpoint` entry. */
export interface CheckpointData {
  /** XState's persisted snapshot. */
  readonly snapshot: Json;
  /** What was recorded when it was made; absent when that was `full`. Less: what follows cannot be folded. */
  readonly detail?: JournalDetail;
}

/** `data` of a `crash` entry. */
export interface CrashData {
  readonly error: Json;
  /** The event that felled it; null when it failed at its start or outside an event. */
  readonly event: Json;
  /** The last good state: what held before the event. */
  readonly lastGood: Json;
}
