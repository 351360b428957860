/**
 * What the flight recorder costs: `node test/bench/recorder.ts [rounds]`. Events per second through a trivial machine
 * and through the real session machine deciding bars, without and with the recorder, encoding included.
 */
import { type AnyActorLogic, createActor, createMachine } from 'xstate';
import type { Decision } from '../../machines/domain/decision.ts';
import type { MarketNews } from '../../machines/session/session.events.ts';
import { withSessionPorts } from '../../machines/session/session.machine.ts';
import type { SessionPorts } from '../../machines/session/session.ports.ts';
import { recorded } from '../../src/inspect/draws.ts';
import { probeSystem } from '../../src/inspect/probe.ts';
import { Recorder } from '../../src/inspect/recorder.ts';
import type { JournalSink } from '../../src/inspect/writer.ts';
import { definition } from '../machines/session/session.world.ts';

const fail = (message: string): never => {
  throw new Error(message);
};

/** Takes the text and throws it away. */
class Discard implements JournalSink {
  entries = 0;
  bytes = 0;
  async append(entries: readonly { data: string }[]): Promise<void> {
    this.entries += entries.length;
    for (const { data } of entries) this.bytes += data.length;
  }
  async version(): Promise<number> {
    return 1;
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Mode = 'bare' | 'probe' | 'recorder';

function watched(mode: Mode) {
  const sink = new Discard();
  const recorder = new Recorder({
    sink,
    firstSeq: 1,
    program: 'bench',
    onFault: fail,
    writer: { capacity: 200_000 },
  });
  const nothing = () => {};
  let seq = 0;
  const observer =
    mode === 'recorder'
      ? recorder
      : {
          begin: (turn: { seq: number }) => {
            seq += 1;
            turn.seq = seq;
          },
          end: nothing,
          crashed: nothing,
          ended: nothing,
          deadLetter: nothing,
        };
  const probe = probeSystem({ observer, onFault: fail, slowTurnMs: 1_000 });
  const inspect = mode === 'bare' ? {} : { inspect: probe.inspect };
  return {
    sink,
    make: <L extends AnyActorLogic>(logic: L, input?: unknown) =>
      createActor(logic, { ...inspect, input } as never),
    async drained(): Promise<void> {
      while (recorder.status.buffered > 0) await pause();
      if (recorder.status.lost > 0 || recorder.status.cause !== null) fail('entries were lost');
    },
  };
}

/** ns per event. */
async function trivial(mode: Mode, events: number) {
  const { make, sink, drained } = watched(mode);
  const actor = make(
    createMachine({ initial: 'a', states: { a: { on: { go: 'b' } }, b: { on: { go: 'a' } } } }),
  );
  actor.start();
  const began = performance.now();
  for (let i = 0; i < events; i += 1) {
    actor.send({ type: 'go', number: i } as never);
    if (i % 1_000 === 0) await pause();
  }
  await drained();
  return { ns: ((performance.now() - began) * 1e6) / events, sink };
}

function sessionPorts(onDecided: () => void): { ports: SessionPorts; tell: (news: MarketNews) => void } {
  let market: (news: MarketNews) => void = () => {};
  const history = Array.from({ length: 200 }, (_, i) => barAt(i + 1));
  const ports: SessionPorts = {
    now: recorded(Date.now),
    holdLease(_, listener) {
      listener({ epoch: 1 });
      return () => {};
    },
    openMarket(_, listener) {
      market = listener;
      listener({ type: 'market.history', bars: history });
      listener({ type: 'market.live' });
      return () => {};
    },
    createDecider: async () => ({
      warm: () => {},
      decide: (bar): Decision => ({
        sessionId: definition.id,
        instrumentId: 'ORCL.STK.SMART.USD',
        barTime: bar.time,
        at: bar.time,
        close: bar.close,
        signal: 'hold',
        outcome: 'refused',
        guard: 'noSignal',
        reason: 'the short average is above the long one, as before',
        values: { short: 101.5, long: 100.25 },
        order: null,
        orderRef: null,
      }),
    }),
    gatherFacts: async (_, request) => request as never,
    recordDecision: async () => {
      onDecided();
      return true;
    },
    placeOrder: async () => fail('no order is wanted'),
    syncPosition: async () => ({
      account: 'DU1',
      instrumentId: 'ORCL.STK.SMART.USD',
      symbol: 'ORCL',
      quantity: '0',
      averageCost: null,
      at: 0,
    }),
  };
  return { ports, tell: (news) => market(news) };
}

const barAt = (time: number) => ({
  time,
  open: 100.5,
  high: 101.25,
  low: 99.75,
  close: 100.1,
  volume: 12_345,
});

/** ns per bar and session, from the bar to its record. */
async function session(mode: Mode, sessions: number, bars: number) {
  const { make, sink, drained } = watched(mode);
  let decided = 0;
  const all = Array.from({ length: sessions }, () => {
    const { ports, tell } = sessionPorts(() => {
      decided += 1;
    });
    const actor = make(withSessionPorts(ports), { definition, startIn: 'running' });
    actor.start();
    return tell;
  });
  for (let i = 0; i < 20; i += 1) await pause();
  await drained();
  const { entries } = sink;
  const began = performance.now();
  for (let bar = 1; bar <= bars; bar += 1) {
    for (const tell of all) tell({ type: 'market.bar', bar: barAt(1_000 + bar), late: false });
    while (decided < bar * sessions) await pause();
    for (let i = 0; i < 3; i += 1) await pause();
  }
  await drained();
  const ns = ((performance.now() - began) * 1e6) / (bars * sessions);
  return { ns, sink, entries: (sink.entries - entries) / (bars * sessions) };
}

const rounds = Number(process.argv[2] ?? 3);
const best = new Map<string, number>();
const keep = (name: string, ns: number) =>
  best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, ns));
for (let round = 0; round < rounds; round += 1) {
  for (const mode of ['bare', 'probe', 'recorder'] as const) {
    const one = await trivial(mode, 100_000);
    keep(`trivial ${mode}`, one.ns);
    const many = await session(mode, 50, 100);
    keep(`session ${mode}`, many.ns);
    if (round === 0 && mode === 'recorder') {
      const bytes = Math.round(one.sink.bytes / one.sink.entries);
      console.log(
        `entries: ${bytes} bytes (trivial), ${Math.round(many.sink.bytes / many.sink.entries)} bytes and ${many.entries.toFixed(1)} a bar (session)`,
      );
    }
  }
}
for (const what of ['trivial', 'session']) {
  const bare = best.get(`${what} bare`) ?? 0;
  for (const mode of ['bare', 'probe', 'recorder']) {
    const ns = best.get(`${what} ${mode}`) ?? 0;
    console.log(
      `${what} ${mode}: ${Math.round(ns)} ns, ${Math.round(1e9 / ns)}/s, ${Math.round((ns / bare - 1) * 100)} % more time`,
    );
  }
}
