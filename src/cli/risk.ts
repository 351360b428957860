import { setTimeout as pause } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { type FlattenView, flattenViewSchema } from '../contract/flatten.schema.ts';
import { systemViewSchema } from '../contract/system.schema.ts';
import { isAlive } from '../process/is-alive.ts';
import { type KillCommand, removeKillFiles, writeKillFile } from '../process/kill-file.ts';
import { readRiskRecord } from '../process/risk-record.ts';
import { UsageError } from '../process/usage-error.ts';
import { type ControlClient, connectControl, Unreachable } from './control.ts';
import { dataOption, withCommonFlags } from './folders.ts';
import { createOutput, type Output } from './output.ts';

const verbs = {
  halt: 'let no order through',
  reduce: 'let exits through and nothing else',
  resume: 'let orders through again, and call off what is being closed',
  flatten: 'halt, cancel every order of ours and close every position in steps',
} as const;
type Verb = keyof typeof verbs;

const { risk, riskParts } = systemViewSchema.shape;
const answerSchema = risk.extend({ parts: riskParts, flatten: flattenViewSchema });
type Answer = z.infer<typeof answerSchema>;

/** A kill switch does not wait for a web server that is stuck. */
const ANSWER_MS = 3_000;
const OBEY_MS = 3_000;
const LOOK_MS = 100;
const FOLLOW_MS = 500;

interface Flags {
  readonly data: string;
  readonly json: boolean;
  readonly cause: string;
  readonly session?: string;
  readonly account?: string;
  readonly follow?: boolean;
  readonly timeout?: number;
}

const seconds = z.coerce.number().positive();

const stateOf = { reduce: ['reducing', 'halted'], halt: ['halted'], flatten: ['halted'] } as const;

/** Whether the runtime that lives on this folder says that it does what the file demands; null: none lives. */
async function isObeyed(dir: string, command: KillCommand): Promise<boolean | null> {
  const until = Date.now() + OBEY_MS;
  for (;;) {
    const record = readRiskRecord(dir);
    if (record === null || !isAlive(record.pid)) return null;
    const holds = stateOf[command].some((state) => state === record.state);
    if (holds && (command !== 'flatten' || record.flatten !== 'idle')) return true;
    if (Date.now() > until) return false;
    await pause(LOOK_MS);
  }
}

/** Says it by a file, because the web server does not answer. @throws UsageError when a living runtime does not obey */
async function byFile(verb: Verb, flags: Flags, output: Output, why: string): Promise<void> {
  if (verb === 'resume') {
    const removed = removeKillFiles(flags.data, verb);
    const done = removed.length === 0 ? '' : ` (${removed.join(', ')} taken away)`;
    throw new UsageError(`risk: nobody could be told to resume${done}: ${why}`);
  }
  const path = writeKillFile(flags.data, verb, flags.cause);
  const obeyed = await isObeyed(flags.data, verb);
  if (obeyed === false) {
    throw new UsageError(
      `risk: found no runtime that obeys ${path} within ${OBEY_MS / 1_000} s, expected it to; end its process, and look at the orders in TWS`,
    );
  }
  const text =
    obeyed === true
      ? `${verb}: obeyed by the file ${path}; the dashboard does not answer`
      : `${verb}: nothing runs on this data folder; the file ${path} holds for the next start`;
  output.result({ command: verb, file: path, obeyed: obeyed === true }, text);
}

const words = ({ state, cause, flatten }: Answer): string =>
  flatten.phase === 'idle'
    ? `risk is ${state} (${cause})`
    : `risk is ${state} (${cause}); ${phaseWords(flatten)}`;

const phaseWords = ({ phase, closing }: FlattenView): string => {
  const left = closing.filter(({ state }) => state !== 'closed');
  const names = left.map(({ instrumentId, held, obstacle }) =>
    obstacle === null ? `${held} of ${instrumentId}` : `${held} of ${instrumentId} (${obstacle})`,
  );
  return `flatten: ${phase}${names.length === 0 ? '' : `, left are ${names.join(', ')}`}`;
};

/** Tells each report as it comes, until everything is closed. @throws UsageError when that takes too long */
async function follow(control: ControlClient, output: Output, limitMs: number): Promise<Answer> {
  const until = Date.now() + limitMs;
  const told = new Set<string>();
  for (;;) {
    const answer = answerSchema.parse(await control.request('GET', '/api/v1/risk'));
    for (const { at, instrumentId, message } of answer.flatten.reports) {
      const line = `${new Date(at).toISOString()} ${instrumentId === null ? '' : `${instrumentId}: `}${message}`;
      if (!told.has(line) && !output.json) process.stderr.write(`${line}\n`);
      told.add(line);
    }
    if (answer.flatten.phase === 'flat') return answer;
    if (answer.flatten.phase === 'idle') throw new UsageError('flatten: it was called off');
    if (Date.now() > until) {
      throw new UsageError(
        `flatten: found ${phaseWords(answer.flatten)} after ${limitMs / 1_000} s, expected everything closed; it goes on`,
      );
    }
    await pause(FOLLOW_MS);
  }
}

const scopeOf = ({ session, account }: Flags) => {
  if (session !== undefined) return { kind: 'session', id: session };
  return account === undefined ? undefined : { kind: 'account', id: account };
};

async function run(verb: Verb, flags: Flags): Promise<void> {
  const output = createOutput(flags.json);
  const scope = scopeOf(flags);
  if (scope !== undefined) {
    const control = await connectControl(flags.data, ANSWER_MS);
    const body = { cause: flags.cause, scope };
    const answer = answerSchema.parse(await control.request('POST', `/api/v1/risk/${verb}`, body));
    const part = answer.parts.find((each) => each.scope.kind === scope.kind && each.scope.id === scope.id);
    const { state, cause } = part?.status ?? { state: 'active', cause: flags.cause };
    return output.result(answer, `risk of ${scope.kind} ${scope.id} is ${state} (${cause})`);
  }
  try {
    const control = await connectControl(flags.data, ANSWER_MS);
    // Files that would hold it back were put there to be taken away again by this.
    removeKillFiles(flags.data, verb);
    const said = answerSchema.parse(
      await control.request('POST', `/api/v1/risk/${verb}`, { cause: flags.cause }),
    );
    const answer =
      verb === 'flatten' && flags.follow === true
        ? await follow(control, output, (flags.timeout ?? 300) * 1_000)
        : said;
    output.result(answer, words(answer));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    await byFile(verb, flags, output, error.message);
  }
}

/** `halt`, `reduce`, `resume`, `flatten`: the kill switch from a terminal, also while the dashboard is down. */
export function riskCommands(): Command[] {
  return (Object.keys(verbs) as Verb[]).map((verb) => {
    const command = withCommonFlags(new Command(verb).description(verbs[verb]))
      .addOption(dataOption())
      .option('--cause <sentence>', 'why, kept with the change', 'command line');
    if (verb !== 'flatten') {
      command
        .addOption(new Option('--session <id>', 'only this session').conflicts('account'))
        .option('--account <number>', 'only this account');
    } else {
      command.option('--follow', 'tell each step, and end when everything is closed', false).addOption(
        new Option('--timeout <seconds>', 'how long to follow; exit 1 when something is still held then')
          .default(300)
          .argParser((text) => {
            const parsed = seconds.safeParse(text);
            if (parsed.success) return parsed.data;
            throw new InvalidArgumentError(`found "${text}", expected seconds, more than 0`);
          }),
      );
    }
    return command.action((flags: Flags) => run(verb, flags));
  });
}
