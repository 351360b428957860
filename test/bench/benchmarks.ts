import { actorsBench, groupsBench } from './actors.bench.ts';
import type { Benchmark } from './figure.ts';
import { journalBench } from './journal.bench.ts';

/** Everything that `npm run bench` measures, in its order. */
export const benchmarks: readonly Benchmark[] = [actorsBench, groupsBench, journalBench];
