import { execFile } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPostmaster } from '../../src/store/embedded/postmaster.ts';
import { databaseUrl } from '../support/agreement.ts';
import { barsPerSecond } from '../support/busy-market.ts';
import { processTree, signalTo } from '../support/processes.ts';
import { connectSecondClient } from '../support/second-client.ts';
import { sql } from '../support/sql.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { placeByHand, readSystem, whenOpen } from '../support/trading.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await prepareSystem({ gateway: barsPerSecond(2), sessions: [] });
  await system.start();
  await whenOpen(system);
}, 60_000);
afterAll(() => system.cleanup());

/** A command as a person types it. */
const command = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((done) => {
    const all = ['src/main.ts', ...args, '--data', system.dataDir];
    execFile(process.execPath, all, { env: { ...process.env, NODE_OPTIONS: '' } }, (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code), out: out.trim(), err: err.trim() }),
    );
  });
const risk = () => system.api('GET', '/api/v1/risk');
const flattenPhase = async (): Promise<string> =>
  ((await risk()) as { flatten: { phase: string } }).flatten.phase;
const buy = (quantity: string) =>
  until('it is known and bought', () => placeByHand(system, { symbol: 'SP500', side: 'BUY', quantity }));
const file = (name: string): string => join(system.dataDir, name);

async function heldAtGateway(): Promise<readonly unknown[]> {
  const client = await connectSecondClient(system.gatewayPort);
  try {
    return [...(await client.positions())].filter(([, quantity]) => quantity !== 0);
  } finally {
    client.close();
  }
}

/** The web server cannot be found; trading goes on. */
async function withoutDashboard<T>(then: () => Promise<T>): Promise<T> {
  renameSync(file('control.json'), file('control.away'));
  try {
    return await then();
  } finally {
    renameSync(file('control.away'), file('control.json'));
  }
}

describe('the kill switch from a terminal', () => {
  it('halts, reduces and resumes, and says what holds', async () => {
    expect(await command('halt', '--cause', 'news')).toMatchObject({ code: 0, out: 'risk is halted (news)' });
    await expect(placeByHand(system, { symbol: 'SP500', side: 'BUY', quantity: '1' })).rejects.toThrow();
    expect(await command('reduce')).toMatchObject({ code: 0, out: 'risk is reducing (command line)' });
    const resumed = await command('resume', '--json');
    expect(JSON.parse(resumed.out)).toMatchObject({ state: 'active', flatten: { phase: 'idle' } });
  });

  it('holds one account back, and says which there are when it is none of them', async () => {
    const account = ['--account', 'DU1000001'];
    expect(await command('halt', ...account, '--cause', 'margin')).toMatchObject({
      ...{ code: 0, out: 'risk of account DU1000001 is halted (margin)' },
    });
    expect(await risk()).toMatchObject({ state: 'active', parts: [{ status: { cause: 'margin' } }] });
    await expect(placeByHand(system, { symbol: 'SP500', side: 'BUY', quantity: '1' })).rejects.toThrow(
      /margin/,
    );
    expect(await command('resume', ...account)).toMatchObject({
      out: 'risk of account DU1000001 is active (command line)',
    });
    const wrong = await command('halt', '--session', 'nobody');
    expect([wrong.code, wrong.err]).toEqual([1, 'risk: found no session "nobody", expected one of none yet']);
    expect((await command('halt', '--session', 'a', '--account', 'b')).err).toMatch(/cannot be used with/);
  });

  it('closes everything, tells each step, and ends when all is closed', async () => {
    await buy('9');
    await until('it is held', async () => (await heldAtGateway()).length > 0);
    const { code, out, err } = await command('flatten', '--follow', '--cause', 'out');
    expect({ code, out }).toEqual({
      code: 0,
      out: 'risk is halted (Everything is closed: out); flatten: flat',
    });
    expect(err).toMatch(/SP500\.STK\.SMART\.USD: SELL 9 at a limit of [\d.]+\./);
    expect(await heldAtGateway()).toEqual([]);
    await command('resume');
  }, 60_000);

  it('goes on closing after the runtime was killed and the database was away', async () => {
    await buy('6');
    await until('it is held', async () => (await heldAtGateway()).length > 0);
    const server = readPostmaster(join(system.dataDir, 'postgres', 'cluster'));
    if (server === null) throw new Error('no database runs');
    const frozen = processTree(server.pid);
    for (const pid of frozen) signalTo(pid, 'SIGSTOP');
    try {
      expect((await command('flatten', '--cause', 'no database')).code).toBe(0);
      await until('the database is missed', async () => (await readSystem(system)).store.state === 'down');
      expect((await heldAtGateway()).length, 'no order leaves whose intent is not stored').toBe(1);
    } finally {
      for (const pid of frozen) signalTo(pid, 'SIGCONT');
    }
    // Until it is stored only this process knows of it.
    const wanted = `select 1 from app_state where key = 'flatten' and value->'request'->>'cause' = 'no database'`;
    const database = databaseUrl(system.dataDir);
    await until('the request is stored', async () => (await sql(database, wanted)).length === 1, 30_000);
    await system.kill();
    await system.start();
    await until('all is closed', async () => (await flattenPhase()) === 'flat', 60_000);
    expect(await heldAtGateway()).toEqual([]);
    expect(await command('resume')).toMatchObject({ code: 0 });
  }, 120_000);

  it('halts and closes by a file while the dashboard is down, and is resumed when it is back', async () => {
    await buy('4');
    await until('it is held', async () => (await heldAtGateway()).length > 0);
    const { code, out } = await withoutDashboard(() => command('flatten', '--cause', 'no dashboard'));
    expect({ code, out }).toEqual({
      code: 0,
      out: `flatten: obeyed by the file ${file('FLATTEN')}; the dashboard does not answer`,
    });
    await until('all is closed', async () => (await flattenPhase()) === 'flat', 40_000);
    expect(await heldAtGateway()).toEqual([]);
    expect(await risk()).toMatchObject({
      ...{ state: 'halted', cause: 'Everything is closed: file FLATTEN: no dashboard' },
    });
    await expect(system.api('POST', '/api/v1/risk/resume', {})).rejects.toThrow(
      /found the file .*FLATTEN, expected none; take it away, then resume/,
    );
    expect(await command('resume')).toMatchObject({ code: 0, out: 'risk is active (command line)' });
    expect(existsSync(file('FLATTEN'))).toBe(false);
  }, 60_000);

  it('is a file that anybody can make, obeyed within a second', async () => {
    writeFileSync(file('HALT'), '');
    await until('it is halted', async () => ((await risk()) as { state: string }).state === 'halted', 1_000);
    rmSync(file('HALT'));
    await command('resume');
  });

  it('holds for the next start when nothing runs', async () => {
    await system.stop();
    expect(await command('halt', '--cause', 'not today')).toMatchObject({
      ...{
        code: 0,
        out: `halt: nothing runs on this data folder; the file ${file('HALT')} holds for the next start`,
      },
    });
    const refused = await command('resume');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/nobody could be told to resume \(.*HALT taken away\): found no running/);
    await command('halt', '--cause', 'not today');
    await system.start();
    expect(await risk()).toMatchObject({ state: 'halted', cause: 'file HALT: not today' });
    expect(await command('resume')).toMatchObject({ code: 0, out: 'risk is active (command line)' });
  }, 60_000);

  it('names what was found and expected when it is used wrongly', async () => {
    const { code, err } = await command('flatten', '--timeout', 'soon');
    expect(code).toBe(2);
    expect(err).toMatch(/found "soon", expected seconds, more than 0/);
  });
});
