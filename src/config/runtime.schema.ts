import { z } from 'zod';
import { journalDetails } from '../../machines/domain/journal.ts';
import { isTimeZone } from '../../machines/domain/wall-time.ts';
import { timeframeSchema } from '../contract/values.ts';
import { instrumentFileSchema } from './session.schema.ts';

/** Ports on which TWS and IB Gateway serve live accounts unless told otherwise. */
const LIVE_PORTS: readonly number[] = [7496, 4001];
/** The same for paper accounts. */
const PAPER_PORTS: readonly number[] = [7497, 4002];

const host = z.string().min(1).default('127.0.0.1');
const port = z.int().min(0).max(65_535);

/** A time of day HH:MM. */
export const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day HH:MM');
/** A time zone by its IANA name. */
export const zone = z
  .string()
  .refine(isTimeZone, 'expected an IANA time zone such as America/New_York')
  .default('America/New_York');
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;

const brokerSchema = z
  .strictObject({
    host: host.describe('Where TWS, IB Gateway or the simulated gateway listens'),
    port: port
      .min(1)
      .default(4002)
      .describe('4002: IB Gateway, paper, and the simulated gateway; 7497: TWS, paper'),
    clientId: z
      .int()
      .min(0)
      .max(2_147_483_647)
      .default(1)
      .describe('Fixed: orders belong to the client id that placed them'),
    marketDataLines: z
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe(
        'How many instruments may be subscribed to at once; 100 unless more were bought. What sessions trade comes first',
      ),
    others: z
      .array(z.strictObject({ host: host, port: port.min(1) }))
      .default([])
      .describe('Further endpoints, in order of preference, for when the one before does not answer'),
    restart: z
      .strictObject({
        time: timeOfDay.describe('As set in the gateway: Configure, Lock and Exit, Auto restart'),
        timeZone: zone,
        quietBeforeSeconds: z.int().min(0).max(3_600).default(60),
        quietAfterSeconds: z.int().min(0).max(3_600).default(120),
      })
      .nullable()
      .default(null)
      .describe("The gateway's daily restart: no order leaves around it"),
    weeklyLogin: z
      .strictObject({
        weekday: z.enum(WEEKDAYS).default('sunday'),
        time: timeOfDay.describe('After this moment the gateway does not come back by itself'),
        timeZone: zone,
        warnHours: z.number().min(0).max(160).default(24),
      })
      .nullable()
      .default(null)
      .describe('When a person must log in to the gateway again, with the second factor'),
    mode: z
      .enum(['paper', 'live'])
      .default('paper')
      .describe('What kind of account this is. live: REAL MONEY, which must be armed as well (docs/live.md)'),
    account: z
      .string()
      .regex(/^[A-Z]{1,4}\d+$/, 'expected the number of an account, such as U1234567')
      .nullable()
      .default(null)
      .describe(
        'Number of the account that is traded; live mode needs it. null: the first that the gateway tells',
      ),
  })
  .refine(({ mode, others }) => mode === 'live' || !others.some(({ port }) => LIVE_PORTS.includes(port)), {
    path: ['others'],
    message: 'expected paper ports (4002 IB Gateway, 7497 TWS) in paper mode',
  })
  .refine(({ mode, others }) => mode === 'paper' || !others.some(({ port }) => PAPER_PORTS.includes(port)), {
    path: ['others'],
    message: 'expected live ports (4001 IB Gateway, 7496 TWS) in live mode',
  })
  .refine(({ mode, port }) => mode === 'live' || !LIVE_PORTS.includes(port), {
    path: ['port'],
    message:
      'expected a paper port (4002 IB Gateway, 7497 TWS); 4001 and 7496 serve live accounts, and mode is paper',
  })
  .refine(({ mode, port }) => mode === 'paper' || !PAPER_PORTS.includes(port), {
    path: ['port'],
    message:
      'expected a live port (4001 IB Gateway, 7496 TWS); 4002 and 7497 serve paper accounts, and mode is live',
  })
  .refine(({ mode, account }) => mode === 'paper' || account !== null, {
    path: ['account'],
    message: 'expected the number of the live account, such as U1234567, in live mode',
  })
  .refine(({ mode, account }) => account === null || account.startsWith('D') === (mode === 'paper'), {
    path: ['account'],
    message: 'expected an account that fits the mode: paper accounts begin with D, live ones do not',
  });

const watchSchema = instrumentFileSchema.extend({
  timeframes: z
    .array(timeframeSchema)
    .min(1)
    .default(['1d'])
    .describe('Bar sizes that are collected into the database, session or no session'),
});

/** `runtime.yaml`. Every setting has a default: an empty file is a complete one. */
export const runtimeSchema = z
  .strictObject({
    broker: brokerSchema.prefault({}).describe('The one connection to Interactive Brokers'),
    gateway: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('Starts the simulated gateway in a process of its own, on the port of the broker'),
      })
      .prefault({})
      .describe('The simulated gateway; gateway.yaml says what it plays'),
    server: z
      .strictObject({
        host: host.describe('Address on which the dashboard is served; 127.0.0.1 is this machine only'),
        port: port.default(7400).describe('0 picks a free one'),
      })
      .prefault({})
      .describe('Dashboard, REST interface and feed'),
    watch: z.array(watchSchema).default([]).describe('Instruments whose prices are always collected'),
    orders: z
      .strictObject({
        ackTimeoutMs: z
          .int()
          .min(500)
          .max(60_000)
          .default(5_000)
          .describe('Without a sign of an order for so long its outcome is unknown, and the broker is asked'),
        cancelTimeoutMs: z
          .int()
          .min(500)
          .max(60_000)
          .default(5_000)
          .describe('The same for the cancelling of an order'),
      })
      .prefault({}),
    data: z
      .strictObject({
        maxQuoteAgeMs: z
          .int()
          .min(100)
          .max(3_600_000)
          .default(10_000)
          .describe('No order leaves on a quote older than this'),
      })
      .prefault({}),
    journal: z
      .strictObject({
        detail: z
          .enum(journalDetails)
          .default('full')
          .describe(
            'How much is recorded of what every actor did. full: everything, states can be rebuilt; steps: events and transitions without what they carried; facts: starts, ends, crashes, restarts, reports, decisions, dead letters',
          ),
        keepDays: z.int().min(1).max(3_650).default(30).describe('Entries older than this are dropped'),
        keepMegabytes: z
          .int()
          .min(64)
          .default(2_048)
          .describe('While the journal takes more than this in the database, its oldest entries are dropped'),
        bufferEntries: z
          .int()
          .min(1_000)
          .max(1_000_000)
          .default(50_000)
          .describe('How many entries may wait for the database; as it fills, less detail is recorded'),
      })
      .prefault({})
      .describe('What every actor did, kept in the database'),
    supervision: z
      .strictObject({
        workingOrders: z
          .enum(['leave', 'cancelEntries', 'cancelAll'])
          .default('cancelEntries')
          .describe(
            'What becomes of working orders at the broker when the supervision tree gives up and trading halts for good: leave all, cancel those that would open a position, or cancel all',
          ),
      })
      .prefault({})
      .describe('What happens when starting again does not help'),
    logLevel: z
      .enum(['trace', 'debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('How much the process tells on standard error'),
  })
  .refine(({ broker, gateway }) => broker.mode === 'paper' || !gateway.enabled, {
    path: ['gateway', 'enabled'],
    message: 'expected false in live mode: the simulated gateway has a paper account only',
  });
export type RuntimeConfig = z.output<typeof runtimeSchema>;
