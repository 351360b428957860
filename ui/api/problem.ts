import { type Problem, problemSchema } from '../../src/contract/problem.schema.ts';

/** An answer that was not what was asked for: a problem of the server, or no answer at all (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Messages by field path, e.g. `instrument.symbol`. */
  readonly fields: ReadonlyMap<string, string>;

  constructor(problem: Pick<Problem, 'status' | 'code' | 'detail' | 'errors'>, cause?: unknown) {
    super(problem.detail, { cause });
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.fields = new Map((problem.errors ?? []).map(({ path, message }) => [path, message]));
  }
}

/** Reads a failed answer: its problem document, or what can be said of it without one. */
export function problemOf(status: number, body: unknown): ApiError {
  const parsed = problemSchema.safeParse(body);
  if (parsed.success) return new ApiError(parsed.data);
  return new ApiError({ status, code: 'unreadable', detail: `The server answered ${status}.` });
}

/** The sentence to show for anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
