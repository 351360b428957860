import { z } from 'zod';
import { reconciliationViewSchema } from '../../contract/reconciliation.schema.ts';
import { answers, type Routes } from './http-app.ts';

/** The broker against what is known here. */
export const reconciliationRoutes: Routes = (app, runtime) => {
  app.post(
    '/reconcile',
    {
      schema: {
        tags: ['positions'],
        summary: 'Compares positions and orders with the broker now, and explains every difference',
        body: z
          .strictObject({
            accept: z.boolean().default(false).describe('Takes what the broker holds for right from now on'),
          })
          .nullish(),
        response: answers(reconciliationViewSchema),
      },
    },
    async (request) => runtime.reconcile({ accept: request.body?.accept ?? false }),
  );
};
