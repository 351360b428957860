import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorld, type OrderAnswer } from './session.world.ts';

const answers: readonly OrderAnswer[] = [
  'accepted',
  'rejected',
  'unknown',
  'notSentCommitted',
  'leaseLost',
  'notReady',
  'storeDown',
  'failsBefore',
  'failsAfter',
];

type Step =
  | { do: 'bar'; late: boolean; signal: 'long' | 'flat' | 'hold'; answer: OrderAnswer }
  | { do: 'pass'; ms: number }
  | { do: 'fail'; port: 'storeFailures' | 'factsFailures' | 'syncFailures'; times: number }
  | { do: 'send'; type: 'session.pause' | 'session.resume' | 'session.sync' }
  | { do: 'lease'; held: boolean }
  | { do: 'market'; live: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('bar' as const),
      late: fc.boolean(),
      signal: fc.constantFrom('long' as const, 'flat' as const, 'hold' as const),
      answer: fc.constantFrom(...answers),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat({ max: 3_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      port: fc.constantFrom('storeFailures' as const, 'factsFailures' as const, 'syncFailures' as const),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      type: fc.constantFrom('session.pause' as const, 'session.resume' as const, 'session.sync' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lease' as const), held: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('market' as const), live: fc.boolean() }) },
);

describe('every closed bar of a running session', () => {
  it('has exactly one decision record, in order, whatever fails meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const world = createWorld();
        await world.pass();
        const closed: number[] = [];
        let time = 3;
        for (const one of steps) {
          if (one.do === 'bar') {
            time += 1;
            closed.push(time);
            world.signals.set(time, one.signal);
            world.answers = [one.answer];
            world.closeBar(time, one.late);
          } else if (one.do === 'pass') await world.pass(one.ms);
          else if (one.do === 'fail') world[one.port] = one.times;
          else if (one.do === 'send') world.actor.send({ type: one.type });
          else if (one.do === 'lease') world.lease(one.held ? { epoch: time } : null);
          else world.market(one.live ? { type: 'market.live' } : { type: 'market.waiting', cause: 'gone' });
        }
        world.lease({ epoch: 99 });
        await world.pass(120_000);

        expect(world.errors).toEqual([]);
        expect([...world.rows.keys()]).toEqual(closed);
        expect(
          world.decided.map((decision) => decision.barTime),
          'each told once',
        ).toEqual(closed);
        expect(world.decidedBy, 'the indicators saw each once').toEqual(closed);
        expect(new Set(world.placed).size, 'no order placed twice').toBe(world.placed.length);
        expect(world.snapshot().value).toBe('collecting');
        world.actor.stop();
      }),
      { numRuns: 150 },
    );
  });
});
