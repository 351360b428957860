import type { Bar } from '../domain/bar.ts';
import type { ClosedBar, SessionContext, SessionInput } from './session.events.ts';

/** The context of a session that has just been spawned; nothing of an earlier life is restored. */
export function initialContext({ definition, startIn }: SessionInput): SessionContext {
  return {
    definition,
    wanted: startIn !== 'idle',
    paused: startIn === 'paused',
    draining: false,
    ending: false,
    lease: null,
    state: 'idle',
    since: 0,
    ...nothingOpen,
    lastDecision: null,
    position: null,
  };
}

/** What a session forgets when it releases market and lease. */
export const nothingOpen = {
  buffer: [],
  warmed: false,
  queue: [],
  current: null,
  decision: null,
  syncAsked: false,
  marketCause: null,
  stepCause: null,
  attempts: 0,
} as const satisfies Partial<SessionContext>;

type Series = Pick<SessionContext, 'buffer' | 'queue'>;

/**
 * Takes closed bars in: each once, ascending; what is not newer than the newest known bar was seen before.
 * The buffer keeps the newest `bufferSize`; the queue keeps every bar that has no decision yet.
 */
export function takeIn(series: Series, bars: readonly ClosedBar[], bufferSize: number): Series {
  let newest = series.buffer.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
  const fresh: ClosedBar[] = [];
  for (const closed of bars) {
    if (closed.bar.time <= newest) continue;
    newest = closed.bar.time;
    fresh.push(closed);
  }
  if (fresh.length === 0) return series;
  const buffer = [...series.buffer, ...fresh.map((closed) => closed.bar)].slice(-bufferSize);
  return { buffer, queue: [...series.queue, ...fresh] };
}

/**
 * The first history fills the buffer and warms the decider. A later one (the hub began anew) is a gap being filled:
 * its unknown bars closed unseen, so they are decided as late.
 */
export function takeHistory(
  context: SessionContext,
  bars: readonly Bar[],
): Pick<SessionContext, 'buffer' | 'queue' | 'warmed'> {
  const { bufferSize } = context.definition;
  if (context.warmed) {
    const late = bars.map((bar) => ({ bar, late: true }));
    return { ...takeIn(context, late, bufferSize), warmed: true };
  }
  const early = context.queue;
  const filled = takeIn(
    { buffer: [], queue: [] },
    bars.map((bar) => ({ bar, late: false })),
    bufferSize,
  );
  return { ...takeIn({ buffer: filled.buffer, queue: [] }, early, bufferSize), warmed: true };
}

/** The oldest undecided bar; superseded when a newer one waits behind it. Null when the queue is empty. */
export function nextBar(queue: readonly ClosedBar[]): SessionContext['current'] {
  const [head] = queue;
  return head === undefined ? null : { ...head, superseded: queue.length > 1 };
}

/** Wait before the next try, ms: doubles from 250 ms to 10 s. `attempts` counts failed tries, from 1. */
export const retryBackoffMs = (attempts: number): number =>
  Math.min(10_000, 250 * 2 ** Math.max(0, attempts - 1));

/** Longest time that a stopping session may take to decide the bars that have closed, ms. */
export const drainTimeoutMs = 3_000;
