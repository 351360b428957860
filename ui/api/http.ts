import type { ZodType } from 'zod';
import { ApiError, problemOf } from './problem.ts';

const BASE = '/api/v1';
const DEADLINE_MS = 20_000;

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
export type Query = Record<string, string | number | undefined>;

let whenUnauthorised: () => void = () => {};

/** Registers what happens when the server does not know this browser (401). */
export function onUnauthorised(listener: () => void): void {
  whenUnauthorised = listener;
}

/** Path below the base with the given query; undefined values are left out. */
export function urlOf(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) search.set(key, String(value));
  }
  const text = search.toString();
  return `${BASE}${path}${text === '' ? '' : `?${text}`}`;
}

/**
 * Sends a request and parses the answer with `schema`.
 * @throws ApiError for a problem document, an answer that does not fit the schema (`unreadable`), a silent or
 * unreachable server (`unreachable`, status 0).
 */
export async function request<T>(
  method: Method,
  path: string,
  schema: ZodType<T>,
  options: { query?: Query; body?: unknown } = {},
): Promise<T> {
  const response = await send(method, urlOf(path, options.query), options.body);
  const text = await response.text();
  const body = parseJson(text);
  if (!response.ok) {
    if (response.status === 401) whenUnauthorised();
    throw problemOf(response.status, body);
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined ? '' : ` at "${issue.path.join('.')}": ${issue.message}`;
  throw new ApiError({
    status: response.status,
    code: 'unreadable',
    detail: `${method} ${path} answered something else than expected${where}`,
  });
}

async function send(method: Method, url: string, body: unknown): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ApiError({ status: 0, code: 'unreachable', detail: 'The server does not answer.' }, cause);
  }
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
