import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { instrumentId } from '../../machines/domain/instrument.ts';
import { type WorstCase, worstCase } from '../../machines/risk/worst-case.logic.ts';
import { boundWords, findingWords } from '../../machines/risk/worst-case.words.ts';
import type { Config } from '../config/load.ts';
import { loadYamlFile, problemLine } from '../config/yaml.ts';
import { gatewayConfigSchema } from '../gateway/config.ts';
import { UsageError } from '../process/usage-error.ts';
import { configOption, withCommonFlags } from './folders.ts';
import { columns, createOutput } from './output.ts';
import { requireConfig } from './validate.ts';

/** The account of the simulated gateway; null: none is declared. */
function simulatedAccount({ dir }: Config): { id: string; cash: string } | null {
  const file = join(dir, 'gateway.yaml');
  if (!statSync(file, { throwIfNoEntry: false })) return null;
  const loaded = loadYamlFile(file, gatewayConfigSchema);
  if (!loaded.ok) throw new UsageError(loaded.problems.map(problemLine).join('\n'), 2);
  const { id, cash } = loaded.value.account;
  return { id, cash: String(cash) };
}

/**
 * The worst case of the active sessions of a config folder.
 * @param onSimulated whether the simulated gateway is what is traded on: its account counts then
 * @throws UsageError for a broken `gateway.yaml`
 */
export function planOf(config: Config, onSimulated: boolean): WorstCase {
  const simulated = onSimulated ? simulatedAccount(config) : null;
  return worstCase({
    sessions: config.sessions
      .filter(({ active }) => active)
      .map((session) => ({ ...session, instrumentId: instrumentId(session.instrument) })),
    limits: config.limits,
    losses: config.losses,
    account: simulated?.id ?? null,
    netLiquidation: config.capital ?? simulated?.cash ?? null,
  });
}

/** A line for each thing that is refused, where it is declared. */
export const refusedLines = (config: Config, { findings }: WorstCase): string[] =>
  findings
    .filter(({ kind }) => kind === 'refused')
    .map((finding) => {
      const place = finding.session === null ? undefined : config.places[finding.session];
      const whole = { file: join(config.dir, 'risk.yaml'), line: 0, column: 0, path: '' };
      return problemLine({ ...(place ?? whole), message: findingWords(finding) });
    });

const header = ['session', 'exposure at most', 'loss until halt', 'orders a minute', 'orders a day'];

function planText({ netLiquidation, sessions, whole, findings }: WorstCase): string {
  const row = (name: string, each: WorstCase['whole']) => [
    name,
    boundWords(each.exposure),
    boundWords(each.loss),
    boundWords(each.ordersPerMinute),
    boundWords(each.ordersPerDay),
  ];
  const known =
    netLiquidation === null ? 'not known; set capital in risk.yaml to reckon shares of it' : netLiquidation;
  return [
    `Net liquidation: ${known}. Times are the market's.`,
    columns(header, [...sessions.map((each) => row(each.id, each)), row('all together', whole)]),
    ...findings.filter(({ kind }) => kind !== 'refused').map((finding) => findingWords(finding)),
  ].join('\n');
}

/** `plan`: what the sessions of a config folder can reach at worst; refuses what is beyond a hard limit. */
export function planCommand(): Command {
  return withCommonFlags(
    new Command('plan').description(
      'say from the YAML alone what sessions can reach at worst; refuse what breaks a limit',
    ),
  )
    .addOption(configOption())
    .action((flags: { config: string; json: boolean }) => {
      const config = requireConfig(flags.config);
      const plan = planOf(config, config.runtime.gateway.enabled);
      createOutput(flags.json).result(plan, planText(plan));
      const refused = refusedLines(config, plan);
      if (refused.length > 0) throw new UsageError(refused.join('\n'), 2);
    });
}
