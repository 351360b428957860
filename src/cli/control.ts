import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { problemSchema } from '../contract/problem.schema.ts';
import { type ControlRecord, controlFile, controlRecordSchema } from '../process/control-record.ts';
import { UsageError } from '../process/usage-error.ts';

export interface ControlClient {
  readonly url: string;
  /** @throws UsageError with the server's words when it refuses. */
  request(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
}

/** Nobody answers. */
export class Unreachable extends UsageError {}

/**
 * Reaches the system that runs on this data folder.
 * @param limitMs how long each answer may take; as long as it takes when left out
 * @throws Unreachable when none runs.
 */
export async function connectControl(dataDir: string, limitMs?: number): Promise<ControlClient> {
  const path = join(resolve(dataDir), controlFile);
  let record: ControlRecord;
  try {
    record = controlRecordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    throw new Unreachable(
      `found no running Tradewarden on data folder "${resolve(dataDir)}", expected one; start it with "npm start"`,
    );
  }
  return {
    url: record.url,
    async request(method, path, body) {
      let response: Response;
      try {
        response = await fetch(`${record.url}${path}`, {
          method,
          ...(limitMs === undefined ? {} : { signal: AbortSignal.timeout(limitMs) }),
          headers: {
            authorization: `Bearer ${record.token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
      } catch {
        throw new Unreachable(
          `Tradewarden at ${record.url} does not answer, expected it running; start it with "npm start"`,
        );
      }
      const text = await response.text();
      const answer: unknown = text === '' ? null : JSON.parse(text);
      if (response.ok) return answer;
      const problem = problemSchema.safeParse(answer);
      const detail = problem.success ? problem.data.detail : `${response.status} ${response.statusText}`;
      const fields = problem.success
        ? (problem.data.errors ?? []).map((e) => `${e.path}: ${e.message}`).join('; ')
        : '';
      throw new UsageError(fields === '' ? detail : `${detail} (${fields})`, response.status === 422 ? 2 : 1);
    },
  };
}
