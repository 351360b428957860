import type { InstrumentId } from '../../machines/domain/instrument.ts';
import type { Quote } from '../../machines/domain/quote.ts';

/** The ticks of one instrument over a while, added up. */
export interface TickSummary {
  readonly instrumentId: InstrumentId;
  readonly count: number;
  /** Wall clock of the first and the last, epoch ms. */
  readonly from: number;
  readonly to: number;
  /** Of last prices; null while none was told. */
  readonly first: number | null;
  readonly last: number | null;
  readonly high: number | null;
  readonly low: number | null;
}

type Told = Pick<Quote, 'instrumentId' | 'last' | 'receivedAt'>;

/** A summary with one more tick. */
export function addTick(
  summary: TickSummary | undefined,
  { instrumentId, last, receivedAt }: Told,
): TickSummary {
  const before = summary ?? {
    ...{ instrumentId, count: 0, from: receivedAt, to: receivedAt },
    ...{ first: null, last: null, high: null, low: null },
  };
  return {
    ...before,
    count: before.count + 1,
    to: receivedAt,
    first: before.first ?? last,
    last: last ?? before.last,
    high: last === null ? before.high : Math.max(before.high ?? last, last),
    low: last === null ? before.low : Math.min(before.low ?? last, last),
  };
}

/** Adds ticks up for the journal, which does not take them one by one. */
export class TickSummaries {
  #summaries = new Map<InstrumentId, TickSummary>();

  add(quote: Told): void {
    this.#summaries.set(quote.instrumentId, addTick(this.#summaries.get(quote.instrumentId), quote));
  }

  /** What has been added up since the last call. */
  take(): readonly TickSummary[] {
    const taken = [...this.#summaries.values()];
    this.#summaries = new Map();
    return taken;
  }
}
