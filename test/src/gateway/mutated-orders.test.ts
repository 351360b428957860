import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PlaceOrderRequest, readPlaceOrder } from '../../../src/gateway/messages/place-order.ts';
import { FieldReader, fieldTexts } from '../../../src/gateway/wire/fields.ts';
import { WireError } from '../../../src/gateway/wire/framing.ts';
import { encoded } from './encoded.ts';

/** PLACE_ORDER as @stoqey/ib writes it, behind the message id. */
function recorded(serverVersion: number, order: object): string[] {
  const contract = { symbol: 'ACME', secType: 'STK', exchange: 'SMART', currency: 'USD' };
  const whole = { action: 'BUY', totalQuantity: 12, transmit: true, ...order };
  return encoded(serverVersion, 'placeOrder', 8, contract, whole);
}

const orders = [
  { orderType: 'MKT' },
  { orderType: 'LMT', lmtPrice: 9.75, tif: 'GTC', orderRef: 'r', account: 'DU1', outsideRth: true },
  { orderType: 'STP', auxPrice: 9.5, parentId: 4, ocaGroup: 'g', ocaType: 1 },
];
const valid = fc
  .tuple(fc.constantFrom(157, 163, 176, 178, 187, 189, 193), fc.constantFrom(...orders))
  .map(([version, order]) => ({ version, fields: recorded(version, order) }));

const read = (version: number, fields: readonly string[]): PlaceOrderRequest =>
  readPlaceOrder(new FieldReader(fields), version);

/** Positions of what decides an order, behind the message id; the same at all versions. */
const said = (fields: readonly string[]) => ({
  orderId: fields[0],
  symbol: fields[2],
  action: fields[15]?.toUpperCase(),
  quantity: fields[16],
  type: fields[17]?.toUpperCase(),
  limit: fields[18],
  aux: fields[19],
  orderRef: fields[25],
});

const same = (text: string | undefined, value: { eq(other: string): boolean } | undefined): boolean =>
  value === undefined
    ? text === '' || ['Infinity', 'inf', 'Infinite'].includes(text ?? '') || Number(text) > 1.79e308
    : value.eq(text ?? '');

describe('a valid PLACE_ORDER', () => {
  test('that lost a field is refused, whichever it was', () => {
    fc.assert(
      fc.property(valid, fc.nat(), ({ version, fields }, nat) => {
        const at = nat % fields.length;
        expect(() => read(version, fields.toSpliced(at, 1))).toThrow(WireError);
      }),
      { numRuns: 1000 },
    );
  });

  test('that carries a field twice is refused, whichever it was', () => {
    fc.assert(
      fc.property(valid, fc.nat(), ({ version, fields }, nat) => {
        const at = nat % fields.length;
        expect(() => read(version, fields.toSpliced(at, 0, fields[at] ?? ''))).toThrow(WireError);
      }),
      { numRuns: 1000 },
    );
  });

  test('that is cut off anywhere is refused', () => {
    fc.assert(
      fc.property(valid, fc.nat(), ({ version, fields }, nat) => {
        expect(() => read(version, fields.slice(0, nat % fields.length))).toThrow(WireError);
      }),
    );
  });

  test('one field of which was changed is refused or is exactly what was sent', () => {
    const junk = fc.oneof(
      fc.string({ maxLength: 20 }).filter((text) => !text.includes('\0')),
      fc.constantFrom('-1', '0', '1', '1e400', '-1e400', 'NaN', '1e308', '99999999999999999999', '０', '1,5'),
      fc.double().map(String),
      fc.integer().map(String),
      fc.constant('9'.repeat(5000)),
    );
    fc.assert(
      fc.property(valid, fc.nat(), junk, ({ version, fields }, nat, text) => {
        const changed = fields.with(nat % fields.length, text);
        let order: PlaceOrderRequest;
        try {
          order = read(version, changed);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          expect((error as WireError).message.length).toBeLessThan(200);
          return;
        }
        const sent = said(changed);
        const { ticket } = order;
        expect(order.orderId).toBe(Number.parseInt(sent.orderId || '0', 10));
        expect(order.contract.symbol).toBe(sent.symbol);
        expect(ticket.action).toBe(sent.action);
        expect(ticket.orderType).toBe(sent.type);
        expect(ticket.orderRef).toBe(sent.orderRef);
        expect(same(sent.quantity, ticket.totalQuantity), `quantity ${sent.quantity}`).toBe(true);
        expect(same(sent.limit, ticket.lmtPrice), `limit ${sent.limit}`).toBe(true);
        expect(same(sent.aux, ticket.auxPrice), `aux ${sent.aux}`).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('fields', () => {
  test('are read back as they were written', () => {
    const field = fc.oneof(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
      fc.boolean(),
      fc.integer({ min: -2147483648, max: 2147483646 }),
    );
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const reader = new FieldReader(fieldTexts(fields));
        for (const each of fields) {
          if (typeof each === 'string') expect(reader.str('x')).toBe(each);
          else if (typeof each === 'boolean') expect(reader.bool('x')).toBe(each);
          else expect(reader.int('x')).toBe(each);
        }
        reader.end();
      }),
    );
  });

  test('of a count that is empty, negative or absurd are no list', () => {
    for (const text of ['', '-1', '1001', '99999999999999999999', 'x'])
      expect(() => new FieldReader([text]).list('n', () => 0)).toThrow(WireError);
  });
});
