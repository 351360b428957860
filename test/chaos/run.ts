/**
 * Seeded faults against the real system while sessions trade fast, then a look at everything that must hold.
 * `node test/chaos/run.ts --seed N --minutes M`; the same seed draws the same faults, though not the same instants.
 * Exits 1 on a violation, and then keeps nothing but what it prints.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { databaseUrl } from '../support/agreement.ts';
import { sql } from '../support/sql.ts';
import { until } from '../support/system.ts';
import { quiet, readSystem, whenOpen } from '../support/trading.ts';
import { check } from './checks.ts';
import { allFaults, drawFaults, type Kills } from './faults.ts';
import { drawFrom } from './random.ts';
import { createWorld, type World } from './world.ts';

const BARS_PER_SECOND = 3;
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '1' },
    log: { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed);
const minutes = Number(values.minutes);
if (!Number.isInteger(seed) || !(minutes > 0)) {
  process.stderr.write('chaos: expected --seed as a whole number and --minutes above 0\n');
  process.exit(2);
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const began = performance.now();
const clock = (): string => `${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s`;

async function orders(world: World): Promise<number> {
  const [row] = await sql<{ count: string }>(
    databaseUrl(world.system.dataDir),
    'select count(*) from order_intents',
  );
  return Number(row?.count ?? 0);
}

async function strikeUntil(world: World, end: number, kills: Kills): Promise<number> {
  const draw = drawFrom(seed);
  const faults = allFaults(kills);
  let struck = 0;
  while (performance.now() < end) {
    await pause(draw.between(500, 4_000));
    const drawn = drawFaults(draw, faults).map((fault) => ({
      fault,
      forMs: Math.round(draw.between(...fault.lasts)),
    }));
    for (const { fault, forMs } of drawn)
      say(`${clock()}  ${fault.name}${forMs > 1 ? ` for ${forMs} ms` : ''}`);
    await Promise.all(drawn.map(({ fault, forMs }) => fault.strike(world, forMs)));
    struck += drawn.length;
  }
  return struck;
}

async function run(world: World): Promise<boolean> {
  const kills: Kills = [];
  await world.startGateway();
  await world.system.start();
  await whenOpen(world.system);
  say(`${clock()}  ready`);
  const struck = await strikeUntil(world, began + minutes * 60_000, kills);
  await until(
    'the system is well again',
    async () => {
      const { connection, store, orderDesk } = await readSystem(world.system);
      return connection.phase === 'ready' && store.state === 'up' && orderDesk === 'open';
    },
    45_000,
  );
  // A database that was struck last may be told as well for a second more.
  const { before } = await until('the database answers', async () => ({ before: await orders(world) }));
  await until('sessions trade again', async () => (await orders(world)) >= before + 2, 30_000);
  await quiet(world.system, databaseUrl(world.system.dataDir));
  say(`${clock()}  ${struck} faults, ${await orders(world)} orders of sessions`);

  const checks = await check(world.system, kills);
  for (const { name, looked, failures } of checks) {
    say(
      `${failures.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${looked - failures.length} passed, ${failures.length} failed`,
    );
    for (const failure of failures.slice(0, 10)) say(`       ${failure}`);
  }
  return checks.every(({ failures }) => failures.length === 0);
}

say(`chaos: seed ${seed}, ${minutes} min`);
const world = await createWorld(BARS_PER_SECOND);
let good = false;
try {
  good = await run(world);
} catch (error) {
  say(`FAIL ${error instanceof Error ? error.message : String(error)}`);
} finally {
  await world.end();
}
if (!good || values.log) say(world.system.log());
say(good ? `chaos: seed ${seed} passed` : `chaos: seed ${seed} FAILED`);
process.exit(good ? 0 : 1);
