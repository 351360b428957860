import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RiskStatus } from '../../../machines/risk/risk.status.ts';
import { createRiskKeeper, readRisk } from '../../../src/runtime/risk-memory.ts';

const risk = (state: RiskStatus['state'], since = 1): RiskStatus => ({
  ...{ state, since, cause: 'a test', author: 'person' },
});

describe('readRisk', () => {
  const stored = (value: unknown) => ({ get: async () => value, set: async () => undefined });

  it('is active at the first start only', async () => {
    expect(await readRisk(stored(null), 5)).toMatchObject({ state: 'active', since: 5 });
    expect(await readRisk(stored(risk('halted')), 5)).toEqual(risk('halted'));
  });

  it('does not guess when what is stored cannot be read', async () => {
    await expect(readRisk(stored({ state: 'paused' }), 5)).rejects.toThrow();
  });
});

describe('createRiskKeeper', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('stores a halt as soon as the database is back', async () => {
    let isDown = true;
    let kept: unknown = null;
    const failures: string[] = [];
    const keep = createRiskKeeper(
      {
        get: async () => null,
        set: async (_, value) => {
          if (isDown) throw new Error('away');
          kept = value;
        },
      },
      (cause) => failures.push(cause),
    );
    keep(risk('halted'));
    await vi.advanceTimersByTimeAsync(2_500);
    expect([kept, failures]).toEqual([null, ['away', 'away', 'away']]);
    isDown = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(kept).toEqual(risk('halted'));
  });

  it('never stores an older state after a newer one', async () => {
    const writes: { value: unknown; done: () => void }[] = [];
    const keep = createRiskKeeper(
      { get: async () => null, set: (_, value) => new Promise((done) => writes.push({ value, done })) },
      () => undefined,
    );
    for (const since of [1, 2, 3]) keep(risk('halted', since));
    expect(writes.map(({ value }) => value)).toEqual([risk('halted', 1)]);
    writes[0]?.done();
    await vi.advanceTimersByTimeAsync(0);
    expect(writes.map(({ value }) => value)).toEqual([risk('halted', 1), risk('halted', 3)]);
  });
});
