import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal } from '../../../machines/domain/decimal.ts';
import type { InFlightOrder } from '../../../machines/domain/order.ts';
import type { HeldPosition } from '../../../machines/risk/exposure.logic.ts';
import { isFloor, type LimitName, type LimitScope, limitNames } from '../../../machines/risk/limits.ts';
import { type OrderUnderTest, pretrade, type RiskBook } from '../../../machines/risk/pretrade.logic.ts';

const order = (change: Partial<OrderUnderTest> = {}): OrderUnderTest => ({
  ...{ account: 'DU1', instrumentId: 'A', sessionId: 's', side: 'BUY', quantity: '10', limitPrice: null },
  ...change,
});
const book = (change: Partial<RiskBook> = {}): RiskBook => ({
  ...{ held: [], inFlight: [], unsettled: [], sent: [], unitWorth: { A: '5', B: '2' }, lastPrice: '5' },
  market: {
    ...{ bid: 4.99, ask: 5.01, bidSize: 20, askSize: 20, quoteAgeMs: 5_000 },
    ...{ sinceOpenMs: 1_200_000, untilCloseMs: 1_200_000 },
  },
  ...{ netLiquidation: '1000', now: 1_000_000, ...change },
});
const held = (quantity: string, change: Partial<HeldPosition> = {}): HeldPosition => ({
  ...{ account: 'DU1', instrumentId: 'A', sessionId: null, quantity },
  ...change,
});
const flying = (
  side: 'BUY' | 'SELL',
  remaining: string,
  change: Partial<InFlightOrder> = {},
): InFlightOrder => ({
  ...{ ref: 'r', account: 'DU1', instrumentId: 'A', sessionId: 's', side, remaining },
  ...change,
});
const whole: LimitScope = { kind: 'whole' };
const ask = (
  limit: LimitName,
  hard: string,
  of: { order?: Partial<OrderUnderTest>; book?: Partial<RiskBook>; scope?: LimitScope; soft?: string } = {},
) =>
  pretrade(order(of.order), book(of.book), [
    { scope: of.scope ?? whole, limits: { [limit]: { soft: of.soft ?? null, hard } } },
  ]);
const found = (...of: Parameters<typeof ask>) => ask(...of).refusals[0]?.found ?? 'may go';
const recent = { at: 999_000, account: 'DU1', instrumentId: 'A', sessionId: 's' };

describe('pretrade', () => {
  it.each([
    ['orderQuantity', '10', {}, 'may go'],
    ['orderQuantity', '9.99', {}, '10'],
    ['orderNotional', '49', {}, '50'],
    ['position', '30', { book: { held: [held('20')] } }, 'may go'],
    ['position', '29', { book: { held: [held('20')] } }, '30'],
    ['position', '29', { book: { held: [held('10')], inFlight: [flying('BUY', '10')] } }, '30'],
    ['position', '29', { book: { held: [held('10')], unsettled: [flying('BUY', '10')] } }, '30'],
    ['openOrders', '1', { book: { unsettled: [flying('BUY', '10')] } }, 'may go'],
    ['position', '19', { book: { held: [held('5')], inFlight: [flying('SELL', '100')] } }, 'may go'],
    ['position', '9', { order: { side: 'SELL' } }, '10'],
    ['grossExposure', '60', { book: { held: [held('10', { instrumentId: 'B' })] } }, '70'],
    ['grossExposure', '69', { book: { held: [held('-10', { instrumentId: 'B' })] } }, '70'],
    ['netExposure', '30', { book: { held: [held('-10', { instrumentId: 'B' })] } }, 'may go'],
    ['netExposure', '29', { book: { held: [held('-10', { instrumentId: 'B' })] } }, '30'],
    ['leverage', '0.04', {}, '0.05'],
    ['concentration', '4', {}, '5'],
    ['openOrders', '1', { book: { inFlight: [flying('SELL', '1', { instrumentId: 'B' })] } }, '2'],
    ['ordersPerMinute', '1', { book: { sent: [recent] } }, '2'],
    ['ordersPerMinute', '1', { book: { sent: [{ ...recent, at: 1_000_000 - 60_000 }] } }, 'may go'],
    ['ordersPerDay', '1', { book: { sent: [{ ...recent, at: 1_000_000 - 60_000 }] } }, '2'],
    ['priceCollar', '99', { order: { limitPrice: '5.05' } }, '100'],
    ['priceCollar', '99', { order: { limitPrice: '4' } }, 'may go'],
    ['priceCollar', '99', { order: { limitPrice: '4.95', side: 'SELL' } }, '100'],
    ['priceCollar', '99', { order: { limitPrice: '6', side: 'SELL' } }, 'may go'],
    ['priceCollar', '0', { book: { lastPrice: null } }, 'may go'],
  ] as const)('holds %s at %s to what is found: case %#', (limit, hard, of, expected) => {
    expect(found(limit, hard, of)).toBe(expected);
  });

  it.each([
    [{ kind: 'session', id: 'other' }, 'may go'],
    [{ kind: 'session', id: 's' }, '10'],
    [{ kind: 'instrument', id: 'A' }, '110'],
    [{ kind: 'instrument', id: 'B' }, 'may go'],
    [{ kind: 'account', id: 'DU1' }, '110'],
    [{ kind: 'account', id: 'DU2' }, 'may go'],
  ] as const)('counts in the scope %j only what is of it', (scope, expected) => {
    // A hundred that the session does not call its own.
    expect(found('position', '9', { scope, book: { held: [held('100')] } })).toBe(expected);
  });

  it('counts of a session what its own fills left', () => {
    const own = [held('100'), held('40', { sessionId: 's' })];
    expect(found('position', '9', { scope: { kind: 'session', id: 's' }, book: { held: own } })).toBe('50');
  });

  it.each([
    ['orderNotional', { unitWorth: {} }],
    ['grossExposure', { unitWorth: {} }],
    ['leverage', { netLiquidation: null }],
    ['leverage', { netLiquidation: '0' }],
  ] as const)(
    'takes %s that is not known for too large, unless the order can only reduce',
    (limit, unknown) => {
      expect(ask(limit, '1000000', { book: unknown }).refusals).toMatchObject([{ limit, found: null }]);
      const closing = { order: { side: 'SELL' }, book: { ...unknown, held: [held('10')] } } as const;
      expect(ask(limit, '1000000', closing).refusals).toEqual([]);
      const turning = { order: { side: 'SELL' }, book: { ...unknown, held: [held('9')] } } as const;
      expect(ask(limit, '1000000', turning).refusals).toHaveLength(1);
      const twice = { ...closing, book: { ...closing.book, inFlight: [flying('SELL', '1')] } } as const;
      expect(ask(limit, '1000000', twice).refusals).toHaveLength(1);
    },
  );

  it.each([
    ['spread', '100', { bid: null }],
    ['spread', '100', { bid: 0 }],
    ['quoteAge', '100', { quoteAgeMs: null }],
    ['bookSize', '1', { askSize: null }],
    ['afterOpen', '0', { sinceOpenMs: null }],
    ['beforeClose', '0', { untilCloseMs: null }],
  ] as const)('refuses by %s when how the market is is not known', (limit, level, change) => {
    const market = { ...book().market, ...change };
    expect(ask(limit, level, { book: { market } }).refusals).toMatchObject([{ limit, found: null }]);
  });

  it('warns of a floor before it refuses', () => {
    const at = (minutes: number) =>
      ask('afterOpen', '5', {
        soft: '15',
        book: { market: { ...book().market, sinceOpenMs: minutes * 60_000 } },
      });
    expect(at(15)).toMatchObject({ refusals: [], warnings: [] });
    expect(at(14)).toMatchObject({ refusals: [], warnings: [{ found: '14', allowed: '15' }] });
    expect(at(4)).toMatchObject({ refusals: [{ found: '4', allowed: '5' }], warnings: [{ level: 'soft' }] });
  });

  it('lets an order make smaller what is above the limit already', () => {
    const above = { book: { held: [held('100')] } };
    expect(found('position', '50', { ...above, order: { side: 'SELL' } })).toBe('may go');
    expect(found('position', '50', above)).toBe('110');
  });

  it('warns at the soft level, and of it also when the hard one refuses', () => {
    expect(ask('position', '20', { soft: '5' })).toMatchObject({
      refusals: [],
      warnings: [{ limit: 'position', level: 'soft', found: '10', allowed: '5', scope: whole }],
    });
    const both = ask('position', '8', { soft: '5' });
    expect([both.refusals.length, both.warnings.length]).toEqual([1, 1]);
  });
});

/** A world in which orders are accepted by the limits, fill in parts, are cancelled, and prices move. */
type Act =
  | { readonly kind: 'order'; readonly order: OrderUnderTest }
  | { readonly kind: 'fill'; readonly nth: number; readonly part: number }
  | { readonly kind: 'cancel'; readonly nth: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      order: fc.record({
        account: fc.constant('DU1'),
        instrumentId: fc.constantFrom('A', 'B'),
        sessionId: fc.constantFrom('s', 't', null),
        side: fc.constantFrom('BUY' as const, 'SELL' as const),
        quantity: fc.integer({ min: 1, max: 60 }).map(String),
        limitPrice: fc.option(fc.integer({ min: 1, max: 10 }).map(String), { nil: null }),
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fill' as const),
      nth: fc.nat(20),
      part: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), nth: fc.nat(20) }) },
);

/** Everything that the limits of the whole can measure, computed in another way: by trying every way in which orders can end. */
function largestPosition(
  positions: ReadonlyMap<string, number>,
  open: readonly InFlightOrder[],
  id: string,
): number {
  const own = open.filter((each) => each.instrumentId === id);
  let worst = 0;
  for (let ways = 0; ways < 2 ** own.length; ways += 1) {
    const end = own.reduce(
      (sum, each, at) =>
        (ways >> at) % 2 === 1 ? sum + Number(each.remaining) * (each.side === 'BUY' ? 1 : -1) : sum,
      positions.get(id) ?? 0,
    );
    worst = Math.max(worst, Math.abs(end));
  }
  return worst;
}

describe('whatever orders, fills and cancels come', () => {
  it('no order that was let through breaks a hard limit, in whatever way those in flight end', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 25 }),
        fc.record({
          position: fc.integer({ min: 1, max: 120 }),
          gross: fc.integer({ min: 1, max: 600 }),
          open: fc.integer({ min: 1, max: 6 }),
        }),
        (acts, hard) => {
          const limits = [
            {
              scope: whole,
              limits: {
                position: { soft: null, hard: String(hard.position) },
                grossExposure: { soft: null, hard: String(hard.gross) },
                openOrders: { soft: null, hard: String(hard.open) },
              },
            },
          ];
          const positions = new Map<string, number>();
          let open: InFlightOrder[] = [];
          for (const each of acts) {
            if (each.kind === 'order') {
              const known = book({
                held: [...positions].map(([instrumentId, quantity]) =>
                  held(String(quantity), { instrumentId }),
                ),
                inFlight: open,
              });
              if (pretrade(each.order, known, limits).refusals.length === 0)
                open.push({ ...each.order, ref: `r${open.length}`, remaining: each.order.quantity });
            } else {
              const target = open[each.nth % Math.max(1, open.length)];
              if (target === undefined) continue;
              open = open.filter((one) => one !== target);
              if (each.kind === 'cancel') continue;
              const filled =
                each.part === 3 ? Number(target.remaining) : Math.min(each.part, Number(target.remaining));
              const signed = target.side === 'BUY' ? filled : -filled;
              positions.set(target.instrumentId, (positions.get(target.instrumentId) ?? 0) + signed);
              const left = Number(target.remaining) - filled;
              if (left > 0) open.push({ ...target, remaining: String(left) });
            }
            const reached = {
              A: largestPosition(positions, open, 'A'),
              B: largestPosition(positions, open, 'B'),
            };
            expect(Math.max(reached.A, reached.B)).toBeLessThanOrEqual(hard.position);
            expect(reached.A * 5 + reached.B * 2).toBeLessThanOrEqual(hard.gross);
            expect(open.length).toBeLessThanOrEqual(hard.open);
          }
        },
      ),
    );
  });

  it('a hard level never refuses without the soft one having warned', () => {
    const level = fc.tuple(fc.nat(100), fc.nat(100));
    fc.assert(
      fc.property(
        fc.constantFrom(...limitNames),
        level,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: -50, max: 50 }),
        (limit, [a, b], quantity, position) => {
          const [low, high] = [String(Math.min(a, b)), String(Math.max(a, b))];
          const levels = isFloor(limit) ? { soft: high, hard: low } : { soft: low, hard: high };
          const verdict = pretrade(
            order({ quantity: String(quantity), limitPrice: '7' }),
            book({ held: [held(String(position))], sent: [recent] }),
            [{ scope: whole, limits: { [limit]: levels } }],
          );
          if (verdict.refusals.length > 0) expect(verdict.warnings).toMatchObject([{ limit, level: 'soft' }]);
          for (const { found: figure, allowed } of verdict.refusals)
            expect(figure === null || new Decimal(figure).gt(allowed) !== isFloor(limit)).toBe(true);
        },
      ),
    );
  });
});
