import { type Disagreements, databaseUrl, examine } from '../support/agreement.ts';
import { sql } from '../support/sql.ts';
import type { TestSystem } from '../support/system.ts';
import type { Kills } from './faults.ts';

export interface Check {
  readonly name: string;
  readonly looked: number;
  /** A sentence each. */
  readonly failures: readonly string[];
}

const names: Readonly<Record<keyof Disagreements, string>> = {
  oneOrderPerRef: 'one order at the broker for each ref',
  noOrderWithoutIntent: 'every ref at the broker has a committed intent',
  executionsOnce: 'every execution of the broker is stored once',
  filledIsSum: 'filled is the sum of executions',
  positions: 'positions here are those at the gateway',
  nothingUnsettled: 'no order is open here that is not open there',
};

/** Bars of running sessions that have no decision, with when the decisions around them were made. */
const undecided = `
  with d as (
    select session_id, instrument_id, bar_time, at,
      lead(bar_time) over w as next_bar_time, lead(at) over w as next_at
    from decisions window w as (partition by session_id order by bar_time))
  select d.session_id, b.time, d.at as before, d.next_at as after from d
    join bar_series s on s.instrument_id = d.instrument_id and s.timeframe = '1d'
    join bars b on b.series_id = s.id and b.time > d.bar_time and b.time < d.next_bar_time`;

interface Undecided {
  session_id: string;
  time: string;
  before: string;
  after: string;
}

/** Looks at everything that must hold, once orders are at rest. */
export async function check(system: TestSystem, kills: Kills): Promise<Check[]> {
  const database = databaseUrl(system.dataDir);
  const { found, looked } = await examine(system, database);
  const agreed = (Object.keys(names) as (keyof Disagreements)[]).map((key) => ({
    name: names[key],
    looked: looked[key],
    failures: found[key],
  }));
  const decisions = await sql(database, 'select 1 from decisions');
  const twice = await sql<{ session_id: string; bar_time: string }>(
    database,
    'select session_id, bar_time from decisions group by session_id, bar_time having count(*) > 1',
  );
  const ordersTwice = await sql<{ session_id: string; bar_time: string }>(
    database,
    `select session_id, bar_time from order_intents where bar_time is not null
       group by session_id, bar_time having count(*) > 1`,
  );
  const missing = (await sql<Undecided>(database, undecided)).filter(
    ({ before, after }) => !kills.some((at) => Number(before) <= at && at <= Number(after)),
  );
  return [
    ...agreed,
    {
      name: 'one decision for each bar of a session, and at most one order',
      looked: decisions.length,
      failures: [...twice, ...ordersTwice].map(({ session_id, bar_time }) => `${session_id} at ${bar_time}`),
    },
    {
      name: 'no bar without a decision, except while the process was down',
      looked: decisions.length,
      failures: missing.map(({ session_id, time }) => `${session_id}: none at ${time}`),
    },
  ];
}
