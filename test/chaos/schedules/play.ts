import { setTimeout as pause } from 'node:timers/promises';
import type { Disagreements } from '../../support/agreement.ts';
import { placeByHand } from '../../../src/gateway/faults/manual-order.ts';
import { sql } from '../../support/sql.ts';
import { createTradingWorld, hasty, type TradingWorld } from '../../support/trading-world.ts';
import type { Mishap, Schedule } from './draw.ts';

/** What came of one schedule. */
export interface Outcome {
  readonly seed: number;
  readonly struck: number;
  readonly orders: number;
  readonly executions: number;
  /** A sentence each; empty when everything held. */
  readonly failures: readonly string[];
  readonly tookMs: number;
  /** What the runtime said, for a failure. */
  readonly lines: readonly string[];
}

async function strike(world: TradingWorld, what: Mishap['what']): Promise<void> {
  switch (what.kind) {
    case 'gateway':
      world.strike(what.line);
      return;
    case 'crash':
      // An event without what it must carry: whoever handles it fails.
      world.trading.directory.running(what.actor)?.send({
        type: what.actor === 'orderDesk' ? 'desk.submit' : 'connection.ready',
      });
      return;
    case 'deskDiesAtCommit':
      world.dieAtCommit();
      return;
    case 'database':
      await sql(
        new URL('/postgres', world.databaseUrl).href,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(world.databaseUrl).pathname.slice(1)}'`,
      );
      return;
    case 'manualTrade':
      placeByHand(world.gateway.broker, { symbol: 'SP500', action: what.side, quantity: 7 });
      return;
    case 'restart':
      await world.trading.stop();
      await world.start();
      return;
  }
}

const doubles = (rows: readonly object[], what: string): string[] =>
  rows.map((row) => `${what}: ${JSON.stringify(row)}`);

/** Everything that must hold once orders are at rest. */
async function failuresOf(world: TradingWorld): Promise<string[]> {
  const found: Disagreements = await world.differences();
  const agreed = Object.values(found).flat() as string[];
  return [
    ...agreed,
    ...doubles(
      await world.rows(
        'select session_id, bar_time from decisions group by session_id, bar_time having count(*) > 1',
      ),
      'a bar has two decisions',
    ),
    ...doubles(
      await world.rows(
        'select session_id, bar_time from order_intents where bar_time is not null group by 1, 2 having count(*) > 1',
      ),
      'a bar has two orders',
    ),
    ...doubles(await world.undecided(), 'a bar has no decision'),
  ];
}

const count = async (world: TradingWorld, table: string): Promise<number> =>
  Number((await world.rows<{ n: string }>(`select count(*) as n from ${table}`))[0]?.n ?? 0);

/** Plays one schedule against sessions that trade, lets everything heal, and looks at what must hold. */
export async function play(schedule: Schedule, databaseUrl: string): Promise<Outcome> {
  const began = performance.now();
  const world = await createTradingWorld({
    ...{ databaseUrl, timing: hasty, faultSeed: schedule.seed, barsPerSecond: 6 },
    config: (config) => ({
      ...config,
      runtime: { ...config.runtime, orders: { ackTimeoutMs: 500, cancelTimeoutMs: 500 } },
    }),
  });
  const failures: string[] = [];
  try {
    await world.open();
    await world.trades(1);
    const start = performance.now();
    for (const { at, what } of schedule.mishaps) {
      await pause(Math.max(0, at - (performance.now() - start)));
      await strike(world, what);
    }
    await pause(Math.max(0, 2_500 - (performance.now() - start)));
    world.calm();
    await world.open(20_000);
    await world.trades(1, 20_000);
    await world.rest(20_000);
    failures.push(...(await failuresOf(world)));
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
  const outcome: Outcome = {
    seed: schedule.seed,
    struck: schedule.mishaps.length,
    orders: await count(world, 'order_intents').catch(() => 0),
    executions: await count(world, 'executions').catch(() => 0),
    failures,
    tookMs: performance.now() - began,
    lines: world.lines,
  };
  await world.close();
  return outcome;
}
