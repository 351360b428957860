/**
 * `npm run bench [-- --json] [-- --only NAME]`: every benchmark in a process of its own, one after the other.
 * Exits 1 when one fails, 2 on wrong usage; an aim that is missed is told and fails nothing.
 */
import { spawn } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { benchmarks } from './benchmarks.ts';

const figureSchema = z.object({
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  better: z.enum(['higher', 'lower']),
  baseline: z.string().nullable(),
  ratio: z.number().nullable(),
  aim: z.string().nullable(),
  met: z.boolean().nullable(),
});
type Measured = z.infer<typeof figureSchema>;

const known = benchmarks.flatMap(({ names }) => names);
const fail = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};

function readFlags(): { json: boolean; only: string | undefined; child: string | undefined } {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        only: { type: 'string' },
        /** Runs the benchmark of this name right here. */
        child: { type: 'string' },
      },
    });
    return { json: values.json, only: values.only, child: values.child };
  } catch (error) {
    return fail(
      `bench: ${error instanceof Error ? error.message : String(error)}; expected --json, --only NAME`,
    );
  }
}

async function runInChild(name: string): Promise<Measured[]> {
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--max-old-space-size=8192', fileURLToPath(import.meta.url), '--child', name],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  if (code !== 0) throw new Error(`bench "${name}" ended ${code}`);
  return z.array(figureSchema).parse(JSON.parse(text));
}

const written = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });

function line({ name, value, unit, baseline, ratio, aim, met }: Measured): string {
  const against = ratio === null ? '' : `, ${written(ratio)} x ${baseline}`;
  const wanted = aim === null ? '' : `  (aim ${aim}: ${met === true ? 'met' : 'MISSED'})`;
  return `${name.padEnd(24)} ${written(value).padStart(12)} ${unit}${against}${wanted}`;
}

const flags = readFlags();
if (flags.child !== undefined) {
  const bench = benchmarks.find(({ names }) => names.includes(flags.child ?? ''));
  if (bench === undefined) fail(`bench: found "${flags.child}", expected one of ${known.join(', ')}`);
  else process.stdout.write(JSON.stringify(await bench.run()));
} else {
  const { only } = flags;
  const isWanted = (name: string): boolean =>
    only === undefined || name === only || name.startsWith(`${only}.`);
  if (only !== undefined && !known.some(isWanted)) {
    fail(`bench: --only: found "${only}", expected one of ${known.join(', ')}`);
  }
  const wanted = benchmarks.filter(({ names }) => names.some(isWanted));
  const figures: Measured[] = [];
  for (const { names } of wanted) {
    const measured = await runInChild(names[0] ?? '');
    const shown = measured.filter(({ name }) => isWanted(name));
    figures.push(...shown);
    if (!flags.json) for (const figure of shown) process.stdout.write(`${line(figure)}\n`);
  }
  if (flags.json) {
    const [cpu] = cpus();
    const machine = {
      cpu: cpu?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    };
    process.stdout.write(`${JSON.stringify({ machine, figures })}\n`);
  }
}
