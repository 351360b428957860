import { defineEntity, p } from '@mikro-orm/core';
import type { StrategyDefinition } from '../../../machines/domain/strategy.ts';

export const StrategyEntity = defineEntity({
  name: 'Strategy',
  tableName: 'strategies',
  properties: {
    name: p.text().primary(),
    kind: p.text(),
    parameters: p.json<Readonly<Record<string, unknown>>>(),
    notes: p.text().strictNullable(),
    origin: p.text().$type<StrategyDefinition['origin']>(),
    createdAt: p.datetime(3).defaultRaw('now()'),
    updatedAt: p.datetime(3).defaultRaw('now()'),
  },
});
