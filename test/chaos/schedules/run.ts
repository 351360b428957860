/**
 * Seeded schedules of faults, each against sessions that trade in a world of its own, then a look at everything that
 * must hold: `node test/chaos/schedules/run.ts --schedules 500 --seed 1`. The seed of a schedule draws its faults and
 * their moments; `--schedules 1 --seed N --log` repeats one. Exits 1 when anything did not hold.
 */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../../../src/store/embedded.ts';
import { openStore } from '../../../src/store/store.ts';
import { sql } from '../../support/sql.ts';
import { drawSchedule } from './draw.ts';
import { type Outcome, play } from './play.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    schedules: { type: 'string', default: '20' },
    beside: { type: 'string', default: '3' },
    log: { type: 'boolean', default: false },
  },
});
const firstSeed = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed);
const wanted = Number(values.schedules);
const beside = Number(values.beside);
if (![firstSeed, wanted, beside].every((number) => Number.isInteger(number) && number >= 0) || beside === 0) {
  process.stderr.write('schedules: expected --seed, --schedules and --beside as whole numbers\n');
  process.exit(2);
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const dataDir = mkdtempSync(join(tmpdir(), 'tradewarden-schedules-'));
const postgres = await startEmbeddedPostgres({
  dataDir,
  log: () => undefined,
  settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' },
});
const urlOf = (name: string): string => {
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.href;
};

// One database with all tables, copied for each schedule.
await sql(postgres.url, 'create database pattern');
await (await openStore({ url: urlOf('pattern') })).close();

async function one(seed: number): Promise<Outcome> {
  const name = `schedule_${seed}`;
  await sql(postgres.url, `create database ${name} template pattern`);
  try {
    return await play(drawSchedule(seed), urlOf(name));
  } finally {
    await sql(postgres.url, `drop database ${name} with (force)`);
  }
}

const outcomes: Outcome[] = [];
const seeds = Array.from({ length: wanted }, (_, index) => firstSeed + index);
say(`schedules: ${wanted} from seed ${firstSeed} on`);

async function work(): Promise<void> {
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    const outcome = await one(seed);
    outcomes.push(outcome);
    const { failures, struck, orders, tookMs } = outcome;
    const isGood = failures.length === 0;
    if (!isGood || values.log || wanted <= 30)
      say(
        `${isGood ? 'ok  ' : 'FAIL'} seed ${seed}: ${struck} mishaps, ${orders} orders, ${(tookMs / 1_000).toFixed(1)} s`,
      );
    if (!isGood || values.log) {
      for (const mishap of drawSchedule(seed).mishaps)
        say(`       ${mishap.at} ms ${JSON.stringify(mishap.what)}`);
      for (const failure of failures) say(`       ${failure}`);
      for (const line of values.log ? outcome.lines : outcome.lines.slice(-30)) say(`         ${line}`);
    }
  }
}

await Promise.all(Array.from({ length: Math.min(beside, wanted) }, work));
await postgres.stop();
rmSync(dataDir, { recursive: true, force: true });

const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((all, each) => all + of(each), 0);
const failed = outcomes.filter(({ failures }) => failures.length > 0);
say(
  `schedules: ${outcomes.length} run, ${sum(({ struck }) => struck)} mishaps, ${sum(({ orders }) => orders)} orders, ${sum(({ executions }) => executions)} executions; ${failed.length} failed${failed.length === 0 ? '' : `: seeds ${failed.map(({ seed }) => seed).join(', ')}`}`,
);
process.exit(failed.length === 0 ? 0 : 1);
