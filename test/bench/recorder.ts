/**
 * What the flight recorder costs: `node test/bench/recorder.ts [rounds]`. Events per second through a trivial machine
 * and through the real session machine deciding bars, without and with the recorder, encoding included.
 */
import { execFileSync } from 'node:child_process';
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
          rest: nothing,
          crashed: nothing,
          ended: nothing,
          deadLetter: nothing,
        };
  const probe = probeSystem({ observer, onFault: fail });
  const inspect = mode === 'bare' ? {} : { inspect: probe.inspect };
  return {
    sink,
    make: <L extends AnyActorLogic>(logic: L, input?: unknown) =>
      createActor(logic, { ...inspect, input } as never),
    async drained(): Promise<void> {
      // As long in every mode: a processor that has rested is slower for a while.
      await new Promise((resolve) => setTimeout(resolve, 120));
      while (recorder.status.buffered > 0) await pause();
      if (recorder.status.lost > 0 || recorder.status.cause !== null) fail('entries were lost');
    },
  };
}

/** CPU time of this thread so far, ms: what else runs on the machine does not count. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** The least of several spells: what else runs on the machine only ever adds. */
async function leastOf(spell: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 14; i += 1) least = Math.min(least, await spell());
  return least;
}

/** ns per event. */
async function trivial(mode: Mode) {
  const { make, sink, drained } = watched(mode);
  const actor = make(
    createMachine({ initial: 'a', states: { a: { on: { go: 'b' } }, b: { on: { go: 'a' } } } }),
  );
  actor.start();
  const events = 20_000;
  const ns = await leastOf(async () => {
    const began = cpuMs();
    for (let i = 0; i < events; i += 1) {
      actor.send({ type: 'go', number: i } as never);
      if (i % 1_000 === 0) await pause();
    }
    await drained();
    return ((cpuMs() - began) * 1e6) / events;
  });
  return { ns, note: `${Math.round(sink.bytes / sink.entries)} bytes an entry` };
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
async function session(mode: Mode) {
  const { make, sink, drained } = watched(mode);
  const sessions = 50;
  const bars = 40;
  let decided = 0;
  const all = Array.from({ length: sessions }, () => {
    const { ports, tell } = sessionPorts(() => {
      decided += 1;
    });
    make(withSessionPorts(ports), { definition, startIn: 'running' }).start();
    return tell;
  });
  for (let i = 0; i < 20; i += 1) await pause();
  await drained();
  let bar = 0;
  const { entries } = sink;
  const ns = await leastOf(async () => {
    const began = cpuMs();
    for (let i = 0; i < bars; i += 1) {
      bar += 1;
      for (const tell of all) tell({ type: 'market.bar', bar: barAt(1_000 + bar), late: false });
      while (decided < bar * sessions) await pause();
      for (let turn = 0; turn < 3; turn += 1) await pause();
    }
    await drained();
    return ((cpuMs() - began) * 1e6) / (bars * sessions);
  });
  const each = ((sink.entries - entries) / (bar * sessions)).toFixed(1);
  return { ns, note: `${each} entries a bar, ${Math.round(sink.bytes / sink.entries)} bytes each` };
}

const [, file = '', first = '3', mode] = process.argv;
if (mode !== undefined) {
  // Each runs in a process of its own, so that none is optimised for another's actors.
  console.log(JSON.stringify(await (first === 'trivial' ? trivial : session)(mode as Mode)));
} else {
  const best = new Map<string, { ns: number; note: string }>();
  for (let round = 0; round < Number(first); round += 1) {
    for (const what of ['trivial', 'session']) {
      for (const each of ['bare', 'probe', 'recorder']) {
        const run = JSON.parse(execFileSync(process.execPath, [file, what, each], { encoding: 'utf8' }));
        const key = `${what} ${each}`;
        if (run.ns < (best.get(key)?.ns ?? Number.POSITIVE_INFINITY)) best.set(key, run);
      }
    }
  }
  for (const [key, { ns, note }] of best) {
    const bare = best.get(`${key.split(' ')[0]} bare`)?.ns ?? ns;
    const ratio = `${Math.round((ns / bare - 1) * 100)} % more time`;
    console.log(
      `${key}: ${Math.round(ns)} ns, ${Math.round(1e9 / ns)}/s, ${ratio}`,
      key.endsWith('recorder') ? note : '',
    );
  }
}
