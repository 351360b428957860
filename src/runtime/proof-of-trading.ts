import { type Bar, type Timeframe, timeframeMs } from '../../machines/domain/bar.ts';
import type { InstrumentId } from '../../machines/domain/instrument.ts';
import type { MarketDataHub } from '../../machines/feed/hub.types.ts';

/**
 * Waits until the instrument has traded after the end of a closed bar, at most so long in wall time.
 *
 * A bar is known to have closed by the first update of the next one. Quotes come on a stream of their own and may
 * still show the last trade of the day before, at which the market was closed: a decision on them would wrongly be
 * refused as outside trading hours. Daily bars carry their trade date at 00:00 UTC, which lies between the last trade
 * of the day before and the first of that day in every zone that IBKR trades. The broker's clock is no proof: it is told
 * by heartbeats only.
 */
export function whenTradedAfter(
  hub: Pick<MarketDataHub, 'quote' | 'onTick'>,
  id: InstrumentId,
  bar: Bar,
  timeframe: Timeframe,
  limitMs: number,
): Promise<void> {
  const end = bar.time + timeframeMs[timeframe];
  const hasPassed = (): boolean => (hub.quote(id)?.marketTime ?? 0) >= end;
  if (hasPassed()) return Promise.resolve();
  return new Promise((done) => {
    const finish = (): void => {
      release();
      clearTimeout(timer);
      done();
    };
    const timer = setTimeout(finish, limitMs);
    const release = hub.onTick((quote) => {
      if (quote.instrumentId === id && hasPassed()) finish();
    });
  });
}
