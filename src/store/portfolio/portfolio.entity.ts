import { defineEntity, p } from '@mikro-orm/core';
import { appendOnly } from '../append-only.ts';

/** The latest word of the broker. */
export const PositionEntity = defineEntity({
  name: 'Position',
  tableName: 'positions',
  properties: {
    account: p.text().primary(),
    instrumentId: p.text().primary(),
    symbol: p.text(),
    quantity: p.decimal('string').columnType('numeric'),
    averageCost: p.decimal('string').columnType('numeric').strictNullable(),
    at: p.bigint('number'),
  },
});

/** One row whenever a quantity changed. */
export const PositionHistoryEntity = defineEntity({
  name: 'PositionHistory',
  tableName: 'position_history',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    account: p.text(),
    instrumentId: p.text(),
    symbol: p.text(),
    quantity: p.decimal('string').columnType('numeric'),
    averageCost: p.decimal('string').columnType('numeric').strictNullable(),
    at: p.bigint('number'),
  },
  indexes: [{ properties: ['account', 'instrumentId', 'at'] }],
  triggers: appendOnly('position_history'),
});

export const AccountValueEntity = defineEntity({
  name: 'AccountValue',
  tableName: 'account_values',
  properties: {
    account: p.text().primary(),
    key: p.text().primary(),
    /** "" stands for "no currency": a key cannot be null. */
    currency: p.text().primary(),
    value: p.text().strictNullable(),
    at: p.bigint('number'),
  },
});
