import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedDatabase, embeddedUser } from '../../src/store/embedded/cluster.ts';
import { connectSecondClient, type SecondClient } from './second-client.ts';
import { sql } from './sql.ts';
import type { TestSystem } from './system.ts';

/** The URL of the system's embedded database, as the files in its data folder tell it. */
export function databaseUrl(dataDir: string): string {
  const folder = join(dataDir, 'postgres');
  const password = readFileSync(join(folder, 'password'), 'utf8').trim();
  const port = readFileSync(join(folder, 'cluster', 'postmaster.pid'), 'utf8')
    .split('\n')[3]
    ?.trim();
  return `postgresql://${embeddedUser}:${password}@127.0.0.1:${port}/${embeddedDatabase}`;
}

/** What of our records and of the gateway's does not agree, a sentence each; empty when all does. */
export interface Disagreements {
  readonly oneOrderPerRef: readonly string[];
  readonly noOrderWithoutIntent: readonly string[];
  readonly executionsOnce: readonly string[];
  readonly filledIsSum: readonly string[];
  readonly positions: readonly string[];
  readonly nothingUnsettled: readonly string[];
}

export interface Examination {
  readonly found: Disagreements;
  readonly looked: Readonly<Record<keyof Disagreements, number>>;
}

const difference = <T>(a: Iterable<T>, b: ReadonlySet<T>): T[] => [...a].filter((each) => !b.has(each));
const ours = (ref: string): boolean => ref.startsWith('tw.');

async function atGateway(client: SecondClient) {
  const [open, completed] = [await client.openOrders(), await client.completedOrders()];
  return { open, orders: [...open, ...completed], executions: await client.executions() };
}

/**
 * Compares the database with what a second client sees at the gateway. Orders must be at rest: what is filled between
 * the two questions shows as a difference.
 */
export async function disagreements(system: TestSystem, database: string): Promise<Disagreements> {
  return (await examine(system, database)).found;
}

/** The same, with how many things each comparison looked at. */
export async function examine(system: TestSystem, database: string): Promise<Examination> {
  const client = await connectSecondClient(system.gatewayPort);
  try {
    return await compare(client, database);
  } finally {
    client.close();
  }
}

async function compare(client: SecondClient, database: string): Promise<Examination> {
  const gateway = await atGateway(client);
  const held = await client.positions();
  const intents = new Set(
    (await sql<{ ref: string }>(database, 'select ref from order_intents')).map(({ ref }) => ref),
  );
  const stored = await sql<{ exec_id: string }>(database, 'select exec_id from executions');
  const sums = await sql<{ key: string; state: string; filled: string; sum: string }>(
    database,
    `select o.key, o.state, o.filled::text as filled, coalesce(sum(e.quantity), 0)::text as sum from orders o
       left join (select distinct on (exec_root) * from executions order by exec_root, exec_revision desc) e
         on e.order_key = o.key group by o.key, o.state, o.filled`,
  );
  const known = await sql<{ symbol: string; quantity: string }>(
    database,
    'select symbol, quantity::text as quantity from positions where quantity <> 0',
  );

  const permIds = new Map<string, Set<number>>();
  for (const { ref, permId } of [...gateway.orders, ...gateway.executions]) {
    if (ours(ref)) permIds.set(ref, (permIds.get(ref) ?? new Set()).add(permId));
  }
  const refsAtGateway = [...permIds.keys()];
  const there = new Set(gateway.executions.map(({ execId }) => execId));
  const here = new Set(stored.map(({ exec_id }) => exec_id));
  const openRefs = new Set(gateway.open.map(({ ref }) => ref));
  // What was traded and is flat on both sides agrees too.
  const traded = gateway.executions.map(({ symbol }) => symbol);
  const symbols = new Set([...held.keys(), ...known.map(({ symbol }) => symbol), ...traded]);
  const found: Disagreements = {
    oneOrderPerRef: [...permIds].flatMap(([ref, ids]) =>
      ids.size === 1 ? [] : [`ref ${ref} stands on orders ${[...ids].join(', ')}`],
    ),
    noOrderWithoutIntent: refsAtGateway
      .filter((ref) => !intents.has(ref))
      .map((ref) => `ref ${ref} is at the gateway and has no intent`),
    executionsOnce: [
      ...difference(there, here).map((id) => `execution ${id} is not stored`),
      ...difference(here, there).map((id) => `execution ${id} is stored and unknown to the gateway`),
      ...(stored.length === here.size ? [] : ['an execution is stored twice']),
    ],
    filledIsSum: sums.flatMap(({ key, filled, sum }) =>
      Number(filled) === Number(sum) ? [] : [`order ${key} says ${filled} filled, its executions ${sum}`],
    ),
    positions: [...symbols].flatMap((symbol) => {
      const mine = Number(known.find((each) => each.symbol === symbol)?.quantity ?? 0);
      const theirs = held.get(symbol) ?? 0;
      return mine === theirs ? [] : [`${symbol}: ${mine} here, ${theirs} at the gateway`];
    }),
    nothingUnsettled: sums.flatMap(({ key, state }) =>
      ['intended', 'sent', 'unknown', 'working', 'cancelling'].includes(state) && !openRefs.has(key)
        ? [`order ${key} is ${state} here and not open at the gateway`]
        : [],
    ),
  };
  const looked = {
    oneOrderPerRef: permIds.size,
    noOrderWithoutIntent: refsAtGateway.length,
    executionsOnce: new Set([...there, ...here]).size,
    filledIsSum: sums.length,
    positions: symbols.size,
    nothingUnsettled: sums.length,
  };
  return { found, looked };
}

export const agreement: Disagreements = {
  oneOrderPerRef: [],
  noOrderWithoutIntent: [],
  executionsOnce: [],
  filledIsSum: [],
  positions: [],
  nothingUnsettled: [],
};
