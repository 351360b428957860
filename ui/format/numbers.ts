import { MISSING, withTrueMinus } from './missing.ts';

const cache = new Map<string, Intl.NumberFormat>();

/** Number formats are costly to make and few: kept by locale and options. */
export function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale}|${JSON.stringify(options)}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat(locale, options);
  cache.set(key, made);
  return made;
}

/** Reads a decimal text or number; null for null, empty or anything that is not a finite number. */
export function toNumber(value: string | number | null | undefined): number | null {
  if (value === null || value === undefined || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/**
 * Decimals that a price needs: those of its smallest increment, at least 2, at most 8. 2 when the increment is
 * unknown.
 */
export function priceDecimals(minTick: string | null): number {
  if (minTick === null || toNumber(minTick) === null) return 2;
  const fraction = (minTick.split('.')[1] ?? '').replace(/0+$/, '');
  return Math.min(8, Math.max(2, fraction.length));
}

/** A price with fixed decimals, so that a column lines up. */
export function formatPrice(
  value: string | number | null | undefined,
  decimals: number,
  locale: string,
): string {
  const number = toNumber(value);
  if (number === null) return MISSING;
  return withTrueMinus(
    numberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(number),
  );
}

/** A count or quantity: as many decimals as it has, at most 8. */
export function formatQuantity(value: string | number | null | undefined, locale: string): string {
  const number = toNumber(value);
  if (number === null) return MISSING;
  return withTrueMinus(numberFormat(locale, { maximumFractionDigits: 8 }).format(number));
}

/** A percentage given in percent (1.5 is 1.5 %), its sign always shown. */
export function formatPercent(value: number | null | undefined, locale: string): string {
  const number = toNumber(value);
  if (number === null) return MISSING;
  const options: Intl.NumberFormatOptions = {
    style: 'percent',
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: 'exceptZero',
  };
  return withTrueMinus(numberFormat(locale, options).format(number / 100));
}

/** Change from a base in percent; null when either is missing or the base is 0. */
export function changePercent(value: number | null, base: number | null): number | null {
  if (value === null || base === null || base === 0) return null;
  return ((value - base) / Math.abs(base)) * 100;
}

/** A figure of a decision: enough digits to compare, not more. */
export function formatFigure(value: number | string | boolean | null | undefined, locale: string): string {
  if (value === null || value === undefined) return MISSING;
  if (typeof value !== 'number') return String(value);
  const digits = Math.abs(value) >= 1000 ? 2 : 4;
  return withTrueMinus(numberFormat(locale, { maximumFractionDigits: digits }).format(value));
}

const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** A size in bytes in its largest whole unit of 1000. */
export function formatBytes(bytes: number | null | undefined, locale: string): string {
  const number = toNumber(bytes);
  if (number === null) return MISSING;
  const step = Math.min(sizes.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, number)) / 3)));
  const value = number / 1000 ** step;
  const options: Intl.NumberFormatOptions = {
    ...{ style: 'unit', unit: sizes[step] ?? 'byte', unitDisplay: 'short' },
    maximumFractionDigits: step > 0 && value < 100 ? 1 : 0,
  };
  return numberFormat(locale, options).format(value);
}

/** The way a number points, for colour and arrow; missing and 0 point nowhere. */
export function direction(value: string | number | null | undefined): 'up' | 'down' | 'none' {
  const number = toNumber(value);
  if (number === null || number === 0) return 'none';
  return number > 0 ? 'up' : 'down';
}
