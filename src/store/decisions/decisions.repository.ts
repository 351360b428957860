import type { InferEntity } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Decision } from '../../../machines/domain/decision.ts';
import type { Database } from '../database.ts';
import { json, marks } from '../rows.ts';
import { DecisionEntity } from './decision.entity.ts';

const toDomain = (row: InferEntity<typeof DecisionEntity>): Decision => ({
  sessionId: row.sessionId,
  instrumentId: row.instrumentId,
  barTime: row.barTime,
  at: row.at,
  close: row.close,
  signal: row.signal,
  outcome: row.outcome,
  guard: row.guard,
  reason: row.reason,
  values: row.values,
  order: row.order,
  orderRef: row.orderRef,
});

/** Inserts a decision unless its bar has one; answers whether it did. */
export async function insertDecision(em: EntityManager, decision: Decision): Promise<boolean> {
  const d = decision;
  const { affectedRows } = await em.execute<{ affectedRows: number }>(
    `insert into decisions (session_id, bar_time, instrument_id, at, close, signal, outcome, guard, reason,
       order_ref, "values", proposal)
     values (${marks(10)}, ?::jsonb, ?::jsonb) on conflict do nothing`,
    [
      ...[d.sessionId, d.barTime, d.instrumentId, d.at, d.close, d.signal, d.outcome, d.guard, d.reason],
      ...[d.orderRef, json(d.values), d.order === null ? null : json(d.order)],
    ],
    'run',
  );
  return affectedRows === 1;
}

/** Exactly one record for every closed bar of a running session. */
export class DecisionsRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Stores a decision; false when the bar has one already, which then stays as it is. */
  record(decision: Decision): Promise<boolean> {
    return this.#db.run((em) => insertDecision(em, decision));
  }

  /** Newest bar first; `before` is a bar time, exclusive. */
  list(query: {
    readonly sessionId: string;
    readonly limit: number;
    readonly before?: number | undefined;
  }): Promise<readonly Decision[]> {
    const { sessionId, limit, before } = query;
    return this.#db.run(async (em) => {
      const where = before === undefined ? { sessionId } : { sessionId, barTime: { $lt: before } };
      return (await em.find(DecisionEntity, where, { orderBy: { barTime: 'desc' }, limit })).map(toDomain);
    });
  }

  at(sessionId: string, barTime: number): Promise<Decision | null> {
    return this.#db.run(async (em) => {
      const row = await em.findOne(DecisionEntity, { sessionId, barTime });
      return row === null ? null : toDomain(row);
    });
  }
}
