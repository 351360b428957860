import { z } from 'zod';
import {
  orderChangeSchema,
  orderDraftSchema,
  orderResultSchema,
  tradeViewSchema,
} from '../../contract/portfolio.schema.ts';
import { answers, before, limit, listOf, page, type Routes } from './http-app.ts';
import { sourceSchema } from './trade.routes.ts';

const tags = ['orders'];
/** States in which an order may still trade. */
const OPEN_STATES: readonly (string | null)[] = ['intended', 'sent', 'unknown', 'working', 'cancelling'];

/** Orders: their list, placing one by hand, cancelling one. */
export const orderRoutes: Routes = (app, runtime) => {
  app.get(
    '/orders',
    {
      schema: {
        tags,
        summary: 'Orders that were seen, newest first',
        querystring: z.strictObject({
          limit: limit(100, 1000),
          before,
          source: sourceSchema.optional(),
          open: z.stringbool().default(false).describe('Only orders that may still trade'),
        }),
        response: answers(listOf(tradeViewSchema)),
      },
    },
    async (request) => {
      const { open, source, ...rest } = request.query;
      const trades = await runtime.trades({ ...page(rest), ...(source === undefined ? {} : { source }) });
      return { items: trades.filter(({ state }) => (open ? OPEN_STATES.includes(state) : state !== null)) };
    },
  );

  app.post(
    '/orders',
    {
      schema: {
        tags,
        summary: 'Places an order by hand',
        description:
          'The outcome stands in the answer: accepted, rejected (the broker said so), unknown, notSent.',
        body: orderDraftSchema,
        response: answers(orderResultSchema),
      },
    },
    async (request) => runtime.placeOrder(request.body),
  );

  app.patch(
    '/orders/:ref',
    {
      schema: {
        tags,
        summary: 'Gives new terms to an order that works',
        description: 'What is left out stays as it is. The outcome stands in the answer, as for a new order.',
        params: z.object({ ref: z.string().describe('Our order reference') }),
        body: orderChangeSchema,
        response: answers(orderResultSchema),
      },
    },
    async (request) => runtime.changeOrder(request.params.ref, request.body),
  );

  app.delete(
    '/orders/:ref',
    {
      schema: {
        tags,
        summary: 'Asks the broker to cancel an order',
        params: z.object({ ref: z.string().describe('Our order reference') }),
        response: answers(orderResultSchema),
      },
    },
    async (request) => runtime.cancelOrder(request.params.ref),
  );
};
