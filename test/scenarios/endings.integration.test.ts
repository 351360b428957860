import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controlFile } from '../../src/process/control-record.ts';
import { busySystem } from '../support/busy-market.ts';
import { living, processesOf, processTree, signalTo } from '../support/processes.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { whenOpen } from '../support/trading.ts';

const LIMIT_MS = 5_000;
let system: TestSystem;
let terminal: ChildProcess | null;
beforeEach(() => {
  terminal = null;
});
afterEach(async () => {
  if (terminal?.pid !== undefined && terminal.exitCode === null) signalTo(-terminal.pid, 'SIGKILL');
  await system.cleanup();
});

/** Everything that runs for the system now; more than what can be found once parents are gone. */
const everything = (): number[] => processesOf(system.dataDir);

async function expectNothingLeft(ran: readonly number[]): Promise<void> {
  expect(ran.length, 'runtime, gateway, postgres and its parts').toBeGreaterThan(3);
  expect(living(ran), 'processes left').toEqual([]);
  expect(processesOf(system.dataDir)).toEqual([]);
  expect(existsSync(join(system.dataDir, controlFile)), 'control record').toBe(false);
  expect(existsSync(join(system.dataDir, 'gateway.json')), 'gateway record').toBe(false);
  expect(readdirSync(system.dataDir)).not.toContain('lock');
  expect(readdirSync(join(system.dataDir, 'postgres'))).not.toContain('owner.json');
  expect(readdirSync(join(system.dataDir, 'postgres', 'cluster'))).not.toContain('postmaster.pid');
}

describe('the end', () => {
  it.each([
    ['Ctrl-C reaches the process alone', 'SIGINT', false],
    ['Ctrl-C reaches the whole process group', 'SIGINT', true],
    ['the service manager asks', 'SIGTERM', false],
  ] as const)(
    'leaves no process and no lock within five seconds when %s, and starts again at once',
    async (_, signal, ownGroup) => {
      system = await prepareSystem({ ...busySystem(), ownGroup });
      await system.start();
      await whenOpen(system);
      const ran = everything();
      const end = await system.stop(signal);
      expect(end.code).toBe(0);
      expect(end.ms).toBeLessThan(LIMIT_MS);
      await expectNothingLeft(ran);

      await system.start();
      await whenOpen(system);
      expect((await system.stop()).code).toBe(0);
    },
    120_000,
  );

  it('is as clean when it is started by npm, which hands the signal on a second time', async () => {
    system = await prepareSystem(busySystem());
    const flags = ['--data', system.dataDir, '--config', system.configDir, '--port', '0'];
    const env = { ...process.env, DATABASE_URL: '', NODE_OPTIONS: '' };
    terminal = spawn('npm', ['run', 'tw', '--', 'start', ...flags], { detached: true, stdio: 'ignore', env });
    const { pid } = terminal;
    if (pid === undefined) throw new Error('npm could not be run');
    await until('it is ready', () => existsSync(join(system.dataDir, controlFile)), 60_000);
    const ran = [...everything(), ...processTree(pid)];
    const began = performance.now();
    process.kill(-pid, 'SIGINT');
    await until('all of it has ended', () => living(ran).length === 0, LIMIT_MS);
    expect(performance.now() - began).toBeLessThan(LIMIT_MS);
    await expectNothingLeft(ran);
  }, 90_000);

  it('comes as well while it is still starting', async () => {
    system = await prepareSystem(busySystem());
    const starting = system.start().catch(() => null);
    const cluster = join(system.dataDir, 'postgres');
    await until('the database is being made', () => existsSync(cluster) && readdirSync(cluster).length > 0);
    const end = await system.stop();
    await starting;
    expect(end.code).toBe(0);
    expect(processesOf(system.dataDir)).toEqual([]);
    expect(existsSync(join(system.dataDir, controlFile))).toBe(false);
  }, 90_000);

  it.each(['postgres', 'gateway'] as const)(
    'comes within five seconds while the %s is frozen',
    async (what) => {
      system = await prepareSystem(busySystem());
      await system.start();
      await whenOpen(system);
      const ran = everything();
      const gateway = system.gatewayPid();
      const frozen =
        what === 'gateway' ? [gateway] : ran.filter((pid) => pid !== gateway && pid !== system.pid);
      for (const pid of frozen) signalTo(pid, 'SIGSTOP');
      const end = await system.stop();
      expect(end.ms).toBeLessThan(LIMIT_MS);
      await until('nothing is left', () => living(ran).length === 0, 1_000);

      await system.start();
      await whenOpen(system);
    },
    120_000,
  );
});
