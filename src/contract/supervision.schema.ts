import { z } from 'zod';
import { journalDetails, journalKinds } from '../../machines/domain/journal.ts';
import { instantMs } from './values.ts';

/** A supervisor's report, in OTP's four fields and its time. */
export const supervisorReportSchema = z.object({
  supervisor: z.string(),
  /** What it is about, e.g. `childTerminated`. */
  context: z.string(),
  reason: z.string(),
  /** The child concerned; null when it is the supervisor itself. */
  offender: z.string().nullable(),
  at: instantMs,
});
export type SupervisorReportView = z.infer<typeof supervisorReportSchema>;

/** How long one thing took to stand again. */
export const recoverySchema = z.object({
  /** `session`: from its crash to `syncing`; `broker`: from the loss of the gateway to `ready`. */
  what: z.enum(['session', 'broker']),
  /** The session's id, or the broker's address. */
  id: z.string(),
  cause: z.string(),
  ms: z.number(),
  at: instantMs,
});
export type RecoveryView = z.infer<typeof recoverySchema>;

/** Recoveries of one sort; figures are null while there was none. */
export const recoverySummarySchema = z.object({
  what: z.enum(['session', 'broker']),
  count: z.number().int(),
  meanMs: z.number().nullable(),
  medianMs: z.number().nullable(),
  worstMs: z.number().nullable(),
  /** Newest first, at most 20. */
  recent: z.array(recoverySchema),
});

export const deadLetterSchema = z.object({
  at: instantMs,
  /** Path or id of the receiver. */
  to: z.string(),
  /** Path of the sender; null when it came from outside every actor. */
  from: z.string().nullable(),
  eventType: z.string(),
  reason: z.enum(['stopped', 'unknown', 'mailboxFull', 'lostInCrash']),
});
export type DeadLetterView = z.infer<typeof deadLetterSchema>;

export const journalStatusSchema = z.object({
  detail: z.enum(journalDetails),
  /** What the configuration asks for. */
  wanted: z.enum(journalDetails),
  /** Why less than wanted is recorded; null while all of it is. */
  cause: z.string().nullable(),
  since: instantMs,
  buffered: z.number().int(),
  capacity: z.number().int(),
  /** Entries written and lost since the process started. */
  written: z.number().int(),
  lost: z.number().int(),
  /** Of the database; null before they were asked for. */
  bytes: z.number().nullable(),
  oldestAt: instantMs.nullable(),
});
export type JournalStatusView = z.infer<typeof journalStatusSchema>;

/** The event loop was held up. */
export const stallSchema = z.object({
  at: instantMs,
  ms: z.number(),
  /** Path of the actor at work; null when none was. */
  culprit: z.string().nullable(),
});
export type StallView = z.infer<typeof stallSchema>;

/** The health of the supervision itself: topic `supervision`, one item. */
export const supervisionViewSchema = z.object({
  /** `halted`: the root gave up, nothing trades until a restart; what happened is still served. */
  state: z.enum(['running', 'halted']),
  since: instantMs,
  cause: z.string().nullable(),
  /** What became of working orders after the root gave up, in sentences; empty while it runs. */
  measures: z.array(z.object({ at: instantMs, message: z.string() })),
  /** Newest first, at most 50. */
  reports: z.array(supervisorReportSchema),
  recoveries: z.array(recoverySummarySchema),
  deadLetters: z.object({ count: z.number().int(), recent: z.array(deadLetterSchema) }),
  /** Failures outside every actor. */
  strayFaults: z.object({
    count: z.number().int(),
    recent: z.array(z.object({ at: instantMs, message: z.string() })),
  }),
  eventLoop: z.object({
    /** Longest hold-up since the start, ms. */
    worstMs: z.number(),
    recent: z.array(stallSchema),
  }),
  journal: journalStatusSchema,
});
export type SupervisionView = z.infer<typeof supervisionViewSchema>;

/** An entry of the journal as people read it. */
export const journalEntryViewSchema = z.object({
  seq: z.number().int(),
  at: z.number(),
  actor: z.string(),
  kind: z.enum(journalKinds),
  cause: z.number().int().nullable(),
  version: z.number().int().nullable(),
  data: z.unknown(),
});
export type JournalEntryView = z.infer<typeof journalEntryViewSchema>;

/** A machine's state at a recorded moment, rebuilt from the journal alone. */
export const rebuiltStateSchema = z.object({
  actor: z.string(),
  /** The newest entry that is part of it. */
  seq: z.number().int(),
  at: z.number(),
  status: z.enum(['active', 'done', 'error', 'stopped']),
  value: z.unknown(),
  context: z.unknown(),
  /** Entries folded to come to it. */
  folded: z.number().int(),
});
export type RebuiltStateView = z.infer<typeof rebuiltStateSchema>;
