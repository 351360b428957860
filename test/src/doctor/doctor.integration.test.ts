import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RuntimeConfig } from '../../../src/config/runtime.schema.ts';
import { runtimeSchema } from '../../../src/config/runtime.schema.ts';
import { examineBroker } from '../../../src/doctor/broker.ts';
import { examineDatabase, examineDataFolder, examineNode } from '../../../src/doctor/installation.ts';
import type { GatewayConfigInput } from '../../../src/gateway/config.ts';
import { startGateway } from '../../../src/gateway/start.ts';
import { testDatabase } from '../../support/postgres.ts';
import { freePort } from '../../support/system.ts';
import { silentLog, testConfig } from '../gateway/support.ts';

const acme = { symbol: 'ACME', secType: 'STK', exchange: 'SMART', currency: 'USD' } as const;

/** The configuration of somebody whose gateway is a real one, at this port. */
const configAt = (port: number, simulated = false): RuntimeConfig => {
  const config = runtimeSchema.parse({ gateway: { enabled: simulated } });
  return { ...config, broker: { ...config.broker, port } };
};

async function gateway(change: Partial<GatewayConfigInput> = {}, accountId?: string): Promise<number> {
  const plain = testConfig({ speed: 60, ...change });
  const config = accountId === undefined ? plain : { ...plain, account: { ...plain.account, id: accountId } };
  const running = await startGateway({ port: 0, config, log: silentLog() });
  onTestFinished(() => running.stop());
  running.pass(600_000);
  return running.port;
}
const told = async (port: number, instruments: Parameters<typeof examineBroker>[1] = []) =>
  examineBroker(configAt(port), instruments);

describe('the doctor at a broker', () => {
  it('finds nothing wrong with one that is right, and places nothing', async () => {
    const findings = await told(await gateway(), [acme]);
    expect(findings.map(({ check, state }) => `${check} ${state}`)).toEqual([
      'broker ok',
      'account ok',
      'orders ok',
      'contract of ACME.STK.SMART.USD ok',
      'data of ACME.STK.SMART.USD ok',
    ]);
    expect(findings[0]?.found).toMatch(/answers, server version 193$/);
  });

  it('names a live account behind a paper configuration', async () => {
    const [, account] = await told(await gateway({}, 'U7654321'));
    expect(account).toMatchObject({
      state: 'problem',
      found: expect.stringMatching(/serves U7654321, and broker.mode is paper$/),
      remedy: expect.stringContaining('begin with D'),
    });
  });

  it('names a read-only API and where to untick it', async () => {
    const findings = await told(await gateway({ readOnly: true }));
    expect(findings.find(({ check }) => check === 'orders')).toMatchObject({
      state: 'problem',
      remedy: 'in Configure, API, Settings untick "Read-Only API"',
    });
  });

  it('names data that the account is not subscribed to', async () => {
    const port = await gateway({ marketData: { permission: 'delayed' } });
    const data = (await told(port, [acme])).find(({ check }) => check.startsWith('data of'));
    expect(data).toMatchObject({ state: 'warning', remedy: expect.stringContaining('Client Portal') });
  });

  it('names an instrument that does not exist', async () => {
    const findings = await told(await gateway(), [{ ...acme, symbol: 'NOPE' }]);
    expect(findings.at(-1)).toMatchObject({
      check: 'contract of NOPE.STK.SMART.USD',
      state: 'problem',
      found: expect.stringContaining('200'),
    });
  });

  it('says where nobody listens what to start, and knows that the simulated gateway is not started yet', async () => {
    const port = await freePort();
    expect(await told(port)).toEqual([
      expect.objectContaining({
        check: 'broker',
        state: 'problem',
        remedy: expect.stringContaining('log in'),
      }),
    ]);
    expect(await examineBroker(configAt(port, true), [])).toEqual([
      expect.objectContaining({ check: 'broker', state: 'ok' }),
    ]);
  });

  it('tells a port that accepts and says nothing from one that nobody has', async () => {
    const mute = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => mute.once('listening', done));
    onTestFinished(() => {
      mute.close();
    });
    const address = mute.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const [finding] = await told(port);
    expect(finding).toMatchObject({
      state: 'problem',
      found: expect.stringMatching(/accepts connections and did not say its version within 5 s/),
    });
  });
});

describe('the doctor at an installation', () => {
  it.each([
    ['26.1.0', 'ok'],
    ['20.20.2', 'problem'],
  ])('takes Node %s for %s', (version, state) => {
    expect(examineNode(version).state).toBe(state);
  });

  it('looks at the folder that there is, above one that there is not yet', () => {
    expect(examineDataFolder('/proc/1/nowhere').state).toBe('problem');
    expect(examineDataFolder('/tmp/not/yet').state).not.toBe('problem');
  });

  it('brings the tables of an own database up to date, and names one that does not answer', async () => {
    const database = await testDatabase();
    onTestFinished(() => database.drop());
    expect(await examineDatabase(database.url)).toMatchObject({ state: 'ok' });
    expect(await examineDatabase(`postgresql://nobody@127.0.0.1:${await freePort()}/none`)).toMatchObject({
      state: 'problem',
      remedy: expect.stringContaining('DATABASE_URL'),
    });
    expect(await examineDatabase(undefined)).toMatchObject({ state: 'ok' });
  });
});
