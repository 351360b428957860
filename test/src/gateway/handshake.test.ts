import { describe, expect, test } from 'vitest';
import { negotiate } from '../../../src/gateway/wire/handshake.ts';

describe('negotiate', () => {
  test.each([
    ['v100..193', 193], // @stoqey/ib
    ['v157..178', 178], // ib_async
    ['v100..176', 176], // ibapi 10.19
    ['v100..187', 187], // ibapi 10.30
    ['v100..225', 193], // ibapi 10.46
    ['v157', 157],
    ['v100..193 +PACEAPI', 193],
  ])('"%s" gets version %i', (hello, version) => {
    expect(negotiate(hello)).toEqual({ ok: true, version });
  });

  test.each([
    ['v100..156', 156, /offers up to 156, this gateway needs 157/],
    ['v194..225', 193, /wants 194 or newer, this gateway speaks up to 193/],
    ['hello', 157, /not understood/],
  ])('"%s" is refused with a reason', (hello, announce, reason) => {
    expect(negotiate(hello)).toEqual({ ok: false, announce, reason: expect.stringMatching(reason) });
  });
});
