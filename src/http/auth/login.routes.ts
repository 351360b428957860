import { z } from 'zod';
import { sendProblem } from '../problems.ts';
import type { HttpApp } from '../routes/http-app.ts';
import { Attempts } from './attempts.ts';
import type { LoginTokens } from './login-tokens.ts';
import { languageOf, loginPage, refusedPage, sendPage } from './pages.ts';
import { COOKIE, SESSION_TTL_MS, type WebSessions } from './web-sessions.ts';

const query = z.object({ token: z.string().max(200).optional() });
const form = z.object({ token: z.string().max(200) });

/** The login page, served without login: GET shows it, POST uses the token up and sets the cookie. */
export function loginRoutes(
  app: HttpApp,
  { loginTokens, webSessions }: { loginTokens: LoginTokens; webSessions: WebSessions },
): void {
  const attempts = new Attempts();

  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );

  app.get(
    '/login',
    { config: { open: true }, schema: { querystring: query, hide: true } },
    async (request, reply) => {
      const language = languageOf(request);
      if (request.caller !== null) return reply.redirect('/', 303);
      const { token } = request.query;
      if (token === undefined) return sendPage(reply, 401, refusedPage(language, 'noLogin'));
      const wait = attempts.waitSeconds(request.ip);
      if (wait > 0) {
        return sendPage(reply.header('retry-after', wait), 429, refusedPage(language, 'tooMany'));
      }
      if (loginTokens.isGood(token)) return sendPage(reply, 200, loginPage(language, token));
      attempts.fail(request.ip);
      return sendPage(reply, 401, refusedPage(language, 'badLink'));
    },
  );

  app.post(
    '/login',
    { config: { open: true }, schema: { body: form, hide: true } },
    async (request, reply) => {
      const language = languageOf(request);
      const wait = attempts.waitSeconds(request.ip);
      if (wait > 0) return sendPage(reply.header('retry-after', wait), 429, refusedPage(language, 'tooMany'));
      const { token } = request.body;
      if (!loginTokens.isGood(token)) {
        attempts.fail(request.ip);
        return sendPage(reply, 401, refusedPage(language, 'badLink'));
      }
      // The session is stored first: a store that fails must not cost the person the link.
      const secret = await webSessions.create();
      if (!loginTokens.consume(token)) return sendPage(reply, 401, refusedPage(language, 'badLink'));
      return reply
        .setCookie(COOKIE, secret, {
          httpOnly: true,
          sameSite: 'strict',
          path: '/',
          secure: request.protocol === 'https',
          maxAge: SESSION_TTL_MS / 1000,
        })
        .header('cache-control', 'no-store')
        .redirect('/', 303);
    },
  );
}

/** Making a new login link, and logging out; below /api/v1. */
export function loginApiRoutes(
  app: HttpApp,
  { loginTokens, webSessions }: { loginTokens: LoginTokens; webSessions: WebSessions },
): void {
  app.post(
    '/login-links',
    {
      config: { controlOnly: true },
      schema: {
        tags: ['login'],
        summary: 'Makes a one-time login link; for commands on this machine only',
        response: { 201: z.object({ url: z.string(), path: z.string(), expiresAt: z.number().int() }) },
      },
    },
    async (request, reply) => {
      const { path, expiresAt } = loginTokens.mint();
      return reply.code(201).send({ url: `${request.protocol}://${request.host}${path}`, path, expiresAt });
    },
  );

  app.post(
    '/logout',
    { schema: { tags: ['login'], summary: 'Logs this browser out', response: { 204: z.null() } } },
    async (request, reply) => {
      const hash = request.caller?.sessionHash ?? null;
      if (hash === null) return sendProblem(reply, 409, 'noBrowser', 'Only a browser can log out.');
      await webSessions.remove(hash);
      return reply.clearCookie(COOKIE, { path: '/' }).code(204).send(null);
    },
  );
}
