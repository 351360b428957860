import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameGuard } from '../../../../src/broker/ib/frame-guard.ts';
import { frame } from './wire-support.ts';

/** Feeds the bytes in pieces cut at these places; the first complaint, or null. */
function feed(bytes: Uint8Array, cuts: readonly number[]): number | null {
  const guard = createFrameGuard();
  const places = [0, ...[...cuts].map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [at, from] of places.slice(0, -1).entries()) {
    const complaint = guard(bytes.subarray(from, places[at + 1]));
    if (complaint !== null) return complaint;
  }
  return null;
}

const length = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const messages = fc
  .array(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((all) => Buffer.concat(all.map((fields) => frame(...fields))));
const cuts = fc.array(fc.nat(2_000), { maxLength: 12 });

describe('the frame guard', () => {
  it('has no complaint about whole messages, however they are cut', () => {
    fc.assert(
      fc.property(messages, cuts, (bytes, places) => {
        expect(feed(bytes, places)).toBeNull();
      }),
    );
  });

  it.each([-1, -4, -2_147_483_648, 0, 0x100_0000])('names a length of %i, however it is cut', (bad) => {
    fc.assert(
      fc.property(messages, cuts, (bytes, places) => {
        expect(feed(Buffer.concat([bytes, length(bad), bytes]), places)).toBe(bad);
      }),
    );
  });
});
