import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timeframe } from '../../../machines/domain/bar.ts';
import type { Sizing } from '../../../machines/domain/session.ts';
import type { Limits, ScopedLimits } from '../../../machines/risk/limits.ts';
import type { LossLimits } from '../../../machines/risk/loss.logic.ts';
import { type PlanFacts, type PlannedSession, worstCase } from '../../../machines/risk/worst-case.logic.ts';
import { boundWords, findingWords } from '../../../machines/risk/worst-case.words.ts';

const session = (id: string, change: Partial<PlannedSession> = {}): PlannedSession => ({
  ...{ id, instrumentId: `${id.toUpperCase()}.STK.SMART.USD`, timeframe: '1d', allowShort: false },
  sizing: { kind: 'percent', percent: 10 },
  ...change,
});
const whole = (limits: Limits): ScopedLimits => ({ scope: { kind: 'whole' }, limits });
const hard = (figure: string) => ({ soft: null, hard: figure });
const noLosses: LossLimits = { levels: {}, confirm: 3, action: 'halt' };
const plan = (facts: Partial<PlanFacts>) =>
  worstCase({
    ...{ sessions: [session('a')], limits: [], losses: noLosses, account: 'DU1', netLiquidation: '100000' },
    ...facts,
  });
const sentences = (facts: Partial<PlanFacts>) =>
  plan(facts).findings.map((finding) => `${finding.kind}: ${findingWords(finding)}`);

describe('the exposure of a session at worst', () => {
  const exposureOf = (sizing: Sizing, limits: Limits = {}, netLiquidation: string | null = '100000') =>
    boundWords(
      plan({ sessions: [session('a', { sizing })], limits: [whole(limits)], netLiquidation }).whole.exposure,
    );

  it('is its share of net liquidation', () => {
    expect(exposureOf({ kind: 'percent', percent: 25 })).toBe('25000 (all sessions at once)');
  });

  it('is all of net liquidation when it is sized by its stop, which may be close', () => {
    expect(exposureOf({ kind: 'risk', percent: 1 })).toBe('100000 (all sessions at once)');
  });

  it('is not bounded for a number of units whose price nobody knows', () => {
    expect(exposureOf({ kind: 'fixed', quantity: '10' })).toBe('not bounded');
  });

  it('is not bounded by shares of a net liquidation that nobody knows', () => {
    expect(exposureOf({ kind: 'percent', percent: 25 }, {}, null)).toBe('not bounded');
  });

  it.each([
    [{ orderNotional: hard('30000') }, '30000 (all sessions at once)'],
    [{ concentration: hard('20') }, '20000 (all sessions at once)'],
    [{ grossExposure: hard('40000') }, '40000 (grossExposure)'],
    [{ leverage: hard('0.5') }, '50000 (leverage)'],
  ])('is held by %j', (limits, words) => {
    expect(exposureOf({ kind: 'risk', percent: 1 }, limits)).toBe(words);
  });

  it('is held by limits of its own, of its instrument and of its account, and by nobody else’s', () => {
    const limits = (scope: ScopedLimits['scope']): ScopedLimits[] => [
      { scope, limits: { grossExposure: hard('7000') } },
    ];
    const most = (scope: ScopedLimits['scope']) =>
      plan({ limits: limits(scope) }).sessions.map(({ exposure }) => boundWords(exposure));
    expect(most({ kind: 'session', id: 'a' })).toEqual(['7000 (grossExposure)']);
    expect(most({ kind: 'instrument', id: 'A.STK.SMART.USD' })).toEqual(['7000 (grossExposure)']);
    expect(most({ kind: 'account', id: 'DU1' })).toEqual(['7000 (grossExposure)']);
    for (const kind of ['session', 'instrument', 'account'] as const) {
      expect(most({ kind, id: 'another' })).toEqual(['10000 (by how it is declared)']);
    }
  });
});

describe('all together at worst', () => {
  it('is the sum of the sessions, unless a limit holds it lower', () => {
    const sessions = ['a', 'b', 'c'].map((id) => session(id));
    expect(boundWords(plan({ sessions }).whole.exposure)).toBe('30000 (all sessions at once)');
    const held = plan({ sessions, limits: [whole({ grossExposure: hard('20000') })] });
    expect(boundWords(held.whole.exposure)).toBe('20000 (grossExposure)');
  });
});

describe('the loss until halt', () => {
  const losses: LossLimits = {
    ...noLosses,
    levels: { dailyLoss: hard('5000'), drawdown: hard('4') },
  };
  it('is the lowest of the limits on losses', () => {
    expect(boundWords(plan({ losses }).whole.loss)).toBe('4000 (drawdown)');
  });

  it('is all that is held when nothing is sold short and no limit stops it before', () => {
    expect(boundWords(plan({}).whole.loss)).toBe('10000 (all that is held becomes worthless)');
    expect(boundWords(plan({ sessions: [session('a', { allowShort: true })] }).whole.loss)).toBe(
      'not bounded',
    );
  });
});

describe('the order rate at worst', () => {
  it.each([
    ['1m', 2, 1441],
    ['5m', 1, 289],
    ['1h', 1, 25],
    ['1d', 1, 2],
  ] as const)('of bars of %s is %i in a minute and %i in a day', (timeframe: Timeframe, minute, day) => {
    const { whole: reached } = plan({ sessions: [session('a', { timeframe })] });
    expect([reached.ordersPerMinute.most, reached.ordersPerDay.most]).toEqual([`${minute}`, `${day}`]);
  });

  it('is held by its limits, which refuses nothing before the start', () => {
    const facts = { sessions: [session('a', { timeframe: '1m' as const })] };
    const limits = [whole({ ordersPerDay: hard('50') })];
    expect(boundWords(plan({ ...facts, limits }).whole.ordersPerDay)).toBe('50 (ordersPerDay)');
    expect(sentences({ ...facts, limits })).toEqual([
      'held: session a could reach 1441 orders in a day, and will be held at 50 for all together (ordersPerDay)',
    ]);
  });
});

describe('what is found', () => {
  it('is refused when it is declared beyond a hard level, and warned of beyond a soft one', () => {
    expect(sentences({ limits: [whole({ orderNotional: { soft: '5000', hard: '8000' } })] })).toEqual([
      'refused: session a is declared to reach orders worth 10000, allowed up to 8000 for all together (orderNotional)',
    ]);
    expect(sentences({ limits: [whole({ orderNotional: { soft: '5000', hard: '10000' } })] })).toEqual([
      'warned: session a is declared to reach orders worth 10000, warned of above 5000 for all together (orderNotional)',
    ]);
  });

  it('is held when it depends on the market', () => {
    const sessions = [session('a', { sizing: { kind: 'risk', percent: 1 } })];
    expect(sentences({ sessions, limits: [whole({ orderNotional: hard('50000') })] })).toEqual([
      'held: session a could reach orders worth 100000, and will be held at 50000 for all together (orderNotional)',
    ]);
  });

  it('is refused for units beyond the limits on orders and positions', () => {
    const sessions = [session('a', { sizing: { kind: 'fixed', quantity: '500' } })];
    expect(
      sentences({ sessions, limits: [whole({ orderQuantity: hard('400'), position: hard('499') })] }),
    ).toEqual([
      'refused: session a is declared to reach orders of 500 units, allowed up to 400 for all together (orderQuantity)',
      'refused: session a is declared to reach a position of 500 units, allowed up to 499 for all together (position)',
    ]);
  });

  it('is refused for all together when only their sum is too much', () => {
    const sessions = ['a', 'b', 'c'].map((id) => session(id));
    expect(sentences({ sessions, limits: [whole({ grossExposure: hard('29999') })] })).toEqual([
      'refused: everything together is declared to reach a gross exposure of 30000, allowed up to 29999 for all together (grossExposure)',
    ]);
    expect(sentences({ sessions, limits: [whole({ grossExposure: hard('30000') })] })).toEqual([]);
  });
});

describe('of any sessions and limits', () => {
  const sizing = fc.oneof(
    fc.record({ kind: fc.constant('percent' as const), percent: fc.integer({ min: 1, max: 100 }) }),
    fc.record({ kind: fc.constant('risk' as const), percent: fc.integer({ min: 1, max: 100 }) }),
  );
  const amounts = fc.option(fc.integer({ min: 0, max: 300_000 }), { nil: null });

  it('no set of entries that the limits let through is worth more than what was told', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(sizing, fc.double({ min: 0, max: 1, noNaN: true })), {
          minLength: 1,
          maxLength: 6,
        }),
        ...([amounts, amounts] as const),
        (drawn, gross, notional) => {
          const sessions = drawn.map(([each], at) => session(`s${at}`, { sizing: each }));
          const limits = whole({
            ...(gross === null ? {} : { grossExposure: hard(String(gross)) }),
            ...(notional === null ? {} : { orderNotional: hard(String(notional)) }),
          });
          const told = plan({ sessions, limits: [limits] });
          // Each enters with what its sizing says, a stop anywhere; what breaks a limit is refused.
          let held = 0;
          for (const [at, [each, stop]] of drawn.entries()) {
            const worth = each.kind === 'percent' ? each.percent * 1_000 : stop * 100_000;
            if (notional !== null && worth > notional) continue;
            if (gross !== null && held + worth > gross) continue;
            held += worth;
            expect(worth).toBeLessThanOrEqual(Number(told.sessions[at]?.exposure.most));
          }
          expect(held).toBeLessThanOrEqual(Number(told.whole.exposure.most) + 1e-6);
        },
      ),
    );
  });

  it('no session is refused for a figure that keeps within every limit of its own scopes', () => {
    fc.assert(
      fc.property(sizing, fc.integer({ min: 0, max: 100_000 }), (each, notional) => {
        const found = sentences({
          sessions: [session('a', { sizing: each })],
          limits: [whole({ orderNotional: hard(String(notional)) })],
        });
        const refused = each.kind === 'percent' && each.percent * 1_000 > notional;
        expect(found.some((text) => text.startsWith('refused'))).toBe(refused);
      }),
    );
  });
});
