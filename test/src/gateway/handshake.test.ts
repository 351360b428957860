import { describe, expect, test } from 'vitest';
import { negotiate } from '../../../src/gateway/wire/handshake.ts';

describe('negotiate', () => {
  test.each([
    ['v100..193', 193], // @stoqey/ib
    ['v157..178', 178], // ib_async
    ['v100..176', 176], // ibapi 10.19
    ['v100..187', 187], // ibapi 10.30
    ['v100..225', 193], // ibapi 10.46
    ['v100..151', 151], // ib-tws-api
    ['v157', 157],
    ['v157..178 +PACEAPI', 178],
    ['v100..193\0', 193],
    ['v100..193 +PACEAPI', 193],
  ])('"%s" gets version %i', (hello, version) => {
    expect(negotiate(hello)).toEqual({ ok: true, version });
  });

  test.each([
    ['v100..150', 150, /offers up to 150, this gateway needs 151/],
    ['v194..225', 193, /wants 194 or newer, this gateway speaks up to 193/],
    ['hello', 151, /not understood/],
    ['v193..100', 151, /not understood/],
    ['', 151, /not understood/],
    ['v99999999999', 151, /not understood/],
  ])('"%s" is refused with a reason', (hello, announce, reason) => {
    expect(negotiate(hello)).toEqual({ ok: false, announce, reason: expect.stringMatching(reason) });
  });
});
