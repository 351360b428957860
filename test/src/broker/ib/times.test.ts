import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIbTime, parseBarTime, parseIbTime } from '../../../../src/broker/ib/times.ts';

describe('parseIbTime', () => {
  it.each([
    ['20260105 09:30:00 US/Eastern', '2026-01-05T14:30:00Z'],
    ['20260705 09:30:00 America/New_York', '2026-07-05T13:30:00Z'],
    ['20260105  15:30:01 Europe/Berlin', '2026-01-05T14:30:01Z'],
    ['20260105-14:30:00', '2026-01-05T14:30:00Z'],
    ['20260105 14:30:00 UTC', '2026-01-05T14:30:00Z'],
  ])('reads "%s"', (text, instant) => {
    expect(parseIbTime(text)).toBe(Date.parse(instant));
  });

  it.each(['', '2026-01-05', '20260105', '20261305-14:30:00', '20260105 09:30:00 Atlantis/Capital'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseIbTime(text)).toThrow(RangeError);
    },
  );

  it('reads back what formatIbTime writes, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_799 }), (seconds) => {
        expect(parseIbTime(formatIbTime(seconds * 1_000))).toBe(seconds * 1_000);
      }),
    );
  });
});

describe('parseBarTime', () => {
  it.each([
    ['20260105', '2026-01-05T00:00:00Z'],
    ['1767623400', '2026-01-05T14:30:00Z'],
    ['20260105 09:30:00 US/Eastern', '2026-01-05T14:30:00Z'],
  ])('reads "%s"', (text, instant) => {
    expect(parseBarTime(text)).toBe(Date.parse(instant));
  });
});
