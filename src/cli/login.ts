import { Command } from 'commander';
import { z } from 'zod';
import { connectControl } from './control.ts';
import { dataOption, withCommonFlags } from './folders.ts';
import { createOutput } from './output.ts';

/** `login`: a new one-time link to the dashboard of the running system. */
export function loginCommand(): Command {
  return withCommonFlags(new Command('login').description('print a new one-time link to the dashboard'))
    .addOption(dataOption())
    .action(async (flags: { data: string; json: boolean }) => {
      const control = await connectControl(flags.data);
      const answer = z
        .object({ url: z.string() })
        .parse(await control.request('POST', '/api/v1/login-links'));
      createOutput(flags.json).result(answer, answer.url);
    });
}
