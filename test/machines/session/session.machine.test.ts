import { describe, expect, it } from 'vitest';
import { sessionStates } from '../../../machines/domain/session.ts';
import { sessionMachine } from '../../../machines/session/session.machine.ts';
import { sessionView } from '../../../machines/session/session.view.ts';
import { bar, createWorld } from './session.world.ts';

const never = <T>(): Promise<T> => new Promise(() => {});

describe('the session chart', () => {
  it('has exactly the five states and the final one, each with a description', () => {
    expect(Object.keys(sessionMachine.states).sort()).toEqual([...sessionStates, 'stopped'].sort());
    expect(sessionMachine.states.stopped?.type).toBe('final');
    for (const state of Object.values(sessionMachine.states)) {
      expect(state.description, state.key).toBeTruthy();
      expect(Object.keys(state.states), state.key).toEqual([]);
    }
  });

  it('goes the full circle from an order back to collecting', async () => {
    const world = createWorld();
    world.signals.set(4, 'long');
    await world.pass();
    world.closeBar(4);
    await world.pass();
    expect(world.states).toEqual([
      'idle',
      'syncing',
      'collecting',
      'signaling',
      'ordering',
      'syncing',
      'collecting',
    ]);
    expect(world.rows.get(4)?.orderRef).toBe('ref-4');
    expect(world.decided.map((decision) => decision.orderRef)).toEqual(['ref-4']);
  });

  it('goes back to collecting without syncing when a bar calls for nothing', async () => {
    const world = createWorld();
    await world.pass();
    world.closeBar(4);
    await world.pass();
    expect(world.states.slice(2)).toEqual(['collecting', 'signaling', 'collecting']);
    expect(world.syncs).toBe(1);
  });

  it('syncs the position when a signal was refused', async () => {
    const world = createWorld();
    world.signals.set(4, 'long');
    await world.pass();
    world.closeBar(4, true);
    await world.pass();
    expect(world.states.slice(2)).toEqual(['collecting', 'signaling', 'syncing', 'collecting']);
    expect(world.rows.get(4)?.guard).toBe('barLate');
  });
});

describe('starting', () => {
  it('stays idle until a person starts it', async () => {
    const world = createWorld({}, 'idle');
    await world.pass(60_000);
    expect(world.states).toEqual(['idle']);
    expect(world.leasesHeld + world.marketsOpen).toBe(0);
    world.actor.send({ type: 'session.start' });
    await world.pass();
    expect(world.snapshot().value).toBe('collecting');
  });

  it('waits in idle while another process holds the lease', async () => {
    const world = createWorld();
    world.actor.send({ type: 'session.stop' });
    world.startLease = null;
    world.actor.send({ type: 'session.start' });
    await world.pass();
    expect(world.snapshot().value).toBe('idle');
    expect(sessionView(world.snapshot()).waitingFor).toContain('lease');
    world.lease({ epoch: 8 });
    await world.pass();
    expect(world.snapshot().value).toBe('collecting');
  });

  it('waits in syncing with growing pauses while the broker is away', async () => {
    const world = createWorld({}, 'running', 4);
    await world.pass();
    expect(world.snapshot().value).toBe('syncing');
    expect(sessionView(world.snapshot()).waitingFor).toContain('no connection');
    const before = world.syncs;
    await world.pass(100);
    expect(world.syncs, 'no immediate retry').toBe(before);
    await world.pass(10_000);
    expect(world.snapshot().value).toBe('collecting');
    expect(world.syncs).toBe(5);
  });

  it('keeps the bars that close while the broker is away and decides them afterwards', async () => {
    const world = createWorld({}, 'running', 3);
    await world.pass();
    world.closeBar(4);
    world.closeBar(5);
    await world.pass(10_000);
    expect(world.decided.map((decision) => decision.barTime)).toEqual([4, 5]);
    expect(world.facts.map((request) => request.superseded)).toEqual([true, false]);
  });

  it('warms the decider with the history and decides none of it', async () => {
    const world = createWorld();
    await world.pass();
    expect(world.warmedWith).toEqual([1, 2, 3]);
    expect(world.decidedBy).toEqual([]);
  });

  it('crashes with the sentence of a strategy that cannot be loaded', async () => {
    const world = createWorld({ createDecider: () => Promise.reject(new Error('strategy "x" is unknown')) });
    await world.pass();
    expect(world.errors).toEqual([new Error('strategy "x" is unknown')]);
    expect(sessionView(world.snapshot())).toMatchObject({
      state: 'failed',
      error: 'strategy "x" is unknown',
    });
  });
});

describe('bars', () => {
  it('treats a bar that it knows already as seen', async () => {
    const world = createWorld();
    await world.pass();
    for (const time of [3, 4, 4, 2]) world.closeBar(time);
    await world.pass();
    expect(world.decidedBy).toEqual([4]);
  });

  it('decides the unknown bars of a second history as late', async () => {
    const world = createWorld();
    await world.pass();
    world.market({ type: 'market.history', bars: [bar(3), bar(4)] });
    await world.pass();
    expect(world.warmedWith).toEqual([1, 2, 3]);
    expect(world.rows.get(4)?.guard).toBe('barLate');
  });

  it('keeps at most the buffer size of bars', async () => {
    const world = createWorld();
    await world.pass();
    for (let time = 4; time <= 260; time += 1) world.closeBar(time);
    await world.pass();
    expect(world.snapshot().context.buffer).toHaveLength(200);
    expect(world.snapshot().context.buffer.at(-1)?.time).toBe(260);
    expect(world.rows.size).toBe(257);
  });

  it('records every bar while paused, with the pause as the reason', async () => {
    const world = createWorld({}, 'paused');
    world.signals.set(4, 'long');
    await world.pass();
    world.closeBar(4);
    await world.pass();
    world.actor.send({ type: 'session.resume' });
    world.closeBar(5);
    await world.pass();
    expect([world.rows.get(4)?.guard, world.rows.get(5)?.guard]).toEqual(['sessionPaused', 'noSignal']);
    expect(world.placed).toEqual([]);
  });

  it('keeps a decision until the database takes it', async () => {
    const world = createWorld();
    await world.pass();
    world.storeFailures = 3;
    world.closeBar(4);
    await world.pass();
    expect(world.snapshot().value).toBe('signaling');
    expect(sessionView(world.snapshot()).waitingFor).toContain('the database is away');
    await world.pass(10_000);
    expect(world.rows.has(4)).toBe(true);
    expect(world.decidedBy, 'the indicators saw it once').toEqual([4]);
  });

  it('reads the position again when market data come back', async () => {
    const world = createWorld();
    await world.pass();
    world.market({ type: 'market.waiting', cause: 'connection lost' });
    expect(sessionView(world.snapshot()).waitingFor).toContain('connection lost');
    world.market({ type: 'market.live' });
    await world.pass();
    expect(world.syncs).toBe(2);
  });
});

describe('orders', () => {
  it.each([
    ['leaseLost', 'leaseLost'],
    ['notReady', 'brokerNotReady'],
    ['storeDown', 'storeDown'],
    ['failsBefore', 'storeDown'],
  ] as const)('records an order that was not committed (%s) as refused by %s', async (answer, guard) => {
    const world = createWorld();
    world.signals.set(4, 'long');
    world.answers = [answer];
    await world.pass();
    world.closeBar(4);
    await world.pass();
    expect(world.rows.get(4)).toMatchObject({ outcome: 'refused', guard, orderRef: null });
    expect(world.snapshot().value).toBe('collecting');
    expect(world.placed).toEqual([4]);
  });

  it('leaves the committed record alone when the answer was lost', async () => {
    const world = createWorld();
    world.signals.set(4, 'long');
    world.answers = ['failsAfter'];
    await world.pass();
    world.closeBar(4);
    await world.pass();
    expect(world.rows.get(4)?.orderRef).toBe('ref-4');
    expect(world.placed).toEqual([4]);
  });

  it.each([
    ['session.pause', 'paused it'],
    ['session.stop', 'stopped it'],
  ] as const)('sends nothing that was being decided at a %s: a person %s', async (type, _) => {
    const world = createWorld();
    world.signals.set(4, 'long');
    await world.pass();
    world.closeBar(4);
    expect(world.snapshot().value).toBe('signaling');
    world.actor.send({ type });
    await world.pass();
    expect(world.rows.get(4)).toMatchObject({ outcome: 'refused', guard: 'sessionPaused' });
    expect(world.placed).toEqual([]);
  });

  it('refuses for the lease when it is lost between the facts and the order', async () => {
    const world = createWorld();
    world.signals.set(4, 'long');
    await world.pass();
    world.closeBar(4);
    world.lease(null);
    await world.pass();
    expect(world.rows.get(4)?.guard).toBe('leaseLost');
    expect(world.placed).toEqual([]);
    world.closeBar(5);
    await world.pass();
    expect(world.rows.has(5), 'nothing is decided without the lease').toBe(false);
    const { syncs } = world;
    world.lease({ epoch: 9 });
    await world.pass();
    expect(world.syncs, 'another process may have traded meanwhile').toBe(syncs + 1);
    expect(world.rows.has(5)).toBe(true);
    expect(world.facts.at(-1)?.epoch).toBe(9);
  });
});

describe('crashing', () => {
  it('crashes with the error of a strategy that throws, and lets go of lease and market', async () => {
    const world = createWorld();
    world.throwsAt = 4;
    await world.pass();
    world.closeBar(4);
    await world.pass();
    expect(world.errors).toEqual([new Error('the strategy divided by zero')]);
    expect([world.leasesHeld, world.marketsOpen]).toEqual([0, 0]);
  });

  it.each(['gatherFacts', 'recordDecision', 'placeOrder', 'syncPosition'] as const)(
    'crashes when %s fails unexpectedly',
    async (port) => {
      const world = createWorld({ [port]: () => Promise.reject(new TypeError('a bug')) });
      world.signals.set(4, 'long');
      await world.pass();
      world.closeBar(4);
      await world.pass();
      world.closeBar(5);
      await world.pass();
      expect(world.errors).toEqual([new Error('a bug')]);
      expect([world.leasesHeld, world.marketsOpen]).toEqual([0, 0]);
    },
  );
});

describe('stopping', () => {
  const situations = {
    collecting: {},
    syncing: { syncPosition: never },
    signaling: { gatherFacts: never },
    ordering: { placeOrder: never },
  } as const;

  it.each(['collecting', 'syncing', 'signaling', 'ordering'] as const)(
    'releases lease and market when it is stopped in %s',
    async (state) => {
      const { syncPosition, ...rest } = { syncPosition: undefined, ...situations[state] };
      const world = createWorld(syncPosition === undefined ? rest : { syncPosition });
      world.signals.set(4, 'long');
      await world.pass();
      if (state === 'signaling' || state === 'ordering') world.closeBar(4);
      await world.pass();
      expect(world.snapshot().value).toBe(state);
      world.actor.send({ type: 'session.stop' });
      await world.pass(3_000);
      expect(world.snapshot().value).toBe('idle');
      expect([world.leasesHeld, world.marketsOpen]).toEqual([0, 0]);
      expect(world.snapshot().children).toEqual({});
      expect(world.clock.pending).toBe(0);
    },
  );

  it('decides the bars that have closed, without orders, before it goes idle', async () => {
    const world = createWorld({}, 'running', 2);
    world.signals.set(6, 'long');
    await world.pass();
    for (const time of [4, 5, 6]) world.closeBar(time);
    world.actor.send({ type: 'session.stop' });
    await world.pass();
    expect(world.snapshot().value).toBe('idle');
    expect([...world.rows.values()].map((row) => row.guard)).toEqual(Array(3).fill('sessionPaused'));
    expect(world.placed).toEqual([]);
  });

  it('starts anew when it is asked to while it stops', async () => {
    const world = createWorld();
    await world.pass();
    world.closeBar(4);
    world.actor.send({ type: 'session.stop' });
    world.actor.send({ type: 'session.start' });
    await world.pass();
    expect(world.snapshot().value).toBe('collecting');
    expect([world.leasesHeld, world.marketsOpen]).toEqual([1, 1]);
    expect(world.rows.has(4)).toBe(true);
  });
});
