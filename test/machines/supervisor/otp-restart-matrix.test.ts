import { describe, expect, it } from 'vitest';
import { spec, startSupervisor } from './parts.ts';

/** How a child ends: the event that makes it end so. */
const ends = {
  failed: { type: 'crash' },
  normal: { type: 'finish' },
  shutdown: { type: 'retire' },
} as const;
type End = keyof typeof ends;

const abc = (restart: 'permanent' | 'transient' | 'temporary') => [
  spec('a'),
  spec('b', { restart }),
  spec('c'),
];

/**
 * The middle one of three children ends; the outer ones are permanent.
 * `again`: who is started again, in order. `ended`: which living siblings are ended for it, in order.
 */
const rows = [
  ['permanent', 'failed', 'oneForOne', ['b'], []],
  ['permanent', 'failed', 'oneForAll', ['a', 'b', 'c'], ['c', 'a']],
  ['permanent', 'failed', 'restForOne', ['b', 'c'], ['c']],
  ['permanent', 'normal', 'oneForOne', ['b'], []],
  ['permanent', 'normal', 'oneForAll', ['a', 'b', 'c'], ['c', 'a']],
  ['permanent', 'normal', 'restForOne', ['b', 'c'], ['c']],
  ['permanent', 'shutdown', 'oneForOne', ['b'], []],
  ['permanent', 'shutdown', 'oneForAll', ['a', 'b', 'c'], ['c', 'a']],
  ['permanent', 'shutdown', 'restForOne', ['b', 'c'], ['c']],
  ['transient', 'failed', 'oneForOne', ['b'], []],
  ['transient', 'failed', 'oneForAll', ['a', 'b', 'c'], ['c', 'a']],
  ['transient', 'failed', 'restForOne', ['b', 'c'], ['c']],
  ['transient', 'normal', 'oneForOne', [], []],
  ['transient', 'normal', 'oneForAll', [], []],
  ['transient', 'normal', 'restForOne', [], []],
  ['transient', 'shutdown', 'oneForOne', [], []],
  ['transient', 'shutdown', 'oneForAll', [], []],
  ['transient', 'shutdown', 'restForOne', [], []],
  ['temporary', 'failed', 'oneForOne', [], []],
  ['temporary', 'failed', 'oneForAll', [], []],
  ['temporary', 'failed', 'restForOne', [], []],
  ['temporary', 'normal', 'oneForOne', [], []],
  ['temporary', 'normal', 'oneForAll', [], []],
  ['temporary', 'normal', 'restForOne', [], []],
  ['temporary', 'shutdown', 'oneForOne', [], []],
  ['temporary', 'shutdown', 'oneForAll', [], []],
  ['temporary', 'shutdown', 'restForOne', [], []],
] as const;

const wayOf = { failed: 'failed', normal: 'finished', shutdown: 'ended in order' } as const;
const named = rows.map(([restart, end, strategy, again, ended]) => {
  const who = again.length === 0 ? 'restarts nothing' : `restarts ${again.join(', ')}`;
  return {
    title: `a ${restart} child that ${wayOf[end]} ${who} (${strategy})`,
    restart,
    end,
    strategy,
    again,
    ended,
  };
});

describe('the restart matrix', () => {
  it.each(named)('$title', ({ restart, end, strategy, again, ended }) => {
    const s = startSupervisor(abc(restart), { strategy });
    const before = ['a', 'b', 'c'].map((id) => s.log.starts(id));
    expect(before).toEqual([1, 1, 1]);
    s.log.clear();

    s.child('b').send(ends[end satisfies End]);
    s.clock.advance(0);
    expect(s.log.ended(), 'the ended one first, then siblings, last started first').toEqual(['b', ...ended]);
    expect(s.log.begun(), 'nothing starts before the delay').toEqual([]);

    s.clock.advance(60_000);
    expect(s.log.begun()).toEqual(again);
    const stays = restart === 'permanent' || (restart === 'transient' && end === 'failed');
    expect(s.log.living()).toEqual(stays ? { a: 1, b: 1, c: 1 } : { a: 1, c: 1 });
    // A transient child's record is kept, so that it can be restarted by hand; a temporary one's is not.
    const b = stays ? { b: 'running' } : restart === 'transient' ? { b: 'finished' } : {};
    expect(s.states()).toEqual({ a: 'running', ...b, c: 'running' });
    expect(s.status()).toBe('active');
  });
});

describe('siblings', () => {
  const five = ['ch7', 'ch3', 'ch10', 'ch2', 'ch5'];

  it('are started in the order given, whatever their names', () => {
    expect(startSupervisor(five.map((id) => spec(id))).log.begun()).toEqual(five);
  });

  it('are ended in the reverse order', () => {
    const s = startSupervisor(five.map((id) => spec(id)));
    s.actor.send({ type: 'supervisor.shutdown' });
    s.clock.advance(0);
    expect(s.log.ended()).toEqual([...five].reverse());
  });

  it('right of a failed one are ended in reverse order and started in order (restForOne)', () => {
    const s = startSupervisor(
      five.map((id) => spec(id)),
      { strategy: 'restForOne' },
    );
    s.log.clear();
    s.crash('ch10');
    s.clock.advance(100);
    expect(s.log.lines).toEqual(['-ch10', '-ch5', '-ch2', '+ch10', '+ch2', '+ch5']);
  });

  it('keep their order over restarts', () => {
    const s = startSupervisor(
      five.map((id) => spec(id)),
      { strategy: 'restForOne' },
    );
    s.crash('ch2');
    s.clock.advance(100);
    expect(Object.keys(s.states())).toEqual(five);
    s.log.clear();
    s.crash('ch7');
    s.clock.advance(1_000);
    expect(s.log.begun()).toEqual(five);
  });

  it('of a failed one keep what they know (oneForOne)', () => {
    const s = startSupervisor(abc('permanent'));
    for (const id of ['a', 'b', 'c']) s.child(id).send({ type: 'poke' });
    const kept = s.child('a');
    s.crash('b');
    s.clock.advance(100);
    expect(s.child('a'), 'the same actor').toBe(kept);
    expect(s.child('a').getSnapshot().context).toMatchObject({ pokes: 1, startNumber: 1 });
    expect(s.child('b').getSnapshot().context).toMatchObject({ pokes: 0, startNumber: 2 });
  });

  it('left of a failed one keep what they know (restForOne)', () => {
    const s = startSupervisor(abc('permanent'), { strategy: 'restForOne' });
    for (const id of ['a', 'b', 'c']) s.child(id).send({ type: 'poke' });
    s.crash('b');
    s.clock.advance(100);
    expect(['a', 'b', 'c'].map((id) => s.child(id).getSnapshot().context.pokes)).toEqual([1, 0, 0]);
  });

  it('are handed the same input at each restart', () => {
    const s = startSupervisor([spec('a', { takesMs: 40 })]);
    s.crash('a');
    s.clock.advance(100);
    expect(s.child('a').getSnapshot().context).toMatchObject({ name: 'a', takesMs: 40 });
  });

  it.each([
    ['oneForAll', { a: 1, b: 1, c: 1 }],
    ['restForOne', { a: 1, b: 1, c: 1 }],
    ['oneForOne', { a: 1, b: 1 }],
  ] as const)(
    'that had finished come back with the others under %s where it concerns them',
    (strategy, living) => {
      const s = startSupervisor([spec('a'), spec('b'), spec('c', { restart: 'transient' })], { strategy });
      s.child('c').send({ type: 'finish' });
      s.crash('b');
      s.clock.advance(1_000);
      expect(s.log.living()).toEqual(living);
    },
  );

  it('that failed while others were ended for a restart are restarted with them, once (oneForAll)', () => {
    const s = startSupervisor([spec('a'), spec('b'), spec('c', { takesMs: 50 })], { strategy: 'oneForAll' });
    s.log.clear();
    s.crash('b');
    s.crash('a');
    s.clock.advance(1_000);
    expect(s.log.begun()).toEqual(['a', 'b', 'c']);
    expect(s.actor.getSnapshot().context.restartTimes, 'one restart counts').toHaveLength(1);
  });

  it('on the left that fail while the right is ended are each restarted (restForOne)', () => {
    const children = [spec('a'), spec('b'), spec('c'), spec('d', { takesMs: 50 })];
    const s = startSupervisor(children, { strategy: 'restForOne' });
    s.crash('c');
    s.crash('a');
    s.crash('b');
    s.clock.advance(5_000);
    expect(s.log.living()).toEqual({ a: 1, b: 1, c: 1, d: 1 });
    expect(s.states()).toEqual({ a: 'running', b: 'running', c: 'running', d: 'running' });
  });
});
