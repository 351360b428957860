import { z } from 'zod';
import { sessionDraftSchema, sizingSchema } from '../contract/session.schema.ts';
import { strategyDraftSchema } from '../contract/strategy.schema.ts';
import { instrumentKeySchema } from '../contract/values.ts';

/** In YAML `202606` is a number; it is meant as text. */
const expiry = z
  .union([z.string(), z.int()])
  .transform(String)
  .pipe(z.string().regex(/^\d{6}(\d{2})?$/, 'expected YYYYMM or YYYYMMDD'))
  .optional()
  .describe('Expiry of a future, YYYYMM or YYYYMMDD');

/** An instrument as a person writes it in YAML. */
export const instrumentFileSchema = instrumentKeySchema.extend({ expiry });

/** A quantity, quoted or not. */
const quantity = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(
    z.string().regex(/^(?!0+(\.0+)?$)\d+(\.\d+)?$/, 'expected a decimal number above 0, such as 10 or 0.5'),
  )
  .describe('Units for each entry');

const [, percent, risk] = sizingSchema.options;
const sizing = z
  .discriminatedUnion('kind', [z.strictObject({ kind: z.literal('fixed'), quantity }), percent, risk])
  .default({ kind: 'percent', percent: 10 })
  .describe('How large an entry is');

const inlineStrategySchema = strategyDraftSchema.omit({ name: true });

/** A session of `sessions/*.yaml`: the draft that the dashboard sends, with a strategy by name or written inline. */
export const sessionFileSchema = sessionDraftSchema.extend({
  instrument: instrumentFileSchema,
  strategy: z
    .union([sessionDraftSchema.shape.strategy, inlineStrategySchema])
    .describe('Name of a strategy, or one written here, which is then called <id>-strategy'),
  sizing,
});
export type SessionFile = z.output<typeof sessionFileSchema>;

/** A file of `sessions/`: one session or a list. */
export const sessionsSchema = z.union([sessionFileSchema, z.array(sessionFileSchema)]);

/** A file of `strategies/`. */
export const strategiesSchema = z.array(strategyDraftSchema);
