import { type AnyActorRef, createActor } from 'xstate';
import type { Bar } from '../../machines/domain/bar.ts';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import { createDecider } from '../../machines/session/decide.ts';
import type { MarketNews } from '../../machines/session/session.events.ts';
import { withSessionPorts } from '../../machines/session/session.machine.ts';
import { smaKind } from '../../machines/strategies/sma.ts';
import { createDynamicSupervisor } from '../../machines/supervisor/dynamic.machine.ts';
import type { SupervisorCommand } from '../../machines/supervisor/supervisor.events.ts';
import { createSupervisor } from '../../machines/supervisor/supervisor.machine.ts';
import { recorded } from '../../src/inspect/draws.ts';
import { startWatchdog } from '../../src/process/watchdog.ts';
import { ActorDirectory } from '../../src/runtime/actor-directory.ts';
import { createFlightRecorder, type FlightRecorder } from '../../src/runtime/flight-recorder.ts';
import { fairFacts } from '../machines/session/facts.ts';
import { breathe } from './figure.ts';

const START = Date.UTC(2024, 0, 2);
const DAY = 86_400_000;
const PARAMETERS = { fast: 5, slow: 20 };

/** A price that trends and turns, so that both signals and silence come up. */
export function barAt(index: number): Bar {
  const close = 100 + 10 * Math.sin(index / 9) + (index % 3);
  return { time: START + index * DAY, open: close, high: close + 1, low: close - 1, close, volume: 1_000 };
}

const definitionOf = (index: number): SessionDefinition => ({
  id: `bench-${index}`,
  name: `Bench ${index}`,
  instrument: { symbol: 'BENCH', secType: 'STK', exchange: 'SMART', currency: 'USD' },
  timeframe: '1d',
  strategy: 'sma',
  sizing: { kind: 'fixed', quantity: '10' },
  orderType: 'MKT',
  limitOffsetBps: 0,
  allowShort: false,
  onDifference: 'adopt',
  bufferSize: 200,
  active: true,
  origin: 'config',
  thread: 'main',
});

export interface SessionsWorld {
  readonly directory: ActorDirectory;
  /** Decisions recorded so far. */
  readonly decided: () => number;
  add(index: number, startIn: 'idle' | 'running'): void;
  remove(index: number): void;
  group(number: number): AnyActorRef | undefined;
  session(index: number): AnyActorRef | undefined;
  /** Hands one closed bar to every session that has its market open. */
  publish(bar: Bar): void;
  /** Sessions that exist and run. */
  running(): number;
  close(): Promise<void>;
}

/**
 * Real session machines under the real supervisors with the actor directory of the runtime; what lies outside
 * (market, database, broker) answers at once.
 * @param watching none; the flight recorder as in production, with a sink that drops the encoded text, because the
 *   database works in a process of its own; or that and the watchdog
 */
export function createSessionsWorld(watching: 'none' | 'journal' | 'all'): SessionsWorld {
  const listeners = new Set<(news: MarketNews) => void>();
  const history = Array.from({ length: 60 }, (_, index) => barAt(index));
  let decided = 0;
  const fail = (message: string): never => {
    throw new Error(message);
  };
  const directory = new ActorDirectory({
    onChange: () => undefined,
    onFault: fail,
    onUnreachable: () => undefined,
    statsOf: () => ({ depth: 0, peak: 0, handled: 0 }),
  });
  const watchdog =
    watching === 'all'
      ? startWatchdog({ ...{ now: Date.now, hangMs: 60_000 }, onStall: () => undefined, onFault: fail })
      : null;
  const recorder: FlightRecorder | null =
    watching !== 'none'
      ? createFlightRecorder({
          sink: { append: async () => undefined, version: async () => 1 },
          firstSeq: 1,
          program: 'bench',
          wanted: 'full',
          capacity: 50_000,
          inspectors: [{ types: ['@xstate.actor', '@xstate.snapshot'], inspect: directory.inspect }],
          turns: watchdog?.turns ?? null,
          onFault: fail,
          onDetail: () => undefined,
          onDeadLetter: () => undefined,
        })
      : null;
  const now = recorded(Date.now);
  const session = withSessionPorts({
    now,
    holdLease: (_, listener) => {
      listener({ epoch: 1 });
      return () => undefined;
    },
    openMarket: (_, listener) => {
      listeners.add(listener);
      listener({ type: 'market.history', bars: history });
      listener({ type: 'market.live' });
      return () => listeners.delete(listener);
    },
    createDecider: async (definition) => createDecider({ definition, kind: smaKind, parameters: PARAMETERS }),
    gatherFacts: async (_, request) => ({ ...fairFacts, late: request.late }),
    recordDecision: async () => {
      decided += 1;
      return true;
    },
    placeOrder: async ({ decision }) => {
      decided += 1;
      return { ref: `bench-${decision.sessionId}-${decision.barTime}`, result: { outcome: 'accepted' } };
    },
    syncPosition: async () => ({
      account: 'DU1',
      instrumentId: 'BENCH.STK.SMART.USD',
      symbol: 'BENCH',
      quantity: '0',
      averageCost: null,
      at: now(),
    }),
  });
  const policy = {
    intensity: 100,
    periodMs: 60_000,
    backoff: { minMs: 0, maxMs: 0, factor: 1, jitterFraction: 0 },
    healthyAfterMs: 60_000,
  };
  const common = { now, random: recorded(Math.random) };
  const sessions = createDynamicSupervisor({
    ...common,
    id: 'sessions',
    logics: { session },
    policy,
    childPolicy: policy,
    groupShutdownMs: 1_000,
  });
  const root = createSupervisor({
    ...common,
    ...policy,
    strategy: 'restForOne',
    id: 'root',
    logics: { sessions },
    children: [{ id: 'sessions', logic: 'sessions', restart: 'permanent', shutdownMs: 5_000 }],
  });
  const actor = createActor(root, { id: 'root', inspect: recorder?.inspect ?? directory.inspect });
  actor.subscribe({ error: () => undefined });
  actor.start();
  const idOf = (index: number): string => `session:bench-${index}`;
  const command = (event: SupervisorCommand) => directory.tell('sessions', event);

  return {
    directory,
    decided: () => decided,
    add(index, startIn) {
      const input = { definition: definitionOf(index), startIn };
      const spec = {
        id: idOf(index),
        logic: 'session',
        input,
        restart: 'permanent',
        shutdownMs: 500,
      } as const;
      command({ type: 'supervisor.startChild', spec });
    },
    remove(index) {
      command({ type: 'supervisor.stopChild', id: idOf(index) });
      directory.forget(idOf(index));
    },
    group: (number) => directory.running(`group:${number}`),
    session: (index) => directory.running(idOf(index)),
    publish(bar) {
      for (const listener of listeners) listener({ type: 'market.bar', bar, late: false });
    },
    running: () =>
      directory.views().filter(({ path, status }) => /\/session:[^/]+$/.test(path) && status === 'active')
        .length,
    async close() {
      await new Promise<void>((done) => {
        actor.subscribe({ complete: done, error: () => done() });
        actor.send({ type: 'supervisor.shutdown' });
      });
      await recorder?.close(1_000);
      await watchdog?.stop();
      await breathe();
    },
  };
}
