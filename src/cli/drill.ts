import { createServer } from 'node:net';
import { Command } from 'commander';
import type { FlattenConfig } from '../config/risk.schema.ts';
import { type DrillRecord, readDrillRecord, writeDrillRecord } from '../process/drill-record.ts';
import { makeFolder } from '../process/make-folder.ts';
import { untilSignal } from '../process/signals.ts';
import { UsageError } from '../process/usage-error.ts';
import { drillSteps } from './drill.steps.ts';
import { DrillWorld } from './drill.world.ts';
import { configOption, dataOption, withCommonFlags } from './folders.ts';
import { columns, createOutput } from './output.ts';
import { requireConfig } from './validate.ts';

/** A port of this machine that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === 'object' ? done(address.port) : fail(new Error('no port')),
      );
    });
  });
}

/** Runs the drill; answers how it went. What fails by a defect of ours is thrown. */
async function drill(flatten: FlattenConfig): Promise<Omit<DrillRecord, 'workedAt'>> {
  const at = Date.now();
  const steps: { name: string; ms: number }[] = [];
  let world: DrillWorld | null = null;
  const interrupted = untilSignal().then((signal): never => {
    throw new UsageError(`interrupted by ${signal}`);
  });
  const step = async (name: string, run: () => Promise<unknown>): Promise<void> => {
    const began = Date.now();
    try {
      await Promise.race([run(), interrupted]);
    } finally {
      steps.push({ name, ms: Date.now() - began });
    }
  };
  try {
    await step('a system of its own starts', async () => {
      world = await DrillWorld.start(await freePort(), flatten);
    });
    for (const { name, run } of drillSteps()) {
      await step(name, async () => (world === null ? undefined : run(world)));
    }
    return { at, tookMs: Date.now() - at, steps, failure: null };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const failure = `${steps.at(-1)?.name}: ${error.message}`;
    return { at, tookMs: Date.now() - at, steps, failure };
  } finally {
    await (world as DrillWorld | null)?.end();
  }
}

const text = ({ steps, failure, tookMs }: DrillRecord): string =>
  [
    columns(
      ['step', 'ms'],
      steps.map(({ name, ms }) => [name, String(ms)]),
    ),
    failure === null ? `the kill switch works (${Math.round(tookMs / 1_000)} s)` : 'the kill switch FAILED',
  ].join('\n');

/** `drill`: tries the kill switch on a simulated gateway of its own, and keeps when it last worked. */
export function drillCommand(): Command {
  return withCommonFlags(
    new Command('drill').description(
      'try halt, reduce, resume and flatten from dashboard, command line and file on a simulated gateway of its own',
    ),
  )
    .addOption(configOption())
    .addOption(dataOption())
    .action(async (flags: { config: string; data: string; json: boolean }) => {
      const { flatten } = requireConfig(flags.config);
      makeFolder(flags.data);
      const found = await drill(flatten);
      const before = readDrillRecord(flags.data)?.workedAt ?? null;
      const record = { ...found, workedAt: found.failure === null ? found.at : before };
      writeDrillRecord(flags.data, record);
      createOutput(flags.json).result(record, text(record));
      if (found.failure !== null) throw new UsageError(`drill: ${found.failure}`);
    });
}
