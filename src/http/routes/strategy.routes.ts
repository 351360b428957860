import {
  strategyDraftSchema,
  strategyKindViewSchema,
  strategyViewSchema,
} from '../../contract/strategy.schema.ts';
import { problemResponse } from '../problems.ts';
import { answers, listOf, type Routes } from './http-app.ts';

const tags = ['strategies'];

/** Named strategies, and the kinds of which they are made. */
export const strategyRoutes: Routes = (app, runtime) => {
  app.get(
    '/strategies',
    { schema: { tags, summary: 'Stored strategies', response: answers(listOf(strategyViewSchema)) } },
    async () => ({ items: [...(await runtime.strategies())] }),
  );

  app.get(
    '/strategies/kinds',
    {
      schema: {
        tags,
        summary: 'Kinds with the JSON Schema of their parameters',
        response: answers(listOf(strategyKindViewSchema)),
      },
    },
    async () => ({ items: [...runtime.strategyKinds()] }),
  );

  app.post(
    '/strategies',
    {
      schema: {
        tags,
        summary: 'Stores a strategy',
        body: strategyDraftSchema,
        response: { 201: strategyViewSchema, ...problemResponse },
      },
    },
    async (request, reply) => reply.code(201).send(await runtime.saveStrategy(request.body)),
  );
};
