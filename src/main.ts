#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { armingCommands } from './cli/arm.ts';
import { doctorCommand } from './cli/doctor.ts';
import { drillCommand } from './cli/drill.ts';
import { exportCommand } from './cli/export.ts';
import { gatewayCommand } from './cli/gateway.ts';
import { loginCommand } from './cli/login.ts';
import { planCommand } from './cli/plan.ts';
import { reconcileCommand } from './cli/reconcile.ts';
import { riskCommands } from './cli/risk.ts';
import { schemasCommand } from './cli/schemas.ts';
import { sessionsCommand } from './cli/sessions.ts';
import { startCommand } from './cli/start.ts';
import { validateCommand } from './cli/validate.ts';
import { UsageError } from './process/usage-error.ts';
import { version } from './version.ts';

const program = new Command('tradewarden')
  .description('Runs your trading sessions on Interactive Brokers as supervised actors.')
  .version(version)
  .showHelpAfterError('(--help shows what is expected)');

for (const command of [
  startCommand(),
  gatewayCommand(),
  validateCommand(),
  planCommand(),
  doctorCommand(),
  reconcileCommand(),
  schemasCommand(),
  sessionsCommand(),
  exportCommand(),
  loginCommand(),
  ...riskCommands(),
  ...armingCommands(),
  drillCommand(),
]) {
  program.addCommand(command);
}

/** Commands added by `addCommand` do not inherit this. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const sub of command.commands) throwInsteadOfExit(sub);
}
throwInsteadOfExit(program);

/** 0 done, 1 failed, 2 wrong usage or configuration; an error is one line, a stack only for a defect of ours. */
async function run(): Promise<number> {
  try {
    await program.parseAsync();
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n`);
      return error.exitCode;
    }
    process.stderr.write(
      `tradewarden: a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 1;
  }
}

process.exit(await run());
