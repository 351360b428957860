import { createActor, type InspectionEvent, type SnapshotFrom } from 'xstate';
import type { Bar } from '../../../machines/domain/bar.ts';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import type { Decision, Signal } from '../../../machines/domain/decision.ts';
import type { SessionDefinition } from '../../../machines/domain/session.ts';
import type { DecisionFacts } from '../../../machines/session/decide.ts';
import type { Lease, MarketNews, SessionInput } from '../../../machines/session/session.events.ts';
import { type sessionMachine, withSessionPorts } from '../../../machines/session/session.machine.ts';
import type { PlacedOrder } from '../../../machines/session/session.placed.ts';
import type { FactsRequest, SessionPorts } from '../../../machines/session/session.ports.ts';
import { recorded } from '../../../src/inspect/draws.ts';
import { createQueueClock, settle } from '../../support/clock.ts';

export const definition: SessionDefinition = {
  id: 'oracle',
  name: 'Oracle',
  instrument: { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' },
  timeframe: '5m',
  strategy: 'sma-default',
  sizing: { kind: 'fixed', quantity: '1' },
  orderType: 'MKT',
  limitOffsetBps: 0,
  allowShort: false,
  onDifference: 'adopt',
  thread: 'main',
  bufferSize: 200,
  active: true,
  origin: 'config',
};

export const bar = (time: number): Bar => ({ time, open: 1, high: 1, low: 1, close: 1, volume: 1 });

export class FakeStoreError extends Error {
  override readonly name = 'StoreError';
}

/** What the world answers to one order. */
export type OrderAnswer =
  | 'accepted'
  | 'rejected'
  | 'unknown'
  | 'notSentCommitted'
  | 'leaseLost'
  | 'notReady'
  | 'storeDown'
  /** Fails before the commit. */
  | 'failsBefore'
  /** Fails with the commit already made. */
  | 'failsAfter';

/** A world around one session: every port is faked, every call is seen, every failure can be ordered. */
export function createWorld(
  overrides: Partial<SessionPorts> = {},
  startIn: SessionInput['startIn'] = 'running',
  firstSyncFailures = 0,
  inspect: (event: InspectionEvent) => void = () => {},
) {
  const clock = createQueueClock(1_000_000);
  const world = {
    clock,
    historyBars: [bar(1), bar(2), bar(3)] as readonly Bar[],
    /** Signal by bar; `hold` when absent. */
    signals: new Map<number, Signal>(),
    throwsAt: null as number | null,
    storeFailures: 0,
    factsFailures: 0,
    syncFailures: firstSyncFailures,
    answers: [] as OrderAnswer[],
    /** The decision rows of the database. */
    rows: new Map<number, Decision>(),
    decided: [] as Decision[],
    states: [] as string[],
    warmedWith: [] as number[],
    decidedBy: [] as number[],
    facts: [] as FactsRequest[],
    placed: [] as number[],
    syncs: 0,
    errors: [] as unknown[],
    leasesHeld: 0,
    marketsOpen: 0,
    lease: (_: Lease | null): void => {},
    market: (_: MarketNews): void => {},
    startLease: { epoch: 7 } as Lease | null,
  };
  const commit = (decision: Decision): boolean => {
    if (world.rows.has(decision.barTime)) return false;
    world.rows.set(decision.barTime, decision);
    return true;
  };
  const place = (decision: Decision): PlacedOrder => {
    world.placed.push(decision.barTime);
    const answer = world.answers.shift() ?? 'accepted';
    const ref = `ref-${decision.barTime}`;
    switch (answer) {
      case 'failsBefore':
        throw new FakeStoreError('the database is away');
      case 'failsAfter':
        commit({ ...decision, orderRef: ref });
        throw new FakeStoreError('the answer was lost');
      case 'leaseLost':
      case 'notReady':
      case 'storeDown':
        return { ref: null, result: { outcome: 'notSent', reason: answer } };
      case 'notSentCommitted':
        commit({ ...decision, orderRef: ref });
        return { ref, result: { outcome: 'notSent', reason: 'notReady' } };
      default:
        commit({ ...decision, orderRef: ref });
        return { ref, result: { outcome: answer } };
    }
  };
  const decide = (at: Bar, request: FactsRequest): Decision => {
    world.decidedBy.push(at.time);
    if (world.throwsAt === at.time) throw new Error('the strategy divided by zero');
    const signal = world.signals.get(at.time) ?? 'hold';
    const isFree = !request.paused && !request.late && !request.superseded;
    const isOrder = signal !== 'hold' && isFree;
    return {
      sessionId: definition.id,
      instrumentId: 'ORCL.STK.SMART.USD',
      barTime: at.time,
      at: clock.now(),
      close: at.close,
      signal,
      outcome: isOrder ? 'order' : 'refused',
      guard: isOrder ? null : request.paused ? 'sessionPaused' : request.late ? 'barLate' : 'noSignal',
      reason: '',
      values: {},
      order: null,
      orderRef: null,
    };
  };
  const ports: SessionPorts = {
    now: recorded(() => clock.now()),
    holdLease(_, listener) {
      world.leasesHeld += 1;
      world.lease = listener;
      listener(world.startLease);
      return () => {
        world.leasesHeld -= 1;
      };
    },
    openMarket(_, listener) {
      world.marketsOpen += 1;
      world.market = listener;
      listener({ type: 'market.history', bars: world.historyBars });
      listener({ type: 'market.live' });
      return () => {
        world.marketsOpen -= 1;
      };
    },
    createDecider: async () => ({
      warm: (bars) => {
        world.warmedWith.push(...bars.map((at) => at.time));
      },
      // The facts of these tests are the request itself; the real decider has its own tests.
      decide: (at, facts) => decide(at, facts as unknown as FactsRequest),
    }),
    async gatherFacts(_, request) {
      world.facts.push(request);
      if (world.factsFailures-- > 0) throw new FakeStoreError('the database is away');
      return request as unknown as DecisionFacts;
    },
    async recordDecision(decision) {
      if (world.storeFailures-- > 0) throw new FakeStoreError('the database is away');
      return commit(decision);
    },
    placeOrder: async ({ decision }) => place(decision),
    async syncPosition() {
      world.syncs += 1;
      if (world.syncFailures-- > 0) throw new BrokerError('unavailable', 'no connection');
      return {
        account: 'DU1',
        instrumentId: 'ORCL.STK.SMART.USD',
        symbol: 'ORCL',
        quantity: '0',
        averageCost: null,
        at: clock.now(),
      };
    },
    ...overrides,
  };
  const actor = createActor(withSessionPorts(ports), {
    id: 'root',
    input: { definition, startIn },
    clock,
    inspect,
  });
  actor.subscribe({ error: (error) => world.errors.push(error) });
  actor.on('session.changed', ({ view }) => {
    if (world.states.at(-1) !== view.state) world.states.push(view.state);
  });
  actor.on('session.decided', ({ decision }) => world.decided.push(decision));
  actor.start();
  return Object.assign(world, {
    actor,
    closeBar: (time: number, late = false) => world.market({ type: 'market.bar', bar: bar(time), late }),
    /** Lets promises and the timers of a while run. */
    async pass(ms = 0) {
      await settle();
      await clock.advanceSettled(ms);
      await settle();
    },
    snapshot: () => actor.getSnapshot() as SnapshotFrom<typeof sessionMachine>,
  });
}
