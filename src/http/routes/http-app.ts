import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { TopicItem, TopicName } from '../../contract/feed.schema.ts';
import { problemResponse } from '../problems.ts';
import type { RuntimePort } from '../runtime.port.ts';

/** The application as routes see it: bodies, queries and answers are typed by their zod schemas. */
export type HttpApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What the file of a thing exports: adds its routes, below /api/v1. */
export type Routes = (app: HttpApp, runtime: RuntimePort) => void;

/** Every list comes as `{ items }`, so that it can grow fields beside them. */
export const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** Answers of a route: this with 200, else a problem document. */
export const answers = <T extends z.ZodType>(schema: T) => ({ 200: schema, ...problemResponse });

/** Number of entries wanted, newest first. */
export const limit = (fallback: number, most: number) =>
  z.coerce.number().int().min(1).max(most).default(fallback);

/** Only entries older than this, in epoch milliseconds. */
export const before = z.coerce.number().int().optional().describe('Only older than this, epoch milliseconds');

/** Drops an absent `before`: the runtime's queries leave out what is not asked. */
export function page<Q extends { before?: number | undefined }>(query: Q) {
  const { before: until, ...rest } = query;
  return until === undefined ? rest : { ...rest, before: until };
}

/** The current list of a topic. Its shape is the port's promise, and checked by the answer's schema. */
export async function topicList<T extends TopicName>(
  runtime: RuntimePort,
  topic: T,
): Promise<TopicItem<T>[]> {
  return [...(await runtime.snapshot(topic))] as TopicItem<T>[];
}
