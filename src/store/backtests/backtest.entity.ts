import { defineEntity, p } from '@mikro-orm/core';

export const BacktestEntity = defineEntity({
  name: 'Backtest',
  tableName: 'backtests',
  properties: {
    id: p.integer().primary().autoincrement(),
    name: p.text(),
    strategy: p.text(),
    parameters: p.json<Readonly<Record<string, unknown>>>(),
    metrics: p.json<Readonly<Record<string, unknown>>>(),
    createdAt: p.datetime(3).defaultRaw('now()'),
  },
});
