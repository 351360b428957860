import { z } from 'zod';
import { type SystemView, systemViewSchema } from '../../contract/system.schema.ts';
import { answers, type Routes } from './http-app.ts';

const tags = ['system'];

export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded']),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), cause: z.string().nullable() })),
});
export type Health = z.infer<typeof healthSchema>;

/** What a system view says about health: the broker, the store, the kill switch, one by one. */
export function healthOf({ connection, store, risk }: SystemView): Health {
  const checks = [
    { name: 'broker', ok: connection.phase === 'ready', cause: connection.cause },
    { name: 'store', ok: store.state === 'up', cause: store.cause },
    { name: 'risk', ok: risk.state === 'active', cause: risk.state === 'active' ? null : risk.cause },
  ];
  return { status: checks.every(({ ok }) => ok) ? 'ok' : 'degraded', checks };
}

/** The system as a whole. */
export const systemRoutes: Routes = (app, runtime) => {
  app.get(
    '/system',
    { schema: { tags, summary: 'What the top bar shows', response: answers(systemViewSchema) } },
    async () => runtime.system(),
  );

  app.get(
    '/health',
    { schema: { tags, summary: 'What is well and what is not', response: answers(healthSchema) } },
    async () => healthOf(runtime.system()),
  );
};
