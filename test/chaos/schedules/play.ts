import { setTimeout as pause } from 'node:timers/promises';
import type { Disagreements } from '../../support/agreement.ts';
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
      world.tradeByHand('SP500', what.side, 7);
      return;
    case 'order':
      // Refused while the broker is away, and the cancel with it: both are answers, not failures.
      void orderAndCancel(world, what.side, what.cancelAfterMs).catch(() => undefined);
      return;
    case 'restart':
      await world.trading.stop();
      await world.start();
      return;
  }
}

/** A limit order far away, every second one as a bracket; changed half way, then cancelled. */
async function orderAndCancel(world: TradingWorld, side: 'BUY' | 'SELL', afterMs: number): Promise<void> {
  const { ref } = await world.trading.dashboard.placeOrder({
    ...{ instrumentId: 'SP500.STK.SMART.USD', side, quantity: '3', orderType: 'LMT', timeInForce: 'GTC' },
    limitPrice: side === 'BUY' ? '2' : '99998',
    ...(Math.floor(afterMs) % 2 === 0 ? bracketOf(side) : {}),
  });
  await pause(afterMs / 2);
  // Refused when the order is in doubt or over: an answer too.
  if (ref !== null) await world.trading.dashboard.changeOrder(ref, { quantity: '4' }).catch(() => undefined);
  await pause(afterMs / 2);
  if (ref !== null) await world.trading.dashboard.cancelOrder(ref);
}

const bracketOf = (side: 'BUY' | 'SELL') =>
  side === 'BUY' ? { takeProfit: '99999', stopLoss: '1' } : { takeProfit: '1', stopLoss: '99999' };

/**
 * What rests at the broker by hand is cancelled, so that everything comes to rest: again where a cancel was swallowed
 * and the broker said that the order works.
 */
async function cancelAll(world: TradingWorld): Promise<void> {
  const until = performance.now() + 20_000;
  for (;;) {
    const open = await world.rows<{ key: string; state: string }>(
      `select key, state from orders where session_id is null and not is_foreign
         and state in ('working', 'unknown', 'sent', 'cancelling')`,
    );
    if (open.length === 0 || performance.now() > until) return;
    for (const { key, state } of open) {
      if (state !== 'cancelling') await world.trading.dashboard.cancelOrder(key);
    }
    await pause(250);
  }
}

const doubles = (rows: readonly object[], what: string): string[] =>
  rows.map((row) => `${what}: ${JSON.stringify(row)}`);

/** Everything that must hold once orders are at rest. */
async function failuresOf(world: TradingWorld): Promise<string[]> {
  const found: Disagreements = await world.differences();
  const agreed = Object.values(found).flat() as string[];
  const alarmed = world.lines.filter((line) => line.includes('The broker and the books differ'));
  return [
    ...agreed,
    ...alarmed.map((line) => `a difference was seen where there is none: ${line}`),
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

/**
 * What does not hold once everything has had the time to be heard: a connection that was struck last may be given up
 * only after the rest, and executions of other clients come with the next question to the broker, asked again ten seconds
 * after one that was swallowed.
 */
async function settledFailures(world: TradingWorld): Promise<string[]> {
  const until = performance.now() + 16_000;
  for (;;) {
    const failures = await failuresOf(world).catch((error: unknown) => [String(error)]);
    if (failures.length === 0 || performance.now() > until) return failures;
    await pause(500);
  }
}

const count = async (world: TradingWorld, table: string): Promise<number> =>
  Number((await world.rows<{ n: string }>(`select count(*) as n from ${table}`))[0]?.n ?? 0);

/** Plays one schedule against sessions that trade, lets everything heal, and looks at what must hold. */
export async function play(schedule: Schedule, databaseUrl: string): Promise<Outcome> {
  const began = performance.now();
  const world = await createTradingWorld({
    ...{ databaseUrl, timing: hasty, faultSeed: schedule.seed, barsPerSecond: 4 },
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
    // A refused instrument is asked for again after a minute; a silent feed after a minute, and the next opening.
    await world.trades(1, 150_000);
    await cancelAll(world);
    await world.rest(20_000);
    failures.push(...(await settledFailures(world)));
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
