import { z } from 'zod';
import { limitNames } from '../../machines/risk/limits.ts';
import { lossNames } from '../../machines/risk/loss.logic.ts';
import { tradeLimitNames } from '../../machines/risk/trades.logic.ts';
import { boundReasons, findingKinds } from '../../machines/risk/worst-case.logic.ts';
import { decimalText, instantMs } from './values.ts';

const levelSchema = z.object({ soft: decimalText.nullable(), hard: decimalText.nullable() });
const limitScopeSchema = z.union([
  z.object({ kind: z.literal('whole') }),
  z.object({ kind: z.enum(['account', 'instrument', 'session']), id: z.string() }),
]);
const boundSchema = z.object({
  /** null: nothing that is known bounds it. */
  most: decimalText.nullable(),
  by: z.enum(boundReasons).nullable(),
});
const reachesSchema = z.object({
  exposure: boundSchema,
  loss: boundSchema,
  ordersPerMinute: boundSchema,
  ordersPerDay: boundSchema,
});

/** What sessions can reach at worst, and the limits that hold them. */
export const riskPlanSchema = z.object({
  /** In the base currency of the account; null: not known. */
  netLiquidation: decimalText.nullable(),
  sessions: z.array(reachesSchema.extend({ id: z.string(), instrumentId: z.string() })),
  whole: reachesSchema,
  findings: z.array(
    z.object({
      kind: z.enum(findingKinds),
      session: z.string().nullable(),
      limit: z.enum(limitNames),
      scope: limitScopeSchema,
      found: decimalText,
      allowed: decimalText,
      message: z.string(),
    }),
  ),
  limits: z.array(
    z.object({
      scope: limitScopeSchema,
      limit: z.enum(limitNames),
      ...levelSchema.shape,
    }),
  ),
  /** Of each session by itself, from flat to flat. */
  trades: z.array(z.object({ limit: z.enum(tradeLimitNames), ...levelSchema.shape })),
  /** The drill of the kill switch; `last` null: there was none. */
  drill: z.object({
    due: instantMs.nullable(),
    last: z
      .object({
        at: instantMs,
        tookMs: z.number(),
        failure: z.string().nullable(),
        workedAt: instantMs.nullable(),
      })
      .nullable(),
  }),
  losses: z.object({
    levels: z.array(z.object({ limit: z.enum(lossNames), ...levelSchema.shape })),
    confirm: z.int(),
    action: z.enum(['reduce', 'halt']),
  }),
});
export type RiskPlanView = z.infer<typeof riskPlanSchema>;
