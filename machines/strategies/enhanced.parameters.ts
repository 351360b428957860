import { z } from 'zod';

const period = (fallback: number, text: string) => z.int().min(2).max(500).default(fallback).describe(text);
const weight = (fallback: number, text: string) => z.number().min(0).max(10).default(fallback).describe(text);

/** Parameters of the composite strategy. Weights count relative to one another. */
export const enhancedParameters = z
  .strictObject({
    trendFast: period(20, 'Bars of the fast EMA of the trend'),
    trendSlow: period(50, 'Bars of the slow EMA of the trend'),
    adxPeriod: period(14, 'Bars of the ADX, the strength of the trend'),
    adxFull: z.number().min(1).max(100).default(25).describe('ADX from which a trend counts in full'),
    rsiPeriod: period(14, 'Bars of the RSI'),
    macdFast: period(12, 'Bars of the fast EMA of the MACD'),
    macdSlow: period(26, 'Bars of the slow EMA of the MACD'),
    macdSignal: period(9, 'Bars of the signal line of the MACD'),
    bollingerPeriod: period(20, 'Bars of the Bollinger bands'),
    bollingerDeviations: z
      .number()
      .min(0.1)
      .max(10)
      .default(2)
      .describe('Half width of the bands, in standard deviations'),
    atrPeriod: period(14, 'Bars of the average true range'),
    atrRankPeriod: period(100, 'Bars over which the ATR is ranked'),
    atrRankLimit: z
      .number()
      .min(0)
      .max(1)
      .default(0.95)
      .describe('Rank of the ATR (0 to 1) above which the volatility vote is silent'),
    volumePeriod: period(20, 'Bars of the average volume and of the average of OBV'),
    trendWeight: weight(0.4, 'Weight of the trend vote'),
    momentumWeight: weight(0.3, 'Weight of the momentum vote'),
    volatilityWeight: weight(0.15, 'Weight of the volatility vote'),
    volumeWeight: weight(0.15, 'Weight of the volume vote'),
    entryThreshold: z.number().min(0.01).max(1).default(0.4).describe('Score (0 to 1) that opens a position'),
    exitThreshold: z
      .number()
      .min(-1)
      .max(1)
      .default(0)
      .describe('Score below which a long position closes; mirrored for a short one'),
    stopAtr: z.number().min(0.1).max(20).default(2.5).describe('First stop, in ATRs from the entry'),
    trailAtr: z.number().min(0.1).max(20).default(3).describe('Trailing stop, in ATRs from the best price'),
  })
  .refine((p) => p.trendFast < p.trendSlow, { path: ['trendFast'], message: 'a number below "trendSlow"' })
  .refine((p) => p.macdFast < p.macdSlow, { path: ['macdFast'], message: 'a number below "macdSlow"' })
  .refine((p) => p.exitThreshold < p.entryThreshold, {
    path: ['exitThreshold'],
    message: 'a number below "entryThreshold"',
  })
  .refine((p) => p.trendWeight + p.momentumWeight + p.volatilityWeight + p.volumeWeight > 0, {
    path: ['trendWeight'],
    message: 'at least one weight above 0',
  });
export type EnhancedParameters = z.infer<typeof enhancedParameters>;

/** EMAs start at the first close; after three times their period that start weighs less than 0.3 %. */
export const enhancedWarmup = (p: EnhancedParameters): number =>
  1 +
  Math.max(
    3 * p.trendSlow,
    3 * (p.macdSlow + p.macdSignal),
    2 * p.adxPeriod,
    p.rsiPeriod + 1,
    p.bollingerPeriod,
    p.atrPeriod + p.atrRankPeriod,
    3 * p.volumePeriod,
  );
