import { z } from 'zod';
import { barSchema } from '../../contract/session.schema.ts';
import { timeframeSchema } from '../../contract/values.ts';
import { answers, before, limit, listOf, page, type Routes } from './http-app.ts';

/** Closed bars from the database. */
export const barRoutes: Routes = (app, runtime) => {
  app.get(
    '/bars',
    {
      schema: {
        tags: ['bars'],
        summary: 'Stored bars, the newest `limit` of them, in ascending order',
        querystring: z.strictObject({
          instrumentId: z.string().min(1).describe('E.g. ORCL.STK.SMART.USD'),
          timeframe: timeframeSchema,
          limit: limit(500, 5000),
          before,
        }),
        response: answers(listOf(barSchema)),
      },
    },
    async (request) => ({ items: [...(await runtime.bars(page(request.query)))] }),
  );
};
