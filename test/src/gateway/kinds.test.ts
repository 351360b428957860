import { describe, expect, test } from 'vitest';
import type { InstrumentConfig } from '../../../src/gateway/config.ts';
import { gatewayConfigSchema } from '../../../src/gateway/config.ts';
import { loadInstruments } from '../../../src/gateway/market/instrument.ts';
import { MARKET_KINDS, type MarketKind } from '../../../src/gateway/market/kinds.ts';
import { silentLog } from './support.ts';

type Synthetic = Extract<InstrumentConfig['source'], { synthetic: unknown }>['synthetic'];
const SEEDS = Array.from({ length: 12 }, (_, n) => n + 1);

function instrument(
  kind: MarketKind,
  seed: number,
  more: Partial<Synthetic> = {},
  timeframe: '1d' | '5m' = '1d',
) {
  const config = gatewayConfigSchema.parse({
    marketStart: '2024-01-08',
    instruments: [
      {
        symbol: 'SYN',
        calendar: 'NYSE',
        source: { synthetic: { kind, days: 500, historyDays: 0, annualDrift: 0, timeframe, ...more } },
      },
    ],
  });
  const [made] = loadInstruments(config, seed, silentLog());
  if (made === undefined) throw new Error('no instrument');
  return made;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;
const deviation = (values: readonly number[]): number => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((each) => (each - middle) ** 2)));
};

/** Close-to-close log returns of all seeds. */
function returns(kind: MarketKind, more: Partial<Synthetic> = {}): number[][] {
  return SEEDS.map((seed) => {
    const { bars } = instrument(kind, seed, more);
    return bars.slice(1).map((bar, at) => Math.log(bar.close / (bars[at]?.close ?? bar.close)));
  });
}

const autocorrelation = (values: readonly number[]): number => {
  const middle = mean(values);
  const pairs = values.slice(1).map((each, at) => (each - middle) * ((values[at] ?? middle) - middle));
  return mean(pairs) / deviation(values) ** 2;
};
const kurtosis = (values: readonly number[]): number => {
  const middle = mean(values);
  return mean(values.map((each) => (each - middle) ** 4)) / deviation(values) ** 4;
};

describe('a synthetic market', () => {
  test('that walks at random has the volatility it was given, and no memory', () => {
    const all = returns('randomWalk', { annualVolatility: 0.25 });
    expect(deviation(all.flat()) * Math.sqrt(252)).toBeGreaterThan(0.23);
    expect(deviation(all.flat()) * Math.sqrt(252)).toBeLessThan(0.28);
    expect(Math.abs(mean(all.map(autocorrelation)))).toBeLessThan(0.05);
  });

  test('that trends goes on as it went', () => {
    expect(mean(returns('trending', { momentum: 0.3 }).map(autocorrelation))).toBeGreaterThan(0.2);
  });

  test('that reverts stays near its mean and turns back', () => {
    for (const seed of SEEDS) {
      const closes = instrument('meanReverting', seed, { startPrice: 100, halfLifeDays: 5 }).bars.map(
        ({ close }) => close,
      );
      expect(mean(closes)).toBeGreaterThan(93);
      expect(mean(closes)).toBeLessThan(107);
      expect(deviation(closes)).toBeLessThan(8);
    }
  });

  test('that jumps has fat tails', () => {
    const calm = mean(returns('randomWalk').map(kurtosis));
    expect(calm).toBeLessThan(3.6);
    expect(mean(returns('jumpy').map(kurtosis))).toBeGreaterThan(calm + 3);
  });

  test('that gaps opens far from its close', () => {
    const nights = (kind: MarketKind) =>
      SEEDS.flatMap((seed) => {
        const { bars } = instrument(kind, seed);
        return bars.slice(1).map((bar, at) => Math.log(bar.open / (bars[at]?.close ?? bar.open)));
      });
    expect(deviation(nights('gapping'))).toBeGreaterThan(5 * deviation(nights('randomWalk')));
  });

  test('that halts stops for five minutes, as often as it should', () => {
    const counts = SEEDS.flatMap((seed) => {
      const made = instrument('halted', seed, { haltsPerDay: 1.5, days: 60 }, '5m');
      return made.days.map((day) => {
        const halts = made.halts(day);
        for (const { from, to } of halts) {
          expect(to - from).toBe(300_000);
          expect(from).toBeGreaterThan(day.liquidOpen);
          expect(to).toBeLessThanOrEqual(day.liquidClose);
        }
        return halts.length;
      });
    });
    expect(mean(counts)).toBeGreaterThan(1.4);
    expect(mean(counts)).toBeLessThan(1.6);
  });

  test.each(MARKET_KINDS)('of the kind %s is the same for the same seed and another for another', (kind) => {
    expect(instrument(kind, 3).bars).toEqual(instrument(kind, 3).bars);
    expect(instrument(kind, 4).bars).not.toEqual(instrument(kind, 3).bars);
  });

  test('with a calendar rests on holidays and closes early on half days', () => {
    const made = instrument('randomWalk', 1, { days: 260 }, '5m');
    const dates = made.days.map(({ date }) => date);
    expect(dates).not.toContain('2024-01-15');
    expect(dates).not.toContain('2024-07-04');
    const half = made.days.find(({ date }) => date === '2024-07-03');
    expect((half?.liquidClose ?? 0) - (half?.liquidOpen ?? 0)).toBe(3.5 * 3_600_000);
    expect(half?.playedTo).toBe(half?.liquidClose);
  });

  test('keeps its local hours through both changes to daylight-saving time', () => {
    const made = instrument('randomWalk', 1, { days: 60 }, '5m');
    const openings = new Map(
      made.days.map(({ date, liquidOpen }) => [date, new Date(liquidOpen).toISOString()]),
    );
    expect(openings.get('2024-03-08')).toBe('2024-03-08T14:30:00.000Z');
    expect(openings.get('2024-03-11')).toBe('2024-03-11T13:30:00.000Z');
  });
});
