import { Command } from 'commander';
import { systemViewSchema } from '../contract/system.schema.ts';
import { connectControl } from './control.ts';
import { dataOption, withCommonFlags } from './folders.ts';
import { createOutput } from './output.ts';

const verbs = {
  halt: 'let no order through',
  reduce: 'let exits through and nothing else',
  resume: 'let orders through again',
} as const;

/** `halt`, `reduce`, `resume`: the risk state from a terminal. */
export function riskCommands(): Command[] {
  return Object.entries(verbs).map(([verb, description]) =>
    withCommonFlags(new Command(verb).description(description))
      .addOption(dataOption())
      .option('--cause <sentence>', 'why, kept with the change', 'command line')
      .action(async (flags: { data: string; json: boolean; cause: string }) => {
        const control = await connectControl(flags.data);
        const answer = await control.request('POST', `/api/v1/risk/${verb}`, { cause: flags.cause });
        const risk = systemViewSchema.shape.risk.parse(answer);
        createOutput(flags.json).result(risk, `risk is ${risk.state} (${risk.cause})`);
      }),
  );
}
