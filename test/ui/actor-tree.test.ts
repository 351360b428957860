import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  actorNamed,
  FOLDED_ABOVE,
  flatRows,
  type TreeRow,
  treeRows,
} from '../../ui/components/supervision/actor-tree.ts';
import { intensityTone, numbered, worstStall } from '../../ui/components/supervision/supervision-rules.ts';
import { actors, manyActors } from './support/mock-supervision.ts';

const tree = actors();
const none = new Map<string, boolean>();
const shape = (rows: readonly TreeRow[]) => rows.map(({ depth, name }) => `${' '.repeat(depth)}${name}`);

describe('the tree of actors', () => {
  it('stands below one another by path, siblings in the order of their start', () => {
    expect(shape(treeRows(tree, none)).slice(0, 8)).toEqual([
      'root',
      ' store',
      ' risk',
      ' broker',
      '  connection',
      '  orderDesk',
      '   order:tw.s.ko-enhanced.01JDKO000000000000000000A1',
      '  portfolio',
    ]);
  });

  it('holds every actor once, whatever their order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(tree, { minLength: tree.length }), (given) => {
        const rows = treeRows(given, none);
        expect(rows.map(({ path }) => path).sort()).toEqual(tree.map(({ path }) => path).sort());
        const seen = new Set<string>();
        for (const { path } of rows) {
          const cut = path.lastIndexOf('/');
          expect(cut === -1 || seen.has(path.slice(0, cut)), path).toBe(true);
          seen.add(path);
        }
      }),
    );
  });

  it('hides what is below a folded one, and says how many, and how many of them failed', () => {
    const rows = treeRows(tree, new Map([['root/sessions', true]]));
    const sessions = rows.find(({ path }) => path === 'root/sessions');
    expect(sessions).toMatchObject({ open: false, below: 6, failedBelow: 1 });
    expect(rows.some(({ path }) => path.startsWith('root/sessions/'))).toBe(false);
    expect(rows[0]).toMatchObject({ path: 'root', below: 15, failedBelow: 1, open: true });
  });

  it('begins with large groups folded, which a person may unfold', () => {
    const many = manyActors(FOLDED_ABOVE);
    expect(treeRows(many, none)).toHaveLength(tree.length - 6);
    expect(treeRows(many, new Map([['root/sessions', false]]))).toHaveLength(many.length);
  });

  it('makes a place for a parent that nobody told of', () => {
    const rows = treeRows(
      tree.filter(({ path }) => path === 'root/broker/connection'),
      none,
    );
    expect(rows.map(({ path, actor }) => [path, actor === null])).toEqual([
      ['root', true],
      ['root/broker', true],
      ['root/broker/connection', false],
    ]);
    expect(rows[0]?.below).toBe(1);
  });

  it.each([
    ['ECONN', ['root', ' broker', '  connection']],
    ['syncing', ['root', ' sessions', '  session:orcl-rsi']],
    [
      'orderdesk/order',
      ['root', ' broker', '  orderDesk', '   order:tw.s.ko-enhanced.01JDKO000000000000000000A1'],
    ],
    ['nothing like it', []],
  ])('looked through for "%s" shows what matches and what leads to it', (text, expected) => {
    const folded = new Map([['root', true]]);
    expect(shape(treeRows(tree, folded, text))).toEqual(expected);
  });

  it('lies flat by full path for sorting', () => {
    const rows = flatRows(tree, 'session:');
    expect(rows.map(({ name, depth }) => [name, depth])).toEqual(
      tree.filter(({ path }) => path.includes('session:')).map(({ path }) => [path, 0]),
    );
  });
});

describe('the actor that a report names', () => {
  const paths = new Set(tree.map(({ path }) => path));
  it.each([
    ['root/broker', null, 'root/broker'],
    ['broker', null, 'root/broker'],
    ['connection', 'root/broker', 'root/broker/connection'],
    ['gone', 'root/broker', null],
  ])('%s below %s is %s', (name, above, path) => {
    expect(actorNamed(name, paths, above)).toBe(path);
  });
});

describe('figures of the supervision', () => {
  it('name the worst hold-up only while it is among the recent ones', () => {
    const stall = { at: 1, ms: 80, culprit: 'root/a' };
    expect(worstStall({ worstMs: 80, recent: [{ at: 2, ms: 9, culprit: null }, stall] })).toBe(stall);
    expect(worstStall({ worstMs: 200, recent: [stall] })).toBeNull();
  });

  it.each([
    [0, 3, ''],
    [1, 3, ''],
    [2, 3, 'warn'],
    [3, 3, 'danger'],
    [0, 0, ''],
    [1, 1, 'danger'],
  ])('colour %i of %i restarts %s', (restartsUsed, intensity, tone) => {
    expect(intensityTone({ strategy: 'oneForOne', restartsUsed, intensity, periodMs: 1 })).toBe(tone);
  });

  it('give each of several things of one moment a key of its own', () => {
    const keys = numbered([{ at: 1 }, { at: 2 }, { at: 1 }]).map(({ key }) => key);
    expect(new Set(keys).size).toBe(3);
  });
});
