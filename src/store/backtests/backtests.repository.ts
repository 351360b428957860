import type { Database } from '../database.ts';
import { BacktestEntity } from './backtest.entity.ts';

/** What is kept of a strategy that was tried on the past. */
export interface StoredBacktest {
  readonly name: string;
  /** Name of the strategy. */
  readonly strategy: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, unknown>>;
}

/** Results of backtests. */
export class BacktestsRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  async save({ name, strategy, parameters, metrics }: StoredBacktest): Promise<void> {
    const copies = { parameters: structuredClone(parameters), metrics: structuredClone(metrics) };
    await this.#db.run((em) =>
      em.insert(BacktestEntity, { name, strategy, ...copies, createdAt: new Date() }),
    );
  }

  /** Those of the named strategies, the oldest first. */
  of(strategies: readonly string[]): Promise<readonly StoredBacktest[]> {
    return this.#db.run(async (em) => {
      const rows = await em.find(
        BacktestEntity,
        { strategy: { $in: [...strategies] } },
        { orderBy: { id: 'asc' } },
      );
      return rows.map(({ name, strategy, parameters, metrics }) => ({ name, strategy, parameters, metrics }));
    });
  }
}
