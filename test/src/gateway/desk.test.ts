import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Broker } from '../../../src/gateway/broker.ts';
import { Liquidity } from '../../../src/gateway/matching/liquidity.ts';
import { isLive, quantityOf } from '../../../src/gateway/matching/order.ts';
import type { OrderTicket } from '../../../src/gateway/messages/place-order.ts';
import { FieldReader } from '../../../src/gateway/wire/fields.ts';
import { acmeConfig, silentLog } from './support.ts';
import { ticketOf } from './tickets.ts';

const D = (value: number): Decimal => new Decimal(value);

const book = {
  bids: [
    { price: 99.5, size: 300 },
    { price: 99, size: 400 },
  ],
  asks: [
    { price: 100, size: 200 },
    { price: 101, size: 900 },
  ],
};

describe('liquidity', () => {
  test.each([
    ['a market order takes the opposite quote', true, undefined, 100, [[100, 100]]],
    ['a market sale takes the bid', false, undefined, 100, [[100, 99.5]]],
    [
      'a large order walks to worse prices',
      true,
      undefined,
      500,
      [
        [200, 100],
        [300, 101],
      ],
    ],
    [
      'no more than what is there',
      false,
      undefined,
      5000,
      [
        [300, 99.5],
        [400, 99],
      ],
    ],
    ['a limit stops the walk', true, D(100), 500, [[200, 100]]],
    ['a better limit gets the better price', true, D(105), 100, [[100, 100]]],
    ['a limit below the ask takes nothing', true, D(99.99), 100, []],
    ['a limit above the bid takes nothing', false, D(99.51), 100, []],
  ] as const)('%s', (_, isBuy, limit, wanted, expected) => {
    const taken = new Liquidity(book, 0).take(isBuy, limit, D(wanted));
    expect(taken.map(({ quantity, price }) => [quantity.toNumber(), price.toNumber()])).toEqual(expected);
  });

  test('what one order took is gone for the next', () => {
    const liquidity = new Liquidity(book, 0);
    liquidity.take(true, undefined, D(150));
    expect(liquidity.take(true, D(100), D(100)).map(({ quantity }) => quantity.toNumber())).toEqual([50]);
    expect(liquidity.within(true, D(101)).toNumber()).toBe(900);
  });

  test.each([
    ['a trade away from its price gives nothing', 100.5, 300, 0, 300],
    ['a trade at its price serves who came before', 100, 300, 0, 100],
    ['a trade at its price gives what is beyond the queue', 100, 150, 50, 0],
    ['a trade through its price clears the queue', 99.5, 300, 200, 0],
  ] as const)('%s', (_, price, before, quantity, ahead) => {
    const got = new Liquidity(book, 200).rested(true, D(100), D(before), D(500), D(price));
    expect([got.quantity.toNumber(), got.ahead.toNumber()]).toEqual([quantity, ahead]);
  });
});

const step = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), wallMs: fc.integer({ min: 1, max: 700 }) }),
  fc.record({
    kind: fc.constant('place' as const),
    isBuy: fc.boolean(),
    quantity: fc.integer({ min: 1, max: 3000 }),
    cents: fc.option(fc.integer({ min: 9700, max: 10_700 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('cancel' as const), id: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    kind: fc.constant('change' as const),
    id: fc.integer({ min: 1, max: 8 }),
    quantity: fc.nat(2000),
  }),
);

test('whatever is placed, changed and cancelled, executions, orders, positions and cash add up', () => {
  const config = acmeConfig();
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      const broker = new Broker({ config, speed: 23_400, seed: 1, stateFile: undefined, log: silentLog() });
      const [instrument] = broker.market.instruments;
      if (instrument === undefined) throw new Error('no instrument');
      let nextId = 1;
      const place = (orderId: number, change: Partial<OrderTicket>) =>
        broker.desk.place({ clientId: 1, orderId, exchange: 'SMART', ticket: ticketOf(change), instrument });
      for (const each of steps) {
        if (each.kind === 'pass') broker.pass(each.wallMs);
        else if (each.kind === 'cancel') broker.desk.cancel(1, each.id);
        else if (each.kind === 'change') {
          const known = broker.desk.find(1, each.id);
          if (known !== undefined) place(each.id, { ...known.ticket, totalQuantity: D(each.quantity) });
        } else {
          const action = each.isBuy ? 'BUY' : 'SELL';
          const lmtPrice = each.cents === undefined ? undefined : D(each.cents).div(100);
          const orderType = lmtPrice === undefined ? 'MKT' : 'LMT';
          place(nextId, { action, lmtPrice, orderType, totalQuantity: D(each.quantity) });
          nextId += 1;
        }
      }
      const executions = broker.desk.executions();
      expect(new Set(executions.map((e) => e.execId)).size).toBe(executions.length);
      let position = D(0);
      let cash = D(config.account.cash);
      for (const e of executions) {
        const signed = e.side === 'BOT' ? e.shares : e.shares.neg();
        position = position.plus(signed);
        cash = cash.minus(signed.times(e.price)).minus(e.commission);
      }
      for (const order of broker.desk.orders()) {
        const own = executions.filter((e) => e.permId === order.permId);
        expect(Decimal.sum(0, ...own.map((e) => e.shares)).toString()).toBe(order.filled.toString());
        expect(order.filled.lte(quantityOf(order))).toBe(true);
        expect(order.status === 'Filled').toBe(order.filled.eq(quantityOf(order)) && !isLive(order));
        for (const e of own)
          if (order.ticket.lmtPrice !== undefined)
            expect(
              order.ticket.action === 'BUY'
                ? e.price.lte(order.ticket.lmtPrice)
                : e.price.gte(order.ticket.lmtPrice),
            ).toBe(true);
      }
      const now = broker.desk.account.valuation();
      const held = now.holdings[0]?.holding.quantity ?? D(0);
      expect(held.toString()).toBe(position.toString());
      expect(now.cash.minus(cash).abs().toNumber()).toBeLessThan(1e-6);
    }),
    { numRuns: 60 },
  );
});

describe('FieldReader', () => {
  test('names the field that is wrong', () => {
    expect(() => new FieldReader(['x']).int('orderId')).toThrow(
      'field orderId: found "x", expected an integer',
    );
    expect(() => new FieldReader([]).str('symbol')).toThrow('the message ends before field symbol');
    expect(() => new FieldReader(['2']).bool('transmit')).toThrow(
      'field transmit: found "2", expected 0 or 1',
    );
    expect(() => new FieldReader(['a']).end()).toThrow('1 fields more than the layout has');
  });

  test('takes the largest numbers for "not set"', () => {
    const reader = new FieldReader(['2147483647', '1.7976931348623157E308', '', '1e-3']);
    expect([reader.intOrUnset('a'), reader.decimal('b'), reader.decimal('c')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(reader.decimal('d')?.toString()).toBe('0.001');
  });
});
