import { describe, expect, it } from 'vitest';
import type { PortfolioView } from '../../../machines/portfolio/portfolio.events.ts';
import type { LossLimits } from '../../../machines/risk/loss.logic.ts';
import { LossWatch, readPeaks } from '../../../src/runtime/loss-watch.ts';

const levels: LossLimits['levels'] = {
  dailyLoss: { soft: '50', hard: '100' },
  drawdown: { soft: null, hard: '10' },
};

async function watching(change: Partial<LossLimits> = {}, stored: unknown = null) {
  const done: string[] = [];
  const kept: unknown[] = [];
  const state = {
    get: async () => stored,
    set: async (_: string, value: unknown) => void kept.push(value),
  };
  let tell = (_: PortfolioView): void => undefined;
  const watch = new LossWatch(
    {
      limits: { levels, confirm: 2, action: 'reduce', ...change },
      portfolio: {
        onChange: (listener) => {
          tell = listener;
          return () => undefined;
        },
      },
      state,
      onHard: (action, cause) => done.push(`${action}: ${cause}`),
      onSoft: (message) => done.push(`warn: ${message}`),
      onFault: (message) => done.push(message),
    },
    await readPeaks(state),
  );
  watch.start();
  let at = 0;
  const view = (daily: string | null, worth: string, account: string): PortfolioView => ({
    ...{ positions: [], positionValues: [], asOf: at, synced: true },
    values: [{ account, key: 'NetLiquidation', value: worth, currency: 'USD', at }],
    pnl: [{ account, daily, unrealized: null, realized: null, at }],
  });
  return {
    done,
    kept,
    read: (daily: string | null, worth = '1000', account = 'DU1') => {
      at += 1;
      tell(view(daily, worth, account));
    },
    repeat: (daily: string) => tell(view(daily, '1000', 'DU1')),
  };
}

describe('the watch over losses', () => {
  it('warns once, acts with each reading, and warns again after a recovery', async () => {
    const { read, done } = await watching();
    for (const daily of ['-60', '-60', '-60', '-150', '-150', '-1', '-60', '-60']) read(daily);
    expect(done).toEqual([
      'warn: The loss of the day is 60, warned of above 50 for account DU1 (dailyLoss).',
      'reduce: The loss of the day is 150, allowed up to 100 for account DU1 (dailyLoss).',
      'warn: The loss of the day is 60, warned of above 50 for account DU1 (dailyLoss).',
    ]);
  });

  it('takes what is told again for other reasons for no confirmation', async () => {
    const { read, repeat, done } = await watching();
    read('-150');
    for (let n = 0; n < 5; n += 1) repeat('-150');
    expect(done).toEqual([]);
  });

  it('keeps accounts apart', async () => {
    const { read, done } = await watching();
    read('-150', '1000', 'DU1');
    read('-150', '1000', 'DU2');
    expect(done).toEqual([]);
  });

  it('measures from the highest of an earlier run, and keeps a higher one', async () => {
    const { read, done, kept } = await watching({ action: 'halt' }, { DU1: { peak: '2000' } });
    read(null, '1500');
    read(null, '1500');
    expect(done).toEqual([
      'halt: The drawdown from the highest net liquidation in percent is 25, allowed up to 10 for account DU1 (drawdown).',
    ]);
    expect(kept).toEqual([]);
    read(null, '2100');
    expect(kept).toEqual([{ DU1: { peak: '2100' } }]);
  });

  it('watches nothing without limits', async () => {
    const { read, done } = await watching({ levels: {} });
    for (let n = 0; n < 3; n += 1) read('-99999');
    expect(done).toEqual([]);
  });

  it('does not guess when what is stored cannot be read', async () => {
    await expect(watching({}, { DU1: 5 })).rejects.toThrow();
  });
});
