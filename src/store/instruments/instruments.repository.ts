import type { InferEntity } from '@mikro-orm/core';
import { decimalString } from '../../../machines/domain/decimal.ts';
import type { Instrument, InstrumentId } from '../../../machines/domain/instrument.ts';
import { singleBand } from '../../../machines/domain/price-bands.ts';
import type { Database } from '../database.ts';
import { InstrumentEntity } from './instrument.entity.ts';

type Row = InferEntity<typeof InstrumentEntity>;

function toDomain(row: Row): Instrument {
  return {
    id: row.id,
    symbol: row.symbol,
    secType: row.secType,
    exchange: row.exchange,
    currency: row.currency,
    ...(row.primaryExchange === null ? {} : { primaryExchange: row.primaryExchange }),
    ...(row.expiry === null ? {} : { expiry: row.expiry }),
    conId: row.conId,
    longName: row.longName,
    minTick: decimalString(row.minTick),
    priceBands: row.priceBands ?? singleBand(decimalString(row.minTick)),
    multiplier: decimalString(row.multiplier),
    timeZone: row.timeZone,
    tradingHours: row.tradingHours,
    liquidHours: row.liquidHours,
  };
}

/** Contract details by our instrument id. */
export class InstrumentsRepository {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Inserts, or replaces what was known. */
  async save(instrument: Instrument): Promise<void> {
    const row = {
      id: instrument.id,
      symbol: instrument.symbol,
      secType: instrument.secType,
      exchange: instrument.exchange,
      currency: instrument.currency,
      primaryExchange: instrument.primaryExchange ?? null,
      expiry: instrument.expiry ?? null,
      conId: instrument.conId,
      longName: instrument.longName,
      minTick: instrument.minTick,
      priceBands: instrument.priceBands,
      multiplier: instrument.multiplier,
      timeZone: instrument.timeZone,
      tradingHours: instrument.tradingHours,
      liquidHours: instrument.liquidHours,
      updatedAt: new Date(),
    };
    await this.#db.run((em) => em.upsert(InstrumentEntity, row));
  }

  get(id: InstrumentId): Promise<Instrument | null> {
    return this.#db.run(async (em) => {
      const row = await em.findOne(InstrumentEntity, { id });
      return row === null ? null : toDomain(row);
    });
  }

  /** By id. */
  all(): Promise<readonly Instrument[]> {
    return this.#db.run(async (em) => {
      const rows = await em.find(InstrumentEntity, {}, { orderBy: { id: 'asc' } });
      return rows.map(toDomain);
    });
  }
}
