import { accountViewSchema, pnlViewSchema } from '../../contract/portfolio.schema.ts';
import { answers, listOf, type Routes, topicList } from './http-app.ts';

/** Account values, and profit and loss. */
export const accountRoutes: Routes = (app, runtime) => {
  app.get(
    '/account',
    {
      schema: {
        tags: ['account'],
        summary: 'Account values, by account',
        response: answers(listOf(accountViewSchema)),
      },
    },
    async () => ({ items: await topicList(runtime, 'account') }),
  );

  app.get(
    '/pnl',
    {
      schema: {
        tags: ['account'],
        summary:
          'Profit and loss by session, instrument, account and currency, each figure with source and age',
        response: answers(listOf(pnlViewSchema)),
      },
    },
    async () => ({ items: await topicList(runtime, 'pnl') }),
  );
};
