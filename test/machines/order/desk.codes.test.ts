import { describe, expect, it } from 'vitest';
import { codesOf } from '../../../machines/domain/broker-codes.ts';
import type { OrderState } from '../../../machines/domain/order.ts';
import { DeskWorld, intentOf } from './desk-world.ts';

const intent = intentOf(1);

/** Where a sent order stands after the broker sent this code with its id, and whether somebody was alarmed. */
async function hear(code: number): Promise<{ state: OrderState; alarmed: boolean }> {
  const world = await new DeskWorld().open();
  void world.submit(intent);
  await world.settle();
  world.broker.error(intent.ref, code);
  // The state right after the code counts, not what asking finds out.
  const state = world.changes.at(-1)?.state ?? 'intended';
  return { state, alarmed: world.alarms.length > 0 };
}

describe('a code with the id of a sent order', () => {
  it.each(codesOf('orderRejected'))('%i rejects it', async (code) => {
    expect(await hear(code)).toEqual({ state: 'rejected', alarmed: false });
  });

  it('202 cancels it', async () => {
    expect(await hear(202)).toEqual({ state: 'cancelled', alarmed: false });
  });

  it.each([399, 10_349])('%i is only words', async (code) => {
    expect(await hear(code)).toEqual({ state: 'sent', alarmed: false });
  });

  it.each([10_147, 10_148])('%i has it asked about', async (code) => {
    expect((await hear(code)).state).not.toBe('rejected');
  });

  it.each([103, 105, 999_999])('%i alarms and rejects nothing', async (code) => {
    expect(await hear(code)).toEqual({ state: 'sent', alarmed: true });
  });
});
