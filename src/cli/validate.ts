import { Command } from 'commander';
import { builtinStrategies } from '../../machines/strategies/builtin.ts';
import { parseParameters } from '../../machines/strategies/registry.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { problemLine } from '../config/yaml.ts';
import { UsageError } from '../process/usage-error.ts';
import { configOption, withCommonFlags } from './folders.ts';
import { createOutput } from './output.ts';

/** Loads a config folder against the strategies of this version. @throws UsageError with a line for each problem. */
export function requireConfig(dir: string): Config {
  const loaded = loadConfig(dir, {
    parseParameters,
    builtinNames: builtinStrategies.map((strategy) => strategy.name),
  });
  if (!loaded.ok) throw new UsageError(loaded.problems.map(problemLine).join('\n'), 2);
  return loaded.config;
}

/** `validate`: says whether a config folder can be started from. */
export function validateCommand(): Command {
  return withCommonFlags(
    new Command('validate').description('check the YAML files; complaints as file:line:column path: message'),
  )
    .addOption(configOption())
    .action((flags: { config: string; json: boolean }) => {
      const config = requireConfig(flags.config);
      const counts = {
        sessions: config.sessions.length,
        strategies: config.strategies.length,
        watched: config.runtime.watch.length,
      };
      createOutput(flags.json).result(
        { valid: true, ...counts },
        `${flags.config}: valid; ${counts.sessions} sessions, ${counts.strategies} strategies, ${counts.watched} watched instruments`,
      );
    });
}
