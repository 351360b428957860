import { z } from 'zod';
import { historyQuerySchema, journalPageSchema, seqText } from '../../contract/journal.schema.ts';
import { rebuiltStateSchema, supervisionViewSchema } from '../../contract/supervision.schema.ts';
import { actorViewSchema } from '../../contract/system.schema.ts';
import { answers, listOf, type Routes, topicList } from './http-app.ts';
import { journalQuery } from './journal.routes.ts';
import { searchSignal } from './search-signal.ts';

const tags = ['actors'];
const params = z.object({
  id: z.string().describe('Path from the root, its slashes encoded: root%2Fbroker%2ForderDesk'),
});

/** The supervision tree: its health, its actors, what each did, and the state that each was in. */
export const actorRoutes: Routes = (app, runtime) => {
  app.get(
    '/supervision',
    {
      schema: {
        tags,
        summary: 'The health of the supervision: reports, recoveries, dead letters, the journal',
        response: answers(supervisionViewSchema),
      },
    },
    async () => runtime.supervision(),
  );

  app.get(
    '/actors',
    {
      schema: {
        tags,
        summary: 'The supervision tree, by path',
        response: answers(listOf(actorViewSchema)),
      },
    },
    async () => ({ items: await topicList(runtime, 'actors') }),
  );

  app.get(
    '/actors/:id/history',
    {
      schema: {
        tags,
        summary: 'What one actor did, page by page, as in the journal',
        params,
        querystring: historyQuerySchema,
        response: answers(journalPageSchema),
      },
    },
    async (request, reply) =>
      runtime.journal.list(journalQuery({ ...request.query, actor: request.params.id }), searchSignal(reply)),
  );

  app.get(
    '/actors/:id/state',
    {
      schema: {
        tags,
        summary: 'The state a machine was in after an entry, rebuilt from the journal alone',
        params,
        querystring: z.strictObject({ seq: seqText.describe('Of the entry in the journal') }),
        response: answers(rebuiltStateSchema),
      },
    },
    async (request) => runtime.journal.rebuild(request.params.id, request.query.seq),
  );
};
