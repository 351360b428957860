/** What flattening remembers: pure changes of its status. */
import type { InstrumentId } from '../domain/instrument.ts';
import type { CloserReport } from './closer.machine.ts';
import type { HeldNow } from './flatten.ports.ts';
import type { Closing, FlattenPhase, FlattenRequest, FlattenStatus } from './flatten.status.ts';

const MOST_REPORTS = 100;

export const begun = (request: FlattenRequest): FlattenStatus =>
  report(
    { phase: 'cancelling', since: request.at, request, closing: [], reports: [] },
    { at: request.at, instrumentId: null, message: `Everything is to be closed: ${request.cause}` },
  );

export const inPhase = (status: FlattenStatus, phase: FlattenPhase, at: number): FlattenStatus =>
  status.phase === phase ? status : { ...status, phase, since: at };

/** With one more thing that was done; the oldest one goes when there are very many. */
export const report = (
  status: FlattenStatus,
  { at, instrumentId, message }: FlattenStatus['reports'][number],
): FlattenStatus => ({
  ...status,
  reports: [...status.reports, { at, instrumentId, message }].slice(-MOST_REPORTS),
});

/** What the broker says is held, as it stands before it is closed. */
export const surveyed = (status: FlattenStatus, held: readonly HeldNow[]): FlattenStatus => ({
  ...status,
  closing: ours(held).map(({ instrumentId, quantity }): Closing => {
    // What it waited for before is not said anew.
    const before = status.closing.find((each) => each.instrumentId === instrumentId);
    const obstacle = before?.obstacle ?? null;
    return { instrumentId, held: quantity, state: obstacle === null ? 'working' : 'waiting', obstacle };
  }),
});

export const ours = (held: readonly HeldNow[]): readonly HeldNow[] => held.filter(({ isOurs }) => isOurs);

/** What a closer said; why one waits is a report once, for as long as that lasts. */
export function heard(status: FlattenStatus, told: CloserReport, at: number): FlattenStatus {
  const { instrumentId, held, state, obstacle, message } = told;
  const before = status.closing.find((each) => each.instrumentId === instrumentId);
  const closing = status.closing.map((each) =>
    each.instrumentId === instrumentId ? { instrumentId, held, state, obstacle } : each,
  );
  const isRepeated = state === 'waiting' && before?.obstacle === obstacle;
  const next = { ...status, closing };
  return message === null || isRepeated ? next : report(next, { at, instrumentId, message });
}

/** A closer that broke: what it closes is looked at again in the next round. */
export const broke = (
  status: FlattenStatus,
  instrumentId: InstrumentId,
  cause: string,
  at: number,
): FlattenStatus =>
  heard(
    status,
    {
      ...{ type: 'closer.told', instrumentId, state: 'waiting', obstacle: 'failed' },
      held: status.closing.find((each) => each.instrumentId === instrumentId)?.held ?? '0',
      message: `closing it failed: ${cause}; it is tried again.`,
    },
    at,
  );
