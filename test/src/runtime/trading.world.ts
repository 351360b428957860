import { expect } from 'vitest';
import type { Config } from '../../../src/config/load.ts';
import type { GatewayConfig } from '../../../src/gateway/config.ts';
import type { TradingTiming } from '../../../src/runtime/trading.ts';
import { agreement } from '../../support/agreement.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';
import { createTradingWorld, type TradingWorld } from '../../support/trading-world.ts';

export { idOf, symbols } from '../../support/trading-world.ts';

/** An event whose field throws when it is read: whoever handles it fails. */
export const poison = (type: string, field: string) =>
  Object.defineProperty({ type }, field, {
    enumerable: true,
    get: () => {
      throw new Error(`poisoned ${type}`);
    },
  });

/** A trading world on a database of its own, as tests use it. */
export type World = TradingWorld & {
  readonly database: TestDatabase;
  /** Ends everything and removes the database. */
  end(): Promise<void>;
  /** Pauses all, waits for rest, and compares our records with the gateway's. */
  agrees(): Promise<void>;
};

export interface WorldOptions {
  readonly config?: ((config: Config) => Config) | undefined;
  readonly gateway?: ((config: GatewayConfig) => GatewayConfig) | undefined;
  readonly timing?: TradingTiming | undefined;
  readonly barsPerSecond?: number | undefined;
}

/** A world whose sessions are running; nothing is awaited. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const database = await testDatabase();
  const world = await createTradingWorld({ ...options, databaseUrl: database.url });
  return Object.assign(world, {
    database,
    end: async () => {
      await world.close();
      await database.drop();
    },
    agrees: async () => {
      await world.rest();
      expect(await world.differences()).toEqual(agreement);
    },
  });
}

/** A world in which three sessions trade, each with a few orders filled already. */
export async function beginWorld(config: (config: Config) => Config = (each) => each): Promise<World> {
  const world = await openWorld({ config });
  await world.open();
  await world.trades(2);
  return world;
}
