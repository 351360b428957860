import { defineEntity, p } from '@mikro-orm/core';
import type { Timeframe } from '../../../machines/domain/bar.ts';

/** Names a series of bars by a small number, so that millions of rows need not repeat its words. */
export const BarSeriesEntity = defineEntity({
  name: 'BarSeries',
  tableName: 'bar_series',
  properties: {
    id: p.integer().primary().autoincrement(),
    instrumentId: p.text(),
    timeframe: p.text().$type<Timeframe>(),
  },
  uniques: [{ properties: ['instrumentId', 'timeframe'] }],
});

export const BarEntity = defineEntity({
  name: 'Bar',
  tableName: 'bars',
  properties: {
    seriesId: p.integer().primary(),
    /** Start, epoch ms UTC. */
    time: p.bigint('number').primary(),
    open: p.double().$type<number>(),
    high: p.double().$type<number>(),
    low: p.double().$type<number>(),
    close: p.double().$type<number>(),
    volume: p.double().$type<number>(),
  },
});
