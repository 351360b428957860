import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptedOpening, type Books, reconcile } from '../../../machines/reconciliation/reconcile.logic.ts';

const A = 'A.STK.SMART.USD';
const B = 'B.STK.SMART.USD';
const books = (change: Partial<Books> = {}): Books => ({
  opening: {},
  traded: [],
  held: [],
  unsettled: [],
  ...change,
});
const trade = (
  net: string,
  source: 'autotrader' | 'ibkr' = 'autotrader',
  recentVolume = '0',
  instrumentId = A,
) => ({
  ...{ instrumentId, source, net, recentVolume },
});
const held = (quantity: string, instrumentId = A) => ({ instrumentId, quantity });
const ref = 'tw.s.s1.01J00000000000000000000001';

describe('reconcile', () => {
  it.each<[string, Books, string[]]>([
    ['nothing on either side', books(), []],
    ['what sessions traded is held', books({ traded: [trade('10')], held: [held('10')] }), []],
    [
      'what was held before is held',
      books({ opening: { [A]: '5' }, traded: [trade('10')], held: [held('15')] }),
      [],
    ],
    [
      'a trade by hand, seen',
      books({ traded: [trade('10'), trade('7', 'ibkr', '7')], held: [held('17')] }),
      ['manualTrade'],
    ],
    [
      'a trade by hand, accepted long ago',
      books({ traded: [trade('7', 'ibkr', '0')], held: [held('7')] }),
      [],
    ],
    ['a position that vanished', books({ traded: [trade('10')] }), ['unknown']],
    ['a position that nobody traded', books({ held: [held('3')] }), ['unknown']],
    ['a split of two for one', books({ traded: [trade('10')], held: [held('20')] }), ['corporateAction']],
    ['a reverse split', books({ traded: [trade('100')], held: [held('10')] }), ['corporateAction']],
    ['a short that was split', books({ traded: [trade('-10')], held: [held('-30')] }), ['corporateAction']],
    [
      'an order that is not settled',
      books({ held: [held('4')], unsettled: [{ ref, instrumentId: A, state: 'working' }] }),
      ['missedFill'],
    ],
    [
      'an order of which nothing is known',
      books({ unsettled: [{ ref, instrumentId: A, state: 'unknown' }] }),
      ['orphanOrder'],
    ],
    ['differences of two instruments', books({ held: [held('1'), held('2', B)] }), ['unknown', 'unknown']],
  ])('%s', (_, given, kinds) => {
    const found = reconcile(given);
    expect(found.map(({ kind }) => kind)).toEqual(kinds);
    for (const { explanation } of found) expect(explanation).toMatch(/\w+ \w+ \w+/);
  });

  it('finds no difference of positions once they are accepted, whatever they were', () => {
    const quantity = fc.integer({ min: -1_000, max: 1_000 }).map(String);
    const id = fc.constantFrom(A, B, 'C.STK.SMART.USD');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(id, quantity), { maxLength: 6 }),
        fc.array(fc.tuple(id, quantity), { maxLength: 3 }),
        (trades, positions) => {
          const given = books({
            traded: trades.map(([instrumentId, net]) => trade(net, 'autotrader', '0', instrumentId)),
            held: positions.map(([instrumentId, amount]) => held(amount, instrumentId)),
          });
          expect(reconcile({ ...given, opening: acceptedOpening(given) })).toEqual([]);
        },
      ),
    );
  });
});
