/** One measured figure; `ratio` is against `baseline`, both measured in the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** What it is compared with in the same run; null when it stands alone. */
  readonly baseline: string | null;
  readonly ratio: number | null;
  /** What is wanted of it, in words. */
  readonly aim: string | null;
  /** Whether the aim is met; null without one. */
  readonly met: boolean | null;
}

/** A benchmark runs in a process of its own, with `--expose-gc`. */
export interface Benchmark {
  /** The names of its figures, as `--only` takes them. */
  readonly names: readonly string[];
  run(): Promise<Figure[]>;
}

/** The middle one of some numbers. @throws RangeError when there is none */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError('median: found no values, expected at least one');
  return middle;
}

/** Lets everything run that is ready to run. */
export const breathe = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Collects what nobody needs any more; answers the bytes in use. */
export async function settledHeap(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('expected node --expose-gc');
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    await breathe();
  }
  return process.memoryUsage().heapUsed;
}
