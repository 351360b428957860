import { describe, expect, it } from 'vitest';
import { ageMs, formatDuration, formatSpan, isStale } from '../../ui/format/ages.ts';
import { instrumentKeyOf } from '../../ui/format/instruments.ts';
import { formatAmount, formatSigned } from '../../ui/format/money.ts';
import {
  changePercent,
  direction,
  formatBytes,
  formatFigure,
  formatPercent,
  formatPrice,
  formatQuantity,
  priceDecimals,
  toNumber,
} from '../../ui/format/numbers.ts';
import { formatBarTime, formatMoment, formatStamp, isDateBar } from '../../ui/format/times.ts';

const NNBSP = '\u202f';

describe('a missing value', () => {
  it.each([null, undefined, '', 'abc', Number.NaN])('is a dash, never 0: %s', (value) => {
    expect(formatPrice(value, 2, 'en')).toBe('–');
    expect(formatQuantity(value, 'en')).toBe('–');
    expect(formatAmount(value, 'en')).toBe('–');
    expect(formatSigned(value, 'en')).toBe('–');
  });

  it('is a dash for times, ages and percentages', () => {
    expect(formatPercent(null, 'en')).toBe('–');
    expect(formatMoment(null, 0, 'en')).toBe('–');
    expect(formatDuration(null, 'en')).toBe('–');
    expect(formatFigure(null, 'en')).toBe('–');
  });

  it('differs from zero', () => {
    expect(formatAmount('0', 'en')).toBe('0.00');
    expect(toNumber('0')).toBe(0);
  });
});

describe('numbers', () => {
  it.each([
    ['0.01', 2],
    ['0.25', 2],
    ['0.00005', 5],
    ['1', 2],
    ['0.0100', 2],
    [null, 2],
    ['x', 2],
  ])('a smallest increment of %s asks for %i decimals', (minTick, decimals) => {
    expect(priceDecimals(minTick)).toBe(decimals);
  });

  it('keeps the same decimals in a column', () => {
    expect(formatPrice('1234.5', 2, 'en')).toBe('1,234.50');
    expect(formatPrice(1.25, 5, 'en')).toBe('1.25000');
  });

  it('follows the language', () => {
    expect(formatPrice('1234.5', 2, 'fr')).toBe(`1${NNBSP}234,50`);
    expect(formatPercent(-1.5, 'fr')).toMatch(/^\u22121,50[\u00a0\u202f]%$/);
  });

  it('always shows the sign of a profit, with a true minus', () => {
    expect(formatSigned('12.3', 'en')).toBe('+12.30');
    expect(formatSigned('-12.3', 'en')).toBe('\u221212.30');
    expect(formatSigned('0', 'en')).toBe('0.00');
    expect(formatSigned('-0.001', 'en')).toBe('0.00');
  });

  it('knows which way a number points', () => {
    expect(['1', '-1', '0', null].map(direction)).toEqual(['up', 'down', 'none', 'none']);
  });

  it('has no change without a base', () => {
    expect(changePercent(110, 100)).toBeCloseTo(10);
    expect(changePercent(110, null)).toBeNull();
    expect(changePercent(110, 0)).toBeNull();
  });
});

describe('ages', () => {
  it.each([
    [0, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [3_599_999, '59m'],
    [3_600_000, '1h'],
    [172_800_000, '2d'],
    [-5, '0s'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatDuration(ms, 'en')).toBe(text);
  });

  it('counts a value as stale past its limit, and when its time is unknown', () => {
    expect(isStale(1000, 2000, 1000)).toBe(false);
    expect(isStale(1000, 2001, 1000)).toBe(true);
    expect(isStale(null, 2000, 1000)).toBe(true);
    expect(ageMs(5000, 4000)).toBe(0);
  });
});

describe('times', () => {
  const now = Date.UTC(2026, 5, 15, 12, 0, 0);

  it('are relative within the last hour only', () => {
    expect(formatMoment(now - 5000, now, 'en')).toBe('5s ago');
    expect(formatMoment(now - 59 * 60_000, now, 'en')).toBe('59m ago');
    expect(formatMoment(now - 61 * 60_000, now, 'en')).not.toContain('ago');
    expect(formatMoment(now + 5000, now, 'en')).not.toContain('ago');
  });

  it('show a daily bar on its own date whatever the viewer zone', () => {
    expect(formatBarTime(Date.UTC(2013, 6, 10), '1d', 'en')).toBe('Jul 10, 2013');
    expect(['1d', '1w', '1M', '1m', '5s', '4h'].map(isDateBar)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('instrument keys', () => {
  it('name a watched future again with its expiry', () => {
    const price = { symbol: 'ESTX50', secType: 'FUT', exchange: 'EUREX', currency: 'EUR' };
    expect(instrumentKeyOf({ ...price, instrumentId: 'ESTX50-200603.FUT.EUREX.EUR' })).toEqual({
      ...price,
      expiry: '200603',
    });
  });

  it('do not read an expiry out of a share', () => {
    const price = { symbol: 'BRK-200603', secType: 'STK', exchange: 'SMART', currency: 'USD' };
    expect(instrumentKeyOf({ ...price, instrumentId: 'BRK-200603.STK.SMART.USD' })).toEqual(price);
  });
});

describe('what took a while', () => {
  it.each([
    [0, '0.0ms'],
    [3.42, '3.4ms'],
    [9.96, '10ms'],
    [412.5, '413ms'],
    [999.6, '1.0s'],
    [1250, '1.3s'],
    [59_960, '1m'],
    [125_000, '2m 5s'],
    [3_599_600, '1h'],
    [11_040_000, '3h 4m'],
  ])('is written to what can be told apart: %d', (ms, text) => {
    expect(formatSpan(ms, 'en')).toBe(text);
  });

  it('has its space in French, and a dash when nobody told it', () => {
    expect(formatSpan(1250, 'fr')).toMatch(/^1,3[\u00a0\u202f]s$/);
    expect(formatSpan(null, 'fr')).toBe('–');
  });
});

describe('a size', () => {
  it.each([
    [0, '0 byte'],
    [999, '999 byte'],
    [1500, '1.5 kB'],
    [412_300_000, '412 MB'],
    [2.5e12, '2.5 TB'],
    [null, '–'],
  ])('of %s is %s', (bytes, text) => {
    expect(formatBytes(bytes, 'en')).toBe(text);
  });
});

describe('a stamp', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5, 67).getTime();
  it('is the clock to the millisecond, with the date on another day', () => {
    expect(formatStamp(at, at + 1000, 'en')).toBe('03:04:05.067');
    expect(formatStamp(at, at + 3 * 86_400_000, 'en')).toMatch(/^Jan 2,? 03:04:05\.067$/);
    expect(formatStamp(null, at, 'en')).toBe('–');
  });
});
