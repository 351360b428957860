import { defineEntity, p } from '@mikro-orm/core';
import type { OrderIntent, OrderSource, OrderState } from '../../../machines/domain/order.ts';
import { appendOnly } from '../append-only.ts';

const price = () => p.decimal('string').columnType('numeric').strictNullable();

const shared = {
  instrumentId: p.text(),
  side: p.text().$type<OrderIntent['side']>(),
  quantity: p.decimal('string').columnType('numeric'),
  limitPrice: price(),
  stopPrice: price(),
  trailAmount: price(),
  trailPercent: price(),
  limitOffset: price(),
  /** The entry that it protects. */
  parentRef: p.text().strictNullable(),
  barTime: p.bigint('number').strictNullable(),
  /** Epoch ms, wall clock. */
  createdAt: p.bigint('number'),
};

/** What was decided, before anything was sent. */
export const OrderIntentEntity = defineEntity({
  name: 'OrderIntent',
  tableName: 'order_intents',
  properties: {
    ref: p.text().primary(),
    ...shared,
    source: p.text().$type<OrderIntent['source']>(),
    sessionId: p.text().strictNullable(),
    orderType: p.text().$type<OrderIntent['orderType']>(),
    timeInForce: p.text().$type<OrderIntent['timeInForce']>(),
    purpose: p.text().$type<OrderIntent['purpose']>(),
    reason: p.text(),
    /** The lease under which it was committed; null for a manual order. */
    leaseName: p.text().strictNullable(),
    leaseEpoch: p.bigint('number').strictNullable(),
  },
  triggers: appendOnly('order_intents'),
});

/** What was wanted of an order that works, before it was sent: a change of its terms, or a cancel. */
export const OrderCommandEntity = defineEntity({
  name: 'OrderCommand',
  tableName: 'order_commands',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    ref: p.text(),
    kind: p.text().$type<'amend' | 'cancel'>(),
    /** The terms as they are to be; all null for a cancel. */
    quantity: price(),
    limitPrice: price(),
    stopPrice: price(),
    trailAmount: price(),
    trailPercent: price(),
    limitOffset: price(),
    reason: p.text().strictNullable(),
    createdAt: p.bigint('number'),
  },
  indexes: [{ properties: ['ref'] }],
  triggers: appendOnly('order_commands'),
});

/** Where each order stands: ours, and those seen at the broker that were placed elsewhere. */
export const OrderEntity = defineEntity({
  name: 'Order',
  tableName: 'orders',
  properties: {
    /** Our ref, or `perm:<permId>`. @see orderKey */
    key: p.text().primary(),
    ...shared,
    source: p.text().$type<OrderSource>(),
    sessionId: p.text().strictNullable(),
    /** No intent of ours stands behind it. */
    isForeign: p.boolean(),
    symbol: p.text(),
    orderType: p.text(),
    timeInForce: p.text().$type<OrderIntent['timeInForce']>().strictNullable(),
    purpose: p.text().$type<OrderIntent['purpose']>().strictNullable(),
    reason: p.text().strictNullable(),
    state: p.text().$type<OrderState>(),
    permIds: p
      .array((text) => Number(text), String)
      .columnType('bigint[]')
      .defaultRaw("'{}'"),
    orderId: p.bigint('number').strictNullable(),
    clientId: p.bigint('number').strictNullable(),
    account: p.text().strictNullable(),
    filled: p.decimal('string').columnType('numeric').default('0'),
    averagePrice: p.decimal('string').columnType('numeric').strictNullable(),
    message: p.text().strictNullable(),
    updatedAt: p.bigint('number'),
  },
  indexes: [
    { properties: ['createdAt'] },
    { properties: ['state'] },
    { properties: ['parentRef'] },
    { properties: ['permIds'], type: 'gin' },
  ],
});
