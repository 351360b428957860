import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPostmaster } from '../../src/store/embedded/postmaster.ts';
import { agreement, databaseUrl, disagreements } from '../support/agreement.ts';
import { busySystem } from '../support/busy-market.ts';
import { processTree, signalTo } from '../support/processes.ts';
import { sql } from '../support/sql.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { quiet, readSystem, whenOpen } from '../support/trading.ts';

let system: TestSystem;
let database: string;
beforeEach(async () => {
  system = await prepareSystem(busySystem());
  await system.start();
  await whenOpen(system);
  database = databaseUrl(system.dataDir);
}, 90_000);
afterEach(() => system.cleanup());

const postmaster = (): number => {
  const server = readPostmaster(`${system.dataDir}/postgres/cluster`);
  if (server === null) throw new Error('no database runs');
  return server.pid;
};
const intents = async (): Promise<number> => (await sql(database, 'select 1 from order_intents')).length;
const trades = async (more: number): Promise<void> => {
  const before = await intents();
  await until('sessions trade', async () => (await intents()) >= before + more, 60_000);
};

/** Every bar of the running sessions has its decision, and only one: the table's key sees to the second. */
async function barsWithoutDecision(): Promise<object[]> {
  return sql(
    database,
    `select d.session_id, b.time from bars b
       join bar_series s on s.id = b.series_id
       join (select session_id, instrument_id, min(bar_time) as first, max(bar_time) as last from decisions
         group by session_id, instrument_id) d
         on d.instrument_id = s.instrument_id and b.time between d.first and d.last
       left join decisions x on x.session_id = d.session_id and x.bar_time = b.time
     where s.timeframe = '1d' and x.bar_time is null`,
  );
}

describe('the database, away for seconds', () => {
  it('frozen: it is told, no order leaves, and afterwards nothing is missing', async () => {
    await trades(4);
    const frozen = processTree(postmaster());
    for (const pid of frozen) signalTo(pid, 'SIGSTOP');
    const told = await until('it is told', async () => {
      const view = await readSystem(system);
      return view.store.state === 'down' ? view : null;
    });
    expect(told.store.cause).toMatch(/\w+/);
    const orderedBy = Date.now();
    // Several bars close meanwhile.
    await until('four seconds of market pass', () => Date.now() - orderedBy > 4_000);
    for (const pid of frozen) signalTo(pid, 'SIGCONT');
    const thawedAt = Date.now();
    await until('it is well again', async () => (await readSystem(system)).store.state === 'up', 30_000);

    const sent = await sql(
      database,
      `select 1 from order_intents where created_at > ${orderedBy} and created_at < ${thawedAt}`,
    );
    expect(sent, 'intents while it was down').toEqual([]);
    await trades(2);
    await quiet(system, database);
    expect(await disagreements(system, database)).toEqual(agreement);
    expect(await barsWithoutDecision()).toEqual([]);
  }, 150_000);

  it('killed: it is restarted on the same port, and afterwards nothing is missing', async () => {
    await trades(4);
    const killed = postmaster();
    signalTo(killed, 'SIGKILL');
    await until('another process serves', () => postmaster() !== killed, 30_000);
    await until('it answers', async () => (await intents()) > 0, 30_000);
    await until('it is well again', async () => (await readSystem(system)).store.state === 'up', 30_000);
    expect(system.log()).toMatch(/embedded PostgreSQL process \d+ died; restarting it/);
    await trades(2);
    await quiet(system, database);
    expect(await disagreements(system, database)).toEqual(agreement);
    expect(await barsWithoutDecision()).toEqual([]);
    const end = await system.stop();
    expect(end.code).toBe(0);
  }, 150_000);
});
