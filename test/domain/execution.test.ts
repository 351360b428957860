import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectiveExecutions, execRevision, execRoot, fillSummary } from '../../machines/domain/execution.ts';

const fill = (execId: string, quantity: string, price: string) => ({ execId, quantity, price });

describe('an execution id', () => {
  it('splits into root and revision', () => {
    expect(execRoot('00025b46.63f8f2a3.01.02')).toBe('00025b46.63f8f2a3.01');
    expect(execRevision('00025b46.63f8f2a3.01.02')).toBe(2);
    expect(execRevision('opaque')).toBe(0);
  });
});

describe('fillSummary', () => {
  it('is nothing, with no price, before the first fill', () => {
    expect(fillSummary([])).toEqual({ filled: '0', averagePrice: null });
  });

  it('adds partial fills and weighs their prices', () => {
    expect(fillSummary([fill('a.1.01.01', '30', '10'), fill('a.1.02.01', '10', '14')])).toEqual({
      filled: '40',
      averagePrice: '11',
    });
  });

  it('takes a correction instead of what it corrects', () => {
    expect(fillSummary([fill('a.1.01.01', '30', '10'), fill('a.1.01.02', '20', '11')])).toEqual({
      filled: '20',
      averagePrice: '11',
    });
  });

  it('does not depend on order of arrival or on repetition', () => {
    const fills = fc.uniqueArray(
      fc
        .tuple(fc.nat({ max: 4 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 500 }))
        .map(([root, revision, quantity]) => fill(`a.b.${root}.0${revision}`, String(quantity), '10.5')),
      { selector: (f) => f.execId },
    );
    const shuffled = fills.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2, maxLength: list.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([list, again]) => {
        expect(fillSummary(again)).toEqual(fillSummary(list));
        const newest = new Map<string, { revision: number; quantity: number }>();
        for (const f of list) {
          const known = newest.get(execRoot(f.execId));
          if (known === undefined || known.revision < execRevision(f.execId)) {
            newest.set(execRoot(f.execId), {
              revision: execRevision(f.execId),
              quantity: Number(f.quantity),
            });
          }
        }
        const total = [...newest.values()].reduce((sum, f) => sum + f.quantity, 0);
        expect(fillSummary(list).filled).toBe(String(total));
        expect(effectiveExecutions(list)).toHaveLength(newest.size);
      }),
    );
  });
});
