import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PositionKeeper } from '../../../src/runtime/position-keeper.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function world() {
  const state = { at: 10, fillAt: 0, asked: 0, fails: false };
  const keeper = new PositionKeeper({
    portfolio: {
      snapshot: () => ({ positions: [{ instrumentId: 'A', at: state.at }], asOf: 5 }) as never,
      refresh: async () => {
        state.asked += 1;
        if (state.fails) throw new Error('the broker is away');
        state.at = 100;
        return [];
      },
    },
    lastFillAt: () => state.fillAt,
  });
  return { state, keeper };
}

describe('positions after a fill', () => {
  it('are not asked for when the broker has told them by itself', async () => {
    const { state, keeper } = world();
    state.fillAt = 9;
    keeper.note('A');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.asked).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are asked for once for a burst of fills that they are older than', async () => {
    const { state, keeper } = world();
    state.fillAt = 11;
    for (let fill = 0; fill < 5; fill += 1) keeper.note('A');
    await vi.advanceTimersByTimeAsync(1_000);
    expect([state.asked, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('are asked for again until the answer is newer, and no more after the end', async () => {
    const { state, keeper } = world();
    Object.assign(state, { fillAt: 11, fails: true });
    keeper.note('A');
    await vi.advanceTimersByTimeAsync(1_050);
    expect(state.asked).toBe(5);
    keeper.close();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.asked).toBe(5);
  });
});
