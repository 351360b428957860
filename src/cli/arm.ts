import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { LONGEST_ARMING_HOURS } from '../../machines/risk/arming.logic.ts';
import { readArming, removeArming, writeArming } from '../process/arming-record.ts';
import { makeFolder } from '../process/make-folder.ts';
import { UsageError } from '../process/usage-error.ts';
import { configOption, dataOption, withCommonFlags } from './folders.ts';
import { createOutput } from './output.ts';
import { requireConfig } from './validate.ts';

const HOUR_MS = 3_600_000;

function hours(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= LONGEST_ARMING_HOURS)) {
    throw new InvalidArgumentError(
      `found "${text}", expected hours of more than 0 and at most ${LONGEST_ARMING_HOURS}`,
    );
  }
  return value;
}

/** `arm`, `disarm`: whether real money may be traded, for which account, and until when. */
export function armingCommands(): readonly Command[] {
  const arm = withCommonFlags(
    new Command('arm').description(
      'arm live trading: name the account, for a time; entries stop when it is over',
    ),
  )
    .addOption(configOption())
    .addOption(dataOption())
    .requiredOption('--account <number>', 'number of the live account, as broker.account has it')
    .requiredOption('--hours <number>', `for how long; at most ${LONGEST_ARMING_HOURS}`, hours)
    .action((flags: { config: string; data: string; json: boolean; account: string; hours: number }) => {
      const { broker } = requireConfig(flags.config).runtime;
      if (broker.mode !== 'live') {
        throw new UsageError(
          `arm: found broker.mode "${broker.mode}", expected "live"; nothing else needs arming`,
          2,
        );
      }
      if (broker.account !== flags.account) {
        throw new UsageError(
          `arm: found account "${flags.account}", expected "${broker.account}", the broker.account of ${flags.config}/runtime.yaml`,
          2,
        );
      }
      makeFolder(flags.data);
      const at = Date.now();
      const arming = {
        ...{ account: flags.account, by: userInfo().username, at },
        until: at + flags.hours * HOUR_MS,
      };
      const path = writeArming(flags.data, arming);
      createOutput(flags.json).result(
        { ...arming, file: path },
        `armed: account ${arming.account} may trade REAL MONEY until ${new Date(arming.until).toISOString()}`,
      );
    });
  const disarm = withCommonFlags(
    new Command('disarm').description('end the arming of live trading; only exits leave from then on'),
  )
    .addOption(dataOption())
    .action((flags: { data: string; json: boolean }) => {
      const before = readArming(flags.data);
      removeArming(flags.data);
      createOutput(flags.json).result(
        { disarmed: before !== null },
        before === null
          ? 'nothing was armed'
          : `disarmed: account ${before.account} enters no position any more`,
      );
    });
  return [arm, disarm];
}
