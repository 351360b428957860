import { z } from 'zod';
import { orderResultSchema, positionViewSchema, tradeViewSchema } from '../contract/portfolio.schema.ts';
import { systemViewSchema } from '../contract/system.schema.ts';
import { killFileNames, writeKillFile } from '../process/kill-file.ts';
import { UsageError } from '../process/usage-error.ts';
import { type DrillWorld, eventually } from './drill.world.ts';

const ID = 'DRILL.STK.SMART.USD';
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

export interface DrillStep {
  readonly name: string;
  /** @throws UsageError when something is not as it must be */
  readonly run: (world: DrillWorld) => Promise<void>;
}

const system = async (world: DrillWorld) =>
  systemViewSchema.parse(await world.request('GET', '/api/v1/system'));

async function order(world: DrillWorld, side: 'BUY' | 'SELL', quantity: string, limitPrice?: string) {
  const answer = await world.request('POST', '/api/v1/orders', {
    ...{ instrumentId: ID, side, quantity, timeInForce: 'DAY' },
    ...(limitPrice === undefined ? { orderType: 'MKT' } : { orderType: 'LMT', limitPrice }),
  });
  const { outcome, message, ref } = orderResultSchema.parse(answer);
  if (outcome !== 'accepted' || ref === null) throw new UsageError(`an order was not accepted: ${message}`);
  return ref;
}

/** @throws UsageError when an entry leaves, or is held for another reason than risk */
async function refusesEntry(world: DrillWorld): Promise<void> {
  const refusal = await order(world, 'BUY', '1').then(
    () => null,
    (error: unknown) => error,
  );
  if (refusal === null) throw new UsageError('an entry left while risk let none through');
  if (!(refusal instanceof UsageError) || !refusal.message.startsWith('risk: found')) throw refusal;
}

const risk = (world: DrillWorld, state: 'active' | 'reducing' | 'halted') =>
  eventually(`risk is ${state}`, async () => (await system(world)).risk.state === state);

async function held(world: DrillWorld): Promise<number> {
  const answer = await world.request('POST', '/api/v1/positions/refresh');
  const positions = list(positionViewSchema).parse(answer).items;
  return Number(positions.find(({ instrumentId }) => instrumentId === ID)?.quantity ?? 0);
}

const holds = (world: DrillWorld, quantity: number) =>
  eventually(`${quantity} are held`, async () => (await held(world)) === quantity);

async function stateOf(world: DrillWorld, ref: string): Promise<string | undefined> {
  const trades = list(tradeViewSchema).parse(await world.request('GET', '/api/v1/trades?limit=50')).items;
  return trades.find(({ key }) => key === ref)?.state ?? undefined;
}

const say = (world: DrillWorld, command: string) =>
  world.request('POST', `/api/v1/risk/${command}`, { cause: 'a drill' });

/** Everything that the kill switch can do, from the three places that it can be done from. */
export function drillSteps(): readonly DrillStep[] {
  let resting = '';
  return [
    {
      name: 'a position is held, and an order works',
      run: async (world) => {
        await eventually('orders may leave', async () => {
          const { connection, orderDesk, risk: found } = await system(world);
          return connection.phase === 'ready' && orderDesk === 'open' && found.state === 'active';
        });
        await eventually('an entry fills', () =>
          order(world, 'BUY', '300').catch((error: unknown) => {
            // Prices come a moment after the connection.
            if (error instanceof UsageError && /price|watched/.test(error.message)) return null;
            throw error;
          }),
        );
        await holds(world, 300);
        resting = await order(world, 'BUY', '10', '1');
        await eventually('an order works', async () => (await stateOf(world, resting)) === 'working');
      },
    },
    {
      name: 'the dashboard halts, and resumes',
      run: async (world) => {
        await say(world, 'halt');
        await refusesEntry(world);
        await say(world, 'resume');
        await risk(world, 'active');
      },
    },
    {
      name: 'the dashboard lets only exits through',
      run: async (world) => {
        await say(world, 'reduce');
        await refusesEntry(world);
        await world.request('DELETE', `/api/v1/orders/${encodeURIComponent(resting)}`);
        await eventually('it is cancelled', async () => (await stateOf(world, resting)) === 'cancelled');
        // What is held must be known after the last fill before it may be sold.
        await holds(world, 300);
        await order(world, 'SELL', '100');
        await holds(world, 200);
        await say(world, 'resume');
        await risk(world, 'active');
        resting = await order(world, 'BUY', '10', '1');
      },
    },
    {
      name: 'the command line halts, and resumes',
      run: async (world) => {
        await world.command('halt');
        await refusesEntry(world);
        await world.command('resume');
        await risk(world, 'active');
      },
    },
    {
      name: `a file ${killFileNames.halt} halts, and resuming takes it away`,
      run: async (world) => {
        writeKillFile(world.dataDir, 'halt', 'a drill');
        await risk(world, 'halted');
        await refusesEntry(world);
        await world.command('resume');
        await risk(world, 'active');
      },
    },
    {
      name: 'closing everything cancels, closes in steps and ends flat',
      run: async (world) => {
        await world.command('flatten', '--follow', '--timeout', '60');
        if ((await held(world)) !== 0)
          throw new UsageError('something is still held after closing everything');
        const state = await stateOf(world, resting);
        if (state !== 'cancelled')
          throw new UsageError(`the working order is ${state}, expected it cancelled`);
        await refusesEntry(world);
      },
    },
  ];
}
