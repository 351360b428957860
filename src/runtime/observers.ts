import type { AnyActorRef } from 'xstate';
import { z } from 'zod';
import type { Decision } from '../../machines/domain/decision.ts';
import { failureMessage } from '../../machines/domain/failure.ts';
import type { Quote } from '../../machines/domain/quote.ts';
import type { SupervisorReport } from '../../machines/supervisor/supervisor.events.ts';
import type { RuntimeConfig } from '../config/runtime.schema.ts';
import { type RecoveryView, recoverySchema } from '../contract/supervision.schema.ts';
import { culpritOf, failActor } from '../inspect/attribution.ts';
import { startWatchdog } from '../process/watchdog.ts';
import type { Store } from '../store/store.ts';
import { ActorDirectory } from './actor-directory.ts';
import { createFlightRecorder, type FlightRecorder } from './flight-recorder.ts';
import { JournalKeeper, openJournal } from './journal-keeper.ts';
import type { LiveStatus } from './live-status.ts';
import type { Log } from './log.ts';
import { RecoveryTimes } from './recovery-times.ts';
import type { SafeHalt } from './safe-halt.ts';
import { SupervisionBook } from './supervision-book.ts';
import { TickSummaries } from './tick-summary.ts';

export interface ObserversOptions {
  readonly config: RuntimeConfig;
  readonly store: Pick<Store, 'journal'>;
  readonly version: string;
  readonly status: LiveStatus;
  readonly log: Log;
  readonly now: () => number;
  readonly mark: (topic: string, key: string) => void;
  readonly onFault: (message: string) => void;
  readonly halt: () => SafeHalt;
}

/** What watches the tree: none of it is needed for trading, and none of it can hurt what it watches. */
export interface Observers {
  readonly directory: ActorDirectory;
  readonly recorder: FlightRecorder;
  readonly supervision: SupervisionBook;
  readonly recoveries: RecoveryTimes;
  noteReport(report: SupervisorReport): void;
  noteDecision(actor: string, decision: Decision): void;
  noteQuote(quote: Quote): void;
  /**
   * A failure that no actor caught. The actor that made the failing timer, promise or socket fails with it, so that
   * its supervisor acts; one that has ended, and still throws, is nobody's any more and harms nobody. False when no
   * actor made it, or the root did: then the process itself is in doubt.
   */
  noteStray(error: unknown): boolean;
  /** Everybody is gone; writes what is left. */
  close(): Promise<void>;
}

const TICKS_MS = 10_000;
/** Shorter ones are in the journal and the dashboard; a busy machine has them all the time. */
const LONG_STALL_MS = 250;
const CLOSE_MS = 300;
const EARLIER_RECOVERIES = 1_000;

const hasSupervisor = (ref: AnyActorRef): boolean => Reflect.get(ref, '_parent') !== undefined;

async function earlierRecoveries(store: ObserversOptions['store']): Promise<RecoveryView[]> {
  const entries = await store.journal.recoveries(EARLIER_RECOVERIES);
  return entries
    .flatMap(({ data }) => {
      const parsed = recoverySchema.safeParse(data);
      // One of a version that told them otherwise is no figure for this one.
      return parsed.success ? [parsed.data] : [];
    })
    .sort((a, b) => a.at - b.at);
}

const decisionFacts = z.object({
  sessionId: z.string(),
  barTime: z.number(),
  signal: z.string(),
  outcome: z.string(),
  guard: z.string().nullable(),
  reason: z.string(),
  orderRef: z.string().nullable(),
});

/** Opens the journal and starts watching. @throws StoreError while the database is away */
export async function createObservers(options: ObserversOptions): Promise<Observers> {
  const { config, store, version, status, log, now, onFault } = options;
  const changed = (): void => options.mark('supervision', 'supervision');
  const journal = await openJournal(store.journal, version, now());
  const earlier = await earlierRecoveries(store);

  const watchdog = startWatchdog({
    now,
    onStall: ({ at, ms, culprit }) => {
      const tell = ms < LONG_STALL_MS ? log.debug : log.warn;
      tell(`the event loop was held up for ${Math.round(ms)} ms by ${culprit ?? 'no actor'}`);
      recorder.note('fault', culprit ?? 'process', { type: 'stall', ms, culprit });
      supervision.stall({ at, ms, culprit });
    },
    onFault,
  });
  const directory: ActorDirectory = new ActorDirectory({
    onChange: (path) => options.mark('actors', path),
    onFault,
    onUnreachable: (id, event) => recorder.noteUnreachable(id, event),
    statsOf: (ref) => recorder.statsOf(ref),
  });
  const recorder: FlightRecorder = createFlightRecorder({
    sink: journal.sink,
    firstSeq: journal.firstSeq,
    program: version,
    wanted: config.journal.detail,
    capacity: config.journal.bufferEntries,
    inspectors: [{ types: ['@xstate.actor', '@xstate.snapshot'], inspect: directory.inspect }],
    turns: watchdog.turns,
    onFault,
    onDetail: (detail, cause) => {
      if (cause === null) log.info(`the journal records ${detail} again`);
      else log.warn(`the journal records only ${detail}: ${cause}`);
      changed();
    },
    onDeadLetter: (letter) => supervision.deadLetter(letter),
  });
  const keeper = new JournalKeeper({
    store: store.journal,
    recorder,
    limits: config.journal,
    now,
    onFault,
  });
  const recoveries: RecoveryTimes = new RecoveryTimes({
    now,
    earlier,
    onRecovered: (recovery) => {
      const { what, id, ms } = recovery;
      log.info(`${what} ${id} stands again after ${Math.round(ms)} ms`);
      recorder.note('recovery', 'process', recovery);
      changed();
    },
  });
  const supervision: SupervisionBook = new SupervisionBook({
    now,
    journal: () => ({ ...recorder.status(), ...keeper.size }),
    recoveries: () => recoveries.summaries(),
    measures: () => options.halt().measures,
    worstStallMs: () => watchdog.worstMs(),
    onChange: changed,
  });
  const ticks = new TickSummaries();
  const tickTimer = setInterval(() => {
    for (const summary of ticks.take()) recorder.note('ticks', 'root/broker/marketData', summary);
    changed();
  }, TICKS_MS).unref();
  recorder.note('run', 'process', { version, run: journal.run, pid: process.pid, node: process.version });

  const pathOf = (supervisor: string): string => {
    const ref = directory.running(supervisor.slice(supervisor.lastIndexOf('/') + 1));
    return ref === undefined ? supervisor : directory.pathOf(ref);
  };
  return {
    directory,
    recorder,
    supervision,
    recoveries,
    noteReport(report) {
      const { supervisor, context, reason } = report;
      const tell = context === 'childStopped' ? log.debug : log.warn;
      tell(`supervisor ${supervisor}: ${context}: ${reason}`);
      recorder.note(context === 'childRestarted' ? 'restart' : 'report', pathOf(supervisor), report);
      supervision.report(report);
      if (context === 'shutdown' || context === 'startError' || context === 'specRefused')
        status.alarm(`Supervisor ${supervisor}: ${context}: ${reason}`);
    },
    noteDecision: (actor, decision) => recorder.note('decision', actor, decisionFacts.parse(decision)),
    noteQuote: (quote) => ticks.add(quote),
    noteStray(error) {
      const culprit = culpritOf();
      const path = culprit === null ? null : directory.pathOf(culprit);
      const message = `${path ?? 'outside every actor'}: ${failureMessage(error)}`;
      log.error(`a failure that nobody caught, ${message}`);
      recorder.note('fault', path ?? 'process', { type: 'stray', error });
      supervision.stray(message);
      if (culprit === null || !hasSupervisor(culprit)) return false;
      failActor(culprit, error);
      return true;
    },
    async close() {
      clearInterval(tickTimer);
      keeper.close();
      await recorder.close(CLOSE_MS);
      await watchdog.stop();
    },
  };
}
