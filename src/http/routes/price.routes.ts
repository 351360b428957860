import { priceViewSchema } from '../../contract/market.schema.ts';
import { answers, listOf, type Routes, topicList } from './http-app.ts';

/** Newest prices of watched instruments. */
export const priceRoutes: Routes = (app, runtime) => {
  app.get(
    '/prices',
    {
      schema: {
        tags: ['prices'],
        summary: 'Watched instruments with their newest prices',
        response: answers(listOf(priceViewSchema)),
      },
    },
    async () => ({ items: await topicList(runtime, 'prices') }),
  );
};
