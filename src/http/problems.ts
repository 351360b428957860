import { STATUS_CODES } from 'node:http';
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type Problem, problemSchema } from '../contract/problem.schema.ts';
import { SessionsUnavailable } from './auth/web-sessions.ts';
import { Refusal } from './runtime.port.ts';

const PROBLEM_TYPE = 'application/problem+json';

/** A problem document. @see https://www.rfc-editor.org/rfc/rfc9457 */
export function problem(
  status: number,
  code: string,
  detail: string,
  errors: Problem['errors'] = [],
): Problem {
  return {
    type: `urn:tradewarden:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Problem',
    status,
    detail,
    code,
    ...(errors.length > 0 ? { errors } : {}),
  };
}

/** Answers with a problem document. */
export function sendProblem(
  reply: FastifyReply,
  status: number,
  code: string,
  detail: string,
  errors: Problem['errors'] = [],
): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type(PROBLEM_TYPE)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem(status, code, detail, errors));
}

/** For the `response` of a route's schema: what every route may answer instead. */
export const problemResponse = {
  default: {
    description: 'Problem document, RFC 9457',
    content: { [PROBLEM_TYPE]: { schema: problemSchema } },
  },
};

/** One entry for each field that a schema refused; an unknown key is a field of its own. */
function fieldErrors(validation: FastifyError['validation']): { path: string; message: string }[] {
  return (validation ?? []).flatMap((issue) => {
    const path = issue.instancePath.split('/').filter((part) => part !== '');
    const keys = issue.keyword === 'unrecognized_keys' ? issue.params.keys : undefined;
    if (!Array.isArray(keys)) return [{ path: path.join('.'), message: issue.message ?? 'refused' }];
    return keys.map((key) => ({ path: [...path, String(key)].join('.'), message: 'expected no such field' }));
  });
}

/** Answers an error with what the asker may know of it: below 500 everything, from 500 on nothing. */
function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: FastifyBaseLogger) {
  if (error instanceof Refusal) {
    return sendProblem(reply, error.status, error.code, error.message, [...error.errors]);
  }
  if (error instanceof SessionsUnavailable) return sendProblem(reply, 503, 'storeDown', error.message);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where =
      error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'request');
    const errors = fieldErrors(error.validation);
    const list = errors
      .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
      .join('; ');
    return sendProblem(reply, 400, 'invalid', `The ${where} was refused: ${list}`, errors);
  }
  const status = statusOf(error);
  if (status < 500) {
    const detail = error instanceof Error ? error.message : String(error);
    return sendProblem(reply, status, 'badRequest', detail);
  }
  log.error({ err: error, method: request.method, path: request.url.split('?', 1)[0] }, 'request failed');
  return sendProblem(reply, 500, 'internal', `Something went wrong; the log tells what, at ${request.id}.`);
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  return typeof error.statusCode === 'number' && error.statusCode >= 400 ? error.statusCode : 500;
}

/** Makes every error of an application a problem document. */
export function addErrorHandler(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, request.log));
}
