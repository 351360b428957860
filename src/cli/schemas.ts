import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { jsonSchemas, writeSchemas } from '../config/json-schemas.ts';
import { gatewayConfigSchema } from '../gateway/config.ts';
import { faultsFileSchema } from '../gateway/faults/catalogue.ts';
import { UsageError } from '../process/usage-error.ts';
import { configOption, withCommonFlags } from './folders.ts';
import { createOutput } from './output.ts';

const more = { gateway: gatewayConfigSchema, faults: faultsFileSchema };

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** `schemas`: the JSON Schemas that editors use for the YAML files. */
export function schemasCommand(): Command {
  return withCommonFlags(
    new Command('schemas').description('write the JSON Schemas that editors use to <config>/schemas'),
  )
    .addOption(configOption())
    .option('--check', 'change nothing; fail when a file is not current', false)
    .action((flags: { config: string; json: boolean; check: boolean }) => {
      const dir = join(flags.config, 'schemas');
      if (!flags.check) {
        const written = writeSchemas(dir, more);
        createOutput(flags.json).result({ written }, `${dir}: wrote ${written.join(', ')}`);
        return;
      }
      const old = [...jsonSchemas(more)]
        .filter(([name, text]) => textOf(join(dir, name)) !== text)
        .map(([name]) => name);
      if (old.length > 0) {
        throw new UsageError(
          `${dir}: found ${old.join(', ')} out of date, expected what "npm run schemas" writes`,
        );
      }
      createOutput(flags.json).result({ current: true }, `${dir}: current`);
    });
}
