import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { controlFile, controlRecordSchema } from '../../src/process/control-record.ts';
import { databaseUrl } from '../support/agreement.ts';
import { busySystem } from '../support/busy-market.ts';
import { sql } from '../support/sql.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { placeByHand, readSystem, whenOpen } from '../support/trading.ts';

let system: TestSystem;
afterEach(() => system.cleanup());

/** What holds for entries with this text in them, whatever else LIKE would make of it. */
const holding = (text: string): string => `position('${text}' in row_to_json(journal)::text) > 0`;

/** Logs in as a browser does; answers the token of the link and the secret of the cookie. */
async function logIn(): Promise<{ token: string; cookie: string }> {
  const link = new URL(system.loginUrl);
  const token = link.searchParams.get('token') ?? '';
  const answer = await fetch(`${system.url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: system.url },
    body: new URLSearchParams({ token }).toString(),
  });
  expect(answer.status).toBe(303);
  const cookie = /^tw_session=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? '';
  const page = await fetch(`${system.url}/api/v1/system`, { headers: { cookie: `tw_session=${cookie}` } });
  expect(page.status, 'the cookie is good').toBe(200);
  return { token, cookie };
}

it('keeps every secret of a run out of the journal, through logins, commands and a database that breaks off', async () => {
  system = await prepareSystem(busySystem());
  await system.start();
  await whenOpen(system);
  const { token, cookie } = await logIn();
  const control = controlRecordSchema.parse(
    JSON.parse(readFileSync(join(system.dataDir, controlFile), 'utf8')),
  ).token;
  let database = databaseUrl(system.dataDir);
  const ref = await placeByHand(system, { symbol: 'SP500', side: 'BUY', quantity: '1', limitPrice: '1' });
  await system.api('POST', '/api/v1/sessions/orcl-busy/pause');
  await system.api('POST', '/api/v1/sessions/orcl-busy/resume');

  // What fails names its connection.
  const entries = async (where: string): Promise<number> => {
    const [row] = await sql<{ n: number }>(database, `select count(*)::int as n from journal where ${where}`);
    return row?.n ?? 0;
  };
  await sql(
    database,
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await until('it is well again', async () => (await readSystem(system)).store.state === 'up', 30_000);
  await until('the journal tells of the order', async () => (await entries(holding(ref))) > 0);
  const last = await entries('true');
  await until('much more is written', async () => (await entries('true')) > last + 500, 60_000);
  await system.stop();
  // What was written last, and on the way down, as well.
  await system.start();
  database = databaseUrl(system.dataDir);

  const secrets = { token, cookie, control, password: new URL(database).password };
  for (const [name, secret] of Object.entries(secrets)) {
    expect(secret.length, `the ${name} was found`).toBeGreaterThan(20);
    expect(await entries(holding(secret)), `entries with the ${name}`).toBe(0);
  }
  const [versions] = await sql<{ text: string }>(
    database,
    `select json_agg(v)::text as text from (select to_json(r) as v from journal_runs r
       union all select to_json(m) from journal_versions m) as all_rows`,
  );
  for (const secret of Object.values(secrets)) expect(versions?.text).not.toContain(secret);
}, 180_000);
