import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DrillRecord, writeDrillRecord } from '../../../src/process/drill-record.ts';
import { DrillKeeper } from '../../../src/runtime/drill-keeper.ts';

const HOUR = 3_600_000;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drill-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function keeper(outcome: (now: number) => Partial<DrillRecord> | null | Error, planned = true) {
  const seen = { runs: [] as number[], alarms: [] as string[] };
  const given = { now: Date.UTC(2026, 0, 5, 10, 0) };
  let waits: { at: number; then: () => void }[] = [];
  const drills = new DrillKeeper({
    plan: planned ? { time: '06:30', timeZone: 'America/New_York' } : null,
    dir,
    run: async () => {
      seen.runs.push(given.now);
      const found = outcome(given.now);
      if (found instanceof Error) throw found;
      if (found === null) return;
      const record = { at: given.now, tookMs: 1, steps: [], failure: null, workedAt: given.now };
      writeDrillRecord(dir, { ...record, ...found });
    },
    now: () => given.now,
    onAlarm: (message) => seen.alarms.push(message),
    after: (ms, then) => {
      const wait = { at: given.now + ms, then };
      waits.push(wait);
      return () => {
        waits = waits.filter((each) => each !== wait);
      };
    },
  });
  /** Lets time pass, in the order of what is waited for. */
  const pass = async (ms: number) => {
    const until = given.now + ms;
    for (;;) {
      const next = waits.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      waits = waits.filter((each) => each !== next);
      given.now = next.at;
      next.then();
      await new Promise((done) => setImmediate(done));
    }
    given.now = until;
  };
  return { drills, seen, pass, waits: () => waits.length };
}

describe('the drill of the kill switch', () => {
  it('is done every day at its time, and its record says when it last worked', async () => {
    const { drills, seen, pass } = keeper(() => ({}));
    expect(drills.last()).toBeNull();
    const end = drills.start();
    await pass(HOUR);
    expect(seen.runs).toEqual([]);
    await pass(25 * HOUR);
    expect(seen.runs).toEqual([Date.UTC(2026, 0, 5, 11, 30), Date.UTC(2026, 0, 6, 11, 30)]);
    expect(drills.last()?.workedAt).toBe(Date.UTC(2026, 0, 6, 11, 30));
    expect(seen.alarms).toEqual([]);
    end();
    await pass(48 * HOUR);
    expect(seen.runs).toHaveLength(2);
  });

  it.each([
    [
      { failure: 'the dashboard halts: it did not', workedAt: null },
      /failed: the dashboard halts: it did not$/,
    ],
    [null, /ended without a record\.$/],
    [new Error('no such program'), /could not be begun: no such program$/],
  ] as const)('alarms when it goes wrong, and is done the next day all the same', async (outcome, words) => {
    const { drills, seen, pass } = keeper(() => outcome);
    drills.start();
    await pass(2 * HOUR);
    expect(seen.alarms).toEqual([expect.stringMatching(words)]);
    await pass(24 * HOUR);
    expect(seen.runs).toHaveLength(2);
  });

  it('is not done by itself when nobody has planned it', async () => {
    const { drills, waits } = keeper(() => ({}), false);
    drills.start();
    expect([drills.due(), waits()]).toEqual([null, 0]);
  });
});
