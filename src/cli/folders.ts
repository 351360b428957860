import { type Command, InvalidArgumentError, Option } from 'commander';

/** Flags that every command has. */
export function withCommonFlags(command: Command): Command {
  return command.addOption(new Option('--json', 'print JSON on stdout, logs on stderr').default(false));
}

export const configOption = (): Option =>
  new Option('--config <dir>', 'folder of the YAML files').env('TRADEWARDEN_CONFIG').default('config');

export const dataOption = (): Option =>
  new Option('--data <dir>', 'folder that keeps the database and the state between runs')
    .env('TRADEWARDEN_DATA')
    .default('.tradewarden');

/** Reads a whole number within bounds; for commander's argument parsers. */
export const integer =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`found "${text}", expected a whole number from ${min} to ${max}`);
    }
    return value;
  };
