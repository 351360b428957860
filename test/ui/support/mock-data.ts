import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { strategyKinds } from '../../../machines/strategies/registry.ts';
import type { FlattenView } from '../../../src/contract/flatten.schema.ts';
import type { PriceView } from '../../../src/contract/market.schema.ts';
import type {
  AccountView,
  PnlView,
  PositionView,
  TradeView,
} from '../../../src/contract/portfolio.schema.ts';
import type { ReconciliationView } from '../../../src/contract/reconciliation.schema.ts';
import type { BarView, DecisionView, SessionView } from '../../../src/contract/session.schema.ts';
import type { StrategyKindView, StrategyView } from '../../../src/contract/strategy.schema.ts';
import type { SystemView } from '../../../src/contract/system.schema.ts';

const csv = join(import.meta.dirname, '../../../node_modules/vega-datasets/data/sp500-2000.csv');

/** The same pseudo-random numbers for the same seed: pictures can be compared. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Real daily bars of the S&P 500, ascending. */
export function sp500(): BarView[] {
  const text = readFileSync(csv, 'utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [date = '', open, high, low, close, , volume] = line.split(',');
      return {
        time: Date.parse(`${date}T00:00:00Z`),
        open: Number(open),
        high: Number(high),
        low: Number(low),
        close: Number(close),
        volume: Number(volume),
      };
    });
}

export const idOf = (symbol: string): string =>
  symbol === 'SP500'
    ? 'SP500.IND.CBOE.USD'
    : symbol === 'EURUSD'
      ? 'EUR.CASH.IDEALPRO.USD'
      : `${symbol}.STK.SMART.USD`;

const watched = [
  { symbol: 'SP500', longName: 'S&P 500 index', price: 1653.1, minTick: '0.01' },
  { symbol: 'ORCL', longName: 'Oracle Corporation', price: 31.21, minTick: '0.01' },
  { symbol: 'NVDA', longName: 'NVIDIA Corporation', price: 13.07, minTick: '0.01' },
  { symbol: 'KO', longName: 'The Coca-Cola Company', price: 38.64, minTick: '0.01' },
  { symbol: 'PEP', longName: 'PepsiCo, Inc.', price: 70.02, minTick: '0.01' },
  { symbol: 'EURUSD', longName: 'Euro / US dollar', price: 1.25432, minTick: '0.00005' },
  { symbol: 'SAP', longName: 'SAP SE', price: 57.3, minTick: '0.01' },
];

export function prices(now: number, marketTime: number): PriceView[] {
  return watched.map(({ symbol, longName, price, minTick }, index): PriceView => {
    const tick = Number(minTick);
    const away = symbol === 'SAP';
    return {
      instrumentId: idOf(symbol),
      symbol: symbol === 'EURUSD' ? 'EUR' : symbol,
      secType: symbol === 'SP500' ? 'IND' : symbol === 'EURUSD' ? 'CASH' : 'STK',
      exchange: symbol === 'SP500' ? 'CBOE' : 'SMART',
      currency: 'USD',
      longName,
      minTick,
      timeframes: symbol === 'SP500' ? ['1d'] : ['1d', '5m'],
      bid: away ? null : price - tick,
      ask: away ? null : price + tick,
      last: away ? null : price,
      open: away ? null : price * 0.995,
      high: away ? null : price * 1.01,
      low: away ? null : price * 0.99,
      previousClose: away ? null : price * (1 + (index % 2 === 0 ? -0.0081 : 0.0042)),
      volume: away ? null : 1_200_000 * (index + 1),
      quality: away ? 'none' : symbol === 'PEP' ? 'delayed' : 'live',
      marketTime: away ? null : marketTime,
      receivedAt: away ? null : now - index * 150,
      marketOpen: away ? null : symbol !== 'PEP',
      barChecks: away ? [] : [{ timeframe: '1d', at: now - 60_000, bars: 12, differing: 0 }],
      feed: away
        ? { state: 'subscribing', cause: 'IBKR: no security definition has been found (200)' }
        : { state: 'live', cause: symbol === 'PEP' ? 'No subscription: delayed data (10167)' : null },
    };
  });
}

export function system(now: number, marketTime: number): SystemView {
  return {
    version: '0.1.0',
    startedAt: now - 3_600_000,
    mode: 'simulated',
    arming: null,
    connection: {
      phase: 'ready',
      since: now - 3_500_000,
      cause: null,
      host: '127.0.0.1',
      port: 4002,
      clientId: 1,
      serverVersion: 193,
      accounts: ['DU1000001'],
      link: 'up',
      farms: [
        { name: 'usfarm', kind: 'market', state: 'ok', since: now - 3_500_000 },
        { name: 'eufarm', kind: 'market', state: 'inactive', since: now - 3_500_000 },
        { name: 'ushmds', kind: 'historical', state: 'ok', since: now - 3_500_000 },
        { name: 'secdefil', kind: 'secdef', state: 'ok', since: now - 3_500_000 },
      ],
      attempts: 0,
      retryAt: null,
      roundTripMs: 3.4,
      marketTime,
      marketTimeAt: now,
      restart: null,
      login: null,
    },
    load: {
      messages: { lastSecond: 3, most: 48 },
      ordersWaiting: 0,
      requestsWaiting: 0,
      histories: { underWay: 1, most: 20, waiting: 0 },
      subscriptions: 9,
      lines: { taken: 4, most: 100, waiting: 0 },
    },
    store: { state: 'up', cause: null, since: now - 3_600_000 },
    risk: { state: 'active', since: now - 3_600_000, cause: 'started', author: 'start' },
    riskParts: [],
    flatten: flatten('idle', '', now),
    orderDesk: 'open',
    marketTime,
    alarms: [
      { at: now - 240_000, message: 'Session nvda-rsi-1d was restarted: bar buffer could not be filled' },
    ],
  };
}

/** Closing everything: one position is closed, one on its way, and one waits. */
export const flatten = (phase: FlattenView['phase'], cause: string, now: number): FlattenView =>
  phase === 'idle'
    ? { phase, since: now, request: null, closing: [], reports: [] }
    : {
        ...{ phase, since: now, request: { at: now - 9_000, cause, author: 'person' } },
        closing: [
          { instrumentId: 'ORCL.STK.SMART.USD', held: '0', state: 'closed', obstacle: null },
          { instrumentId: 'SPX.STK.SMART.USD', held: '120', state: 'working', obstacle: null },
          { instrumentId: 'NVDA.STK.SMART.USD', held: '-40', state: 'waiting', obstacle: 'noFreshPrice' },
        ],
        reports: [
          { at: now - 9_000, instrumentId: null, message: `Everything is to be closed: ${cause}` },
          { at: now - 8_000, instrumentId: null, message: '2 of 2 orders cancelled.' },
          {
            ...{ at: now - 7_000, instrumentId: 'ORCL.STK.SMART.USD' },
            message: 'SELL 60 at a limit of 151.2.',
          },
        ],
      };

/** Decisions of a moving-average crossover over real bars. */
export function decisions(sessionId: string, instrumentId: string, bars: readonly BarView[]): DecisionView[] {
  const mean = (end: number, length: number) =>
    bars.slice(end - length + 1, end + 1).reduce((sum, bar) => sum + bar.close, 0) / length;
  let held = false;
  const found: DecisionView[] = [];
  for (let i = 50; i < bars.length; i += 1) {
    const bar = bars[i];
    if (bar === undefined) continue;
    const [fast, slow, fastBefore, slowBefore] = [mean(i, 10), mean(i, 30), mean(i - 1, 10), mean(i - 1, 30)];
    const up = fastBefore <= slowBefore && fast > slow;
    const down = fastBefore >= slowBefore && fast < slow;
    const signal = up ? 'long' : down ? 'flat' : i % 23 === 0 ? 'long' : 'hold';
    const acts = (up && !held) || (down && held);
    if (acts) held = up;
    const guard = acts ? null : signal === 'hold' ? 'noSignal' : held ? 'alreadyInPosition' : 'alreadyFlat';
    const side = up ? 'BUY' : 'SELL';
    found.push({
      sessionId,
      instrumentId,
      barTime: bar.time,
      at: bar.time + 86_400_000,
      close: bar.close,
      signal,
      outcome: acts ? 'order' : 'refused',
      guard,
      reason: acts
        ? `The fast average ${fast.toFixed(2)} crossed ${up ? 'above' : 'below'} the slow one ${slow.toFixed(2)}.`
        : signal === 'hold'
          ? `The fast average ${fast.toFixed(2)} did not cross the slow one ${slow.toFixed(2)}.`
          : 'The session already holds what the signal asks for.',
      values: {
        fast: Number(fast.toFixed(4)),
        slow: Number(slow.toFixed(4)),
        position: held ? 7 : 0,
        quoteAgeMs: 240,
      },
      order: acts
        ? {
            side,
            quantity: '7',
            orderType: 'MKT',
            limitPrice: null,
            timeInForce: 'DAY',
            purpose: up ? 'entry' : 'exit',
          }
        : null,
      orderRef: acts ? `tw.s.${sessionId}.01JD${String(i).padStart(22, '0')}` : null,
    });
  }
  return found;
}

export function trades(now: number, marketTime: number, spx: readonly DecisionView[]): TradeView[] {
  const base = {
    quantity: '7',
    filled: '7',
    orderType: 'MKT',
    limitPrice: null,
    state: 'filled',
    ...{ stopPrice: null, trailAmount: null, trailPercent: null, limitOffset: null },
    ...{ timeInForce: 'DAY', parentRef: null },
    commission: '1.00',
    commissionCurrency: 'USD',
    executions: 1,
    message: null,
  } as const;
  const automatic = spx
    .filter((decision) => decision.order !== null)
    .map(
      (decision, index): TradeView => ({
        ...base,
        key: decision.orderRef ?? '',
        source: 'autotrader',
        sessionId: decision.sessionId,
        instrumentId: decision.instrumentId,
        symbol: 'SP500',
        side: decision.order?.side ?? 'BUY',
        averagePrice: (decision.close * 1.0004).toFixed(2),
        realizedPnl: decision.order?.purpose === 'exit' ? ((index % 3) * 61.4 - 48.2).toFixed(2) : null,
        ref: decision.orderRef,
        permIds: [1_850_000_000 + index],
        reason: decision.reason,
        time: decision.barTime + 86_400_000 + 52_000_000,
        at: now - (spx.length - index) * 45_000 - 60_000,
        executions: 1 + (index % 2),
      }),
    );
  const more: TradeView[] = [
    {
      ...base,
      key: 'tw.m..01JDMANUAL00000000000000A1',
      source: 'manual',
      sessionId: null,
      instrumentId: idOf('ORCL'),
      symbol: 'ORCL',
      side: 'BUY',
      quantity: '200',
      filled: '0',
      orderType: 'LMT',
      limitPrice: '30.90',
      averagePrice: null,
      state: 'working',
      commission: null,
      commissionCurrency: null,
      realizedPnl: null,
      ref: 'tw.m..01JDMANUAL00000000000000A1',
      permIds: [1_850_001_000],
      executions: 0,
      reason: 'Placed by hand',
      time: now - 95_000,
      at: now - 95_000,
    },
    {
      ...base,
      key: 'tw.s.ko-enhanced.01JDKO000000000000000000A1',
      source: 'autotrader',
      sessionId: 'ko-enhanced',
      instrumentId: idOf('KO'),
      symbol: 'KO',
      side: 'BUY',
      quantity: '250',
      filled: '100',
      averagePrice: '38.64',
      state: 'working',
      commission: '0.50',
      realizedPnl: null,
      ref: 'tw.s.ko-enhanced.01JDKO000000000000000000A1',
      permIds: [1_850_001_001],
      reason: 'Score 0.46 reached the entry threshold 0.40.',
      time: now - 12_000,
      at: now - 12_000,
    },
    {
      ...base,
      key: 'perm:1850002222',
      source: 'ibkr',
      sessionId: null,
      instrumentId: idOf('PEP'),
      symbol: 'PEP',
      side: 'SELL',
      quantity: '50',
      filled: '50',
      averagePrice: '70.11',
      realizedPnl: '23.50',
      ref: null,
      permIds: [1_850_002_222],
      reason: null,
      time: marketTime - 3_600_000,
      at: now - 600_000,
    },
    {
      ...base,
      key: 'tw.m..01JDMANUAL00000000000000A2',
      source: 'manual',
      sessionId: null,
      instrumentId: idOf('NVDA'),
      symbol: 'NVDA',
      side: 'BUY',
      quantity: '1000000',
      filled: '0',
      averagePrice: null,
      state: 'rejected',
      commission: null,
      commissionCurrency: null,
      realizedPnl: null,
      ref: 'tw.m..01JDMANUAL00000000000000A2',
      permIds: [],
      executions: 0,
      reason: 'Placed by hand',
      message: 'Order rejected: available funds are insufficient (201)',
      time: now - 1_500_000,
      at: now - 1_500_000,
    },
  ];
  return [...more, ...automatic];
}

/** A comparison that found what somebody traded elsewhere. */
export const reconciliation = (now: number): ReconciliationView => ({
  ...{ at: now - 12_000, acceptedAt: now - 86_400_000, instruments: 4, accepted: false },
  differences: [
    {
      ...{ kind: 'manualTrade', instrumentId: idOf('ORCL'), ref: null, found: '40', expected: '40' },
      explanation: 'ORCL: 40 were traded elsewhere; they are counted.',
    },
  ],
});

/** One row of each kind, and one that lacks its price. */
export function pnl(now: number): PnlView[] {
  const row = (scope: PnlView['scope'], id: string, more: Partial<PnlView>): PnlView => ({
    ...{ key: `${scope}/${id}`, scope, id, account: 'DU1000001', instrumentId: null, currency: 'USD' },
    ...{
      daily: null,
      realized: '120.5',
      unrealized: '-12.25',
      commission: null,
      period: 'day',
      source: 'ibkr',
    },
    ...{ at: now - 2_000, missing: null, ...more },
  });
  const fills = { instrumentId: idOf('SP500'), period: 'all', source: 'fills', commission: '3.2' } as const;
  return [
    row('session', 'spx-sma', fills),
    row('session', 'nvda-rsi-1d', { ...fills, unrealized: null, missing: 'No price of NVDA has been told.' }),
    row('instrument', idOf('SP500'), { instrumentId: idOf('SP500') }),
    row('account', 'DU1000001', { daily: '40.1' }),
    row('currency', 'USD', {}),
    row('base', 'DU1000001', { source: 'converted' }),
  ];
}

export function positions(now: number): PositionView[] {
  return [
    {
      symbol: 'SP500',
      quantity: '7',
      averageCost: '1646.21',
      marketPrice: '1653.10',
      unrealizedPnl: '48.20',
    },
    { symbol: 'KO', quantity: '100', averageCost: '38.64', marketPrice: '38.63', unrealizedPnl: '-1.00' },
    { symbol: 'PEP', quantity: '-50', averageCost: '70.11', marketPrice: '70.02', unrealizedPnl: '4.50' },
    { symbol: 'NVDA', quantity: '400', averageCost: '12.80', marketPrice: null, unrealizedPnl: null },
  ].map(({ symbol, ...rest }) => ({
    account: 'DU1000001',
    instrumentId: idOf(symbol),
    symbol,
    currency: 'USD',
    marketValue:
      rest.marketPrice === null ? null : (Number(rest.quantity) * Number(rest.marketPrice)).toFixed(2),
    realizedPnl: null,
    at: now - 42_000,
    ...rest,
  }));
}

export function account(now: number): AccountView {
  const value = (amount: string) => ({ value: amount, currency: 'USD', at: now - 42_000 });
  return {
    account: 'DU1000001',
    values: {
      NetLiquidation: value('1004218.37'),
      TotalCashValue: value('984310.02'),
      BuyingPower: value('3936240.10'),
    },
    pnl: { daily: '412.60', unrealized: '193.48', realized: '-87.15', at: now - 4_000 },
  };
}

export function kinds(): StrategyKindView[] {
  return Object.values(strategyKinds).map((kind) => ({
    kind: kind.kind,
    title: kind.title,
    description: kind.description,
    parameters: z.toJSONSchema(kind.parameters, { io: 'input' }) as Record<string, unknown>,
  }));
}

export function strategies(): StrategyView[] {
  const parsed = (name: string, given: Record<string, unknown>) =>
    Object.values(strategyKinds)
      .find((kind) => kind.kind === name)
      ?.parameters.parse(given) as Record<string, unknown>;
  return [
    {
      name: 'sma-10-30',
      kind: 'sma',
      parameters: parsed('sma', {}),
      notes: 'Crossover of two simple averages: calm, late, robust.',
      origin: 'config',
    },
    { name: 'rsi-14', kind: 'rsi', parameters: parsed('rsi', {}), notes: null, origin: 'builtin' },
    {
      name: 'enhanced',
      kind: 'enhanced',
      parameters: parsed('enhanced', {}),
      notes: 'Votes of trend, momentum, volatility and volume.',
      origin: 'builtin',
    },
    {
      name: 'rsi-fast-tuned',
      kind: 'rsi',
      parameters: parsed('rsi', {}),
      notes: 'Best of 400 trials on 2005 to 2010.',
      origin: 'optimiser',
    },
  ];
}

/** Sessions in every state there is. */
export function sessions(
  now: number,
  spxBars: readonly BarView[],
  spx: readonly DecisionView[],
): SessionView[] {
  const lastBar = spxBars.at(-1) ?? null;
  const lastDecision = spx.at(-1) ?? null;
  const base = {
    timeframe: '1d',
    sizing: { kind: 'percent', percent: 10 },
    orderType: 'MKT',
    allowShort: false,
    onDifference: 'adopt',
    thread: 'main',
    origin: 'config',
    desired: 'running',
    since: now - 9_000,
    waitingFor: null,
    error: null,
    restarts: 0,
    bufferedBars: 250,
    bufferSize: 250,
    ordersInFlight: 0,
  } as const;
  const key = (symbol: string) => ({ symbol, secType: 'STK' as const, exchange: 'SMART', currency: 'USD' });
  const other = (price: number) =>
    lastBar === null
      ? null
      : { ...lastBar, open: price, high: price * 1.01, low: price * 0.99, close: price };
  const made = (symbol: string, change: Partial<DecisionView>): DecisionView | null =>
    lastDecision === null ? null : { ...lastDecision, instrumentId: idOf(symbol), ...change };
  return [
    {
      ...base,
      id: 'spx-sma',
      name: 'S&P 500 crossover',
      instrumentId: idOf('SP500'),
      instrument: { symbol: 'SP500', secType: 'IND', exchange: 'CBOE', currency: 'USD' },
      strategy: 'sma-10-30',
      state: 'collecting',
      lastBar,
      lastDecision,
      positionQuantity: '7',
    },
    {
      ...base,
      id: 'ko-enhanced',
      name: 'Coca-Cola composite',
      instrumentId: idOf('KO'),
      instrument: key('KO'),
      strategy: 'enhanced',
      state: 'ordering',
      waitingFor: 'The broker to fill 150 of 250',
      lastBar: other(38.64),
      lastDecision: made('KO', {
        signal: 'long',
        outcome: 'order',
        guard: null,
        order: {
          side: 'BUY',
          quantity: '250',
          orderType: 'MKT',
          limitPrice: null,
          timeInForce: 'DAY',
          purpose: 'entry',
        },
      }),
      positionQuantity: '100',
      ordersInFlight: 1,
    },
    {
      ...base,
      id: 'orcl-rsi',
      name: 'Oracle RSI',
      instrumentId: idOf('ORCL'),
      instrument: key('ORCL'),
      timeframe: '5m',
      strategy: 'rsi-14',
      state: 'syncing',
      lastBar: other(31.21),
      lastDecision: made('ORCL', {
        signal: 'short',
        guard: 'shortNotAllowed',
        outcome: 'refused',
        order: null,
        reason: 'The signal asks to sell short, which the session may not.',
      }),
      positionQuantity: '0',
      waitingFor: 'The position from the broker',
    },
    {
      ...base,
      id: 'pep-sma',
      name: 'Pepsi crossover',
      instrumentId: idOf('PEP'),
      instrument: key('PEP'),
      strategy: 'sma-10-30',
      desired: 'paused',
      state: 'collecting',
      lastBar: other(70.02),
      lastDecision: made('PEP', { signal: 'long', guard: 'dataNotLive', outcome: 'refused', order: null }),
      positionQuantity: '-50',
    },
    {
      ...base,
      id: 'nvda-rsi-1d',
      name: 'NVIDIA RSI',
      instrumentId: idOf('NVDA'),
      instrument: key('NVDA'),
      strategy: 'rsi-fast-tuned',
      state: 'failed',
      error: 'History could not be loaded: no answer in 20 s',
      restarts: 3,
      bufferedBars: 0,
      lastBar: null,
      lastDecision: null,
      positionQuantity: null,
      origin: 'dashboard',
    },
    {
      ...base,
      id: 'sap-sma',
      name: 'SAP crossover',
      instrumentId: idOf('SAP'),
      instrument: key('SAP'),
      strategy: 'sma-10-30',
      desired: 'stopped',
      state: 'idle',
      bufferedBars: 0,
      lastBar: null,
      lastDecision: null,
      positionQuantity: null,
      origin: 'dashboard',
    },
  ];
}
