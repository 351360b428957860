import type { EntityManager, InferEntity } from '@mikro-orm/postgresql';
import { decimal, decimalString } from '../../../machines/domain/decimal.ts';
import type { AccountValue, Position } from '../../../machines/domain/position.ts';
import type { Database } from '../database.ts';
import { decimalOrNull } from '../rows.ts';
import { AccountValueEntity, PositionEntity, PositionHistoryEntity } from './portfolio.entity.ts';

const toPosition = (row: Omit<InferEntity<typeof PositionEntity>, symbol>): Position => ({
  account: row.account,
  instrumentId: row.instrumentId,
  symbol: row.symbol,
  quantity: decimalString(row.quantity),
  averageCost: decimalOrNull(row.averageCost),
  at: row.at,
});

/** Writers of one account's positions take turns, so that the history has no gap and no double. */
const lockAccount = (em: EntityManager, account: string) =>
  em.execute('select pg_advisory_xact_lock(hashtextextended(?, 1))', [account]);

async function write(em: EntityManager, known: readonly Position[], position: Position): Promise<void> {
  const { account, instrumentId, symbol, quantity, averageCost, at } = position;
  const row = { account, instrumentId, symbol, quantity, averageCost, at };
  const before = known.find((one) => one.instrumentId === instrumentId)?.quantity ?? '0';
  await em.upsert(PositionEntity, row);
  if (!decimal(before).equals(quantity)) await em.insert(PositionHistoryEntity, row);
}

/** What the broker says is held, and how that changed. */
export class PositionsRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Replaces all that was known of an account; what is not among `positions` is gone (and noted as 0). */
  replaceAll(account: string, positions: readonly Position[]): Promise<void> {
    return this.#db.transaction(async (em) => {
      await lockAccount(em, account);
      const known = (await em.fork({ keepTransactionContext: true }).find(PositionEntity, { account })).map(
        toPosition,
      );
      for (const position of positions) await write(em, known, position);
      const listed = new Set(positions.map((one) => one.instrumentId));
      for (const gone of known.filter((one) => !listed.has(one.instrumentId))) {
        await em.nativeDelete(PositionEntity, { account, instrumentId: gone.instrumentId });
        if (decimal(gone.quantity).isZero()) continue;
        await em.insert(PositionHistoryEntity, { ...gone, quantity: '0', averageCost: null, at: Date.now() });
      }
    });
  }

  save(position: Position): Promise<void> {
    const { account, instrumentId } = position;
    return this.#db.transaction(async (em) => {
      await lockAccount(em, account);
      const known = await em
        .fork({ keepTransactionContext: true })
        .find(PositionEntity, { account, instrumentId });
      await write(em, known.map(toPosition), position);
    });
  }

  /** By account and instrument. */
  all(): Promise<readonly Position[]> {
    return this.#db.run(async (em) => {
      const orderBy = { account: 'asc', instrumentId: 'asc' } as const;
      return (await em.find(PositionEntity, {}, { orderBy })).map(toPosition);
    });
  }

  /** Every change of quantity, oldest first. */
  history(account: string, instrumentId: string): Promise<readonly Position[]> {
    return this.#db.run(async (em) => {
      const rows = await em.find(
        PositionHistoryEntity,
        { account, instrumentId },
        { orderBy: { id: 'asc' } },
      );
      return rows.map(toPosition);
    });
  }
}

/** The latest figures of the accounts. */
export class AccountRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Where a figure is given twice, the later one wins. */
  async save(values: readonly AccountValue[]): Promise<void> {
    const rows = new Map(
      values.map(({ account, key, currency, value, at }) => [
        `${account} ${key} ${currency ?? ''}`,
        { account, key, currency: currency ?? '', value, at },
      ]),
    );
    if (rows.size === 0) return;
    await this.#db.run((em) => em.upsertMany(AccountValueEntity, [...rows.values()]));
  }

  /** By account and key. */
  all(): Promise<readonly AccountValue[]> {
    return this.#db.run(async (em) => {
      const orderBy = { account: 'asc', key: 'asc', currency: 'asc' } as const;
      const rows = await em.find(AccountValueEntity, {}, { orderBy });
      return rows.map(({ account, key, currency, value, at }) => ({
        account,
        key,
        value,
        currency: currency === '' ? null : currency,
        at,
      }));
    });
  }
}
