import { describe, expect, it } from 'vitest';
import { rsiKind } from '../../../machines/strategies/rsi.ts';
import { barsOf, play } from './series.ts';

const run = (closes: readonly number[], more: Record<string, unknown> = {}) =>
  play(rsiKind.start(rsiKind.parameters.parse({ period: 3, ...more })), barsOf(closes));
const falling = [20, 19, 18, 17, 16, 15];
const rising = [10, 11, 12, 13, 14, 15];

/** Wilder, New Concepts in Technical Trading Systems (1978), computed from scratch. */
function wilder(closes: readonly number[], period: number): (number | null)[] {
  let gain = 0;
  let loss = 0;
  return closes.map((close, i) => {
    if (i === 0) return null;
    const change = close - (closes[i - 1] ?? close);
    const up = Math.max(change, 0);
    const down = Math.max(-change, 0);
    gain = i <= period ? gain + up / period : (gain * (period - 1) + up) / period;
    loss = i <= period ? loss + down / period : (loss * (period - 1) + down) / period;
    return i < period ? null : loss === 0 ? 100 : 100 - 100 / (1 + gain / loss);
  });
}

describe('rsi', () => {
  it('is the index of Wilder', () => {
    const closes = Array.from({ length: 60 }, (_, i) => 50 + 10 * Math.sin(i / 3) + (i % 7));
    const expected = wilder(closes, 14);
    run(closes, { period: 14 }).forEach((output, i) => {
      const value = expected[i];
      if (value === null || value === undefined) expect(output.values.rsi).toBeNull();
      else expect(output.values.rsi).toBeCloseTo(value, 9);
    });
  });

  it('buys on the way back above oversold, not while it falls, and closes at the exit level', () => {
    const outputs = run([...falling, 17, 18, 19]);
    expect(outputs.slice(0, 6).every((o) => o.signal === 'hold')).toBe(true);
    expect(outputs.slice(6).map((o) => o.signal)).toEqual(['long', 'flat', 'hold']);
    expect(outputs[6]?.reason).toMatch(/^RSI\(3\) went from 0 to [\d.]+: back above oversold 30\.$/);
    expect(outputs[7]?.reason).toMatch(/exit level 55 of a long position/);
  });

  it('sells short on the way back below overbought, and closes at the mirrored exit level', () => {
    const outputs = run([...rising, 13.5, 12, 11]);
    expect(outputs.slice(6).map((o) => o.signal)).toEqual(['short', 'flat', 'hold']);
    expect(outputs[7]?.reason).toMatch(/exit level 45 of a short position/);
  });

  it('only closes at overbought when told so', () => {
    expect(run([...rising, 13.5, 12], { exitOnly: true }).map((o) => o.signal)).not.toContain('short');
  });
});
