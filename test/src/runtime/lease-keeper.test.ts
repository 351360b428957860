import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaseKeeper, type LeasePort } from '../../../src/runtime/lease-keeper.ts';

const ttlMs = 10_000;

/** Leases as the database keeps them, by the (fake) clock of the test. */
class FakeLeases implements LeasePort {
  readonly rows = new Map<string, { epoch: number; holder: string; expiresAt: number }>();
  readonly calls: string[] = [];
  isDown = false;
  hangs = false;

  async #answer(call: string): Promise<void> {
    this.calls.push(call);
    if (this.hangs) await new Promise(() => undefined);
    if (this.isDown) throw new Error('the database is away');
  }

  #take(name: string, holder: string, from: string) {
    const row = this.rows.get(name);
    if (row !== undefined && row.expiresAt > Date.now() && ![holder, from].includes(row.holder))
      return { heldBy: row.holder, expiresAt: row.expiresAt };
    const epoch = (row?.epoch ?? 0) + 1;
    this.rows.set(name, { epoch, holder, expiresAt: Date.now() + ttlMs });
    return { epoch };
  }

  async acquire(name: string, holder: string) {
    await this.#answer(`acquire ${name} ${holder}`);
    return this.#take(name, holder, holder);
  }

  async takeOver(name: string, holder: string, dead: string, _ttlMs?: number) {
    await this.#answer(`takeOver ${name} ${holder}`);
    return this.#take(name, holder, dead);
  }

  async renew(leases: readonly { name: string; epoch: number }[], holder: string) {
    await this.#answer(`renew ${holder}`);
    return leases.flatMap(({ name, epoch }) => {
      const row = this.rows.get(name);
      if (row?.epoch !== epoch || row.holder !== holder) return [name];
      row.expiresAt = Date.now() + ttlMs;
      return [];
    });
  }

  async release(name: string, epoch: number) {
    await this.#answer(`release ${name} ${epoch}`);
    const row = this.rows.get(name);
    if (row?.epoch === epoch) Object.assign(row, { holder: '', expiresAt: Date.now() });
  }
}

describe('LeaseKeeper', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const keeper = (leases: LeasePort, holder = 'a/1', isDead: (holder: string) => boolean = () => false) =>
    new LeaseKeeper({ leases, holder, isDead, log: { warn: () => undefined }, ttlMs });
  const settle = () => vi.advanceTimersByTimeAsync(0);

  it('tells the epoch once, and keeps the lease over many of its lifetimes', async () => {
    const leases = new FakeLeases();
    const told: unknown[] = [];
    keeper(leases).hold('s', (held) => told.push(held));
    await vi.advanceTimersByTimeAsync(10 * ttlMs);
    expect(told).toEqual([{ epoch: 1 }]);
    expect(leases.rows.get('session:s')).toMatchObject({ epoch: 1, holder: 'a/1' });
  });

  it.each(['isDown', 'hangs'] as const)(
    'says that it is lost before anyone else can take it when the database %s',
    async (fault) => {
      const leases = new FakeLeases();
      const told: { at: number; held: unknown }[] = [];
      keeper(leases).hold('s', (held) => told.push({ at: Date.now(), held }));
      await vi.advanceTimersByTimeAsync(5_000);
      leases[fault] = true;
      await vi.advanceTimersByTimeAsync(2 * ttlMs);
      const lost = told.at(-1);
      expect(lost?.held).toBeNull();
      expect(lost?.at).toBeLessThan(leases.rows.get('session:s')?.expiresAt ?? 0);
    },
  );

  it('holds it again under a new epoch when the database is back', async () => {
    const leases = new FakeLeases();
    const told: unknown[] = [];
    keeper(leases).hold('s', (held) => told.push(held));
    await settle();
    leases.isDown = true;
    await vi.advanceTimersByTimeAsync(3 * ttlMs);
    leases.isDown = false;
    await vi.advanceTimersByTimeAsync(ttlMs);
    expect(told).toEqual([{ epoch: 1 }, null, { epoch: 2 }]);
  });

  it('waits for a living holder, and takes over from a dead one at once', async () => {
    const leases = new FakeLeases();
    leases.rows.set('session:s', { epoch: 4, holder: 'a/9', expiresAt: Date.now() + 1_000_000 });
    const living: unknown[] = [];
    keeper(leases, 'a/1').hold('s', (held) => living.push(held));
    await vi.advanceTimersByTimeAsync(3 * ttlMs);
    expect(living).toEqual([]);
    const dead: unknown[] = [];
    keeper(leases, 'a/2', (holder) => holder === 'a/9').hold('s', (held) => dead.push(held));
    await settle();
    expect(dead).toEqual([{ epoch: 5 }]);
  });

  it('gives a lease back when it is let go, so that the other process has it within a round', async () => {
    const leases = new FakeLeases();
    const release = keeper(leases, 'a/1').hold('s', () => undefined);
    await settle();
    const other: unknown[] = [];
    keeper(leases, 'b/1').hold('s', (held) => other.push(held));
    await settle();
    expect(other).toEqual([]);
    release();
    await vi.advanceTimersByTimeAsync(ttlMs / 5);
    expect(other).toEqual([{ epoch: 2 }]);
  });

  it('gives the old epoch back before it takes the new one when a session is started again', async () => {
    const leases = new FakeLeases();
    const keep = keeper(leases);
    const first = keep.hold('s', () => undefined);
    await settle();
    const told: unknown[] = [];
    first();
    keep.hold('s', (held) => told.push(held));
    await vi.advanceTimersByTimeAsync(2 * ttlMs);
    expect(told).toEqual([{ epoch: 2 }]);
    expect(leases.rows.get('session:s')).toMatchObject({ epoch: 2, holder: 'a/1' });
  });

  it('gives back what arrives after it was let go', async () => {
    const leases = new FakeLeases();
    const told: unknown[] = [];
    const release = keeper(leases).hold('s', (held) => told.push(held));
    release();
    await vi.advanceTimersByTimeAsync(ttlMs);
    expect(told).toEqual([]);
    expect(leases.rows.get('session:s')?.holder ?? '').toBe('');
  });

  it('releases everything at its end, and ends also when the database is away', async () => {
    const leases = new FakeLeases();
    const keep = keeper(leases);
    keep.hold('s', () => undefined);
    keep.hold('t', () => undefined);
    await settle();
    await keep.close();
    expect([...leases.rows.values()].map(({ holder }) => holder)).toEqual(['', '']);

    const other = keeper(leases);
    other.hold('s', () => undefined);
    await settle();
    leases.isDown = true;
    await expect(other.close()).resolves.toBeUndefined();
  });

  it('never lets two processes believe that they hold the same lease', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ waitMs: fc.nat(15_000), act: fc.constantFrom('down', 'up', 'drop', 'hold') })),
        async (steps) => {
          const leases = new FakeLeases();
          const believed = new Map<string, { epoch: number } | null>();
          const hear = (who: string) => (held: { epoch: number } | null) => {
            believed.set(who, held);
            expect([...believed.values()].filter((each) => each !== null).length).toBeLessThan(2);
          };
          const keepers = [keeper(leases, 'a/1'), keeper(leases, 'b/1')] as const;
          keepers[1].hold('s', hear('b'));
          let release = keepers[0].hold('s', hear('a'));
          for (const { waitMs, act } of steps) {
            await vi.advanceTimersByTimeAsync(waitMs);
            if (act === 'down' || act === 'up') leases.isDown = act === 'down';
            else {
              release();
              believed.set('a', null);
              if (act === 'hold') release = keepers[0].hold('s', hear('a'));
            }
          }
          leases.isDown = false;
          await Promise.all(keepers.map((each) => each.close()));
        },
      ),
      { numRuns: 50 },
    );
  });
});
