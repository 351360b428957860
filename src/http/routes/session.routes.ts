import { z } from 'zod';
import { decisionViewSchema, sessionDraftSchema, sessionViewSchema } from '../../contract/session.schema.ts';
import { problemResponse } from '../problems.ts';
import { answers, before, limit, listOf, page, type Routes } from './http-app.ts';

const tags = ['sessions'];
const params = z.object({ id: z.string().describe('Id of the session') });
const commands = ['start', 'pause', 'resume', 'stop'] as const;

/** Trading sessions: their list, making and removing them, commands, decisions. */
export const sessionRoutes: Routes = (app, runtime) => {
  app.get(
    '/sessions',
    { schema: { tags, summary: 'All sessions', response: answers(listOf(sessionViewSchema)) } },
    async () => ({ items: [...runtime.sessions()] }),
  );

  app.post(
    '/sessions',
    {
      schema: {
        tags,
        summary: 'Creates a session',
        body: sessionDraftSchema,
        response: { 201: sessionViewSchema, ...problemResponse },
      },
    },
    async (request, reply) => {
      const session = await runtime.createSession(request.body);
      return reply
        .code(201)
        .header('location', `/api/v1/sessions/${encodeURIComponent(session.id)}`)
        .send(session);
    },
  );

  app.get(
    '/sessions/:id',
    { schema: { tags, summary: 'One session', params, response: answers(sessionViewSchema) } },
    async (request) => runtime.session(request.params.id),
  );

  app.delete(
    '/sessions/:id',
    {
      schema: {
        tags,
        summary: 'Removes a stopped session',
        params,
        response: { 204: z.null(), ...problemResponse },
      },
    },
    async (request, reply) => {
      await runtime.removeSession(request.params.id);
      return reply.code(204).send(null);
    },
  );

  for (const command of commands) {
    app.post(
      `/sessions/:id/${command}`,
      { schema: { tags, summary: `Command: ${command}`, params, response: answers(sessionViewSchema) } },
      async (request) => runtime.commandSession(request.params.id, command),
    );
  }

  app.get(
    '/sessions/:id/decisions',
    {
      schema: {
        tags,
        summary: 'What it decided on each closed bar, newest first',
        params,
        querystring: z.strictObject({ limit: limit(50, 1000), before }),
        response: answers(listOf(decisionViewSchema)),
      },
    },
    async (request) => ({ items: [...(await runtime.decisions(request.params.id, page(request.query)))] }),
  );
};
