import type { InferEntity } from '@mikro-orm/core';
import type { Decision } from '../../../machines/domain/decision.ts';
import { type BulkClient, type Database, prepared } from '../database.ts';
import { inBatches } from '../in-batches.ts';
import { json } from '../rows.ts';
import { StoreError } from '../store-error.ts';
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

const INSERT = prepared(
  'decisions',
  `insert into decisions (session_id, bar_time, instrument_id, at, close, signal, outcome, guard, reason, order_ref,
    "values", proposal)
  select * from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::float8[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::jsonb[], $12::jsonb[])
  on conflict do nothing
  returning session_id as "sessionId", bar_time::float8 as "barTime"`,
);

const keyOf = ({ sessionId, barTime }: Pick<Decision, 'sessionId' | 'barTime'>): string =>
  `${sessionId} ${barTime}`;

/** Inserts each decision unless its bar has one; answers for each whether it did. */
async function insertDecisions(client: BulkClient, decisions: readonly Decision[]): Promise<boolean[]> {
  const column = (of: (decision: Decision) => unknown) => decisions.map(of);
  const { rows } = await client.query(INSERT, [
    ...[column((d) => d.sessionId), column((d) => d.barTime), column((d) => d.instrumentId)],
    ...[column((d) => d.at), column((d) => d.close), column((d) => d.signal), column((d) => d.outcome)],
    ...[column((d) => d.guard), column((d) => d.reason), column((d) => d.orderRef)],
    ...[column((d) => json(d.values)), column((d) => (d.order === null ? null : json(d.order)))],
  ]);
  const inserted = new Set((rows as Pick<Decision, 'sessionId' | 'barTime'>[]).map(keyOf));
  // Of two for the same bar the first was taken.
  return decisions.map((decision) => inserted.delete(keyOf(decision)));
}

/** Exactly one record for every closed bar of a running session. */
export class DecisionsRepository {
  readonly #db: Database;
  readonly #batch: (decision: Decision) => Promise<boolean>;

  constructor(db: Database) {
    this.#db = db;
    this.#batch = inBatches(
      (decisions: readonly Decision[]) => db.bulk((client) => insertDecisions(client, decisions)),
      (error) => error instanceof StoreError && error.code === 'QUERY_FAILED',
    );
  }

  /**
   * Stores a decision; false when the bar has one already, which then stays as it is. Decisions of one moment, which
   * is what the sessions on one bar make, share a statement.
   */
  record(decision: Decision): Promise<boolean> {
    return this.#batch(decision);
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
