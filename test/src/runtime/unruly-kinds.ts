import { z } from 'zod';
import { BarOutput, type StrategyKind } from '../../../machines/strategies/strategy.kind.ts';

// Strategies that misbehave, each in one way, on a bar whose close is above 100; loaded by threads under test.

const parameters = z.strictObject({ ms: z.number().default(300).describe('Time to burn on each bar') });

function kind(name: string, misbehave: (ms: number) => void): StrategyKind {
  return {
    kind: name,
    title: name,
    description: 'For tests.',
    parameters,
    warmup: () => 0,
    start: (raw) => {
      const { ms } = parameters.parse(raw);
      return {
        update(bar) {
          if (bar.close > 100) misbehave(ms);
          return new BarOutput('long', { close: bar.close }, null, true, () => `Did ${name}.`);
        },
      };
    },
  };
}

function burn(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) Math.sqrt(until);
}

export const strategyKinds = {
  burns: kind('burns', burn),
  throws: kind('throws', () => {
    throw new Error('divided by zero');
  }),
  throwsLater: kind('throwsLater', () => {
    setImmediate(() => {
      throw new Error('divided by zero');
    });
  }),
  loops: kind('loops', () => burn(Number.POSITIVE_INFINITY)),
  exits: kind('exits', () => process.exit(3)),
  hoards: kind('hoards', () => {
    const kept: string[][] = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => `${i} of ${kept.length}`));
  }),
};
