import { z } from 'zod';
import { closeObstacles } from '../../machines/flatten/close.logic.ts';
import { decimalText, instantMs } from './values.ts';

/** How far closing everything has come. */
export const flattenViewSchema = z.object({
  phase: z.enum(['idle', 'cancelling', 'surveying', 'closing', 'flat', 'standingDown']),
  /** When the phase was entered. */
  since: instantMs,
  request: z
    .object({ at: instantMs, cause: z.string(), author: z.enum(['person', 'limit', 'supervisor']) })
    .nullable(),
  closing: z.array(
    z.object({
      instrumentId: z.string(),
      held: decimalText,
      state: z.enum(['working', 'waiting', 'closed']),
      obstacle: z.enum(closeObstacles).nullable(),
    }),
  ),
  /** What was done, oldest first. */
  reports: z.array(z.object({ at: instantMs, instrumentId: z.string().nullable(), message: z.string() })),
});
export type FlattenView = z.infer<typeof flattenViewSchema>;
