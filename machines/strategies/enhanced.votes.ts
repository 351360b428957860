import { ADX, ATR, BollingerBands, EMA, MACD, OBV, RSI, SMA } from 'trading-signals';
import type { Bar } from '../domain/bar.ts';
import type { EnhancedParameters } from './enhanced.parameters.ts';
import { clamp } from './strategy.kind.ts';

/** Indicators and votes after one bar. A vote is in [-1, 1]; null means that it has nothing to go by. */
export interface Votes {
  readonly trend: number | null;
  readonly momentum: number | null;
  readonly volatility: number | null;
  readonly volume: number | null;
  /** The weighted mean of the votes that were given; null when none was. */
  readonly score: number | null;
  readonly atr: number | null;
  readonly emaFast: number;
  readonly emaSlow: number;
  readonly adx: number | null;
  readonly rsi: number | null;
  readonly macdHistogram: number | null;
  readonly bollingerUpper: number | null;
  readonly bollingerLower: number | null;
  readonly atrRank: number | null;
  readonly relativeVolume: number | null;
}

/** Share of the last `size` values that are not above the newest; null until there are that many. */
function createRank(size: number): (value: number) => number | null {
  const ring = new Float64Array(size);
  let count = 0;
  return (value) => {
    ring[count % size] = value;
    count += 1;
    if (count < size) return null;
    let notAbove = 0;
    for (const other of ring) if (other <= value) notAbove += 1;
    return notAbove / size;
  };
}

/**
 * Starts the four votes:
 * - trend: distance of two EMAs in ATRs, scaled by the ADX;
 * - momentum: RSI around 50, and the MACD histogram in quarter ATRs;
 * - volatility: where the close stands in its Bollinger bands, silent while the ATR ranks very high;
 * - volume: OBV against its own average, scaled by the volume; absent where volume is not reported.
 */
export function createVotes(p: EnhancedParameters): (bar: Bar) => Votes {
  const fast = new EMA(p.trendFast);
  const slow = new EMA(p.trendSlow);
  const adxIndicator = new ADX(p.adxPeriod);
  const rsiIndicator = new RSI(p.rsiPeriod);
  const macdIndicator = new MACD(new EMA(p.macdFast), new EMA(p.macdSlow), new EMA(p.macdSignal));
  const bands = new BollingerBands(p.bollingerPeriod, p.bollingerDeviations);
  const atrIndicator = new ATR(p.atrPeriod);
  const rankOf = createRank(p.atrRankPeriod);
  const volumeMean = new SMA(p.volumePeriod);
  // OBV counts from its second bar on, whatever its interval; two is the least.
  const obvIndicator = new OBV(2);
  const obvMean = new EMA(p.volumePeriod);
  let moved = false;

  return (bar) => {
    const emaFast = fast.update(bar.close, false);
    const emaSlow = slow.update(bar.close, false);
    const rsi = rsiIndicator.add(bar.close);
    const macd = macdIndicator.add(bar.close);
    const band = bands.add(bar.close);
    const atr = atrIndicator.add(bar);
    // ADX 8.3.0 divides by an ATR of zero after a series without any range, and stays NaN for good.
    moved ||= bar.high > bar.low;
    const adx = moved ? adxIndicator.add(bar) : null;
    const atrRank = atr === null || bar.close === 0 ? null : rankOf(atr / Math.abs(bar.close));
    const meanVolume = volumeMean.add(bar.volume);
    const obv = obvIndicator.add(bar);
    const obvAverage = obv === null ? null : obvMean.add(obv);
    const ranged = atr !== null && atr > 0;

    const trend =
      ranged && adx !== null ? clamp((emaFast - emaSlow) / atr) * clamp(adx / p.adxFull, 0, 1) : null;
    const momentum =
      ranged && rsi !== null && macd !== null
        ? (clamp((rsi - 50) / 20) + clamp(macd.histogram / (atr / 4))) / 2
        : null;
    const volatility =
      band !== null && atrRank !== null && band.upper > band.middle
        ? atrRank > p.atrRankLimit
          ? 0
          : clamp((bar.close - band.middle) / (band.upper - band.middle))
        : null;
    const relativeVolume = meanVolume !== null && meanVolume > 0 ? bar.volume / meanVolume : null;
    const volume =
      relativeVolume !== null && obv !== null && obvAverage !== null
        ? Math.sign(obv - obvAverage) * clamp(relativeVolume, 0, 1)
        : null;

    const weight =
      (trend === null ? 0 : p.trendWeight) +
      (momentum === null ? 0 : p.momentumWeight) +
      (volatility === null ? 0 : p.volatilityWeight) +
      (volume === null ? 0 : p.volumeWeight);
    const sum =
      (trend ?? 0) * p.trendWeight +
      (momentum ?? 0) * p.momentumWeight +
      (volatility ?? 0) * p.volatilityWeight +
      (volume ?? 0) * p.volumeWeight;

    return {
      trend,
      momentum,
      volatility,
      volume,
      score: weight > 0 ? sum / weight : null,
      atr,
      emaFast,
      emaSlow,
      adx,
      rsi,
      macdHistogram: macd?.histogram ?? null,
      bollingerUpper: band?.upper ?? null,
      bollingerLower: band?.lower ?? null,
      atrRank,
      relativeVolume,
    };
  };
}
