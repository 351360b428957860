import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  isFloor,
  type LimitName,
  type Limits,
  limitNames,
  type ScopedLimits,
} from '../../machines/risk/limits.ts';
import { builtinStrategies } from '../../machines/strategies/builtin.ts';
import { parseParameters } from '../../machines/strategies/registry.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { PriceView } from '../../src/contract/market.schema.ts';
import { createLog } from '../../src/runtime/log.ts';
import { startTrading, type Trading } from '../../src/runtime/trading.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded.ts';
import { openStore } from '../../src/store/store.ts';
import { AskedServer } from './asked-server.ts';
import { type Benchmark, median } from './figure.ts';

const ID = 'SP500.STK.SMART.USD';
/** Orders that work all the while: each check counts them. */
const WORKING = 20;
const PAIRS = 400;
const WARM_UP = 20;
/** A trading day is longer than the benchmark: the market stays open. */
const BARS_PER_SECOND = '0.01';

const high = { soft: '1000000000', hard: '2000000000' };
const low = { soft: '0', hard: '0' };
const every = Object.fromEntries(
  limitNames.map((name): [LimitName, typeof high] => [name, isFloor(name) ? low : high]),
) as Limits;
/** Every limit that there is, with both levels, in each scope that an order by hand is in. */
const allLimits: readonly ScopedLimits[] = [
  { scope: { kind: 'whole' }, limits: every },
  { scope: { kind: 'account', id: 'DU1000001' }, limits: every },
  { scope: { kind: 'instrument', id: ID }, limits: every },
];

async function ready({ dashboard }: Trading): Promise<void> {
  for (;;) {
    const { connection, orderDesk } = dashboard.system();
    const prices = (await dashboard.snapshot('prices')) as readonly PriceView[];
    const isPriced = prices.some(
      ({ instrumentId, last, marketOpen }) => instrumentId === ID && last !== null && marketOpen === true,
    );
    if (connection.phase === 'ready' && orderDesk === 'open' && isPriced) return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** Places one that never fills; answers how long it took until the broker had it. */
async function place({ dashboard }: Trading): Promise<{ readonly ms: number; readonly ref: string }> {
  const began = performance.now();
  const { ref, outcome, message } = await dashboard.placeOrder({
    ...{
      instrumentId: ID,
      side: 'BUY',
      quantity: '1',
      orderType: 'LMT',
      limitPrice: '1',
      timeInForce: 'GTC',
    },
  });
  if (ref === null || outcome !== 'accepted') throw new Error(`not placed: ${outcome} ${message}`);
  return { ms: performance.now() - began, ref };
}

/** Placing an order, from the call to the broker's word, with every limit and with none, in turns. */
export const riskBench: Benchmark = {
  names: ['risk.cost'],
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'tradewarden-bench-'));
    const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: () => undefined });
    const store = await openStore({ url: server.url });
    const gateway = await AskedServer.start('timed-gateway.ts', BARS_PER_SECOND);
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const builtinNames = builtinStrategies.map(({ name }) => name);
    const loaded = loadConfig(`${root}config`, { parseParameters, builtinNames });
    if (!loaded.ok) throw new Error('the shipped configuration does not load');
    const limits: ScopedLimits[] = [];
    const { runtime } = loaded.config;
    const watch = runtime.watch.filter(({ symbol }) => symbol === 'SP500');
    const trading = await startTrading({
      config: { ...loaded.config, runtime: { ...runtime, watch }, sessions: [], limits },
      ...{ store, mode: 'paper', version: 'bench', brokerPort: gateway.port },
      log: createLog('silent', false),
    });
    try {
      await ready(trading);
      for (let n = 0; n < WORKING; n += 1) await place(trading);
      const took = { with: [] as number[], without: [] as number[] };
      for (let n = 0; n < 2 * PAIRS; n += 1) {
        // With, without, without, with: what comes at every second order falls on both alike.
        const kind = n % 4 === 0 || n % 4 === 3 ? 'with' : 'without';
        limits.splice(0, limits.length, ...(kind === 'with' ? allLimits : []));
        const { ms, ref } = await place(trading);
        if (n >= WARM_UP) took[kind].push(ms);
        await trading.dashboard.cancelOrder(ref);
      }
      const [checked, unchecked] = [median(took.with), median(took.without)];
      const ratio = checked / unchecked;
      return [
        {
          ...{ name: 'risk.cost', value: checked, unit: 'ms', better: 'lower', ratio },
          baseline: `the same order without any limit: ${unchecked.toFixed(2)} ms; ${PAIRS} pairs in turns`,
          ...{ aim: 'at most 1.1 x', met: ratio <= 1.1 },
        },
      ];
    } finally {
      await trading.stop();
      await gateway.stop();
      await store.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
