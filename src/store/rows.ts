import { type DecimalString, decimalString } from '../../machines/domain/decimal.ts';

/** `numeric` as the domain writes it: PostgreSQL keeps trailing zeros. */
export const decimalOrNull = (value: string | null): DecimalString | null =>
  value === null ? null : decimalString(value);

/** SQL text of a JSON parameter; pair it with `?::jsonb`. */
export const json = (value: unknown): string => JSON.stringify(value);

/** `?, ?, ?` for as many parameters. */
export const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ');
