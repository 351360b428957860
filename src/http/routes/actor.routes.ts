import { actorViewSchema } from '../../contract/system.schema.ts';
import { answers, listOf, type Routes, topicList } from './http-app.ts';

/** The supervision tree. */
export const actorRoutes: Routes = (app, runtime) => {
  app.get(
    '/actors',
    {
      schema: {
        tags: ['actors'],
        summary: 'The supervision tree, by path',
        response: answers(listOf(actorViewSchema)),
      },
    },
    async () => ({ items: await topicList(runtime, 'actors') }),
  );
};
