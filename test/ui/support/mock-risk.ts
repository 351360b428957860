import type { RiskPlanView } from '../../../src/contract/risk.schema.ts';

/** A worst case in which each kind of finding and of bound has its place. */
export const riskPlan = (): RiskPlanView => ({
  netLiquidation: '1000000',
  sessions: [
    {
      ...{ id: 'spx-sma', instrumentId: 'SP500.STK.SMART.USD' },
      exposure: { most: '100000', by: 'sizing' },
      loss: { most: '50000', by: 'dailyLoss' },
      ordersPerMinute: { most: '1', by: 'sizing' },
      ordersPerDay: { most: '2', by: 'sizing' },
    },
    {
      ...{ id: 'orcl-enhanced', instrumentId: 'ORCL.STK.SMART.USD' },
      exposure: { most: '400000', by: 'orderNotional' },
      loss: { most: '50000', by: 'dailyLoss' },
      ordersPerMinute: { most: '2', by: 'sizing' },
      ordersPerDay: { most: '50', by: 'ordersPerDay' },
    },
  ],
  whole: {
    exposure: { most: null, by: null },
    loss: { most: '50000', by: 'dailyLoss' },
    ordersPerMinute: { most: '3', by: 'sessions' },
    ordersPerDay: { most: '52', by: 'sessions' },
  },
  findings: [
    {
      ...{ kind: 'held', session: 'orcl-enhanced', limit: 'orderNotional', scope: { kind: 'whole' } },
      ...{ found: '1000000', allowed: '400000' },
      message:
        'session orcl-enhanced could reach orders worth 1000000, and will be held at 400000 for all together (orderNotional)',
    },
  ],
  limits: [
    { scope: { kind: 'whole' }, limit: 'orderNotional', soft: '200000', hard: '400000' },
    { scope: { kind: 'whole' }, limit: 'priceCollar', soft: null, hard: '500' },
    { scope: { kind: 'session', id: 'orcl-enhanced' }, limit: 'ordersPerDay', soft: '20', hard: '50' },
  ],
  trades: [
    { limit: 'losingStreak', soft: '3', hard: '5' },
    { limit: 'holding', soft: null, hard: '1440' },
  ],
  drill: {
    due: Date.UTC(2026, 0, 6, 11, 30),
    last: { at: 1_767_612_600_000, tookMs: 21_000, failure: null, workedAt: 1_767_612_600_000 },
  },
  losses: {
    levels: [
      { limit: 'dailyLoss', soft: '20000', hard: '50000' },
      { limit: 'drawdown', soft: '15', hard: null },
    ],
    ...{ confirm: 3, action: 'halt' },
  },
});
