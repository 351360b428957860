import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GuardName, guardNames, type Signal } from '../../../machines/domain/decision.ts';
import { singleBand } from '../../../machines/domain/price-bands.ts';
import type { SessionDefinition } from '../../../machines/domain/session.ts';
import { createDecider, type DecisionFacts, guardOrder } from '../../../machines/session/decide.ts';
import { strategyKinds } from '../../../machines/strategies/registry.ts';
import { barAt, definition, fairFacts, scripted } from './facts.ts';

interface Step {
  readonly signal: Signal;
  readonly facts?: Partial<DecisionFacts>;
}

/** Runs a session over scripted signals and facts; answers one decision a bar. */
function play(
  steps: readonly Step[],
  session: Partial<SessionDefinition> = {},
  stopDistance: number | null = null,
) {
  const decider = createDecider({
    definition: { ...definition, ...session },
    kind: scripted(
      steps.map((step) => step.signal),
      { stopDistance },
    ),
    parameters: null,
  });
  return steps.map((step, i) => decider.decide(barAt(i), { ...fairFacts, ...step.facts }));
}

const one = (
  signal: Signal,
  facts: Partial<DecisionFacts> = {},
  session: Partial<SessionDefinition> = {},
) => {
  const [decision] = play([{ signal, facts }], session);
  if (decision === undefined) throw new Error('no decision');
  return decision;
};

describe('guards', () => {
  const cases: readonly [GuardName, Signal, Partial<DecisionFacts>, Partial<SessionDefinition>?][] = [
    ['sessionPaused', 'long', { paused: true }],
    ['barLate', 'long', { late: true }],
    ['barSuperseded', 'long', { superseded: true }],
    ['noSignal', 'hold', {}],
    ['leaseLost', 'long', { leaseHeld: false }],
    ['storeDown', 'long', { storeUp: false }],
    ['brokerNotReady', 'long', { connectionReady: false, brokerCause: 'no handshake' }],
    ['positionNotSynced', 'long', { positionQuantity: null }],
    ['orderInFlight', 'long', { ordersInFlight: 1 }],
    ['alreadyInPosition', 'long', { positionQuantity: '3' }],
    ['alreadyFlat', 'flat', {}],
    ['shortNotAllowed', 'short', {}],
    ['riskHalted', 'long', { risk: 'halted' }],
    ['riskHalted', 'flat', { risk: 'halted', positionQuantity: '5' }],
    ['riskReducing', 'long', { risk: 'reducing' }],
    ['outsideTradingHours', 'long', { marketOpen: false }],
    ['dataNotLive', 'long', { quote: null }],
    ['dataNotLive', 'long', { quote: { bid: 1, ask: 1, last: 1, quality: 'delayed', ageMs: 0 } }],
    [
      'dataNotLive',
      'long',
      { quote: { bid: 1, ask: null, last: 1, quality: 'live', ageMs: 0 } },
      { orderType: 'LMT' },
    ],
    ['dataStale', 'long', { quote: { bid: 1, ask: 1, last: 1, quality: 'live', ageMs: 5_001 } }],
    ['sizeBelowMinimum', 'long', {}, { sizing: { kind: 'percent', percent: 0.01 } }],
    ['sizeBelowMinimum', 'long', {}, { sizing: { kind: 'risk', percent: 1 } }],
    ['cashInsufficient', 'long', { availableFunds: '999' }],
    ['cashInsufficient', 'long', { netLiquidation: null }, { sizing: { kind: 'percent', percent: 10 } }],
  ];
  it.each(cases)('%s refuses a %s signal under %o', (guard, signal, facts, session) => {
    expect(one(signal, facts, session)).toMatchObject({ outcome: 'refused', guard, order: null });
  });

  it('warmingUp refuses until the strategy is stable', () => {
    const decider = createDecider({
      definition,
      kind: scripted(['long'], { stable: false }),
      parameters: null,
    });
    expect(decider.decide(barAt(0), fairFacts).guard).toBe('warmingUp');
  });

  it('are all in the documented order, except what the order desk says', () => {
    expect([...guardOrder, 'orderRejected', 'riskLimit'].sort()).toEqual([...guardNames].sort());
  });

  it('name the first of the documented order when several refuse', () => {
    const switches: readonly (readonly [GuardName, Partial<DecisionFacts>])[] = cases
      .filter(
        ([guard, signal, , session]) =>
          signal === 'long' && session === undefined && guard !== 'alreadyInPosition',
      )
      .map(([guard, , facts]) => [guard, facts] as const);
    fc.assert(
      fc.property(fc.subarray([...switches], { minLength: 1 }), (chosen) => {
        // Of two cases that set the same fact the later one wins; only those in force can be named.
        const facts = Object.assign({}, ...chosen.map(([, f]) => f)) as Partial<DecisionFacts>;
        const inForce = chosen.filter(([, f]) =>
          Object.entries(f).every(([key, value]) => facts[key as keyof DecisionFacts] === value),
        );
        const first = guardOrder.find((name) => inForce.some(([guard]) => guard === name));
        expect(one('long', facts).guard).toBe(first);
      }),
    );
  });

  it('put what they compared into the values', () => {
    const stale = one('long', { quote: { bid: 1, ask: 1, last: 1, quality: 'live', ageMs: 7_000 } });
    expect(stale.values).toMatchObject({ quoteAgeMs: 7_000, maxQuoteAgeMs: 5_000, position: '0', step: 1 });
    expect(stale.reason).toBe('The quote is 7000 ms old; at most 5000 ms is allowed.');
    expect(one('long', { connectionReady: false, brokerCause: 'client id 7 is in use' }).reason).toContain(
      'client id 7 is in use',
    );
  });
});

describe('orders', () => {
  it('open a position of the declared size', () => {
    expect(one('long')).toMatchObject({
      outcome: 'order',
      guard: null,
      signal: 'long',
      reason: 'Scripted long.',
      order: { side: 'BUY', quantity: '10', orderType: 'MKT', limitPrice: null, purpose: 'entry' },
    });
  });

  it('close the whole position, also what was filled in part only', () => {
    expect(one('flat', { positionQuantity: '7' }).order).toMatchObject({
      side: 'SELL',
      quantity: '7',
      purpose: 'exit',
    });
    expect(one('flat', { positionQuantity: '-7' }).order).toMatchObject({ side: 'BUY', quantity: '7' });
  });

  it('say why risk lets nothing, or only exits, through', () => {
    const reasonOf = (risk: 'halted' | 'reducing') =>
      one('long', { risk, riskCause: 'a margin call' }).reason;
    expect(reasonOf('halted')).toBe('Trading is halted: a margin call');
    expect(reasonOf('reducing')).toBe('Risk lets only exits through: a margin call');
  });

  it('let exits through while risk is reducing', () => {
    expect(one('flat', { positionQuantity: '7', risk: 'reducing' }).outcome).toBe('order');
  });

  it('take a short signal as an exit where shorting is not allowed', () => {
    expect(one('short', { positionQuantity: '7' }).order).toMatchObject({ side: 'SELL', quantity: '7' });
  });

  it('open a short position where shorting is allowed', () => {
    expect(one('short', {}, { allowShort: true }).order).toMatchObject({ side: 'SELL', purpose: 'entry' });
  });

  it('carry a limit from the opposite quote with the offset', () => {
    const session = { orderType: 'LMT', limitOffsetBps: 10 } as const;
    expect(one('long', {}, session).order?.limitPrice).toBe('100.11');
    expect(one('flat', { positionQuantity: '1' }, session).order?.limitPrice).toBe('99.9');
  });

  it('are not refused for cash when the broker did not say how much there is', () => {
    expect(one('long', { availableFunds: null }).outcome).toBe('order');
  });

  it('of futures are not compared with cash, as margin is the broker’s to judge', () => {
    const instrument = { symbol: 'ES', secType: 'FUT', exchange: 'CME', currency: 'USD' } as const;
    expect(one('long', { availableFunds: '1', multiplier: '50' }, { instrument }).outcome).toBe('order');
  });
});

describe('what a bar could not complete', () => {
  const guards = (steps: readonly Step[], session: Partial<SessionDefinition> = {}) =>
    play(steps, session).map((d) => (d.order === null ? d.guard : `${d.order.purpose} ${d.order.side}`));

  it('is retried for an exit until the position is flat', () => {
    const held = { positionQuantity: '10' };
    expect(
      guards([
        { signal: 'flat', facts: { ...held, connectionReady: false } },
        { signal: 'hold', facts: { ...held, positionQuantity: null } },
        { signal: 'hold', facts: held },
        { signal: 'hold', facts: { ...held, ordersInFlight: 1 } },
        { signal: 'hold', facts: { positionQuantity: '4' } },
        { signal: 'hold', facts: { positionQuantity: '0' } },
        { signal: 'hold', facts: { positionQuantity: '4' } },
      ]),
    ).toEqual([
      'brokerNotReady',
      'positionNotSynced',
      'exit SELL',
      'orderInFlight',
      'exit SELL',
      'noSignal',
      'noSignal',
    ]);
  });

  it('is said in the record of the bar that carries it', () => {
    const [, carried] = play([
      { signal: 'flat', facts: { positionQuantity: '10', storeUp: false } },
      { signal: 'hold', facts: { positionQuantity: '10' } },
    ]);
    expect(carried).toMatchObject({ signal: 'flat', outcome: 'order', values: { carriedFrom: 0 } });
    expect(carried?.reason).toContain('Carried from the bar of 1970-01-01T00:00:00.000Z');
  });

  it('is forgotten for an entry: its moment is gone', () => {
    expect(guards([{ signal: 'long', facts: { connectionReady: false } }, { signal: 'hold' }])).toEqual([
      'brokerNotReady',
      'noSignal',
    ]);
    expect(guards([{ signal: 'long', facts: { marketOpen: false } }, { signal: 'hold' }])).toEqual([
      'outsideTradingHours',
      'noSignal',
    ]);
  });

  it('is dropped when the strategy changes its mind', () => {
    expect(
      guards([
        { signal: 'flat', facts: { positionQuantity: '10', storeUp: false } },
        { signal: 'long', facts: { positionQuantity: '10' } },
        { signal: 'hold', facts: { positionQuantity: '10' } },
      ]),
    ).toEqual(['storeDown', 'alreadyInPosition', 'noSignal']);
  });

  it('is left to the person while the session is paused', () => {
    const held = { positionQuantity: '10' };
    expect(
      guards([
        { signal: 'flat', facts: { ...held, paused: true } },
        { signal: 'hold', facts: held },
      ]),
    ).toEqual(['sessionPaused', 'noSignal']);
  });

  it('includes the entry of a flip, once, when the position is flat', () => {
    const held = { positionQuantity: '10' };
    const flip = [
      { signal: 'short', facts: held },
      { signal: 'hold', facts: { ...held, ordersInFlight: 1 } },
      { signal: 'hold', facts: { positionQuantity: '0' } },
      { signal: 'hold', facts: { positionQuantity: '0' } },
    ] as const;
    expect(guards(flip, { allowShort: true })).toEqual([
      'exit SELL',
      'orderInFlight',
      'entry SELL',
      'noSignal',
    ]);
    expect(guards(flip)).toEqual(['exit SELL', 'orderInFlight', 'noSignal', 'noSignal']);
  });
});

describe('every bar', () => {
  const anyFacts: fc.Arbitrary<DecisionFacts> = fc.record({
    now: fc.nat(),
    paused: fc.boolean(),
    superseded: fc.boolean(),
    late: fc.boolean(),
    leaseHeld: fc.boolean(),
    storeUp: fc.boolean(),
    connectionReady: fc.boolean(),
    brokerCause: fc.option(fc.string()),
    risk: fc.constantFrom('active', 'reducing', 'halted'),
    riskCause: fc.constant('a test'),
    positionQuantity: fc.option(fc.integer({ min: -20, max: 20 }).map(String)),
    ordersInFlight: fc.nat({ max: 1 }),
    marketOpen: fc.boolean(),
    marketTime: fc.option(fc.nat()),
    quote: fc.option(
      fc.record({
        bid: fc.option(fc.double({ min: -1, max: 200, noNaN: true })),
        ask: fc.option(fc.double({ min: -1, max: 200, noNaN: true })),
        last: fc.option(fc.double({ min: -1, max: 200, noNaN: true })),
        quality: fc.constantFrom('live', 'frozen', 'delayed', 'delayedFrozen', 'stale', 'none'),
        ageMs: fc.nat({ max: 10_000 }),
      }),
    ),
    maxQuoteAgeMs: fc.constant(5_000),
    netLiquidation: fc.option(fc.integer({ min: -10, max: 100_000 }).map(String)),
    availableFunds: fc.option(fc.integer({ min: 0, max: 100_000 }).map(String)),
    priceBands: fc.constantFrom(singleBand('0.01'), singleBand('0.25')),
    multiplier: fc.constantFrom('1', '50'),
    lotSize: fc.constantFrom('1', '100', '0.001'),
  });
  const fair = (facts: DecisionFacts) => ({
    ...facts,
    ...(facts.now % 3 === 0 ? {} : { ...fairFacts, positionQuantity: facts.positionQuantity }),
  });

  it('has one record; an order leaves only when every invariant holds; exits never exceed the position', () => {
    const signals = fc.constantFrom<Signal>('long', 'short', 'flat', 'hold');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(signals, anyFacts.map(fair)), { maxLength: 30 }),
        fc.boolean(),
        fc.constantFrom<SessionDefinition['sizing']>(
          { kind: 'fixed', quantity: '10' },
          { kind: 'percent', percent: 100 },
          { kind: 'risk', percent: 2 },
        ),
        fc.constantFrom('MKT', 'LMT'),
        (bars, allowShort, sizing, orderType) => {
          const steps = bars.map(([signal, facts]) => ({ signal, facts }));
          const decisions = play(steps, { allowShort, sizing, orderType }, 1.5);
          expect(decisions).toHaveLength(steps.length);
          decisions.forEach((d, i) => {
            expect(d.outcome === 'order').toBe(d.order !== null);
            expect(d.guard === null).toBe(d.order !== null);
            expect(d.reason).not.toBe('');
            const facts = steps[i]?.facts;
            if (d.order === null || facts === undefined) return;
            const position = Number(facts.positionQuantity ?? Number.NaN);
            expect(facts).toMatchObject({
              paused: false,
              late: false,
              superseded: false,
              leaseHeld: true,
              storeUp: true,
              connectionReady: true,
              ordersInFlight: 0,
              marketOpen: true,
              quote: { quality: 'live' },
            });
            const quantity = Number(d.order.quantity);
            expect(quantity).toBeGreaterThan(0);
            const after = position + (d.order.side === 'BUY' ? quantity : -quantity);
            if (d.order.purpose === 'exit') expect(after).toBe(0);
            else {
              expect(facts.risk).toBe('active');
              expect(position).toBe(0);
              if (!allowShort) expect(after).toBeGreaterThan(0);
            }
          });
        },
      ),
    );
  });

  it('advances the indicators the same, whatever refuses', () => {
    const closes = fc.array(fc.double({ min: 1, max: 100, noNaN: true }), { minLength: 40, maxLength: 80 });
    const kind = strategyKinds.sma;
    if (kind === undefined) throw new Error('sma is not registered');
    fc.assert(
      fc.property(closes, fc.integer({ min: 0, max: 39 }), (prices, warm) => {
        const bars = prices.map((close, i) => barAt(i, close));
        const make = () =>
          createDecider({ definition, kind, parameters: kind.parameters.parse({ fast: 3, slow: 8 }) });
        const open = make();
        const shut = make();
        shut.warm(bars.slice(0, warm));
        for (const bar of bars.slice(0, warm)) open.decide(bar, fairFacts);
        for (const bar of bars.slice(warm)) {
          const a = open.judge(bar, fairFacts).output;
          const b = shut.judge(bar, { ...fairFacts, paused: true }).output;
          expect(b.signal).toBe(a.signal);
          expect(b.values).toEqual(a.values);
        }
        expect(shut.barsSeen).toBe(open.barsSeen);
      }),
    );
  });
});
