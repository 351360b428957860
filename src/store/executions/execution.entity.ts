import { defineEntity, p } from '@mikro-orm/core';
import type { OrderSide, OrderSource } from '../../../machines/domain/order.ts';
import { appendOnly } from '../append-only.ts';

/** Every fill as reported, each once; a correction is a row of its own. */
export const ExecutionEntity = defineEntity({
  name: 'Execution',
  tableName: 'executions',
  properties: {
    execId: p.text().primary(),
    /** What a correction shares with what it corrects, and its number. */
    execRoot: p.text(),
    execRevision: p.integer(),
    /** The order's key. @see orderKey */
    orderKey: p.text(),
    source: p.text().$type<OrderSource>(),
    permId: p.bigint('number'),
    orderId: p.bigint('number'),
    clientId: p.bigint('number'),
    orderRef: p.text().strictNullable(),
    account: p.text(),
    instrumentId: p.text(),
    symbol: p.text(),
    side: p.text().$type<OrderSide>(),
    quantity: p.decimal('string').columnType('numeric'),
    price: p.decimal('string').columnType('numeric'),
    time: p.bigint('number'),
    /** When it reached us, epoch ms, wall clock. */
    recordedAt: p.bigint('number'),
  },
  indexes: [{ properties: ['orderKey'] }, { properties: ['recordedAt'] }, { properties: ['time'] }],
  triggers: appendOnly('executions'),
});

/** A table of its own: a report may arrive before its execution. */
export const CommissionReportEntity = defineEntity({
  name: 'CommissionReport',
  tableName: 'commission_reports',
  properties: {
    execId: p.text().primary(),
    commission: p.decimal('string').columnType('numeric'),
    currency: p.text(),
    realizedPnl: p.decimal('string').columnType('numeric').strictNullable(),
    recordedAt: p.bigint('number'),
  },
  triggers: appendOnly('commission_reports'),
});
