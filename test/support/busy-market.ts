import type { SystemOptions } from './system.ts';

type Session = Record<string, unknown>;

/** Sessions that trade every few bars: a crossing of very short averages on three real shares. */
export function busySessions(bars = { fast: 2, slow: 4 }): Session[] {
  return ['SP500', 'ORCL', 'NVDA'].map((symbol) => ({
    id: `${symbol.toLowerCase()}-busy`,
    instrument: { symbol },
    timeframe: '1d',
    strategy: { kind: 'sma', parameters: { ...bars, exitOnly: true } },
    sizing: { kind: 'percent', percent: 10 },
  }));
}

/** Plays so many daily bars a second. */
export const barsPerSecond =
  (count: number, quoteSize?: number) =>
  (gateway: Record<string, unknown>): void => {
    gateway.speed = 23_400 * count;
    if (quoteSize === undefined) return;
    for (const instrument of gateway.instruments as Record<string, unknown>[])
      instrument.quoteSize = quoteSize;
  };

/** A system in which orders are filled every second. */
export const busySystem = (bars = 3): SystemOptions => ({
  gateway: barsPerSecond(bars),
  sessions: busySessions(),
});
