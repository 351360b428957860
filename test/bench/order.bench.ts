import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BarSizeSetting, EventName, IBApi, OrderAction, OrderType, SecType, WhatToShow } from '@stoqey/ib';
import { z } from 'zod';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import { builtinStrategies } from '../../machines/strategies/builtin.ts';
import { parseParameters } from '../../machines/strategies/registry.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { createLog } from '../../src/runtime/log.ts';
import { startTrading } from '../../src/runtime/trading.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { AskedServer } from './asked-server.ts';
import { type Benchmark, type Figure, median } from './figure.ts';

/** Fast enough for samples, slow enough that a bar is decided long before the next. */
const BARS_PER_SECOND = 4;
const SAMPLES = 60;
const COMMITS = 60;
/** Commits are measured at the pace of orders: one that finds everything warm says nothing of one that does not. */
const COMMIT_PAUSE_MS = 1_000 / BARS_PER_SECOND;
const MANY = 200;

/** The value below which a fraction of the others lies. */
function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

/** Collects so many latencies, ms; the first few warm everything up and are left out. */
async function collect(gateway: AskedServer): Promise<number[]> {
  const found: number[] = [];
  while (found.length < SAMPLES + 5) {
    await pause(1_000);
    found.push(...(await gateway.ask(z.array(z.number()))));
  }
  return found.slice(5);
}

/** The gateway in its own process, with the clock that measures. */
const timedGateway = (): Promise<AskedServer> =>
  AskedServer.start('timed-gateway.ts', String(BARS_PER_SECOND));

/** Orders from inside the callback of the bar that closed: nothing could be nearer to the wire. */
async function bareClient(): Promise<number[]> {
  const gateway = await timedGateway();
  const ib = new IBApi({ port: gateway.port, clientId: 1, maxReqPerSec: 1_000 });
  const contract = { symbol: 'SP500', secType: SecType.STK, exchange: 'SMART', currency: 'USD' };
  let nextId = 0;
  let newest = '';
  ib.on(EventName.error, () => undefined);
  ib.on(EventName.nextValidId, (id) => {
    nextId = id;
    const { TRADES } = WhatToShow;
    ib.reqHistoricalData(9, contract, '', '10 D', BarSizeSetting.DAYS_ONE, TRADES, 1, 2, true);
  });
  ib.on(EventName.historicalDataUpdate, (_, time) => {
    if (time <= newest) return;
    if (newest !== '') {
      nextId += 1;
      const action = nextId % 2 === 0 ? OrderAction.BUY : OrderAction.SELL;
      const order = { action, orderType: OrderType.MKT, totalQuantity: 1, transmit: true };
      ib.placeOrder(nextId, contract, order);
    }
    newest = time;
  });
  ib.connect();
  try {
    return await collect(gateway);
  } finally {
    ib.disconnect();
    await gateway.stop();
  }
}

/** One session that trades every few bars, beside others that decide every bar and never trade. */
function configOf(sessions: number): Config {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const builtinNames = builtinStrategies.map(({ name }) => name);
  const loaded = loadConfig(`${root}config`, { parseParameters, builtinNames });
  if (!loaded.ok) throw new Error('the shipped configuration does not load');
  const strategy = (name: string, fast: number, slow: number) => {
    const parameters = parseParameters('sma', { fast, slow, exitOnly: true });
    if (!parameters.ok) throw new Error('the parameters do not fit');
    return { name, kind: 'sma', notes: null, parameters: parameters.value, origin: 'config' as const };
  };
  const definitions = Array.from(
    { length: sessions },
    (_, index): SessionDefinition => ({
      ...{ id: `bench-${index}`, name: `Bench ${index}`, timeframe: '1d', orderType: 'MKT' },
      strategy: index === 0 ? 'busy' : 'patient',
      instrument: { symbol: 'SP500', secType: 'STK', exchange: 'SMART', currency: 'USD' },
      sizing: { kind: 'fixed', quantity: '10' },
      ...{ limitOffsetBps: 0, allowShort: false, onDifference: 'adopt', thread: 'main', bufferSize: 200 },
      ...{ active: true, origin: 'config' },
    }),
  );
  return {
    ...{
      dir: root,
      sessions: definitions,
      limits: [],
      flatten: loaded.config.flatten,
      losses: loaded.config.losses,
      ...{ capital: null, places: {}, trades: {}, drill: null },
    },
    runtime: { ...loaded.config.runtime, watch: [] },
    // A thousand bars before the first signal: it decides, and never trades.
    strategies: [strategy('busy', 2, 3), strategy('patient', 400, 500)],
  };
}

async function runtime(store: Store, sessions: number): Promise<number[]> {
  const gateway = await timedGateway();
  const trading = await startTrading({
    ...{ config: configOf(sessions), store, mode: 'paper', version: 'bench' },
    ...{ brokerPort: gateway.port, log: createLog('silent', false) },
  });
  try {
    return await collect(gateway);
  } finally {
    await trading.stop();
    await gateway.stop();
  }
}

async function commits(store: Store): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < COMMITS; n += 1) {
    const began = performance.now();
    await store.state.set('bench', { n });
    took.push(performance.now() - began);
    await pause(COMMIT_PAUSE_MS);
  }
  return took;
}

const BASELINE = 'a bare @stoqey/ib client that orders in its bar callback, and commits of the same database';

/** From the tick on the wire to the order on the wire, through decision, database and socket. */
export const orderBench: Benchmark = {
  names: ['order.tickToOrder.p50', 'order.tickToOrder.p99', 'order.tickToOrder.sessions'],
  async run(): Promise<Figure[]> {
    const folder = mkdtempSync(join(tmpdir(), 'tradewarden-bench-'));
    const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: () => undefined });
    try {
      const bare = await bareClient();
      const store = await openStore({ url: server.url });
      const commit = await commits(store);
      const one = await runtime(store, 1);
      await store.close();
      const again = await openStore({ url: server.url });
      const many = await runtime(again, MANY);
      await again.close();
      const ours = { p50: median(one), p99: percentile(one, 0.99) };
      const base50 = median(bare) + median(commit);
      const base99 = percentile(bare, 0.99) + 2 * percentile(commit, 0.99);
      const ratio50 = ours.p50 / base50;
      const ratio99 = ours.p99 / base99;
      const ratioMany = median(many) / ours.p50;
      const common = { unit: 'ms', better: 'lower' } as const;
      return [
        {
          ...{ name: 'order.tickToOrder.p50', value: ours.p50, ...common, ratio: ratio50 },
          ...{ baseline: `${BASELINE}: ${base50.toFixed(2)} ms with one commit`, aim: 'at most 1.5 x' },
          met: ratio50 <= 1.5,
        },
        {
          ...{ name: 'order.tickToOrder.p99', value: ours.p99, ...common, ratio: ratio99 },
          ...{ baseline: `${BASELINE}: ${base99.toFixed(2)} ms with two commits`, aim: 'at most 2 x' },
          met: ratio99 <= 2,
        },
        {
          ...{ name: 'order.tickToOrder.sessions', value: median(many), ...common, ratio: ratioMany },
          ...{ baseline: `the same with one session, here with ${MANY}`, aim: 'at most 1.3 x' },
          met: ratioMany <= 1.3,
        },
      ];
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
