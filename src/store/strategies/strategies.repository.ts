import type { InferEntity } from '@mikro-orm/core';
import type { StrategyDefinition } from '../../../machines/domain/strategy.ts';
import type { Database } from '../database.ts';
import { StrategyEntity } from './strategy.entity.ts';

const toDomain = (row: InferEntity<typeof StrategyEntity>): StrategyDefinition => ({
  name: row.name,
  kind: row.kind,
  parameters: row.parameters,
  notes: row.notes,
  origin: row.origin,
});

/** Named strategies. */
export class StrategiesRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Inserts, or replaces the one of that name. */
  async save(definition: StrategyDefinition): Promise<void> {
    const { name, kind, parameters, notes, origin } = definition;
    // A copy: MikroORM writes into what it is given, and definitions may be frozen.
    const row = { name, kind, parameters: structuredClone(parameters), notes, origin, updatedAt: new Date() };
    await this.#db.run((em) => em.upsert(StrategyEntity, row));
  }

  get(name: string): Promise<StrategyDefinition | null> {
    return this.#db.run(async (em) => {
      const row = await em.findOne(StrategyEntity, { name });
      return row === null ? null : toDomain(row);
    });
  }

  /** By name. */
  all(): Promise<readonly StrategyDefinition[]> {
    return this.#db.run(async (em) =>
      (await em.find(StrategyEntity, {}, { orderBy: { name: 'asc' } })).map(toDomain),
    );
  }

  async remove(name: string): Promise<void> {
    await this.#db.run((em) => em.nativeDelete(StrategyEntity, { name }));
  }
}
