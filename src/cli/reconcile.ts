import { Command } from 'commander';
import { type ReconciliationView, reconciliationViewSchema } from '../contract/reconciliation.schema.ts';
import { connectControl } from './control.ts';
import { dataOption, withCommonFlags } from './folders.ts';
import { createOutput } from './output.ts';

function text({ differences, instruments, accepted }: ReconciliationView): string {
  const compared = `${instruments} instrument${instruments === 1 ? '' : 's'} compared with the broker`;
  if (differences.length === 0) return `${compared}: both sides agree`;
  const lines = differences.map(({ kind, explanation }) => `${kind}: ${explanation}`);
  return [...lines, `${compared}: ${differences.length} found${accepted ? ', and accepted' : ''}`].join('\n');
}

/** `reconcile`: what differs from the broker. */
export function reconcileCommand(): Command {
  return withCommonFlags(
    new Command('reconcile').description('ask the broker, and explain what differs from what is known here'),
  )
    .addOption(dataOption())
    .option('--accept', 'take what the broker holds for right from now on', false)
    .action(async (flags: { data: string; json: boolean; accept: boolean }) => {
      const control = await connectControl(flags.data);
      const answer = await control.request('POST', '/api/v1/reconcile', { accept: flags.accept });
      const view = reconciliationViewSchema.parse(answer);
      createOutput(flags.json).result(view, text(view));
    });
}
