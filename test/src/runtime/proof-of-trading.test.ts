import { describe, expect, it, vi } from 'vitest';
import type { Quote } from '../../../machines/domain/quote.ts';
import { whenTradedAfter } from '../../../src/runtime/proof-of-trading.ts';

const id = 'SP500.STK.SMART.USD';
const day = Date.UTC(2001, 0, 24);
const bar = { time: day, open: 1, high: 1, low: 1, close: 1, volume: 1 };

function hubAt(marketTime: number) {
  const listeners = new Set<(quote: Quote) => void>();
  const quote: { -readonly [K in keyof Quote]: Quote[K] } = {
    ...{ instrumentId: id, bid: 1, ask: 2, last: 1, bidSize: 1, askSize: 1, lastSize: 1, open: 1, high: 1 },
    ...{ low: 1, previousClose: 1, volume: 1, quality: 'live', marketTime, receivedAt: 0 },
  };
  return {
    quote: () => quote,
    onTick: (listener: (told: Quote) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    trade: (at: number) => {
      quote.marketTime = at;
      for (const listener of listeners) listener(quote);
    },
    listeners,
  };
}

describe('whenTradedAfter', () => {
  it('waits for the first trade after the bar when the last one is of the day before', async () => {
    const hub = hubAt(Date.UTC(2001, 0, 24, 21));
    let done = false;
    const waiting = whenTradedAfter(hub, id, bar, '1d', 60_000).then(() => {
      done = true;
    });
    hub.trade(Date.UTC(2001, 0, 24, 21));
    await Promise.resolve();
    expect(done).toBe(false);
    hub.trade(Date.UTC(2001, 0, 25, 14, 30));
    await waiting;
    expect(hub.listeners.size, 'listeners left').toBe(0);
  });

  it('does not wait when a trade after the bar is known', async () => {
    const hub = hubAt(Date.UTC(2001, 0, 25, 14, 31));
    await whenTradedAfter(hub, id, bar, '1d', 60_000);
    expect(hub.listeners.size).toBe(0);
  });

  it('gives up after its limit, as a bar may close with no trade after it', async () => {
    vi.useFakeTimers();
    try {
      const hub = hubAt(Date.UTC(2001, 0, 24, 21));
      const waiting = whenTradedAfter(hub, id, bar, '1d', 1_000);
      await vi.advanceTimersByTimeAsync(1_000);
      await waiting;
      expect(hub.listeners.size).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
