import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { createFlattenMachine, type FlattenEvent } from '../../../machines/flatten/flatten.machine.ts';
import { flattenTiming } from '../../../machines/flatten/flatten.ports.ts';
import { type FlattenStatus, notFlattening } from '../../../machines/flatten/flatten.status.ts';
import { createQueueClock } from '../../support/clock.ts';
import { type Fate, type Faults, UnkindBroker } from './broker.ts';

/** A process that flattens; `restart` is a new one that knows what was stored. */
function world(faults: Faults = {}) {
  const clock = createQueueClock(1_000_000);
  const broker = new UnkindBroker(clock, faults);
  let stored: FlattenStatus | null = null;
  const begin = () => {
    const logic = createFlattenMachine(broker.ports(), () => stored);
    const input = { policy: { collarBps: 100, stepNotional: '5000' }, timing: flattenTiming };
    const made = createActor(logic, { clock, input });
    made.on('flatten.changed', ({ status }) => {
      stored = status;
    });
    return made.start();
  };
  let actor = begin();
  const status = (): FlattenStatus => stored ?? notFlattening;
  return {
    ...{ broker, clock, status },
    actor: () => actor,
    send: (event: FlattenEvent) => actor.send(event),
    flatten: () => actor.send({ type: 'flatten.start', cause: 'a test', author: 'person' }),
    pass: (seconds: number) => clock.advanceSettled(seconds * 1_000),
    restart: () => {
      actor.stop();
      actor = begin();
    },
    messages: () => status().reports.map(({ message }) => message),
    held: (id: string) => broker.positions.get(id)?.toNumber() ?? 0,
  };
}

describe('flattening', () => {
  it('cancels what works, closes every position in steps, and ends flat', async () => {
    const it = world();
    it.broker.hold('A', 120).hold('B', -30).rest('tw.s.x.1', 'A', 'BUY', 10);
    it.flatten();
    await it.pass(30);
    expect(it.status().phase).toBe('flat');
    expect([it.held('A'), it.held('B'), it.broker.working.size]).toEqual([0, 0, 0]);
    expect(
      it.broker.submitted.map(({ instrumentId, side, quantity }) => [instrumentId, side, quantity]),
    ).toEqual(
      expect.arrayContaining([
        ['A', 'SELL', '50'],
        ['A', 'SELL', '20'],
        ['B', 'BUY', '30'],
      ]),
    );
    expect(
      it.broker.submitted.every(({ purpose, orderType }) => purpose === 'exit' && orderType === 'LMT'),
    ).toBe(true);
    expect(it.messages()).toEqual(
      expect.arrayContaining([
        'Everything is to be closed: a test',
        '1 of 1 orders cancelled.',
        'SELL 50 at a limit of 99.',
        'nothing is held any more.',
        'Everything is closed: nothing is held and no order works.',
      ]),
    );
  });

  it('sends nothing before every order of ours is settled', async () => {
    const it = world({ cancels: ['unknown', 'unknown'] });
    it.broker.hold('A', 10).rest('tw.s.x.1', 'A', 'SELL', 10);
    it.flatten();
    await it.pass(1);
    expect(it.broker.submitted).toEqual([]);
    expect(it.messages()).toContain(
      '0 of 1 orders cancelled, 1 not known yet; 1 may still fill, and are tried again.',
    );
    await it.pass(20);
    expect(it.status().phase).toBe('flat');
  });

  it('closes nothing twice where a cancel came too late', async () => {
    const it = world({ cancels: ['tooLate'] });
    it.broker.hold('A', 10).rest('tw.s.x.1', 'A', 'SELL', 10);
    it.flatten();
    await it.pass(20);
    expect(it.status().phase).toBe('flat');
    expect(it.broker.submitted).toEqual([]);
  });

  it('prices a step anew that does not fill, once its rest is cancelled', async () => {
    const it = world({ fates: ['rests', 'fillsInPart'] });
    it.broker.hold('A', 10);
    it.flatten();
    await it.pass(60);
    expect(it.status().phase).toBe('flat');
    expect(it.broker.submitted.map(({ quantity }) => quantity)).toEqual(['10', '10', '5']);
  });

  it('says by name what is in the way of one position, once, and closes the others', async () => {
    const it = world();
    it.broker.hold('A', 10).hold('B', 10).hold('C', 10);
    it.broker.closedMarkets.add('A');
    it.broker.unpriced.add('B');
    it.flatten();
    await it.pass(150);
    const { phase, closing } = it.status();
    expect(phase).toBe('closing');
    expect(closing).toMatchObject([
      { instrumentId: 'A', state: 'waiting', obstacle: 'marketClosed', held: '10' },
      { instrumentId: 'B', state: 'waiting', obstacle: 'noFreshPrice', held: '10' },
    ]);
    expect(it.held('C')).toBe(0);
    const waits = it.messages().filter((message) => message.startsWith('waits'));
    expect(waits).toEqual([
      'waits, for its market is closed; it is tried again.',
      'waits, for there is no live price of it that is fresh; it is tried again.',
    ]);
    it.broker.closedMarkets.clear();
    it.broker.unpriced.clear();
    await it.pass(20);
    expect(it.status().phase).toBe('flat');
  });

  it('goes on where one closer breaks', async () => {
    const it = world();
    it.broker.hold('A', 10).hold('B', 10);
    it.broker.poison.push('A');
    it.flatten();
    await it.pass(30);
    expect(it.status().phase).toBe('flat');
    expect(it.messages()).toContain('closing it failed: poison; it is tried again.');
  });

  it('leaves what another account holds, and says so', async () => {
    const it = world();
    it.broker.elsewhere.push({ instrumentId: 'Z', quantity: '7', isOurs: false });
    it.flatten();
    await it.pass(5);
    expect(it.status().phase).toBe('flat');
    expect(it.messages()).toContain('7 are held in an account that orders do not go to, and are left.');
  });

  it('closes what is bought by hand while it closes', async () => {
    const it = world();
    it.broker.hold('A', 10);
    it.broker.closedMarkets.add('A');
    it.flatten();
    await it.pass(10);
    it.broker.hold('N', 5);
    await it.pass(90);
    expect([it.held('N'), it.held('A')]).toEqual([0, 10]);
  });

  it('changes nothing when it is asked for again while it is under way', async () => {
    const it = world();
    it.broker.isDeskOpen = false;
    it.flatten();
    await it.pass(1);
    const { request } = it.status();
    await it.pass(1);
    it.flatten();
    expect(it.status().request).toEqual(request);
  });

  it('cancels its own orders when it is called off, keeps what is held, and can be asked for again', async () => {
    const it = world({ fates: ['rests'] });
    it.broker.hold('A', 10);
    it.flatten();
    await it.pass(1);
    expect(it.broker.working.size).toBe(1);
    it.send({ type: 'flatten.stop', cause: 'enough' });
    await it.pass(5);
    expect(it.status().phase).toBe('idle');
    expect([it.broker.working.size, it.held('A')]).toEqual([0, 10]);
    await it.pass(60);
    expect(it.broker.submitted).toHaveLength(1);
    it.flatten();
    await it.pass(20);
    expect([it.status().phase, it.held('A')]).toEqual(['flat', 0]);
  });

  it('stays flat over a restart, and idle when it is called off then', async () => {
    const it = world();
    it.flatten();
    await it.pass(5);
    it.restart();
    expect(it.actor().getSnapshot().value).toBe('flat');
    it.send({ type: 'flatten.stop', cause: 'resumed' });
    expect(it.status().phase).toBe('idle');
  });

  it('ends flat and never turns a long position short, whatever fails and whenever it is restarted', async () => {
    const fate = fc.constantFrom<Fate>(
      ...([
        'fills',
        'fillsInPart',
        'rests',
        'rejected',
        'notSent',
        'unknownWorks',
        'unknownLost',
        'throws',
      ] as const),
    );
    const run = fc.record({
      fates: fc.array(fate, { maxLength: 12 }),
      answers: fc.array(fc.boolean(), { maxLength: 10 }),
      cancels: fc.array(fc.constantFrom('cancelled', 'unknown', 'tooLate'), { maxLength: 8 }),
      held: fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 1, maxLength: 3 }),
      restarts: fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(run, async ({ held, restarts, ...faults }) => {
        const it = world(faults);
        for (const [at, quantity] of held.entries()) {
          it.broker.hold(`I${at}`, quantity);
          // One that closes the half of it already works.
          const half = Math.floor(Math.abs(quantity) / 2);
          if (half > 0) it.broker.rest(`tw.s.x.${at}`, `I${at}`, quantity > 0 ? 'SELL' : 'BUY', half);
        }
        it.flatten();
        for (const ms of restarts) {
          await it.clock.advanceSettled(ms);
          it.restart();
        }
        await it.pass(600);
        expect(it.status().phase).toBe('flat');
        for (const [at, quantity] of held.entries()) {
          const course = it.broker.course.filter(({ id }) => id === `I${at}`);
          expect(course.at(-1)?.held.toNumber()).toBe(0);
          for (const { held: step } of course) {
            expect(step.isZero() || step.isPositive() === quantity > 0).toBe(true);
            expect(step.abs().toNumber()).toBeLessThanOrEqual(Math.abs(quantity));
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
