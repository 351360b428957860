import { Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { kindsText, momentText } from '../contract/journal.schema.ts';
import { untilSignal } from '../process/signals.ts';
import { UsageError } from '../process/usage-error.ts';
import { connectControl } from './control.ts';
import { dataOption, withCommonFlags } from './folders.ts';
import {
  type JournalFormat,
  journalFormats,
  journalHead,
  journalLine,
  journalPages,
} from './journal-lines.ts';
import { createOutput } from './output.ts';
import { writeAll, writeWholeFile } from './whole-file.ts';

interface Flags {
  readonly data: string;
  readonly json: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly actor?: string;
  readonly kind?: readonly string[];
  readonly format?: JournalFormat;
  readonly out?: string;
}

const PROGRESS_MS = 1000;

/** Reads a flag by the schema of the query that it becomes; for commander's argument parsers. */
const read =
  <T extends z.ZodType>(schema: T) =>
  (text: string): z.infer<T> => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'refused');
  };

/** The format asked for; else that of the file's name; else JSON lines. */
function formatOf({ format, out, json }: Flags): JournalFormat {
  if (json && out === undefined && format === 'csv') {
    throw new UsageError('export journal: found --json with --format csv, expected one of them', 2);
  }
  return format ?? (out?.toLowerCase().endsWith('.csv') ? 'csv' : 'jsonl');
}

/** Writes to stdout; a reader that has enough of it (`| head`) ends the export, not with an error. */
async function writeStdout(chunks: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
  try {
    await writeAll(chunks, process.stdout, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
}

async function exportJournal(flags: Flags): Promise<void> {
  const format = formatOf(flags);
  const control = await connectControl(flags.data);
  // What is written while it is read would never end.
  const query = {
    to: String(flags.to ?? Date.now()),
    ...(flags.from === undefined ? {} : { from: String(flags.from) }),
    ...(flags.actor === undefined ? {} : { actor: flags.actor, below: 'true' }),
    ...(flags.kind === undefined ? {} : { kind: flags.kind.join(',') }),
  };
  const words = { entries: 0, file: flags.out ?? null };
  let toldAt = Date.now();

  async function* chunks(): AsyncGenerator<string> {
    let head = journalHead(format);
    for await (const page of journalPages(control, query)) {
      words.entries += page.length;
      yield head + page.map((entry) => journalLine(entry, format)).join('');
      head = '';
      const last = page.at(-1);
      if (flags.out === undefined || last === undefined || Date.now() - toldAt < PROGRESS_MS) continue;
      toldAt = Date.now();
      process.stderr.write(`${words.entries} entries, up to ${new Date(last.at).toISOString()}\n`);
    }
  }

  const interrupt = new AbortController();
  void untilSignal().then((name) => {
    const kept = flags.out === undefined ? '' : `; "${flags.out}" was not written`;
    interrupt.abort(
      new UsageError(`export journal: found ${name} after ${words.entries} entries, expected the end${kept}`),
    );
  });
  if (flags.out === undefined) return writeStdout(chunks(), interrupt.signal);
  await writeWholeFile(flags.out, chunks(), interrupt.signal);
  createOutput(flags.json).result(words, `wrote ${words.entries} entries to ${flags.out}`);
}

/** `export journal`: what every actor did, out of the running system, to stdout or a file. */
export function exportCommand(): Command {
  const command = new Command('export').description('write what is stored as CSV or JSON lines');
  withCommonFlags(command.command('journal').description('what every actor did, oldest first'))
    .addOption(dataOption())
    .option('--from <time>', 'this moment and later: ISO 8601 or epoch milliseconds', read(momentText))
    .option('--to <time>', 'before this moment; now when absent', read(momentText))
    .option('--actor <path>', 'an actor and those below it, e.g. root/broker/orderDesk')
    .option('--kind <kinds>', 'kinds of entries, separated by commas, e.g. crash,restart', read(kindsText))
    .addOption(
      new Option('--format <format>', 'by the name of the file when absent, else jsonl').choices(
        journalFormats,
      ),
    )
    .option('--out <file>', 'write a file instead of stdout; it appears when it is whole')
    .action(exportJournal);
  return command;
}
