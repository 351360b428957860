import { actorsBench, groupsBench } from './actors.bench.ts';
import type { Benchmark } from './figure.ts';
import { gatewayBench } from './gateway.bench.ts';
import { journalBench } from './journal.bench.ts';
import { orderBench } from './order.bench.ts';
import { recoveryBench } from './recovery.bench.ts';
import { riskBench } from './risk.bench.ts';
import { journalStoreBench } from './store.bench.ts';
import { ticksBench } from './ticks.bench.ts';

/** Everything that `npm run bench` measures, in its order. */
export const benchmarks: readonly Benchmark[] = [
  actorsBench,
  groupsBench,
  journalBench,
  journalStoreBench,
  recoveryBench,
  gatewayBench,
  orderBench,
  riskBench,
  ticksBench,
];
