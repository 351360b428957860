import { z } from 'zod';
import { type DecimalString, decimal } from '../../machines/domain/decimal.ts';
import type { ClosePolicy } from '../../machines/flatten/close.logic.ts';
import {
  isFloor,
  type LimitName,
  type Limits,
  limitNames,
  type ScopedLimits,
} from '../../machines/risk/limits.ts';
import type { LossLimits } from '../../machines/risk/loss.logic.ts';
import type { TradeLimits } from '../../machines/risk/trades.logic.ts';
import { timeOfDay, zone } from './runtime.schema.ts';

/** A figure, quoted or not. */
const amount = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d+(\.\d+)?$/, 'expected a decimal number of 0 or more, such as 250000'));

/** One figure, or two of which the soft one is reached first: the lower one, of a floor the higher. */
const levelOf = (kind: 'ceiling' | 'floor') => {
  const [beyond, order] = kind === 'floor' ? ['Below', 'least'] : ['Above', 'most'];
  return z.union([
    amount.transform((hard) => ({ soft: null, hard })),
    z
      .strictObject({
        soft: amount.describe(`${beyond} it somebody is warned`).optional(),
        hard: amount.describe(`${beyond} it the order is refused`).optional(),
      })
      .refine(({ soft, hard }) => soft !== undefined || hard !== undefined, 'expected soft, hard or both')
      .refine(
        ({ soft, hard }) =>
          soft === undefined ||
          hard === undefined ||
          (kind === 'floor' ? decimal(soft).gte(hard) : decimal(soft).lte(hard)),
        `expected a soft level that is at ${order} the hard one`,
      )
      .transform(({ soft = null, hard = null }) => ({ soft, hard })),
  ]);
};
const levelSchema = levelOf('ceiling');
const floorSchema = levelOf('floor');

const words: Readonly<Record<LimitName, string>> = {
  orderQuantity: 'Units of one order',
  orderNotional: 'Worth of one order, in the base currency of the account',
  priceCollar: 'How much worse than the last fresh price a limit may be, in basis points',
  position: 'Largest position in one instrument that fills can lead to, in units',
  grossExposure: 'Worth of all positions that fills can lead to, long and short, in the base currency',
  netExposure: 'The same with long and short against each other',
  leverage: 'Gross exposure over net liquidation',
  concentration: 'Worth of the position in one instrument over net liquidation, in percent',
  openOrders: 'Orders that are not over',
  ordersPerMinute: 'Orders of the last minute',
  ordersPerDay: 'Orders of the last 24 hours',
  spread: 'Spread between bid and ask, in basis points of their middle',
  quoteAge: 'Age of the last price, in seconds',
  bookSize: 'Floor: units in the book at the price that the order would take',
  afterOpen: 'Floor: minutes of liquid hours since they began',
  beforeClose: 'Floor: minutes of liquid hours that are left',
};

const limitsSchema = z.strictObject(
  Object.fromEntries(
    limitNames.map((name) => [
      name,
      (isFloor(name) ? floorSchema : levelSchema).describe(words[name]).optional(),
    ]),
  ) as Record<LimitName, z.ZodOptional<typeof levelSchema>>,
);
const byId = z.record(z.string().min(1), limitsSchema).default({});

const flattenSchema = z
  .strictObject({
    collar: z
      .number()
      .int()
      .min(0)
      .max(2_000)
      .default(100)
      .describe('How much worse than the market the limit of a step may be, in basis points'),
    step: amount
      .refine((text) => decimal(text).gt(0), 'expected more than 0')
      .default('50000')
      .describe('Largest worth of one order, in the currency of the instrument'),
    patienceSeconds: z
      .number()
      .min(0.2)
      .max(600)
      .default(5)
      .describe('How long a step may work before it is cancelled and priced anew'),
  })
  .prefault({});

const lossesSchema = z
  .strictObject({
    dailyLoss: levelSchema
      .describe("IBKR's daily P&L of an account, as a loss, in its base currency")
      .optional(),
    drawdown: levelSchema
      .describe('How far net liquidation is below its highest, in percent of that')
      .optional(),
    confirm: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('How many readings in a row must pass a level: one bad tick halts nothing'),
    action: z.enum(['reduce', 'halt']).default('halt').describe('What a hard level does'),
  })
  .prefault({});

/** Minutes, or times in a row: figures of more than 0. */
const positiveLevel = levelSchema.refine(
  ({ soft, hard }) => [soft, hard].every((figure) => figure === null || decimal(figure).gt(0)),
  'expected figures of more than 0',
);
const tradesSchema = z
  .strictObject({
    losingStreak: positiveLevel
      .describe(
        'Losing trades in a row; at the hard level only exits leave until a person resumes the session',
      )
      .optional(),
    cooldown: amount
      .describe('Minutes after a losing trade in which nothing is entered')
      .transform((hard) => ({ soft: null, hard }))
      .optional(),
    holding: positiveLevel
      .describe('Minutes that a position may be held; at the hard level it is closed at the market')
      .optional(),
  })
  .prefault({});

/** The limits on trades of the file. */
export const tradeLimits = ({ trades }: Pick<RiskFile, 'trades'>): TradeLimits =>
  Object.fromEntries(Object.entries(trades).filter(([, level]) => level !== undefined));

/** The limits on losses of the file. */
export const lossLimits = ({ losses }: Pick<RiskFile, 'losses'>): LossLimits => {
  const { dailyLoss, drawdown, confirm, action } = losses;
  const levels = { ...(dailyLoss && { dailyLoss }), ...(drawdown && { drawdown }) };
  return { levels, confirm, action };
};

/** How everything is closed. */
export interface FlattenConfig {
  readonly policy: ClosePolicy;
  readonly patienceMs: number;
}
export const flattenOf = ({ flatten }: Pick<RiskFile, 'flatten'>): FlattenConfig => ({
  policy: { collarBps: flatten.collar, stepNotional: flatten.step },
  patienceMs: flatten.patienceSeconds * 1_000,
});
/** What holds without `risk.yaml`. */
export const noLossLimits: LossLimits = lossLimits({ losses: lossesSchema.parse({}) });
export const defaultFlatten: FlattenConfig = flattenOf({ flatten: flattenSchema.parse({}) });

/** The tightest price collar that would refuse a step of flattening; null when none would. */
export function collarInTheWay(file: RiskFile): DecimalString | null {
  const scopes = [file.whole, ...Object.values(file.accounts), ...Object.values(file.instruments)];
  const hard = scopes.flatMap(({ priceCollar }) => priceCollar?.hard ?? []);
  const tooTight = hard.filter((level) => decimal(level).lt(file.flatten.collar));
  return tooTight.sort((a, b) => decimal(a).cmp(b))[0] ?? null;
}

/** `risk.yaml`: limits that no order may pass. Without the file there are none. */
export const riskSchema = z.strictObject({
  capital: amount
    .nullable()
    .default(null)
    .describe(
      'Net liquidation that `plan` reckons with, in the base currency; without it the cash of the simulated gateway',
    ),
  whole: limitsSchema.prefault({}).describe('For everything together'),
  accounts: byId.describe('By account number'),
  instruments: byId.describe('By instrument, such as ORCL.STK.SMART.USD'),
  sessions: byId.describe('By the id of a session of config/sessions'),
  losses: lossesSchema.describe('Losses of an account that halt everything, or let only exits through'),
  trades: tradesSchema.describe('The trades of each session by itself, from flat to flat'),
  drill: z
    .strictObject({ time: timeOfDay, timeZone: zone })
    .nullable()
    .default(null)
    .describe(
      'When the kill switch is tried every day, on a simulated gateway of its own; null: only by hand',
    ),
  flatten: flattenSchema.describe('How everything is closed when that is wanted'),
});
export type RiskFile = z.output<typeof riskSchema>;

const given = (limits: z.output<typeof limitsSchema>): Limits =>
  Object.fromEntries(Object.entries(limits).filter(([, level]) => level !== undefined));

/** The limits of the file, one entry for each scope that has any. */
export function scopedLimits({ whole, accounts, instruments, sessions }: RiskFile): readonly ScopedLimits[] {
  const of = (kind: 'account' | 'instrument' | 'session', all: typeof accounts): ScopedLimits[] =>
    Object.entries(all).map(([id, limits]) => ({ scope: { kind, id }, limits: given(limits) }));
  return [
    { scope: { kind: 'whole' } as const, limits: given(whole) },
    ...of('account', accounts),
    ...of('instrument', instruments),
    ...of('session', sessions),
  ].filter(({ limits }) => Object.keys(limits).length > 0);
}
