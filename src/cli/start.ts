import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { untilSignal } from '../process/signals.ts';
import { UsageError } from '../process/usage-error.ts';
import { createLog } from '../runtime/log.ts';
import { startRuntime } from '../runtime.ts';
import { configOption, dataOption, integer, withCommonFlags } from './folders.ts';
import { planOf, refusedLines } from './plan.ts';
import { requireConfig } from './validate.ts';

interface Flags {
  readonly json: boolean;
  readonly config: string;
  readonly data: string;
  readonly host?: string;
  readonly port?: number;
  /** commander's reading of `--no-gateway`. */
  readonly gateway: boolean;
}

/** An end that takes longer than this is forced. */
export const STOP_LIMIT_MS = 4_800;

/** @throws UsageError when the work takes longer; whoever catches it ends the process. */
async function within(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, fail) => {
    timer = setTimeout(
      () => fail(new UsageError(`not everything ended within ${limitMs} ms; forced`)),
      limitMs,
    );
  });
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

/** `start`: everything, until a signal ends it. */
export function startCommand(): Command {
  return withCommonFlags(
    new Command('start').description(
      'start everything: database, simulated gateway, sessions, dashboard; Ctrl-C ends it',
    ),
  )
    .addOption(configOption())
    .addOption(dataOption())
    .option('--host <host>', 'address of the dashboard; default from runtime.yaml (127.0.0.1)')
    .option(
      '--port <port>',
      'port of the dashboard, 0 picks one; default from runtime.yaml (7400)',
      integer(0, 65535),
    )
    .option('--no-gateway', 'use the TWS or IB Gateway that listens on the configured port')
    .action(async (flags: Flags) => {
      const config = requireConfig(flags.config);
      const gateway = flags.gateway && config.runtime.gateway.enabled;
      const plan = planOf(config, gateway);
      const refused = refusedLines(config, plan);
      if (refused.length > 0) throw new UsageError(refused.join('\n'), 2);
      const { mode } = config.runtime.broker;
      const log = createLog(
        config.runtime.logLevel,
        flags.json,
        mode === 'live' ? 'live' : gateway ? 'simulated' : 'paper',
      );
      const signal = untilSignal();
      const runtime = await startRuntime({
        config,
        dataDir: flags.data,
        databaseUrl: process.env.DATABASE_URL || undefined,
        host: flags.host ?? config.runtime.server.host,
        port: flags.port ?? config.runtime.server.port,
        gateway,
        entry: fileURLToPath(new URL('../main.ts', import.meta.url)),
        log,
      });
      const ready = { ready: true, url: runtime.url, loginUrl: runtime.loginUrl, pid: process.pid };
      process.stdout.write(
        flags.json
          ? `${JSON.stringify(ready)}\n`
          : `\nTradewarden is ready at ${runtime.url}\nOpen this link once to log in: ${runtime.loginUrl}\nCtrl-C ends it.\n\n`,
      );
      log.info(`${await signal}: ending; working orders stay at the broker`);
      await within(STOP_LIMIT_MS, runtime.stop());
    });
}
