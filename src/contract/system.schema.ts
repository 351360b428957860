import { z } from 'zod';
import { flattenViewSchema } from './flatten.schema.ts';
import { instantMs } from './values.ts';

export const farmViewSchema = z.object({
  name: z.string(),
  kind: z.enum(['market', 'historical', 'secdef']),
  state: z.enum(['ok', 'inactive', 'broken']),
  since: instantMs,
});

export const connectionViewSchema = z.object({
  phase: z.enum([
    'disconnected',
    'connecting',
    'handshaking',
    'loading',
    'ready',
    'backingOff',
    'clientIdHeld',
    'wrongAccount',
    'stopped',
  ]),
  since: instantMs,
  cause: z.string().nullable(),
  host: z.string(),
  port: z.number().int(),
  clientId: z.number().int(),
  serverVersion: z.number().int().nullable(),
  accounts: z.array(z.string()),
  link: z.enum(['up', 'down']),
  farms: z.array(farmViewSchema),
  attempts: z.number().int(),
  retryAt: instantMs.nullable(),
  roundTripMs: z.number().nullable(),
  marketTime: instantMs.nullable(),
  marketTimeAt: instantMs.nullable(),
  restart: z
    .object({ at: instantMs, quietFrom: instantMs, quietUntil: instantMs, isQuiet: z.boolean() })
    .nullable(),
  login: z.object({ state: z.enum(['later', 'soon', 'awaited']), dueAt: instantMs }).nullable(),
});
export type ConnectionView = z.infer<typeof connectionViewSchema>;

/** What is on its way to the broker, and what waits because its limits are kept. */
export const brokerLoadSchema = z.object({
  messages: z.object({ lastSecond: z.number().int(), most: z.number().int() }),
  ordersWaiting: z.number().int(),
  requestsWaiting: z.number().int(),
  histories: z.object({ underWay: z.number().int(), most: z.number().int(), waiting: z.number().int() }),
  subscriptions: z.number().int(),
  /** Market data lines; `waiting`: watched instruments that have none. */
  lines: z.object({ taken: z.number().int(), most: z.number().int(), waiting: z.number().int() }),
});
export type BrokerLoadView = z.infer<typeof brokerLoadSchema>;

/** A row of the supervision tree. */
export const actorViewSchema = z.object({
  /** Path from the root, e.g. `root/sessions/session:spx-sma`. */
  path: z.string(),
  state: z.string(),
  status: z.enum(['active', 'done', 'error', 'stopped']),
  restarts: z.number().int(),
  lastError: z.string().nullable(),
  /** Events waiting now, and the most that ever waited. */
  mailbox: z.object({ depth: z.number().int(), peak: z.number().int() }),
  /** Events handled since its last start. */
  handled: z.number().int(),
  /** How its supervisor restarts it; null for what has no supervisor. */
  restart: z.enum(['permanent', 'transient', 'temporary']).nullable(),
  /** What it is as a supervisor; null for what is none. */
  supervisor: z
    .object({
      strategy: z.enum(['oneForOne', 'oneForAll', 'restForOne']),
      /** Restarts that count now, of how many, within which period. */
      restartsUsed: z.number().int(),
      intensity: z.number().int(),
      periodMs: z.number(),
    })
    .nullable(),
});
export type ActorView = z.infer<typeof actorViewSchema>;

const riskStatusSchema = z.object({
  state: z.enum(['active', 'reducing', 'halted']),
  since: instantMs,
  cause: z.string(),
  author: z.enum(['person', 'limit', 'supervisor', 'start']),
});

/** A part of the whole that can be held back by itself. */
export const riskScopeSchema = z.strictObject({
  kind: z.enum(['account', 'session']),
  id: z.string().min(1).max(60),
});

/** What the top bar shows, and why anything is not well. */
export const systemViewSchema = z.object({
  version: z.string(),
  startedAt: instantMs,
  mode: z.enum(['simulated', 'paper', 'live']),
  /** Live trading only: for which account it is armed, by whom and until when; null: it is not. */
  arming: z.object({ account: z.string(), by: z.string(), until: instantMs }).nullable(),
  connection: connectionViewSchema,
  load: brokerLoadSchema,
  store: z.object({
    state: z.enum(['up', 'degraded', 'down']),
    cause: z.string().nullable(),
    since: instantMs,
  }),
  risk: riskStatusSchema,
  /** Accounts and sessions that are held back by themselves. */
  riskParts: z.array(z.object({ scope: riskScopeSchema, status: riskStatusSchema })),
  /** Closing everything; of its reports the newest. */
  flatten: flattenViewSchema,
  /** The order desk's state by its chart: waiting, recovering, open. */
  orderDesk: z.string(),
  /** Newest market time that any source told; null before the first. */
  marketTime: instantMs.nullable(),
  /** Alarms that want a person, newest first, at most 20. */
  alarms: z.array(z.object({ at: instantMs, message: z.string() })),
});
export type SystemView = z.infer<typeof systemViewSchema>;
