import { defineEntity, p } from '@mikro-orm/core';
import type { Decision } from '../../../machines/domain/decision.ts';
import { appendOnly } from '../append-only.ts';

/** The key holds the rule that a closed bar has exactly one decision. */
export const DecisionEntity = defineEntity({
  name: 'Decision',
  tableName: 'decisions',
  properties: {
    sessionId: p.text().primary(),
    barTime: p.bigint('number').primary(),
    instrumentId: p.text(),
    at: p.bigint('number'),
    close: p.double().$type<number>(),
    signal: p.text().$type<Decision['signal']>(),
    outcome: p.text().$type<Decision['outcome']>(),
    guard: p.text().$type<NonNullable<Decision['guard']>>().strictNullable(),
    reason: p.text(),
    values: p.json<Decision['values']>(),
    order: p.json<NonNullable<Decision['order']>>().fieldName('proposal').strictNullable(),
    orderRef: p.text().strictNullable(),
  },
  triggers: appendOnly('decisions'),
});
