import type { z } from 'zod';
import { journalPageSchema, journalQuerySchema } from '../../contract/journal.schema.ts';
import { type JournalQuery, Refusal } from '../runtime.port.ts';
import { answers, type Routes } from './http-app.ts';
import { searchSignal } from './search-signal.ts';

/**
 * The runtime's query for an asked one; what was not asked is left out.
 * @throws Refusal 422 for a time that ends before it begins.
 */
export function journalQuery(asked: z.infer<typeof journalQuerySchema>): JournalQuery {
  const { kind, actor, from, to, afterSeq, beforeSeq, text, ...rest } = asked;
  if (from !== undefined && to !== undefined && from > to) {
    const [found, expected] = [from, to].map((at) => new Date(at).toISOString());
    const message = `found ${found}, expected a time before "to", ${expected}`;
    throw new Refusal(422, 'badRange', `from: ${message}`, [{ path: 'from', message }]);
  }
  return {
    ...rest,
    ...(kind === undefined ? {} : { kinds: kind }),
    ...(actor === undefined ? {} : { actor }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(afterSeq === undefined ? {} : { afterSeq }),
    ...(beforeSeq === undefined ? {} : { beforeSeq }),
    ...(text === undefined ? {} : { text }),
  };
}

/** What every actor did. */
export const journalRoutes: Routes = (app, runtime) => {
  app.get(
    '/journal',
    {
      schema: {
        tags: ['journal'],
        summary: 'What every actor did, page by page',
        description:
          'The next page is asked with `next` as `beforeSeq` (newest first) or `afterSeq` (oldest).',
        querystring: journalQuerySchema,
        response: answers(journalPageSchema),
      },
    },
    async (request, reply) => runtime.journal.list(journalQuery(request.query), searchSignal(reply)),
  );
};
