import { z } from 'zod';
import type { Bar } from '../../../machines/domain/bar.ts';
import type { Signal } from '../../../machines/domain/decision.ts';
import { singleBand } from '../../../machines/domain/price-bands.ts';
import type { SessionDefinition } from '../../../machines/domain/session.ts';
import type { DecisionFacts } from '../../../machines/session/decide.facts.ts';
import { BarOutput, type StrategyKind } from '../../../machines/strategies/strategy.kind.ts';

/** A moment at which nothing stands in the way of an order. */
export const fairFacts: DecisionFacts = {
  now: 1_000_000,
  paused: false,
  superseded: false,
  late: false,
  leaseHeld: true,
  storeUp: true,
  connectionReady: true,
  brokerCause: null,
  risk: 'active',
  riskCause: 'a test',
  positionQuantity: '0',
  ordersInFlight: 0,
  marketOpen: true,
  marketTime: 1_000_000,
  quote: { bid: 99.99, ask: 100.01, last: 100, quality: 'live', ageMs: 50 },
  maxQuoteAgeMs: 5_000,
  netLiquidation: '100000',
  availableFunds: '100000',
  priceBands: singleBand('0.01'),
  multiplier: '1',
  lotSize: '1',
};

export const definition: SessionDefinition = {
  id: 'orcl-sma',
  name: 'Oracle',
  instrument: { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' },
  timeframe: '1d',
  strategy: 'scripted',
  sizing: { kind: 'fixed', quantity: '10' },
  orderType: 'MKT',
  limitOffsetBps: 0,
  allowShort: false,
  onDifference: 'adopt',
  thread: 'main',
  bufferSize: 200,
  active: true,
  origin: 'config',
};

/** A strategy that says what it is told, bar by bar, and `hold` afterwards. */
export function scripted(
  signals: readonly Signal[],
  { stopDistance = null, stable = true }: { stopDistance?: number | null; stable?: boolean } = {},
): StrategyKind<null> {
  return {
    kind: 'scripted',
    title: 'Scripted',
    description: 'For tests.',
    parameters: z.null(),
    warmup: () => 0,
    start() {
      let at = 0;
      return {
        update() {
          const signal = signals[at] ?? 'hold';
          at += 1;
          return new BarOutput(signal, { step: at }, stopDistance, stable, () => `Scripted ${signal}.`);
        },
      };
    },
  };
}

export const barAt = (time: number, close = 100): Bar => ({
  time,
  open: close,
  high: close,
  low: close,
  close,
  volume: 1,
});
