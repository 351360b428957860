import { describe, expect, it } from 'vitest';
import { createTurns } from '../../../src/process/turns.ts';
import { cell, shareMemory } from '../../../src/process/watchdog.shared.ts';

function setup() {
  const time = { now: 1_000 };
  const shared = shareMemory();
  const turns = createTurns(() => time.now, shared);
  const pass = (ms: number): void => {
    time.now += ms;
  };
  const atWork = (): number | undefined => shared.cells[cell.actor];
  const sharedName = (): string =>
    new TextDecoder().decode(shared.name.slice(0, shared.cells[cell.nameLength]));
  return { shared, turns, pass, atWork, sharedName };
}

describe('turns', () => {
  it('name the actor that held longest, whatever came after it', () => {
    const { turns, pass } = setup();
    const [a, b] = [turns.numberOf('root/a'), turns.numberOf('root/b')];
    for (const [actor, ms] of [
      [a, 30],
      [b, 5],
    ] as const) {
      const turn = turns.begin(actor);
      pass(ms);
      turns.end(turn);
    }
    expect(turns.longest()).toEqual({ path: 'root/a', ms: 30 });
  });

  it('count a turn inside another for the inner actor only', () => {
    const { turns, pass } = setup();
    const outer = turns.begin(turns.numberOf('parent'));
    pass(4);
    const inner = turns.begin(turns.numberOf('child'));
    pass(90);
    turns.end(inner);
    pass(3);
    turns.end(outer);
    expect(turns.longest()).toEqual({ path: 'child', ms: 90 });
  });

  it('count for an actor what it does between the short turns of many others', () => {
    const { turns, pass } = setup();
    const child = turns.numberOf('child');
    const parent = turns.begin(turns.numberOf('parent'));
    for (let i = 0; i < 64; i += 1) {
      pass(0.5);
      const turn = turns.begin(child);
      pass(0.25);
      turns.end(turn);
    }
    turns.end(parent);
    expect(turns.longest()).toEqual({ path: 'parent', ms: 32 });
  });

  it('end with the turn around them when their own end was not told', () => {
    const { turns, pass, atWork } = setup();
    const outer = turns.begin(turns.numberOf('parent'));
    turns.begin(turns.numberOf('threw'));
    pass(40);
    turns.end(outer);
    expect([turns.longest(), atWork()]).toEqual([{ path: 'threw', ms: 40 }, 0]);
  });

  it('add up what one actor held in several turns', () => {
    const { turns, pass } = setup();
    const actor = turns.numberOf('a');
    for (let i = 0; i < 3; i += 1) {
      const turn = turns.begin(actor);
      pass(10);
      turns.end(turn);
    }
    turns.noteTurn('b', 29);
    expect(turns.longest()).toEqual({ path: 'a', ms: 30 });
  });

  it('keep no short turn and nothing between turns', () => {
    const { turns, pass } = setup();
    const turn = turns.begin(turns.numberOf('a'));
    pass(1);
    turns.end(turn);
    pass(500);
    expect(turns.longest()).toBeNull();
  });

  it('take the time of a caller that has read the clock already', () => {
    const { turns } = setup();
    turns.end(turns.begin(turns.numberOf('a'), 10), 60);
    expect(turns.longest()).toEqual({ path: 'a', ms: 50 });
  });

  it('begin anew after a clear, also when an end was never told', () => {
    const { turns, pass, atWork } = setup();
    turns.begin(turns.numberOf('threw'));
    pass(50);
    turns.clear();
    expect([turns.longest(), atWork()]).toEqual([null, 0]);
    pass(50);
    turns.end(turns.begin(turns.numberOf('b')));
    expect(turns.longest()).toBeNull();
  });

  it('show in shared memory who is at work, by name while the number is new', () => {
    const { turns, atWork, sharedName, shared } = setup();
    const [a, b] = [turns.numberOf('root/a'), turns.numberOf('root/é')];
    const outer = turns.begin(a);
    const inner = turns.begin(b);
    expect([atWork(), shared.cells[cell.namedActor], sharedName()]).toEqual([b, b, 'root/é']);
    turns.end(inner);
    expect([atWork(), shared.cells[cell.namedActor], sharedName()]).toEqual([a, a, 'root/a']);
    turns.end(outer);
    expect(atWork()).toBe(0);
    expect(turns.news()).toEqual([
      [a, 'root/a'],
      [b, 'root/é'],
    ]);
    turns.begin(b);
    expect(shared.cells[cell.namedActor], 'told by message').toBe(a);
  });

  it('cut a name that does not fit', () => {
    const { turns, sharedName, shared } = setup();
    turns.begin(turns.numberOf('x'.repeat(2_000)));
    expect(sharedName()).toBe('x'.repeat(shared.name.length));
  });

  it('give a path one number until it is forgotten, and never that number again', () => {
    const { turns } = setup();
    const first = turns.numberOf('order/1');
    expect(turns.numberOf('order/1')).toBe(first);
    turns.forget('order/1');
    turns.forget('never seen');
    const second = turns.numberOf('order/1');
    expect(second).not.toBe(first);
    expect(turns.news()).toEqual([
      [first, 'order/1'],
      [first, null],
      [second, 'order/1'],
    ]);
    expect(turns.news()).toEqual([]);
  });
});
