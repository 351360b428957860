import { z } from 'zod';
import { TIMEFRAME_MS, type Timeframe } from './market/bar.ts';
import { CALENDARS, calendarOf } from './market/calendar/exchanges.ts';
import { MARKET_KINDS } from './market/kinds.ts';
import { SERVER_VERSION_MAX, SERVER_VERSION_MIN } from './wire/versions.ts';

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date YYYY-MM-DD');
const hours = z
  .string()
  .regex(/^\d{2}:\d{2}-\d{2}:\d{2}$/, 'expected hours HH:MM-HH:MM')
  .describe('Local opening and closing time, HH:MM-HH:MM, within one day.');
const zone = z.string().refine((name) => isZone(name), 'expected an IANA time zone such as America/New_York');
const positive = z.number().positive();
const timeframes = Object.keys(TIMEFRAME_MS) as [Timeframe, ...Timeframe[]];

const synthetic = z.strictObject({
  kind: z
    .enum(MARKET_KINDS)
    .default('randomWalk')
    .describe(
      'trending: drift and momentum; meanReverting: pulled back to startPrice; jumpy: sudden jumps; gapping: opens far from the close; halted: trading stops for minutes.',
    ),
  momentum: z.number().min(0).max(0.9).default(0.3).describe('trending: how much of a return goes on.'),
  halfLifeDays: positive.default(5).describe('meanReverting: days until half of a distance is gone.'),
  jumpsPerYear: positive.default(25).describe('jumpy: how many.'),
  jumpSize: positive.default(0.06).describe('jumpy: standard deviation of a jump, 0.06 is 6 %.'),
  gapFactor: positive.default(2).describe("gapping: the night's volatility, in days."),
  haltsPerDay: positive.max(20).default(1).describe('halted: how many on average, five minutes each.'),
  startPrice: positive.default(100),
  annualVolatility: positive.default(0.25).describe('0.25 is 25 % a year.'),
  annualDrift: z.number().default(0.05),
  averageDailyVolume: positive.default(5_000_000),
  days: z.int().positive().default(2500).describe('Weekdays to make, history included.'),
  historyDays: z.int().nonnegative().default(260).describe('How many of them lie before the market starts.'),
  timeframe: z.enum(timeframes).default('1d'),
});

const fileSource = z.strictObject({
  file: z.string().min(1).describe('File name, looked for in every folder of dataFolders.'),
  timeframe: z.enum(timeframes),
  stamp: z
    .enum(['start', 'end'])
    .default('start')
    .describe('Whether the times of an intraday file are the beginning or the end of their bar.'),
});

/** IBKR's words for shares and ETFs, futures, and currency pairs. */
export const SEC_TYPES = ['STK', 'FUT', 'CASH'] as const;
export type SecType = (typeof SEC_TYPES)[number];

export const instrumentSchema = z.strictObject({
  symbol: z.string().min(1),
  secType: z.enum(SEC_TYPES).default('STK'),
  exchange: z.string().default('SMART'),
  primaryExchange: z.string().default(''),
  validExchanges: z.array(z.string()).default([]).describe('Further exchanges that a client may name.'),
  currency: z.string().length(3).default('USD'),
  conId: z
    .int()
    .positive()
    .optional()
    .describe('Absent: derived from the symbol, the same on every machine.'),
  longName: z.string().default(''),
  minTick: positive.default(0.01).describe('The price increment, when one counts for all prices.'),
  priceIncrements: z
    .array(z.strictObject({ lowEdge: z.number().nonnegative(), increment: positive }))
    .default([])
    .refine((bands) => (bands[0]?.lowEdge ?? 0) === 0, 'expected the first lowEdge to be 0')
    .refine(
      (bands) => bands.every(({ lowEdge }, at) => lowEdge > (bands[at - 1]?.lowEdge ?? -1)),
      'expected each lowEdge above the one before',
    )
    .refine(
      (bands) => bands.every(({ lowEdge, increment }) => isMultiple(lowEdge, increment)),
      'expected each lowEdge to be a multiple of its increment',
    )
    .describe('Increments by price, as a market rule has them; wins over minTick.'),
  multiplier: positive.optional().describe('Futures only: money per point.'),
  expiry: date.optional().describe('Futures only: last trading day, as clients see it (a market date).'),
  timeZone: zone.default('America/New_York'),
  calendar: z
    .enum(CALENDARS)
    .optional()
    .describe(
      'Hours, holidays and half days of this exchange; wins over liquidHours and tradingHours. Files keep their own days.',
    ),
  liquidHours: hours.default('09:30-16:00'),
  tradingHours: hours.optional().describe('Absent: the same as liquidHours.'),
  source: z.union([fileSource, z.strictObject({ synthetic })]),
  fallback: z
    .enum(['none', 'synthetic'])
    .default('none')
    .describe('What to play when the file is in none of the data folders.'),
  synthetic: synthetic.prefault({}).describe('The synthetic market of `fallback: synthetic`.'),
  start: date
    .optional()
    .describe('The date in the file that is played when the market starts. Absent: the market start itself.'),
  shiftWeeks: z
    .int()
    .optional()
    .describe(
      'Weeks added to every date of the file. Absent: computed so that `start` meets the market start.',
    ),
  stockType: z.string().default('COMMON').describe('Shares only: COMMON, ETF, ADR ... as IBKR names them.'),
  minSize: positive.default(1).describe('The smallest order.'),
  sizeIncrement: positive.default(1).describe('Order sizes are multiples of it.'),
  shortableShares: z
    .int()
    .nonnegative()
    .default(10_000_000)
    .describe('Shares that can be borrowed to sell short; 0 forbids it.'),
  spreadTicks: z.int().positive().default(2).describe('Ask minus bid, in ticks.'),
  quoteSize: z.int().positive().default(500).describe('Shares or contracts on each side of a quote.'),
});

export const gatewayConfigSchema = z
  .strictObject({
    port: z.int().min(0).max(65535).default(4002),
    speed: positive.default(1).describe('Market seconds per wall second.'),
    seed: z.int().default(1),
    serverVersion: z
      .int()
      .min(SERVER_VERSION_MIN)
      .max(SERVER_VERSION_MAX)
      .default(SERVER_VERSION_MAX)
      .describe('The newest server version to speak; a lower one plays an older TWS.'),
    skipClosed: z.boolean().default(true).describe('Jump over the time in which no instrument trades.'),
    marketStart: date.describe('Market date at which live playing begins; everything before is history.'),
    dataFolders: z.array(z.string()).default([]).describe('Folders searched for bar files.'),
    masterClientId: z
      .int()
      .nonnegative()
      .optional()
      .describe(
        "This client hears of every client's orders and executions, as TWS's master API client does.",
      ),
    readOnly: z
      .boolean()
      .default(false)
      .describe("Refuses every request about orders, as TWS's Read-Only API setting does."),
    limits: z
      .strictObject({
        connections: z.int().positive().default(256).describe('Further ones are closed at once.'),
        handshakeSeconds: positive
          .default(10)
          .describe('A connection that has not started the API by then is closed.'),
        messageSeconds: positive
          .default(30)
          .describe('A client that has begun a message and does not finish it by then is closed.'),
      })
      .prefault({}),
    marketData: z
      .strictObject({
        permission: z
          .enum(['live', 'delayed', 'none'])
          .default('live')
          .describe('What the account is subscribed to.'),
        lines: z.int().positive().default(100).describe('Subscriptions that a client may have at once.'),
      })
      .prefault({}),
    account: z
      .strictObject({
        id: z
          .string()
          .regex(/^DU\d+$/, 'expected a paper account such as DU1000001')
          .default('DU1000001'),
        cash: positive.default(1_000_000).describe("In the account's currency."),
        currencies: z
          .record(z.string().length(3), z.number())
          .default({})
          .describe('Further cash at the start, by currency; each needs a rate.'),
        currency: z.string().length(3).default('USD'),
        rates: z
          .record(z.string().length(3), positive)
          .default({})
          .describe('Exchange rates into the account currency; a pair that the gateway plays wins.'),
        initialMargin: z
          .number()
          .min(0)
          .max(1)
          .default(0.5)
          .describe('Shares: fraction of the value, 0.5 is 50 %.'),
        maintenanceMargin: z.number().min(0).max(1).default(0.25),
        futuresMargin: z
          .number()
          .min(0)
          .max(1)
          .default(0.1)
          .describe('Futures: fraction of the contract value.'),
        currencyMargin: z
          .number()
          .min(0)
          .max(1)
          .default(0.03)
          .describe('Currency pairs: fraction of the value.'),
      })
      .prefault({}),
    commission: z
      .strictObject({
        plan: z
          .enum(['fixed', 'tiered'])
          .default('fixed')
          .describe("IBKR's pricing plans; the keys below are the fixed one's for US shares."),
        perShare: z.number().nonnegative().default(0.005),
        minimum: z.number().nonnegative().default(1),
        maximumFraction: z.number().nonnegative().default(0.01).describe('Of the trade value; 0.01 is 1 %.'),
        perContract: z
          .number()
          .nonnegative()
          .default(2)
          .describe('Futures, in the currency of the contract.'),
      })
      .prefault({}),
    instruments: z.array(instrumentSchema).min(1),
  })
  .superRefine((config, context) => {
    const { account, instruments } = config;
    for (const currency of Object.keys(account.currencies))
      if (currency !== account.currency && account.rates[currency] === undefined)
        context.addIssue({
          ...{ code: 'custom', path: ['account', 'currencies', currency] },
          message: 'found no rate for it, expected one in account.rates',
        });
    for (const [index, each] of instruments.entries()) {
      const complain = (key: string, message: string): void =>
        context.addIssue({ code: 'custom', path: ['instruments', index, key], message });
      if (each.currency !== account.currency && account.rates[each.currency] === undefined)
        complain('currency', `found "${each.currency}", expected a rate for it in account.rates`);
      if (
        each.secType === 'CASH' &&
        each.symbol !== account.currency &&
        account.rates[each.symbol] === undefined
      )
        complain('symbol', `found "${each.symbol}", expected a rate for it in account.rates`);
      if (each.secType === 'FUT' && each.multiplier === undefined)
        complain('multiplier', 'expected one for a future');
      if (instruments.findIndex((other) => identity(other) === identity(each)) !== index)
        complain('symbol', `found "${each.symbol}" a second time`);
      const zoneOfCalendar = each.calendar === undefined ? undefined : calendarOf(each.calendar).timeZone;
      if (zoneOfCalendar !== undefined && zoneOfCalendar !== each.timeZone)
        complain('timeZone', `found "${each.timeZone}", expected ${zoneOfCalendar} with this calendar`);
    }
  });

/** What tells two instruments apart. */
const identity = (of: z.output<typeof instrumentSchema>): string =>
  [of.symbol, of.secType, of.currency, of.exchange, of.expiry ?? ''].join('|');

/** A gateway.yaml as written, before defaults. */
export type GatewayConfigInput = z.input<typeof gatewayConfigSchema>;
export type GatewayConfig = z.output<typeof gatewayConfigSchema>;
export type InstrumentConfig = z.output<typeof instrumentSchema>;

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /\//.test(name) || name === 'UTC';
  } catch {
    return false;
  }
}

function isMultiple(of: number, increment: number): boolean {
  const times = of / increment;
  return Math.abs(times - Math.round(times)) < 1e-9;
}
