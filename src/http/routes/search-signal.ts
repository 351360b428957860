import type { FastifyReply } from 'fastify';

/** Longer than this nobody waits for a page. */
const LONGEST_MS = 20_000;

/** Aborts when nobody waits for the answer any more, or after 20 s. */
export function searchSignal(reply: Pick<FastifyReply, 'raw'>): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, AbortSignal.timeout(LONGEST_MS)]);
}
