import { MISSING } from './missing.ts';
import { numberFormat } from './numbers.ts';

/** Past these ages a value is no longer news: it dims and shows how old it is. */
export const AgeLimit = {
  /** Quotes of an open market. */
  priceMs: 15_000,
  /** IBKR sends account and portfolio values every three minutes. @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#account-updates */
  portfolioMs: 240_000,
  pnlMs: 240_000,
} as const;

const steps = [
  { unit: 'second', ms: 1000, below: 60_000 },
  { unit: 'minute', ms: 60_000, below: 3_600_000 },
  { unit: 'hour', ms: 3_600_000, below: 86_400_000 },
  { unit: 'day', ms: 86_400_000, below: Number.POSITIVE_INFINITY },
] as const;

/** A duration in its largest whole unit, short: "3s", "12min". Negative durations count as 0. */
export function formatDuration(ms: number | null | undefined, locale: string): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  const length = Math.max(0, ms);
  const step = steps.find(({ below }) => length < below) ?? steps[3];
  const options: Intl.NumberFormatOptions = { style: 'unit', unit: step.unit, unitDisplay: 'narrow' };
  return numberFormat(locale, options).format(Math.floor(length / step.ms));
}

/** How long something took, to what can be told apart: "3.4ms", "340ms", "1.2s", "2min 5s", "3h 4min". */
export function formatSpan(ms: number | null | undefined, locale: string): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  const part = (value: number, unit: string, digits = 0) =>
    numberFormat(locale, {
      // The narrow form of French has no space, which only English leaves out.
      ...{ style: 'unit', unitDisplay: locale.startsWith('fr') ? 'short' : 'narrow', unit },
      ...{ minimumFractionDigits: digits, maximumFractionDigits: digits },
    }).format(value);
  if (ms < 9.95) return part(Math.max(0, ms), 'millisecond', 1);
  if (ms < 999.5) return part(Math.round(ms), 'millisecond');
  if (ms < 59_950) return part(ms / 1000, 'second', 1);
  const seconds = Math.round(ms / 1000);
  const both = (value: number, large: string, small: string) =>
    [part(Math.floor(value / 60), large), ...(value % 60 === 0 ? [] : [part(value % 60, small)])].join(' ');
  return seconds < 3600
    ? both(seconds, 'minute', 'second')
    : both(Math.round(seconds / 60), 'hour', 'minute');
}

/** Age of a moment; null when the moment is unknown. */
export const ageMs = (at: number | null | undefined, now: number): number | null =>
  at === null || at === undefined ? null : Math.max(0, now - at);

/** Tells whether a value is past its limit. An unknown moment is past every limit. */
export function isStale(at: number | null | undefined, now: number, limitMs: number): boolean {
  const age = ageMs(at, now);
  return age === null || age > limitMs;
}
