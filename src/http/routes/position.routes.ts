import { positionViewSchema } from '../../contract/portfolio.schema.ts';
import { answers, listOf, type Routes, topicList } from './http-app.ts';

const tags = ['positions'];

/** Positions as the broker told them. */
export const positionRoutes: Routes = (app, runtime) => {
  app.get(
    '/positions',
    {
      schema: {
        tags,
        summary: 'Positions as the broker last told them',
        response: answers(listOf(positionViewSchema)),
      },
    },
    async () => ({ items: await topicList(runtime, 'positions') }),
  );

  app.post(
    '/positions/refresh',
    {
      schema: {
        tags,
        summary: 'Asks the broker for positions now',
        response: answers(listOf(positionViewSchema)),
      },
    },
    async () => ({ items: [...(await runtime.refreshPositions())] }),
  );
};
