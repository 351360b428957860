import { z } from 'zod';
import { type JournalKind, journalKinds } from '../../machines/domain/journal.ts';
import { journalEntryViewSchema } from './supervision.schema.ts';

/** Refuses a text of a query: what was found, what was expected. */
function refuse(context: z.RefinementCtx<string>, expected: string): never {
  context.addIssue({ code: 'custom', message: `found "${context.value}", expected ${expected}` });
  return z.NEVER;
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A moment in a query or on a command line, as epoch ms. ISO 8601 (a date alone is midnight UTC) or epoch ms. */
export const momentText = z
  .string()
  .transform((text, context) => {
    const at = /^\d{1,15}$/.test(text) ? Number(text) : ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(at) ? refuse(context, 'an ISO 8601 time or epoch milliseconds') : at;
  })
  .describe('ISO 8601 or epoch milliseconds');

/** Kinds of journal entries, separated by commas. */
export const kindsText = z
  .string()
  .transform((text, context): readonly JournalKind[] => {
    const words = text.split(',').map((word) => word.trim());
    const kinds = words.flatMap((word) => journalKinds.find((kind) => kind === word) ?? []);
    return kinds.length === words.length ? kinds : refuse(context, `some of ${journalKinds.join(', ')}`);
  })
  .describe(`Comma-separated: ${journalKinds.join(', ')}`);

/** A whole number in a query. */
export const wholeText = (min: number, max: number) =>
  z
    .string()
    .transform((text, context) => {
      const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      const fits = number >= min && number <= max;
      return fits ? number : refuse(context, `a whole number from ${min} to ${max}`);
    })
    .meta({ type: 'integer', minimum: min, maximum: max });

const choiceText = <T extends string>(words: readonly [T, ...T[]], fallback: T) =>
  z
    .enum(words, { error: (issue) => `found "${issue.input}", expected ${words.join(' or ')}` })
    .default(fallback);

export const seqText = wholeText(0, Number.MAX_SAFE_INTEGER);

/** What is asked of one actor's history. */
export const historyQuerySchema = z.strictObject({
  below: choiceText(['true', 'false'], 'false')
    .transform((word) => word === 'true')
    .describe('Also the actors below it'),
  kind: kindsText.optional(),
  from: momentText.optional().describe('This moment and later; ISO 8601 or epoch milliseconds'),
  to: momentText.optional().describe('Before this moment; ISO 8601 or epoch milliseconds'),
  afterSeq: seqText.optional().describe('Only later than this entry'),
  beforeSeq: seqText.optional().describe('Only earlier than this entry'),
  text: z.string().min(1).max(200).optional().describe('Only entries whose data contain this text'),
  limit: wholeText(1, 1000).default(100),
  order: choiceText(['newest', 'oldest'], 'newest').describe('Which come first'),
});

/** What is asked of the whole journal. */
export const journalQuerySchema = historyQuerySchema.extend({
  actor: z.string().min(1).max(500).optional().describe('Path from the root, e.g. root/broker/orderDesk'),
});

/** Some entries, and where the next page begins: ask with it as `beforeSeq` (newest first), or `afterSeq`. */
export const journalPageSchema = z.object({
  items: z.array(journalEntryViewSchema),
  /** Null when there is no more. */
  next: z.number().int().nullable(),
});
export type JournalPage = z.infer<typeof journalPageSchema>;
