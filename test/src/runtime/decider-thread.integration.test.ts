import { afterEach, describe, expect, it } from 'vitest';
import type { Bar } from '../../../machines/domain/bar.ts';
import { createDecider } from '../../../machines/session/decide.ts';
import { strategyKinds } from '../../../machines/strategies/registry.ts';
import {
  type DeciderThread,
  type DeciderThreadOptions,
  startDeciderThread,
} from '../../../src/runtime/decider-thread.ts';
import { createSessionPorts, type SessionPortsOptions } from '../../../src/runtime/session-ports.ts';
import { barAt, definition as base, fairFacts } from '../../machines/session/facts.ts';
import { createWorld } from '../../machines/session/session.world.ts';
import { sp500 } from '../../ui/support/mock-data.ts';
import { strategyKinds as unruly } from './unruly-kinds.ts';

const definition = { ...base, id: 'orcl', strategy: 'mine', thread: 'worker' } as const;
const kindsModule = new URL('./unruly-kinds.ts', import.meta.url);
const quiet = barAt(1, 100);
const unrulyBar = (time: number): Bar => barAt(time, 101);

/** For machines that are busy. */
const patience = { timeout: 20_000 };

const threads: DeciderThread[] = [];
async function start(kind: string, more: Partial<DeciderThreadOptions> = {}): Promise<DeciderThread> {
  const thread = await startDeciderThread({ definition, kind, parameters: {}, kindsModule, ...more });
  threads.push(thread);
  return thread;
}
afterEach(async () => {
  for (const thread of threads) thread.close();
  await Promise.all(threads.splice(0).map((thread) => thread.ended));
});

/** Worst lateness of a 5 ms beat of the event loop while some work goes on. */
async function worstDelayDuring(work: () => unknown): Promise<number> {
  let worst = 0;
  let last = performance.now();
  const look = (): void => {
    const at = performance.now();
    worst = Math.max(worst, at - last - 5);
    last = at;
  };
  const beat = setInterval(look, 5);
  await work();
  look();
  clearInterval(beat);
  return worst;
}

describe('a strategy in a thread of its own', () => {
  it('holds up nobody while it computes, which it does on the main thread', async () => {
    const thread = await start('burns', { parameters: { ms: 300 } });
    const here = createDecider({ definition, kind: unruly.burns, parameters: { ms: 300 } });
    const [onMain, inThread]: [number[], number[]] = [[], []];
    for (const time of [2, 3, 4, 5, 6]) {
      const bar = unrulyBar(time);
      inThread.push(await worstDelayDuring(() => thread.decide(bar, fairFacts)));
      onMain.push(await worstDelayDuring(() => here.decide(bar, fairFacts)));
    }
    expect(Math.min(...onMain)).toBeGreaterThan(250);
    // The best of five: what else this machine does meanwhile is not the thread's fault.
    expect(Math.min(...inThread)).toBeLessThan(50);
  });

  it.each(Object.values(strategyKinds))('decides as on the main thread: $kind', async (kind) => {
    const bars = sp500().slice(0, 600);
    const here = createDecider({ definition, kind, parameters: kind.parameters.parse({}) });
    const thread = await start(kind.kind);
    here.warm(bars.slice(0, 250));
    await thread.warm(bars.slice(0, 250));
    let orders = 0;
    let position = 0;
    for (const [i, bar] of bars.slice(250).entries()) {
      const facts = { ...fairFacts, positionQuantity: String(position), late: i % 7 === 0 };
      const decision = here.decide(bar, facts);
      expect(await thread.decide(bar, facts)).toEqual(decision);
      if (decision.order === null) continue;
      orders += 1;
      position += Number(decision.order.quantity) * (decision.order.side === 'BUY' ? 1 : -1);
    }
    expect(orders).toBeGreaterThan(0);
  });

  it.each([
    ['throws', 'it threw: divided by zero', {}],
    ['loops', 'its thread was ended: found no answer within 200 ms, expected one', { decideTimeoutMs: 200 }],
    ['exits', 'its thread was gone: it exited with code 3', {}],
    ['hoards', 'its thread was ended: it needed more than 32 MB of memory', { memoryLimitMb: 32 }],
  ])('that %s is ended with its cause', async (kind, cause, more) => {
    const thread = await start(kind, more);
    expect((await thread.decide(quiet, fairFacts)).signal).toBe('long');
    const message = `session "orcl", strategy "mine": ${cause}`;
    await expect(thread.decide(unrulyBar(2), fairFacts)).rejects.toThrow(message);
    await thread.ended;
    await expect(thread.decide(barAt(3), fairFacts), 'asked once more').rejects.toThrow(message);
  });

  it('that throws between two bars tells so at once', async () => {
    const thread = await start('throwsLater');
    const broken = new Promise<Error>((done) => thread.onBroken(done));
    // On a busy machine it throws before its answer is read: then the question itself fails with it.
    const told = thread.decide(unrulyBar(2), fairFacts).then(
      () => broken,
      (error: Error) => error,
    );
    expect((await told).message).toBe('session "orcl", strategy "mine": it threw: divided by zero');
    await thread.ended;
  });

  it('may warm up for longer than one bar may take', async () => {
    const thread = await start('burns', { parameters: { ms: 200 }, decideTimeoutMs: 1_000 });
    await thread.warm([2, 3, 4, 5, 6, 7, 8, 9].map(unrulyBar));
    expect((await thread.decide(quiet, fairFacts)).outcome).toBe('order');
  });

  it('is ended by the deadline when one bar of its warm-up never ends', async () => {
    const thread = await start('loops', { decideTimeoutMs: 200 });
    await expect(thread.warm([quiet, unrulyBar(2)])).rejects.toThrow('no answer within 200 ms');
    await thread.ended;
  });

  it.each([
    ['is known to nobody', 'bogus', {}, 'kind: found "bogus", expected one of sma, rsi, enhanced'],
    ['has bad parameters', 'sma', { parameters: { fast: 'x' } }, 'it threw'],
    [
      'has no module',
      'burns',
      { kindsModule: new URL('./no-such-file.ts', import.meta.url) },
      'no-such-file',
    ],
    ['is not ready in time', 'burns', { startTimeoutMs: 1 }, 'no answer within 1 ms'],
  ])('is not started when it %s', async (_, kind, more, cause) => {
    await expect(start(kind, more)).rejects.toThrow(cause);
  });

  it('is gone after it was closed in the middle of a decision', async () => {
    const thread = await start('loops');
    const decision = thread.decide(unrulyBar(2), fairFacts);
    thread.close();
    await expect(decision).rejects.toThrow('its thread was closed');
    await thread.ended;
  });
});

describe('a session whose strategy has a thread', () => {
  it('gets one by its definition', async () => {
    const stored = { name: 'mine', kind: 'sma', parameters: {} };
    const ports = createSessionPorts({
      store: { strategies: { get: async () => stored } },
    } as unknown as SessionPortsOptions);
    const inThread = await ports.createDecider(definition);
    const here = await ports.createDecider({ ...definition, thread: 'main' });
    const decision = inThread.decide(quiet, fairFacts);
    expect(decision).toBeInstanceOf(Promise);
    expect(here.decide(quiet, fairFacts)).toEqual(await decision);
    expect(here.close).toBeUndefined();
    inThread.close?.();
  });

  const withThread = (kind: string, made: DeciderThread[]) =>
    createWorld({
      createDecider: async () => {
        const thread = await start(kind, { decideTimeoutMs: 500 });
        made.push(thread);
        return thread;
      },
      gatherFacts: async () => fairFacts,
    });

  it('decides its bars and leaves no thread after its stop', async () => {
    const made: DeciderThread[] = [];
    const world = withThread('burns', made);
    await world.pass();
    world.closeBar(4);
    await expect.poll(() => world.decided.length, patience).toBe(1);
    expect(world.decided[0]).toMatchObject({ sessionId: 'orcl', barTime: 4, outcome: 'order' });
    world.actor.send({ type: 'session.stop' });
    await made[0]?.ended;
    expect(world.errors).toEqual([]);
  });

  it('crashes with the cause when the thread never answers; the next actor has a thread of its own', async () => {
    const made: DeciderThread[] = [];
    const world = withThread('loops', made);
    await world.pass();
    world.market({ type: 'market.bar', bar: unrulyBar(4), late: false });
    await expect.poll(() => world.errors, patience).toHaveLength(1);
    expect(String(world.errors[0])).toContain('no answer within 500 ms');
    await made[0]?.ended;
    const again = withThread('loops', made);
    await again.pass();
    again.closeBar(4);
    await expect.poll(() => again.decided.length, patience).toBe(1);
    expect(made).toHaveLength(2);
  });
});
