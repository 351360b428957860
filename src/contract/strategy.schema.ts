import { z } from 'zod';
import { slug } from './values.ts';

export const strategyDraftSchema = z.strictObject({
  name: slug.describe('Unique name'),
  kind: z.string().min(1).describe('Kind of the registry: sma, rsi, enhanced'),
  parameters: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Parameters of the kind; defaults fill what is absent'),
  notes: z.string().max(2000).nullable().default(null),
});
export type StrategyDraft = z.infer<typeof strategyDraftSchema>;

export const strategyViewSchema = z.object({
  name: z.string(),
  kind: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  notes: z.string().nullable(),
  origin: z.enum(['builtin', 'config', 'dashboard', 'optimiser']),
});
export type StrategyView = z.infer<typeof strategyViewSchema>;

/** A kind with the JSON Schema of its parameters: forms are drawn from it. */
export const strategyKindViewSchema = z.object({
  kind: z.string(),
  title: z.string(),
  description: z.string(),
  parameters: z.record(z.string(), z.unknown()),
});
export type StrategyKindView = z.infer<typeof strategyKindViewSchema>;
