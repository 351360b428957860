import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bar, Timeframe } from '../../../machines/domain/bar.ts';
import {
  barsInGap,
  barsToRequest,
  closedBars,
  isOver,
  type Series,
  takeEnd,
  takeHistory,
  takeUpdate,
} from '../../../machines/feed/feed.logic.ts';
import { bar, bars, minutes, start } from './feed.world.ts';

const fresh: Series = { forming: null, newest: null };

describe('closedBars', () => {
  it('closes the bar before when a later one begins', () => {
    expect(closedBars(bar(1), bar(2))).toEqual({ closed: [bar(1)], forming: bar(2) });
  });
  it('changes the forming bar when the time is the same', () => {
    expect(closedBars(bar(1, 5), bar(1, 6))).toEqual({ closed: [], forming: bar(1, 6) });
  });
  it('changes nothing for a bar that has closed', () => {
    expect(closedBars(bar(2), bar(1))).toEqual({ closed: [], forming: bar(2) });
  });
});

describe('a series of forming updates and reconnects', () => {
  // Each connection begins `back` bars before the present with a history, then sees updates; bars pass unseen between.
  const connection = fc.record({
    back: fc.integer({ min: 1, max: 8 }),
    unseen: fc.nat({ max: 5 }),
    updates: fc.array(fc.record({ advance: fc.nat({ max: 2 }), isStray: fc.boolean() }), { maxLength: 12 }),
    endsByTime: fc.boolean(),
  });

  it('gives each closed bar once, ascending, without a hole when histories reach back far enough', () => {
    fc.assert(
      fc.property(fc.array(connection, { minLength: 1, maxLength: 6 }), (connections) => {
        let series = fresh;
        let present = 10;
        const first = present - (connections[0]?.back ?? 1);
        const told: Bar[] = [];
        const take = (step: { series: Series; closed: readonly Bar[] }): void => {
          series = step.series;
          told.push(...step.closed);
        };
        for (const [index, one] of connections.entries()) {
          present += index === 0 ? 0 : one.unseen;
          const reach = index === 0 ? one.back : one.back + one.unseen + present - first;
          take(takeHistory(series, bars(present - reach, present)));
          for (const update of one.updates) {
            present += update.advance;
            take(takeUpdate(series, bar(update.isStray ? present - 3 : present)));
            // A stray update of an old bar says nothing of the present one.
            if (update.isStray) take(takeUpdate(series, bar(present)));
          }
          if (one.endsByTime) take(takeEnd(series));
        }
        const times = minutes(told);
        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
        // Bars that an update skips over were never seen forming; all others up to the present are there.
        expect(times.every((time) => time <= present)).toBe(true);
        take(takeHistory(series, bars(first - 1, present + 1)));
        const all = minutes(told);
        expect(new Set(all).size).toBe(all.length);
        expect(all.at(-1)).toBe(present);
      }),
    );
  });

  it('tells every bar exactly once when every bar is updated', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 30 }),
        fc.nat({ max: 29 }),
        (updatesPerBar, cut) => {
          let series = fresh;
          const told: Bar[] = [];
          const take = (step: { series: Series; closed: readonly Bar[] }): void => {
            series = step.series;
            told.push(...step.closed);
          };
          for (const [n, times] of updatesPerBar.entries()) {
            // The connection is lost once, and its successor begins with the whole history.
            if (n === cut) take(takeHistory(series, bars(0, n)));
            for (let at = 1; at <= times; at += 1) take(takeUpdate(series, bar(n, at)));
          }
          expect(minutes(told)).toEqual(updatesPerBar.slice(0, -1).map((_, n) => n));
        },
      ),
    );
  });
});

describe('isOver', () => {
  it('is true from the end of the bar on, and only until the bar was told', () => {
    const series: Series = { forming: bar(1), newest: bar(0).time };
    expect(isOver(series, '1m', bar(2).time - 1)).toBe(false);
    expect(isOver(series, '1m', bar(2).time)).toBe(true);
    expect(isOver(takeEnd(series).series, '1m', bar(2).time)).toBe(false);
  });
});

describe('barsToRequest', () => {
  it.each([
    [{ newestStored: null, wanted: 0 }, 300],
    [{ newestStored: null, wanted: 800 }, 800],
    [{ newestStored: start - 600_000, wanted: 0 }, 300],
    [{ newestStored: start - 60_000 * 500, wanted: 0 }, 502],
    [{ newestStored: 0, wanted: 0 }, 5_000],
  ])('asks %o for %i bars', (request, count) => {
    expect(barsToRequest({ timeframe: '1m', now: start, ...request })).toBe(count);
  });
});

describe('barsInGap', () => {
  const hour = 60;
  const span = (from: number, to: number) => ({ from: bar(from).time, to: bar(to).time });
  const open = [span(-2 * hour, 4 * hour)];
  const asked = (
    previous: Bar | null,
    update: Bar,
    timeframe: Timeframe = '1m',
    spans = open,
    ago = 60_000,
  ) => barsInGap(previous, update, timeframe, { spans, sinceAskedMs: ago });

  it.each([
    ['nothing before it', null, 5, 0],
    ['the next bar', 1, 2, 0],
    ['the same bar', 1, 1, 0],
    ['an older bar', 3, 1, 0],
    ['one bar left out', 1, 3, 1],
    ['many', 1, 1_000, 500],
  ])('after %s', (_, previous, update, expected) => {
    expect(asked(previous === null ? null : bar(previous), bar(update))).toBe(expected);
  });

  it('asks about small bars only once in a while, and never about bars of no fixed length', () => {
    expect(asked(bar(1), bar(5), '1m', open, 59_999)).toBe(0);
    expect(asked(bar(1), { ...bar(5), time: bar(1).time + 3 * 86_400_000 }, '1d', [], 0)).toBe(2);
    expect(asked(bar(1), bar(90_000), '1w')).toBe(0);
  });

  it('asks about nothing that lies between trading hours, as far as they are known', () => {
    const days = [span(0, 2 * hour), span(10 * hour, 12 * hour)];
    expect(asked(bar(2 * hour - 1), bar(10 * hour), '1m', days)).toBe(0);
    expect(asked(bar(2 * hour - 2), bar(10 * hour), '1m', days)).toBeGreaterThan(0);
    expect(asked(bar(2 * hour - 1), bar(10 * hour + 1), '1m', days)).toBeGreaterThan(0);
    expect(asked(bar(2 * hour - 1), bar(14 * hour), '1m', days), 'beyond what is known').toBeGreaterThan(0);
    expect(asked(bar(-hour), bar(-2), '1m', days), 'before what is known').toBeGreaterThan(0);
  });
});
