import { describe, expect, it } from 'vitest';
import { createActor, sendTo, setup, stopChild } from 'xstate';
import type { Decision } from '../../../machines/domain/decision.ts';
import type { SessionEvent } from '../../../machines/session/session.events.ts';
import type {
  DeciderCommand,
  SessionDecider,
  SessionPorts,
} from '../../../machines/session/session.ports.ts';
import { wirePorts } from '../../../machines/session/session.wiring.ts';
import { settle } from '../../support/clock.ts';
import { barAt, definition, fairFacts } from './facts.ts';

const decisionOf = (barTime: number) => ({ barTime }) as Decision;
const warm: DeciderCommand = { type: 'decider.warm', bars: [barAt(1)] };
const decide = (time: number): DeciderCommand => ({
  type: 'decider.decide',
  bar: barAt(time),
  facts: fairFacts,
});

/** A parent that keeps what the decider's actor tells, and a decider whose every answer is given by the test. */
function run(create?: () => Promise<SessionDecider>) {
  const asked: (number | 'warm')[] = [];
  const answers: { give(): void; refuse(message: string): void }[] = [];
  const broken: ((error: Error) => void)[] = [];
  const world = { told: [] as SessionEvent[], closed: 0 };
  const pending = <T>(value: T): Promise<T> =>
    new Promise((done, fail) =>
      answers.push({ give: () => done(value), refuse: (message) => fail(new Error(message)) }),
    );
  const slow: SessionDecider = {
    warm() {
      asked.push('warm');
      return pending(undefined);
    },
    decide(bar) {
      asked.push(bar.time);
      return pending(decisionOf(bar.time));
    },
    onBroken: (listener) => broken.push(listener),
    close() {
      world.closed += 1;
    },
  };
  const ports = { createDecider: create ?? (async () => slow) } as unknown as SessionPorts;
  const machine = setup({
    types: {} as { events: SessionEvent | DeciderCommand | { type: 'test.stop' } },
    actors: { decider: wirePorts(ports).decider },
  }).createMachine({
    invoke: { id: 'decider', src: 'decider', input: { definition } },
    on: {
      'decider.warm': { actions: sendTo('decider', ({ event }) => event) },
      'decider.decide': { actions: sendTo('decider', ({ event }) => event) },
      'test.stop': { actions: stopChild('decider') },
      '*': { actions: ({ event }) => world.told.push(event as SessionEvent) },
    },
  });
  const actor = createActor(machine).start();
  return Object.assign(world, {
    asked,
    slow,
    send: (...commands: DeciderCommand[]) => {
      for (const command of commands) actor.send(command);
    },
    stop: () => actor.send({ type: 'test.stop' }),
    breakDown: (message: string) => broken[0]?.(new Error(message)),
    async give() {
      answers.shift()?.give();
      await settle();
    },
    async refuse(message: string) {
      answers.shift()?.refuse(message);
      await settle();
    },
  });
}

describe('the decider of a session', () => {
  it('asks one thing at a time, in the order of the commands', async () => {
    const world = run();
    world.send(warm, decide(2), decide(3));
    await settle();
    expect(world.asked).toEqual(['warm']);
    await world.give();
    expect(world.asked).toEqual(['warm', 2]);
    world.send(decide(4));
    await world.give();
    expect(world.asked).toEqual(['warm', 2, 3]);
    await world.give();
    await world.give();
    expect(world.told).toEqual(
      [2, 3, 4].map((time) => ({ type: 'decider.decided', decision: decisionOf(time) })),
    );
  });

  it('answers at once when the decider does', async () => {
    const world = run(async () => ({ warm() {}, decide: (bar) => decisionOf(bar.time) }));
    await settle();
    world.send(warm, decide(2));
    expect(world.told).toEqual([{ type: 'decider.decided', decision: decisionOf(2) }]);
  });

  it.each([
    ['a decision', [decide(2), decide(3)]],
    ['warming', [warm, decide(3)]],
  ])('tells a failed %s once, asks nothing more and closes', async (_, commands) => {
    const world = run();
    world.send(...commands);
    await settle();
    await world.refuse('the thread was ended');
    world.breakDown('and once more');
    world.send(decide(5));
    await settle();
    expect(world.told).toEqual([{ type: 'decider.failed', message: 'the thread was ended' }]);
    expect([world.asked.length, world.closed]).toEqual([1, 1]);
  });

  it('tells that the decider broke between two bars', async () => {
    const world = run();
    await settle();
    world.breakDown('the thread is gone');
    expect(world.told).toEqual([{ type: 'decider.failed', message: 'the thread is gone' }]);
    expect(world.closed).toBe(1);
  });

  it.each(['give', 'refuse'] as const)('tells nothing after it was stopped: %s', async (end) => {
    const world = run();
    world.send(decide(2), decide(3));
    await settle();
    world.stop();
    await world[end]('too late');
    world.breakDown('too late');
    expect(world.told).toEqual([]);
    expect([world.asked, world.closed]).toEqual([[2], 1]);
  });

  it('closes a decider that was made after the stop', async () => {
    const made = Promise.withResolvers<SessionDecider>();
    const world = run(() => made.promise);
    world.send(decide(2));
    world.stop();
    made.resolve(world.slow);
    await settle();
    expect([world.asked, world.closed, world.told]).toEqual([[], 1, []]);
  });

  it('tells its failure although closing fails too', async () => {
    const world = run(async () => ({
      warm() {},
      decide() {
        throw new Error('divided by zero');
      },
      close() {
        throw new Error('cannot be closed');
      },
    }));
    world.send(decide(2));
    await settle();
    expect(world.told).toEqual([{ type: 'decider.failed', message: 'divided by zero' }]);
  });
});
