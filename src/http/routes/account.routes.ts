import { accountViewSchema } from '../../contract/portfolio.schema.ts';
import { answers, listOf, type Routes, topicList } from './http-app.ts';

/** Account values and profit and loss, by account. */
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
        summary: 'Profit and loss as the broker tells it, by account',
        response: answers(listOf(accountViewSchema.pick({ account: true, pnl: true }))),
      },
    },
    async () => ({
      items: (await topicList(runtime, 'account')).map(({ account, pnl }) => ({ account, pnl })),
    }),
  );
};
