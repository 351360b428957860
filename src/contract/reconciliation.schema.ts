import { z } from 'zod';
import { instantMs } from './values.ts';

export const differenceViewSchema = z.object({
  kind: z.enum(['manualTrade', 'missedFill', 'orphanOrder', 'corporateAction', 'unknown']),
  instrumentId: z.string(),
  /** Of the order that it is about. */
  ref: z.string().nullable(),
  /** Signed: what the broker holds, and what the trades known here come to; null where it is about an order. */
  found: z.string().nullable(),
  expected: z.string().nullable(),
  explanation: z.string(),
});

/** What the broker holds against what is known here. */
export const reconciliationViewSchema = z.object({
  at: instantMs,
  /** When differences were last accepted, or Tradewarden first came. */
  acceptedAt: instantMs,
  /** Instruments that were compared. */
  instruments: z.number().int(),
  differences: z.array(differenceViewSchema),
  accepted: z.boolean(),
});
export type ReconciliationView = z.infer<typeof reconciliationViewSchema>;
