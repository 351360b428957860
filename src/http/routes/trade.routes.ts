import { z } from 'zod';
import { tradeViewSchema } from '../../contract/portfolio.schema.ts';
import { answers, before, limit, listOf, page, type Routes } from './http-app.ts';

export const sourceSchema = z.enum(['ibkr', 'autotrader', 'manual']);

/** Trade history: stored orders and the broker's executions, merged. */
export const tradeRoutes: Routes = (app, runtime) => {
  app.get(
    '/trades',
    {
      schema: {
        tags: ['trades'],
        summary: 'Orders with their fills, whoever placed them, newest first',
        querystring: z.strictObject({ limit: limit(100, 1000), before, source: sourceSchema.optional() }),
        response: answers(listOf(tradeViewSchema)),
      },
    },
    async (request) => {
      const { source, ...rest } = request.query;
      const trades = await runtime.trades({ ...page(rest), ...(source === undefined ? {} : { source }) });
      return { items: [...trades] };
    },
  );
};
