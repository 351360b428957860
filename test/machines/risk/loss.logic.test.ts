import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LossBreach,
  type LossLimits,
  type LossMemory,
  type LossReading,
  lossNames,
  lossWords,
  noteReading,
  nothingLost,
} from '../../../machines/risk/loss.logic.ts';

const limits = (change: Partial<LossLimits> = {}): LossLimits => ({
  levels: { dailyLoss: { soft: '50', hard: '100' }, drawdown: { soft: '5', hard: '10' } },
  ...{ confirm: 2, action: 'halt' },
  ...change,
});
const reading = (dailyPnl: number | null, netLiquidation: number | null = null): LossReading => ({
  dailyPnl: dailyPnl === null ? null : String(dailyPnl),
  netLiquidation: netLiquidation === null ? null : String(netLiquidation),
});

/** Takes readings one after the other; answers what each of them confirmed. */
function fold(readings: readonly LossReading[], of = limits(), from: LossMemory = nothingLost) {
  let memory = from;
  const confirmed = readings.map((each): readonly LossBreach[] => {
    const step = noteReading(memory, each, of);
    memory = step.memory;
    return step.breaches;
  });
  return { memory, names: confirmed.map((all) => all.map(({ limit, level }) => `${limit}.${level}`)) };
}

describe('limits on losses', () => {
  it('count a loss of the day only once enough readings in a row have passed it', () => {
    expect(fold([reading(-101), reading(-101), reading(-101)]).names).toEqual([
      [],
      ['dailyLoss.soft', 'dailyLoss.hard'],
      ['dailyLoss.soft', 'dailyLoss.hard'],
    ]);
  });

  it('let one bad tick pass', () => {
    expect(fold([reading(-9_999), reading(-1), reading(-9_999), reading(-1)]).names.flat()).toEqual([]);
  });

  it('take neither a gain nor the level itself for a loss', () => {
    expect(fold([reading(500), reading(500), reading(-50), reading(-50)]).names.flat()).toEqual([]);
  });

  it('measure the drawdown from the highest net liquidation, also of an earlier run', () => {
    expect(fold([reading(null, 1_000), reading(null, 949), reading(null, 949)]).names).toEqual([
      [],
      [],
      ['drawdown.soft'],
    ]);
    const from = { ...nothingLost, peak: '2000' };
    expect(fold([reading(null, 1_000), reading(null, 1_000)], limits(), from).names[1]).toEqual([
      'drawdown.soft',
      'drawdown.hard',
    ]);
  });

  it('let what was not told neither confirm nor take back', () => {
    const { names, memory } = fold([reading(-101), reading(null), reading(-101)]);
    expect(names).toEqual([[], [], ['dailyLoss.soft', 'dailyLoss.hard']]);
    expect(memory.peak).toBeNull();
  });

  it('say the figures', () => {
    const breach = { limit: 'drawdown', level: 'hard', found: '10.123', allowed: '10' } as const;
    expect(lossWords(breach, 'DU1')).toBe(
      'The drawdown from the highest net liquidation in percent is 10.12, allowed up to 10 for account DU1 (drawdown).',
    );
  });

  it('warn before they act, and act on nothing that fewer readings than wanted have passed', () => {
    const figure = fc.option(fc.integer({ min: -300, max: 1_200 }), { nil: null });
    const readings = fc.array(fc.tuple(figure, figure), { maxLength: 40 });
    fc.assert(
      fc.property(readings, fc.integer({ min: 1, max: 4 }), (all, confirm) => {
        const of = limits({ confirm });
        const told = all.map(([pnl, worth]) => reading(pnl, worth));
        const { names } = fold(told, of);
        for (const [at, found] of names.entries()) {
          for (const limit of lossNames) {
            if (found.includes(`${limit}.hard`)) expect(found).toContain(`${limit}.soft`);
          }
          if (!found.includes('dailyLoss.hard')) continue;
          const lost = told
            .slice(0, at + 1)
            .flatMap(({ dailyPnl }) => (dailyPnl === null ? [] : [-Number(dailyPnl)]));
          expect(lost.slice(-confirm)).toHaveLength(confirm);
          expect(lost.slice(-confirm).every((loss) => loss > 100)).toBe(true);
        }
      }),
    );
  });
});
