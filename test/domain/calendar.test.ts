import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOpenAt, knownUntil, parseTradingHours } from '../../machines/domain/calendar.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const spansOf = (text: string, zone: string) =>
  parseTradingHours(text, zone).map((span) => [iso(span.from), iso(span.to)]);

describe('parseTradingHours', () => {
  it('reads a winter day in New York', () => {
    expect(spansOf('20260105:0930-20260105:1600', 'America/New_York')).toEqual([
      ['2026-01-05T14:30:00.000Z', '2026-01-05T21:00:00.000Z'],
    ]);
  });

  it('follows daylight saving on each side of the Atlantic on its own date', () => {
    // In 2026 New York changes on 8 March, Frankfurt on 29 March; in autumn on 1 November and 25 October.
    const newYork = (day: string) =>
      spansOf(`${day}:0930-${day}:1600`, 'America/New_York')[0]?.[0]?.slice(11, 16);
    const frankfurt = (day: string) =>
      spansOf(`${day}:0900-${day}:1730`, 'Europe/Berlin')[0]?.[0]?.slice(11, 16);
    expect(['20260306', '20260309', '20260330', '20261026', '20261102'].map(newYork)).toEqual([
      '14:30',
      '13:30',
      '13:30',
      '13:30',
      '14:30',
    ]);
    expect(['20260306', '20260309', '20260330', '20261026', '20261102'].map(frankfurt)).toEqual([
      '08:00',
      '08:00',
      '07:00',
      '08:00',
      '08:00',
    ]);
  });

  it('gives a session over the change of clocks its real length', () => {
    // Futures from Sunday 18:00 to Monday 17:00 in Chicago, over the spring gap and over the autumn fold.
    const hours = (text: string) =>
      parseTradingHours(text, 'America/Chicago').map((span) => (span.to - span.from) / 3_600_000);
    expect(hours('20260307:1800-20260308:1700')).toEqual([22]);
    expect(hours('20261031:1800-20261101:1700')).toEqual([24]);
    expect(hours('20260614:1800-20260615:1700')).toEqual([23]);
  });

  it('reads half days and closed days', () => {
    const text = '20261125:0930-20261125:1600;20261126:CLOSED;20261127:0930-20261127:1300';
    expect(spansOf(text, 'America/New_York')).toEqual([
      ['2026-11-25T14:30:00.000Z', '2026-11-25T21:00:00.000Z'],
      ['2026-11-27T14:30:00.000Z', '2026-11-27T18:00:00.000Z'],
    ]);
  });

  it('answers nothing for unknown hours: closed', () => {
    expect(parseTradingHours('', 'America/New_York')).toEqual([]);
    expect(isOpenAt([], Date.now())).toBe(false);
    expect(knownUntil([])).toBeNull();
  });

  it('sorts spans and takes a trailing semicolon', () => {
    const text = '20260106:0930-20260106:1600;20260105:0930-20260105:1600;';
    expect(spansOf(text, 'America/New_York').map(([from]) => from?.slice(0, 10))).toEqual([
      '2026-01-05',
      '2026-01-06',
    ]);
  });

  it.each([
    '20260105',
    '20260105:0930',
    '20260105:0930-1600',
    'CLOSED',
    '20260105:2530-20260105:2600',
    '20261305:CLOSED-',
  ])('refuses the segment "%s"', (segment) => {
    expect(() => parseTradingHours(segment, 'America/New_York')).toThrow(RangeError);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => parseTradingHours('20260105:0930-20260105:1600', 'Mars/Olympus')).toThrow(RangeError);
  });
});

describe('isOpenAt', () => {
  const [span] = parseTradingHours('20260105:0930-20260105:1600', 'America/New_York');
  if (span === undefined) throw new Error('no span');

  it('counts the opening and not the closing moment', () => {
    expect([span.from - 1, span.from, span.to - 1, span.to].map((at) => isOpenAt([span], at))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('never answers open beyond what is known', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), (offset) => {
        const at = span.from + offset;
        expect(isOpenAt([span], at)).toBe(at >= span.from && at < (knownUntil([span]) ?? 0));
      }),
    );
  });
});
