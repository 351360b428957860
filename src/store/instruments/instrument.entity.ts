import { defineEntity, p } from '@mikro-orm/core';
import type { SecType } from '../../../machines/domain/instrument.ts';
import type { PriceBands } from '../../../machines/domain/price-bands.ts';

/** An instrument as the broker last described it. */
export const InstrumentEntity = defineEntity({
  name: 'Instrument',
  tableName: 'instruments',
  properties: {
    id: p.text().primary(),
    symbol: p.text(),
    secType: p.text().$type<SecType>(),
    exchange: p.text(),
    currency: p.text(),
    primaryExchange: p.text().strictNullable(),
    expiry: p.text().strictNullable(),
    conId: p.bigint('number'),
    longName: p.text(),
    minTick: p.decimal('string').columnType('numeric'),
    /** Null of an instrument that was last described before they were kept. */
    priceBands: p.json().$type<PriceBands>().strictNullable(),
    multiplier: p.decimal('string').columnType('numeric'),
    timeZone: p.text(),
    tradingHours: p.text(),
    liquidHours: p.text(),
    updatedAt: p.datetime(3).defaultRaw('now()'),
  },
});
