import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { loadYamlFile, problemLine } from '../config/yaml.ts';
import { gatewayConfigSchema } from '../gateway/config.ts';
import { GatewayError } from '../gateway/errors.ts';
import { catalogue, type FaultLine, faultsFileSchema, toFaultLine } from '../gateway/faults/catalogue.ts';
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
  readonly faults?: string;
  readonly controlPort?: number;
  readonly listFaults?: boolean;
}

/** Reads a positive number; for commander's argument parsers. */
function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError(`found "${text}", expected a number above 0`);
  return value;
}

/** Reads a faults file. Throws UsageError with a line for each mistake. */
function loadFaults(file: string): { seed: number; lines: FaultLine[] } {
  const loaded = loadYamlFile(file, faultsFileSchema);
  if (!loaded.ok) throw new UsageError(loaded.problems.map(problemLine).join('\n'), 2);
  return { seed: loaded.value.seed, lines: loaded.value.faults.map(toFaultLine) };
}

function printFaults(asJson: boolean): void {
  const lines = catalogue.map(({ name, summary, example }) =>
    asJson
      ? JSON.stringify({ name, summary, example })
      : `${name.padEnd(26)}${summary}\n${' '.repeat(26)}- ${example}`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
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
    .option('--faults <file>', 'what goes wrong, and when: a YAML file of faults (docs/gateway.md)')
    .option(
      '--control-port <port>',
      'HTTP port on this machine to strike faults and place orders by hand, 0 picks one',
      integer(0, 65535),
    )
    .option('--list-faults', 'print the faults that there are, and end')
    .option('--state-dir <dir>', 'folder in which orders, executions and positions survive this process')
    .action(async (flags: Flags) => {
      if (flags.listFaults === true) {
        printFaults(flags.json);
        return;
      }
      const loaded = loadYamlFile(flags.config, gatewayConfigSchema);
      if (!loaded.ok) throw new UsageError(loaded.problems.map(problemLine).join('\n'), 2);
      const log = pino(
        { level: 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime },
        pino.destination({ fd: 2, sync: true }),
      );
      const faults = flags.faults === undefined ? undefined : loadFaults(flags.faults);
      const inStateDir = (name: string) =>
        flags.stateDir === undefined ? undefined : join(flags.stateDir, name);
      const gateway = await startGateway({
        config: loaded.value,
        host: flags.host,
        port: flags.port,
        seed: flags.seed,
        speed: flags.speed,
        faults,
        controlPort: flags.controlPort,
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
      const { controlPort } = gateway;
      const control = controlPort === undefined ? '' : `, control port ${controlPort}`;
      const words = `simulated gateway: ${gateway.host}:${gateway.port} speaks the TWS protocol, account ${loaded.value.account.id}${control}; Ctrl-C ends it`;
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ ready: true, host: gateway.host, ...record, controlPort })}\n`
          : `${words}\n`,
      );
      await untilSignal();
      await gateway.stop();
      if (recordFile !== undefined) await rm(recordFile, { force: true });
    });
}
