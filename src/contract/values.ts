import { z } from 'zod';

/** A decimal written out, e.g. "101.25". */
export const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/, 'expected a decimal number such as "101.25"');

/** Epoch milliseconds. */
export const instantMs = z.number().int();

/** Ids of sessions and names of strategies. */
export const slug = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected lower-case letters, digits and single dashes')
  .max(40);

export const timeframeSchema = z.enum([
  '5s',
  '10s',
  '15s',
  '30s',
  '1m',
  '2m',
  '3m',
  '5m',
  '10m',
  '15m',
  '20m',
  '30m',
  '1h',
  '2h',
  '3h',
  '4h',
  '8h',
  '1d',
  '1w',
  '1M',
]);

export const secTypeSchema = z.enum(['STK', 'FUT', 'CASH', 'IND', 'CFD', 'CRYPTO']);

export const instrumentKeySchema = z.strictObject({
  symbol: z.string().min(1).max(30).describe('Symbol as IBKR writes it, e.g. ORCL'),
  secType: secTypeSchema.default('STK').describe("IBKR's security type"),
  exchange: z.string().min(1).default('SMART').describe('Routing exchange'),
  currency: z.string().length(3).default('USD').describe('ISO 4217 currency'),
  primaryExchange: z.string().min(1).optional().describe('Tells apart one symbol on several exchanges'),
  expiry: z
    .string()
    .regex(/^\d{6}(\d{2})?$/, 'expected YYYYMM or YYYYMMDD')
    .optional()
    .describe('Expiry of a future'),
});
