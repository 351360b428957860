import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { armingCommands } from '../../../src/cli/arm.ts';
import { readArming } from '../../../src/process/arming-record.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'arm-'));
  cpSync('config', join(dir, 'config'), { recursive: true });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

const live = () =>
  writeFileSync(
    join(dir, 'config/runtime.yaml'),
    'broker: { mode: live, port: 4001, account: U1234567 }\ngateway: { enabled: false }\n',
  );
const data = () => join(dir, 'data');

function run(...args: string[]): Promise<Command> {
  const program = new Command();
  for (const command of armingCommands()) {
    program.addCommand(command.exitOverride().configureOutput({ writeErr: () => undefined }));
  }
  return program.exitOverride().parseAsync(args, { from: 'user' });
}
const arm = (account: string, hours: string) =>
  run('arm', '--config', join(dir, 'config'), '--data', data(), '--account', account, '--hours', hours);

describe('arm', () => {
  it('arms the account of the configuration for the hours that were named, and disarm ends it', async () => {
    live();
    const before = Date.now();
    await arm('U1234567', '1.5');
    const arming = readArming(data());
    expect(arming?.account).toBe('U1234567');
    expect((arming?.until ?? 0) - (arming?.at ?? 0)).toBe(5_400_000);
    expect(arming?.at).toBeGreaterThanOrEqual(before);
    await run('disarm', '--data', data());
    expect(readArming(data())).toBeNull();
    await run('disarm', '--data', data());
  });

  it.each([
    [
      'an account that is not the one of the configuration',
      'U7',
      '8',
      /arm: found account "U7", expected "U1234567", the broker\.account of /,
    ],
    ['no time', 'U1234567', '0', /found "0", expected hours of more than 0 and at most 168/],
    ['more than a week', 'U1234567', '169', /found "169", expected hours/],
    ['what is no number', 'U1234567', 'long', /found "long", expected hours/],
  ])('refuses %s, and writes nothing', async (_, account, hours, message) => {
    live();
    await expect(arm(account, hours)).rejects.toThrow(message);
    expect(readArming(data())).toBeNull();
  });

  it('refuses where no money is real', async () => {
    await expect(arm('U1234567', '8')).rejects.toThrow(
      'arm: found broker.mode "paper", expected "live"; nothing else needs arming',
    );
  });
});
