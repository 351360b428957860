import { describe, expect, it } from 'vitest';
import { notFlattening } from '../../../machines/flatten/flatten.status.ts';
import { LiveStatus } from '../../../src/runtime/live-status.ts';

function statusWith(onChange: () => void = () => undefined): LiveStatus {
  return new LiveStatus(
    {
      connection: { phase: 'ready' } as LiveStatus['connection'],
      store: { state: 'up', cause: null, since: 0 } as LiveStatus['store'],
      risk: { state: 'active', since: 0, cause: 'First start.', author: 'start' },
      riskParts: [],
      flatten: notFlattening,
    },
    onChange,
  );
}

describe('LiveStatus', () => {
  it('keeps what was not told anew', () => {
    let changes = 0;
    const status = statusWith(() => {
      changes += 1;
    });
    status.set({ risk: { state: 'halted', since: 1, cause: 'a person', author: 'person' } });
    expect(status.risk.state).toBe('halted');
    expect(status.connection.phase).toBe('ready');
    expect(changes).toBe(1);
  });

  it('keeps the newest twenty alarms, the newest first', () => {
    const status = statusWith();
    for (let n = 1; n <= 25; n += 1) status.alarm(`alarm ${n}`);
    expect(status.alarms).toHaveLength(20);
    expect([status.alarms.at(0)?.message, status.alarms.at(-1)?.message]).toEqual(['alarm 25', 'alarm 6']);
  });

  it('remembers the newest fill of each instrument, and never an older one in its place', () => {
    const status = statusWith();
    expect(status.lastFillAt('A')).toBe(0);
    status.noteFill('A', 20);
    status.noteFill('A', 10);
    status.noteFill('B', 5);
    expect([status.lastFillAt('A'), status.lastFillAt('B')]).toEqual([20, 5]);
  });
});
