import type { InferEntity } from '@mikro-orm/core';
import { z } from 'zod';
import { SecType } from '../../../machines/domain/instrument.ts';
import type { SessionDefinition } from '../../../machines/domain/session.ts';
import type { Database } from '../database.ts';
import { type DesiredState, SessionEntity } from './session.entity.ts';

const InstrumentKeyRow = z.object({
  symbol: z.string(),
  secType: z.enum(SecType),
  exchange: z.string(),
  currency: z.string(),
  primaryExchange: z.string().optional(),
  expiry: z.string().optional(),
});
const SizingRow = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('fixed'), quantity: z.string() }),
  z.object({ kind: z.literal('percent'), percent: z.number() }),
  z.object({ kind: z.literal('risk'), percent: z.number() }),
]);

export interface StoredSession {
  readonly definition: SessionDefinition;
  readonly desired: DesiredState;
}

/** @throws ZodError when the stored JSON is not what this version writes */
function toDomain(row: InferEntity<typeof SessionEntity>): StoredSession {
  return {
    definition: {
      id: row.id,
      name: row.name,
      instrument: InstrumentKeyRow.parse(row.instrument),
      timeframe: row.timeframe,
      strategy: row.strategy,
      sizing: SizingRow.parse(row.sizing),
      orderType: row.orderType,
      limitOffsetBps: row.limitOffsetBps,
      allowShort: row.allowShort,
      bufferSize: row.bufferSize,
      thread: row.thread,
      onDifference: row.onDifference,
      active: row.active,
      origin: row.origin,
    },
    desired: row.desired,
  };
}

/** Declared sessions and what is wanted of them. */
export class SessionsRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Inserts, or replaces the definition.
   * @param desired undefined keeps what is stored; for a new session, `running` if it is active, else `stopped`
   */
  async save(definition: SessionDefinition, desired?: DesiredState): Promise<void> {
    // A copy: MikroORM writes into what it is given, and definitions may be frozen.
    const { id, name, instrument, timeframe, strategy, sizing, orderType } = structuredClone(definition);
    const { limitOffsetBps, allowShort, bufferSize, thread, onDifference, active, origin } = definition;
    const row = {
      ...{ id, name, instrument, timeframe, strategy, sizing, orderType },
      ...{ limitOffsetBps, allowShort, bufferSize, thread, onDifference, active, origin },
      desired: desired ?? (active ? ('running' as const) : ('stopped' as const)),
      updatedAt: new Date(),
    };
    const kept = desired === undefined ? { onConflictExcludeFields: ['desired' as const] } : {};
    await this.#db.run((em) => em.upsert(SessionEntity, row, kept));
  }

  get(id: string): Promise<StoredSession | null> {
    return this.#db.run(async (em) => {
      const row = await em.findOne(SessionEntity, { id });
      return row === null ? null : toDomain(row);
    });
  }

  /** By id. */
  all(): Promise<readonly StoredSession[]> {
    return this.#db.run(async (em) =>
      (await em.find(SessionEntity, {}, { orderBy: { id: 'asc' } })).map(toDomain),
    );
  }

  async setDesired(id: string, desired: DesiredState): Promise<void> {
    await this.#db.run((em) => em.nativeUpdate(SessionEntity, { id }, { desired, updatedAt: new Date() }));
  }

  /** Its decisions, orders and trades stay. */
  async remove(id: string): Promise<void> {
    await this.#db.run((em) => em.nativeDelete(SessionEntity, { id }));
  }
}
