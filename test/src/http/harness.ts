import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { buildApp } from '../../../src/http/app.ts';
import { LoginTokens } from '../../../src/http/auth/login-tokens.ts';
import { FakeRuntime, FakeWebSessions } from './fake-runtime.ts';

export const CONTROL = 'control-token-of-this-run';
export const bearer = { authorization: `Bearer ${CONTROL}` };

export interface Harness {
  readonly app: FastifyInstance;
  readonly runtime: FakeRuntime;
  readonly webSessions: FakeWebSessions;
  readonly loginTokens: LoginTokens;
}

export function harness(
  over: { webSessions?: FakeWebSessions; uiDir?: string; host?: string; log?: FastifyBaseLogger } = {},
): Harness {
  const runtime = new FakeRuntime();
  const webSessions = over.webSessions ?? new FakeWebSessions();
  const loginTokens = new LoginTokens();
  const app = buildApp({
    runtime,
    webSessions,
    loginTokens,
    controlToken: CONTROL,
    uiDir: over.uiDir ?? '/nowhere',
    version: '0.0.0',
    ...(over.host === undefined ? {} : { host: over.host }),
    ...(over.log === undefined ? {} : { log: over.log }),
  });
  return { app, runtime, webSessions, loginTokens };
}

/** Logs in with a new one-time link and answers the cookie header of that browser. */
export async function logIn({ app, loginTokens }: Harness): Promise<{ cookie: string }> {
  const { token } = loginTokens.mint();
  const answer = await app.inject({
    method: 'POST',
    url: '/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost:80' },
    payload: `token=${token}`,
  });
  const cookie = answer.cookies.find(({ name }) => name === 'tw_session');
  if (cookie === undefined) throw new Error(`no cookie: ${answer.statusCode} ${answer.body}`);
  return { cookie: `tw_session=${cookie.value}` };
}
