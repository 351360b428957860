import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { failureMessage } from '../../machines/domain/failure.ts';
import { createTurns, type Turns } from './turns.ts';
import { cell, shareMemory, type WatchSetup } from './watchdog.shared.ts';

/** The event loop was held up. */
export interface Stall {
  /** When it was over, epoch ms. */
  readonly at: number;
  /** How long at least. */
  readonly ms: number;
  /** Path of the actor that held it longest; null when no actor was at work. */
  readonly culprit: string | null;
  /** The culprit's share of `ms`; 0 without one. */
  readonly culpritMs: number;
}

export interface WatchdogOptions {
  /** Shorter hold-ups are not told. @default 50 */
  readonly stallMs?: number;
  /** After so long the watching thread writes to standard error, without waiting for the end. @default 2_000 */
  readonly hangMs?: number;
  /** So often it says again that a hang goes on. @default 10_000 */
  readonly repeatMs?: number;
  /** Wall clock, epoch ms. */
  readonly now: () => number;
  /** Told of every stall, when it is over. Must not throw. */
  readonly onStall: (stall: Stall) => void;
  /** The watching thread is gone: stalls are still told, hangs only when they are over. */
  readonly onFault: (message: string) => void;
}

export interface Watchdog {
  /** For whoever runs actors, so that a culprit can be named. */
  readonly turns: Turns;
  /** Longest hold-up since the start, ms. */
  worstMs(): number;
  /** Ends the beat and the watching thread. */
  stop(): Promise<void>;
}

/**
 * Beats in the time of the shortest stall that is told: how sharply one is measured, against what beating costs.
 * Forty beats a second take 0.5 % of a core on a crowded machine, and less on an idle one. The cheaper
 * `monitorEventLoopDelay({ samplePerIteration: true })` does not see what callbacks of sockets and files hold
 * (measured on Node 26.10).
 */
const BEATS_PER_STALL = 2;

const workerUrl = new URL(`./watchdog.worker${extname(import.meta.url)}`, import.meta.url);

const tenths = (ms: number): number => Math.round(ms * 10) / 10;

/**
 * Watches the event loop of this thread: by a beat, whose lateness is how long somebody held the loop, and from a
 * thread of its own, which notices while the loop is still held and says so on standard error, as nobody here can.
 * It only tells; it ends nothing. It does not keep the process alive.
 *
 * A hold-up that lasts half as long again as `stallMs` is always told; a shorter one may fall between two beats,
 * unless it was an actor's turn, which is measured exactly.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const { stallMs = 50, hangMs = 2_000, repeatMs = 10_000, now, onStall, onFault } = options;
  const beatMs = Math.max(1, Math.floor(stallMs / BEATS_PER_STALL));
  const clock = (): number => performance.now();
  const shared = shareMemory();
  const turns = createTurns(clock, shared);
  const setup: WatchSetup = { memory: shared.memory, hangMs, repeatMs };
  const thread = new Worker(workerUrl, { name: 'watchdog', workerData: setup, env: {} });
  thread.unref();
  let isStopping = false;
  let cause = 'nobody ended it';
  thread.once('error', (error) => {
    cause = failureMessage(error);
  });
  thread.once('exit', () => {
    if (!isStopping) onFault(`the watchdog's thread is gone: ${cause}`);
  });

  let worst = 0;
  let last = clock();
  const look = (): void => {
    const at = clock();
    const hold = turns.longest();
    // A beat may fall into the hold-up; a turn is measured from its beginning.
    const ms = Math.max(at - last - beatMs, hold?.ms ?? 0);
    last = at;
    turns.clear();
    Atomics.add(shared.cells, cell.beat, 1);
    const news = turns.news();
    if (news.length > 0) thread.postMessage(news);
    worst = Math.max(worst, ms);
    if (ms < stallMs) return;
    onStall({
      at: now(),
      ms: tenths(ms),
      culprit: hold?.path ?? null,
      culpritMs: tenths(hold?.ms ?? 0),
    });
  };
  const beat = setInterval(look, beatMs);
  beat.unref();

  return {
    turns,
    worstMs: () => tenths(worst),
    async stop() {
      isStopping = true;
      clearInterval(beat);
      await thread.terminate();
    },
  };
}
