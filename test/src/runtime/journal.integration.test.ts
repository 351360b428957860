import { randomInt } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import { z } from 'zod';
import type { JournalKind } from '../../../machines/domain/journal.ts';
import type { JournalEntryView } from '../../../src/contract/supervision.schema.ts';
import { encode } from '../../../src/inspect/codec.ts';
import { drawFrom } from '../../chaos/random.ts';
import { sql } from '../../support/sql.ts';
import { until } from '../../support/system.ts';
import { beginWorld, idOf, poison, symbols, type World } from './trading.world.ts';

/** What is read here of an entry's data. */
const eventSchema = z.object({
  event: z.object({
    type: z.string(),
    bar: z.object({ time: z.number() }).optional(),
    decision: z.object({ barTime: z.number() }).optional(),
  }),
});
const tickSummarySchema = z.object({
  ...{ instrumentId: z.string(), count: z.number(), from: z.number(), to: z.number() },
  ...{ low: z.number(), high: z.number() },
});

interface Moment {
  readonly path: string;
  readonly seq: number;
  readonly value: string;
  readonly context: string;
}

/** An event of a child that the hub never had: it fells the hub. */
const stranger = {
  type: 'xstate.error.actor.stranger',
  actorId: 'stranger',
  error: new Error('crash'),
} as const;

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

  it('gives back what any actor was at any moment, through a crash of each service and of a session', async () => {
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
      ['portfolio', { type: 'connection.ready' }],
      ['connection', poison('socket.notice', 'code')],
      ['marketData', stranger],
      ['risk', poison('risk.halt', 'cause')],
      ['store', poison('ping.slow', 'tookMs')],
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
      expect(rebuilt.status, what).toBe('active');
      expect(JSON.stringify(rebuilt.value), what).toBe(moment.value);
      expect(JSON.stringify(rebuilt.context), what).toBe(moment.context);
      actors.add(moment.path);
    }
    expect(actors.size).toBeGreaterThan(10);
  }, 180_000);

  it('tells one trace from a bar to its order, each by its cause', async () => {
    world = await beginWorld();
    const { journal } = world.trading.dashboard;
    const entryOf = async (seq: number): Promise<JournalEntryView | undefined> => {
      const page = {
        below: false,
        afterSeq: seq - 1,
        beforeSeq: seq + 1,
        limit: 1,
        order: 'oldest',
      } as const;
      return (await journal.list(page)).items[0];
    };
    /** The bar that an entry tells of, however deep in its data. */
    const barTimeIn = ({ data }: JournalEntryView): number | null => {
      const { bar, decision } = eventSchema.parse(data).event;
      return bar?.time ?? decision?.barTime ?? null;
    };
    const traceOf = async (spawn: JournalEntryView): Promise<JournalEntryView[]> => {
      const trace = [spawn];
      for (let { cause } = spawn; cause !== null; ) {
        const entry = await entryOf(cause);
        if (entry === undefined)
          throw new Error(`found no entry ${cause}, the cause of ${trace.at(-1)?.seq}`);
        trace.push(entry);
        cause = entry.cause;
      }
      return trace;
    };
    const link = ({ kind, actor, data }: JournalEntryView): string => {
      const name = actor
        .split('/')
        .at(-1)
        ?.replace(/^(order|commit|session):.*/, '$1:');
      return kind === 'spawn' ? `spawn ${name}` : `${kind} ${name} ${eventSchema.parse(data).event.type}`;
    };

    // A bar that waits its turn is decided because the one before it was done; another order tells what is asked here.
    await until('the journal tells of an order whose bar was decided at once', async () => {
      const query = { actor: 'root/broker/orderDesk', below: true, kinds: ['spawn'] } as const;
      const page = await journal.list({ ...query, text: 'autotrader', limit: 50, order: 'newest' });
      for (const order of page.items.filter(({ actor }) => actor.includes('/order:'))) {
        const trace = await traceOf(order);
        const links = trace.map(link);
        if (links[11] !== 'step session: market.bar') continue;
        expect(links.slice(0, 12)).toEqual([
          'spawn order:',
          'step orderDesk submission.settled',
          'step commit: xstate.done.actor.commitIntent',
          'spawn commitIntent',
          'spawn commit:',
          'step orderDesk desk.submit',
          'spawn order',
          'step session: decider.decided',
          'event decider decider.decide',
          'step session: xstate.done.actor.facts',
          'spawn facts',
          'step session: market.bar',
        ]);
        // The session closed the bar that the market data told, which the broker's socket brought.
        expect(links.slice(12)).toContain('spawn socket');
        expect(links.slice(12).filter((each) => each.endsWith(' stream.bars'))).toHaveLength(1);
        const [, , , , , submitted, , decided, asked, , , closed] = trace as [...typeof trace];
        const ref = order.actor.split('/order:').at(-1);
        expect(JSON.stringify(submitted?.data)).toContain(`"ref":"${ref}"`);
        const times = [decided, asked, closed].map((entry) => entry && barTimeIn(entry));
        expect(new Set(times).size, 'all of one bar').toBe(1);
        expect(times[0]).toEqual(expect.any(Number));
        return true;
      }
      return false;
    });
  }, 60_000);

  it('has ticks added up, and none of them one by one', async () => {
    world = await beginWorld();
    const { journal } = world.trading.dashboard;
    const ticks = await until('ticks of all instruments are told', async () => {
      const page = await journal.list({ below: false, kinds: ['ticks'], limit: 50, order: 'oldest' });
      return page.items.length >= symbols.length && page.items;
    });
    const summaries = ticks.map(({ data }) => tickSummarySchema.parse(data));
    for (const summary of summaries) {
      expect(summary.count, summary.instrumentId).toBeGreaterThan(1);
      expect(summary.low).toBeLessThanOrEqual(summary.high);
      expect(summary.from).toBeLessThan(summary.to);
    }
    const holding = async (field: string): Promise<number> => {
      const [row] = await sql<{ n: number }>(
        world.database.url,
        `select count(*)::int as n from journal where kind in ('step', 'event') and data::text like '%"${field}"%'`,
      );
      return row?.n ?? 0;
    };
    expect(await holding('barTime'), 'what is looked for so is found').toBeGreaterThan(0);
    expect(await holding('receivedAt'), 'entries that carry a quote').toBe(0);
  }, 60_000);

  it('has the reports that the log and the dashboard have', async () => {
    world = await beginWorld();
    await world.crash('orderDesk', { type: 'desk.submit' });
    const { dashboard } = world.trading;
    const report = dashboard
      .supervision()
      .reports.find(({ context, offender }) => context === 'childTerminated' && offender === 'orderDesk');
    expect(report).toMatchObject({
      supervisor: 'broker',
      reason: expect.stringMatching(/orderDesk.*failed/),
    });
    expect(world.lines).toContain(`warn: supervisor broker: childTerminated: ${report?.reason}`);
    const [told] = await until('the journal has it', async () => {
      const page = await dashboard.journal.list({
        ...{ actor: 'root/broker', below: false, kinds: ['report'] },
        ...{ limit: 1, order: 'newest' },
      });
      return page.items.length > 0 && page.items;
    });
    expect(told?.data).toEqual(report);
  }, 60_000);

  it('has crashes with the last good state, restarts, reports, decisions and dead letters', async () => {
    world = await beginWorld();
    await world.crash('orderDesk', { type: 'desk.submit' });
    await world.open();
    world.trading.directory.tell('nobody', { type: 'anything' });
    const { journal } = world.trading.dashboard;
    const entries = async (kind: JournalKind, actor?: string) => {
      const of = actor === undefined ? {} : { actor };
      return (await journal.list({ ...of, below: false, kinds: [kind], limit: 5, order: 'newest' })).items;
    };
    await until('all kinds are written', async () => (await entries('deadLetter')).length > 0);
    expect((await entries('crash', 'root/broker/orderDesk'))[0]).toMatchObject({
      data: { lastGood: { status: 'active', context: expect.anything() }, event: { type: 'desk.submit' } },
    });
    expect((await entries('restart', 'root/broker'))[0]).toMatchObject({
      data: { supervisor: 'broker', offender: expect.any(String) },
    });
    expect((await entries('report', 'root/broker'))[0]).toMatchObject({
      data: { supervisor: 'broker', context: 'childTerminated', offender: 'orderDesk' },
    });
    expect((await entries('decision'))[0]).toMatchObject({ data: { sessionId: expect.any(String) } });
    expect((await entries('run'))[0]).toMatchObject({ actor: 'process' });
  }, 60_000);
});
