import { randomInt } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import { encode } from '../../../src/inspect/codec.ts';
import { drawFrom } from '../../chaos/random.ts';
import { until } from '../../support/system.ts';
import { beginWorld, idOf, poison, symbols, type World } from './trading.world.ts';

interface Moment {
  readonly path: string;
  readonly seq: number;
  readonly value: string;
  readonly context: string;
}

const text = (value: unknown): string => JSON.stringify(encode(value));

describe('the journal of a busy run', () => {
  let world: World;

  afterEach(async () => {
    await world.end();
  });

  /** What a machine that runs is right now. */
  const momentOf = (path: string): Moment | null => {
    const { directory, recorder } = world.trading;
    const ref = directory.at(path);
    const snapshot = ref?.getSnapshot() as AnyMachineSnapshot | undefined;
    if (snapshot?.status !== 'active') return null;
    return {
      path,
      seq: recorder.lastSeq(),
      value: text(snapshot.value),
      context: text(snapshot.context),
    };
  };

  it('gives back what any actor was at any moment, through crashes of all of them', async () => {
    world = await beginWorld();
    const seed = randomInt(1_000_000);
    const draw = drawFrom(seed);
    const moments: Moment[] = [];
    const sample = setInterval(() => {
      const paths = world.trading.directory.views().map(({ path }) => path) as [string, ...string[]];
      const moment = momentOf(draw.pick(paths));
      if (moment !== null) moments.push(moment);
    }, 15);
    const [first = ''] = symbols;
    const felling: readonly (readonly [string, { type: string }])[] = [
      ['orderDesk', { type: 'desk.submit' }],
      [`session:${idOf(first)}`, poison('session.crash', 'message')],
      ['connection', poison('socket.notice', 'code')],
      ['risk', poison('risk.halt', 'cause')],
    ];
    for (const [id, event] of felling) {
      await world.crash(id, event);
      await world.open();
      await world.trades(1);
    }
    clearInterval(sample);
    const last = moments.at(-1)?.seq ?? 0;
    const { journal } = world.trading.dashboard;
    await until('all of it is written', async () => {
      const page = await journal.list({ below: false, limit: 1, order: 'newest' });
      return (page.items[0]?.seq ?? 0) >= last;
    });

    const actors = new Set<string>();
    const picked = Array.from({ length: 120 }, () => draw.pick(moments as [Moment, ...Moment[]]));
    for (const moment of picked) {
      const rebuilt = await journal.rebuild(moment.path, moment.seq);
      const what = `${moment.path} at ${moment.seq}, seed ${seed}`;
      expect(JSON.stringify(rebuilt.value), what).toBe(moment.value);
      expect(JSON.stringify(rebuilt.context), what).toBe(moment.context);
      actors.add(moment.path);
    }
    expect(actors.size).toBeGreaterThan(10);
  }, 120_000);

  it('tells one trace from a bar to its order, each by its cause', async () => {
    world = await beginWorld();
    const { journal } = world.trading.dashboard;
    const page = await journal.list({
      ...{ actor: 'root/sessions', below: true, kinds: ['step'], text: 'decider.decided' },
      ...{ limit: 1, order: 'newest' },
    });
    const [decided] = page.items;
    expect(decided).toBeDefined();
    const chain: string[] = [];
    for (let seq = decided?.cause ?? null; seq !== null; ) {
      const [entry] = (
        await journal.list({ below: false, afterSeq: seq - 1, beforeSeq: seq + 1, limit: 1, order: 'oldest' })
      ).items;
      if (entry === undefined) break;
      chain.push(`${entry.kind} ${entry.actor.split('/').at(-1)}`);
      seq = entry.cause;
    }
    // From the decider back to the session that asked it, and to what woke the session.
    expect(chain[0]).toMatch(/decider$/);
    expect(chain.some((link) => link.includes('session:'))).toBe(true);
  }, 60_000);

  it('has crashes with the last good state, restarts, reports, decisions and dead letters', async () => {
    world = await beginWorld();
    await world.crash('orderDesk', { type: 'desk.submit' });
    await world.open();
    world.trading.directory.tell('nobody', { type: 'anything' });
    const { journal } = world.trading.dashboard;
    const entries = async (kind: 'crash' | 'restart' | 'report' | 'decision' | 'deadLetter' | 'run') =>
      (await journal.list({ below: false, kinds: [kind], limit: 5, order: 'newest' })).items;
    await until('all kinds are written', async () => (await entries('deadLetter')).length > 0);
    // Others may fail because it did.
    const crashes = await entries('crash');
    expect(crashes.find(({ actor }) => actor === 'root/broker/orderDesk')).toMatchObject({
      data: { lastGood: { status: 'active', context: expect.anything() }, event: { type: 'desk.submit' } },
    });
    expect((await entries('restart'))[0]).toMatchObject({
      actor: 'root/broker',
      data: { supervisor: 'broker', offender: expect.any(String) },
    });
    expect((await entries('report'))[0]).toMatchObject({
      data: { supervisor: 'broker', context: 'childTerminated', offender: 'orderDesk' },
    });
    expect((await entries('decision'))[0]).toMatchObject({ data: { sessionId: expect.any(String) } });
    expect((await entries('run'))[0]).toMatchObject({ actor: 'process' });
  }, 60_000);
});
