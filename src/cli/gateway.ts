import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { loadYamlFile, problemLine } from '../config/yaml.ts';
import { gatewayConfigSchema } from '../gateway/config.ts';
import { GatewayError } from '../gateway/errors.ts';
import { startGateway } from '../gateway/start.ts';
import { type GatewayRecord, gatewayFiles } from '../process/gateway-process.ts';
import { untilSignal } from '../process/signals.ts';
import { UsageError } from '../process/usage-error.ts';
import { integer, withCommonFlags } from './folders.ts';

interface Flags {
  readonly json: boolean;
  readonly config: string;
  readonly host: string;
  readonly port?: number;
  readonly seed?: number;
  readonly speed?: number;
  readonly stateDir?: string;
}

/** Reads a positive number; for commander's argument parsers. */
function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError(`found "${text}", expected a number above 0`);
  return value;
}

/** `gateway`: the simulated gateway alone; any client of the TWS protocol can connect to it. */
export function gatewayCommand(): Command {
  return withCommonFlags(
    new Command('gateway').description(
      'run the simulated gateway alone: a TWS-protocol server with a paper account',
    ),
  )
    .option('--config <file>', 'instruments, prices and account', 'config/gateway.yaml')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option(
      '--port <port>',
      'port to listen on, 0 picks one; default from the file (4002)',
      integer(0, 65535),
    )
    .option('--seed <n>', 'seed of everything that is drawn; default from the file', integer(0, 2 ** 31))
    .option('--speed <n>', 'market seconds per wall second; default from the file', positive)
    .option('--state-dir <dir>', 'folder in which orders, executions and positions survive this process')
    .action(async (flags: Flags) => {
      const loaded = loadYamlFile(flags.config, gatewayConfigSchema);
      if (!loaded.ok) throw new UsageError(loaded.problems.map(problemLine).join('\n'), 2);
      const log = pino(
        { level: 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime },
        pino.destination({ fd: 2, sync: true }),
      );
      const inStateDir = (name: string) =>
        flags.stateDir === undefined ? undefined : join(flags.stateDir, name);
      const gateway = await startGateway({
        config: loaded.value,
        host: flags.host,
        port: flags.port,
        seed: flags.seed,
        speed: flags.speed,
        stateFile: inStateDir(gatewayFiles.state),
        log: {
          info: (message) => log.info(message),
          warn: (message) => log.warn(message),
          error: (message) => log.error(message),
        },
      }).catch((error: unknown) => {
        if (error instanceof GatewayError)
          throw new UsageError(error.message, error.code === 'BAD_CONFIG' ? 2 : 1);
        throw error;
      });
      const record: GatewayRecord = { pid: process.pid, port: gateway.port, startedAt: Date.now() };
      const recordFile = inStateDir(gatewayFiles.record);
      if (recordFile !== undefined) await writeFile(recordFile, JSON.stringify(record), { mode: 0o600 });
      const words = `simulated gateway: ${gateway.host}:${gateway.port} speaks the TWS protocol, account ${loaded.value.account.id}; Ctrl-C ends it`;
      process.stdout.write(
        flags.json ? `${JSON.stringify({ ready: true, host: gateway.host, ...record })}\n` : `${words}\n`,
      );
      await untilSignal();
      await gateway.stop();
      if (recordFile !== undefined) await rm(recordFile, { force: true });
    });
}
