import { Command } from 'commander';
import { type InstrumentKey, instrumentId } from '../../machines/domain/instrument.ts';
import type { Config } from '../config/load.ts';
import { examineBroker } from '../doctor/broker.ts';
import type { Finding } from '../doctor/finding.ts';
import { examineDatabase, examineDataFolder, examineNode } from '../doctor/installation.ts';
import { UsageError } from '../process/usage-error.ts';
import { configOption, dataOption, withCommonFlags } from './folders.ts';
import { createOutput } from './output.ts';
import { requireConfig } from './validate.ts';

/** Every declared instrument once. */
function instrumentsOf({ sessions, runtime }: Config): InstrumentKey[] {
  const keys = [...sessions.map(({ instrument }) => instrument), ...runtime.watch];
  return [...new Map(keys.map((key) => [instrumentId(key), key])).values()];
}

const marks = { ok: 'ok     ', warning: 'warning', problem: 'PROBLEM' } as const;
const line = ({ check, state, found, remedy }: Finding): string =>
  `${marks[state]}  ${check}: ${found}${remedy === null ? '' : `\n         ${remedy}`}`;

/** `doctor`: what is wrong with this installation and its connection, in sentences with remedies. */
export function doctorCommand(): Command {
  return withCommonFlags(
    new Command('doctor').description(
      'look at installation, database and broker connection, and say what to change; changes nothing',
    ),
  )
    .addOption(configOption())
    .addOption(dataOption())
    .action(async (flags: { config: string; data: string; json: boolean }) => {
      const config = requireConfig(flags.config);
      const findings: Finding[] = [
        examineNode(),
        { check: 'configuration', state: 'ok', found: `${flags.config} is valid`, remedy: null },
        examineDataFolder(flags.data),
        await examineDatabase(process.env.DATABASE_URL || undefined),
        ...(await examineBroker(config.runtime, instrumentsOf(config))),
      ];
      const problems = findings.filter(({ state }) => state === 'problem').length;
      createOutput(flags.json).result({ healthy: problems === 0, findings }, findings.map(line).join('\n'));
      if (problems > 0)
        throw new UsageError(
          `doctor: found ${problems} problem${problems === 1 ? '' : 's'}, expected none`,
          1,
        );
    });
}
