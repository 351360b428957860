import { ADX } from 'trading-signals';
import { describe, expect, it } from 'vitest';
import { enhancedKind } from '../../../machines/strategies/enhanced.ts';
import { barsOf, play } from './series.ts';

const quick = {
  trendFast: 3,
  trendSlow: 6,
  adxPeriod: 3,
  rsiPeriod: 3,
  macdFast: 2,
  macdSlow: 4,
  macdSignal: 2,
  bollingerPeriod: 5,
  atrPeriod: 3,
  atrRankPeriod: 10,
  volumePeriod: 4,
  stopAtr: 2,
  trailAtr: 2,
};
const run = (closes: readonly number[], more: Record<string, unknown> = {}, volume = 1_000) =>
  play(enhancedKind.start(enhancedKind.parameters.parse({ ...quick, ...more })), barsOf(closes, { volume }));

/** A quiet stretch that lets every indicator settle, then what is to be seen. */
const quiet = Array.from({ length: 40 }, (_, i) => 100 + (i % 2 === 0 ? 0.1 : -0.1));
const rally = Array.from({ length: 15 }, (_, i) => 100 + (i + 1) * 1.5);
const slump = rally.map((close) => 200 - close);

describe('enhanced', () => {
  it('goes long on a rally and short on a slump', () => {
    const first = (closes: readonly number[]) =>
      run([...quiet, ...closes])
        .slice(quiet.length)
        .find((o) => o.signal !== 'hold')?.signal;
    expect(first(rally)).toBe('long');
    expect(first(slump)).toBe('short');
  });

  it('keeps every vote and the score within [-1, 1]', () => {
    for (const output of run([...quiet, ...rally, ...slump, ...quiet])) {
      for (const name of ['trend', 'momentum', 'volatility', 'volume', 'score']) {
        const value = output.values[name] ?? 0;
        expect(Math.abs(value), name).toBeLessThanOrEqual(1);
      }
    }
  });

  it('leaves at the stop, and does not enter that side again in the same breath', () => {
    const outputs = run([...quiet, ...rally, 105, 122]);
    const stopped = outputs.at(-2);
    expect(stopped?.signal).toBe('flat');
    expect(stopped?.reason).toMatch(/^The stop at [\d.]+ was touched\./);
    expect(outputs.at(-1)?.signal).not.toBe('long');
  });

  it('moves the stop of a long stance up only', () => {
    const outputs = run([...quiet, ...rally, 120, 119.5, 121, 124]);
    const from = outputs.findIndex((o, i) => i >= quiet.length && o.signal === 'long');
    const stops = outputs.slice(from).map((o) => o.values.stop);
    const end = stops.indexOf(null);
    const held = (end < 0 ? stops : stops.slice(0, end)) as number[];
    expect(held.length).toBeGreaterThan(5);
    expect(held).toEqual([...held].sort((a, b) => a - b));
  });

  it('sizes by the first stop', () => {
    const last = run([...quiet, ...rally]).at(-1);
    expect(last?.stopDistance).toBeCloseTo(2 * (last?.values.atr ?? 0), 9);
  });

  it('weighs the other votes alone where volume is not reported', () => {
    const last = run([...quiet, ...rally], {}, 0).at(-1);
    expect(last?.values.volume).toBeNull();
    const { trend, momentum, volatility, score } = last?.values ?? {};
    const sum = 0.4 * (trend ?? 0) + 0.3 * (momentum ?? 0) + 0.15 * (volatility ?? 0);
    expect(score).toBeCloseTo(sum / 0.85, 9);
  });

  it('recovers after a series without any range, of which ADX of trading-signals 8.3.0 does not', () => {
    const flat = Array.from({ length: 60 }, () => ({ high: 100, low: 100, close: 100 }));
    const adx = new ADX(3);
    for (const candle of [...flat, ...barsOf(rally)]) adx.add(candle);
    expect(adx.getResult()).toBeNaN();

    const run = enhancedKind.start(enhancedKind.parameters.parse(quick));
    for (const candle of flat) run.update({ ...candle, time: 0, open: 100, volume: 1 });
    expect(play(run, barsOf(rally)).at(-1)?.values.adx).toBeGreaterThan(0);
  });
});
