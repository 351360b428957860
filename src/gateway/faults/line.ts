import { z } from 'zod';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** A duration of wall time: `500ms`, `30s`, `2m`, `1h`. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'expected a duration such as 500ms, 30s, 2m or 1h')
  .transform((text) => {
    const unit = /(ms|s|m|h)$/.exec(text)?.[1] as keyof typeof UNITS;
    return Number.parseFloat(text) * UNITS[unit];
  });

/** What may set a fault off: a client's connecting, its order or cancel, a fill, any request, any message to it. */
export const TRIGGERS = ['connect', 'order', 'cancel', 'fill', 'request', 'message'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** When a fault strikes and whom: the same keys for every fault. Without `after`, `at`, `every` and `on`, at once. */
export const whenShape = {
  after: duration.optional().describe('Wall time after the start, or after it was asked for.'),
  at: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?$/, 'expected a market time YYYY-MM-DD HH:MM[:SS]')
    .optional()
    .describe('Market time, in the zone of the first instrument.'),
  every: duration.optional().describe('Strikes again and again, this much wall time apart.'),
  on: z.enum(TRIGGERS).optional().describe('Strikes when this happens.'),
  nth: z.int().positive().default(1).describe('With `on`: from its n-th time on.'),
  times: z.int().positive().optional().describe('Strikes at most so often; once, unless `every` is given.'),
  probability: z.number().gt(0).max(1).default(1).describe('Of each time; drawn from the seed.'),
  for: duration.optional().describe('How long it lasts, for faults that last. Absent: to the end.'),
  client: z.int().optional().describe('Only this client id.'),
} as const;

export const whenSchema = z.object(whenShape);
export type When = z.output<typeof whenSchema>;
