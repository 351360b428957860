import { MISSING, withTrueMinus } from './missing.ts';
import { numberFormat, toNumber } from './numbers.ts';

/** An amount without its currency, which stands once beside the column; two decimals. */
export function formatAmount(value: string | number | null | undefined, locale: string): string {
  const number = toNumber(value);
  if (number === null) return MISSING;
  return withTrueMinus(
    numberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(number),
  );
}

/** A profit or loss: two decimals, the sign always shown unless it rounds to nothing. */
export function formatSigned(value: string | number | null | undefined, locale: string): string {
  const number = toNumber(value);
  if (number === null) return MISSING;
  const options: Intl.NumberFormatOptions = {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: 'exceptZero',
  };
  return withTrueMinus(numberFormat(locale, options).format(number));
}
