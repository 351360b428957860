import { OrderAction, type OrderState, OrderStatus, OrderType, SecType } from '@stoqey/ib';
import { describe, expect, it } from 'vitest';
import { noPrices, type OrderIntent } from '../../../../machines/domain/order.ts';
import { alone } from '../../../../machines/order/order.logic.ts';
import { toBrokerOrder, toCommission, toExecution, toIbOrder } from '../../../../src/broker/ib/orders.ts';

const intent: OrderIntent = {
  ref: 'tw.m..01J00000000000000000000000',
  source: 'manual',
  sessionId: null,
  instrumentId: 'ORCL.STK.SMART.USD',
  side: 'BUY',
  quantity: '0.1',
  orderType: 'LMT',
  ...noPrices,
  limitPrice: '101.25',
  parentRef: null,
  timeInForce: 'DAY',
  purpose: 'entry',
  reason: 'a test',
  barTime: null,
  createdAt: 0,
};
const idOf = () => 'ORCL.STK.SMART.USD';
const contract = { conId: 1, symbol: 'ORCL', secType: SecType.STK };
const execution = {
  execId: '0000e0d5.691ff433.01.01',
  time: '20260105 09:30:00 America/New_York',
  acctNumber: 'DU1',
  side: 'BOT',
  shares: 10,
  price: 88.46,
  permId: 589698919,
  orderId: 1,
  clientId: 1,
  orderRef: '',
};

describe('toIbOrder', () => {
  it('always transmits, and carries our ref', () => {
    expect(toIbOrder({ ...alone, orderId: 1, account: 'DU1', intent })).toMatchObject({
      action: 'BUY',
      totalQuantity: 0.1,
      orderType: 'LMT',
      lmtPrice: 101.25,
      tif: 'DAY',
      account: 'DU1',
      orderRef: intent.ref,
      transmit: true,
    });
  });

  it.each<[Partial<OrderIntent>, object]>([
    [
      { orderType: 'STP', stopPrice: '9.5' },
      { orderType: 'STP', auxPrice: 9.5 },
    ],
    [
      { orderType: 'STP LMT', stopPrice: '9.5', limitPrice: '9' },
      { orderType: 'STP LMT', auxPrice: 9.5, lmtPrice: 9 },
    ],
    [
      { orderType: 'TRAIL', trailAmount: '0.5' },
      { orderType: 'TRAIL', auxPrice: 0.5 },
    ],
    [
      { orderType: 'TRAIL', trailPercent: '2', stopPrice: '9' },
      { orderType: 'TRAIL', trailingPercent: 2, trailStopPrice: 9 },
    ],
    [
      { orderType: 'TRAIL LIMIT', trailAmount: '0.5', limitOffset: '0.1' },
      { orderType: 'TRAIL LIMIT', auxPrice: 0.5, lmtPriceOffset: 0.1 },
    ],
    [
      { orderType: 'MIT', stopPrice: '9.5' },
      { orderType: 'MIT', auxPrice: 9.5 },
    ],
    [
      { orderType: 'LIT', stopPrice: '9.5', limitPrice: '9' },
      { orderType: 'LIT', auxPrice: 9.5, lmtPrice: 9 },
    ],
    [{ orderType: 'MOC' }, { orderType: 'MOC' }],
    [
      { orderType: 'LOC', limitPrice: '9' },
      { orderType: 'LOC', lmtPrice: 9 },
    ],
    [
      { orderType: 'MKT', timeInForce: 'OPG' },
      { orderType: 'MKT', tif: 'OPG' },
    ],
  ])("says %j in IBKR's words, and reads them back the same", (terms, words) => {
    const { timeInForce: _, ...prices } = terms;
    const wanted = { ...intent, ...noPrices, ...terms };
    const order = toIbOrder({ ...alone, orderId: 1, account: 'DU1', intent: wanted });
    expect(order).toEqual({
      ...{ action: 'BUY', totalQuantity: 0.1, tif: 'DAY', account: 'DU1', orderRef: intent.ref },
      ...{ transmit: true, outsideRth: false },
      ...words,
    });
    const told = { contract, order: { ...order, permId: 1 }, state: { status: OrderStatus.Submitted } };
    expect(toBrokerOrder(idOf, told)).toMatchObject({ ...noPrices, ...prices });
  });

  it('attaches a child to its entry, and transmits with the last of them', () => {
    const order = toIbOrder({ orderId: 3, account: 'DU1', intent, parentOrderId: 2, transmit: false });
    expect(order).toMatchObject({ parentId: 2, transmit: false });
  });

  it('leaves the price of a market order out', () => {
    const order = toIbOrder({
      ...alone,
      orderId: 1,
      account: 'DU1',
      intent: { ...intent, orderType: 'MKT', limitPrice: null },
    });
    expect(order).not.toHaveProperty('lmtPrice');
  });

  it.each([
    [{ limitPrice: null }, 'limit price: found none, expected one with an order of type LMT'],
    [{ limitPrice: '101.2500000000000000001' }, 'limit price'],
    [{ quantity: '9007199254740993' }, 'quantity'],
  ])('refuses %j', (change, message) => {
    expect(() =>
      toIbOrder({ ...alone, orderId: 1, account: 'DU1', intent: { ...intent, ...change } }),
    ).toThrow(message);
  });
});

describe('toBrokerOrder', () => {
  const order = {
    orderId: 3,
    clientId: 1,
    permId: 99,
    action: OrderAction.SELL,
    totalQuantity: 10,
    orderType: OrderType.LMT,
    lmtPrice: 101.25,
    account: 'DU1',
    orderRef: '',
  };
  const state: OrderState = { status: OrderStatus.Submitted };

  it('reads an open order with what its status said', () => {
    expect(toBrokerOrder(idOf, { contract, order, state }, '4')).toEqual({
      ...noPrices,
      ref: null,
      permId: 99,
      orderId: 3,
      clientId: 1,
      account: 'DU1',
      instrumentId: 'ORCL.STK.SMART.USD',
      symbol: 'ORCL',
      side: 'SELL',
      quantity: '10',
      orderType: 'LMT',
      limitPrice: '101.25',
      status: 'Submitted',
      filled: '4',
      message: null,
    });
  });

  it('takes what a completed order filled for its size, where its size is 0', () => {
    const completed = { ...order, totalQuantity: 0, filledQuantity: 7 };
    expect(toBrokerOrder(idOf, { contract, order: completed, state })).toMatchObject({
      quantity: '7',
      filled: '7',
    });
  });

  it('keeps a status that it does not know', () => {
    const odd = { status: 'Levitating' as OrderStatus };
    expect(toBrokerOrder(idOf, { contract, order, state: odd }).status).toBe('Levitating');
  });

  it.each([
    [{ action: 'HOLD' as OrderAction }, 'action'],
    [{ permId: Number.NaN }, 'permId'],
    [{ orderType: '' as OrderType }, 'order type'],
  ])('refuses %j', (change, field) => {
    expect(() => toBrokerOrder(idOf, { contract, order: { ...order, ...change }, state })).toThrow(field);
  });
});

describe('toExecution', () => {
  it('reads a fill', () => {
    expect(toExecution(idOf, contract, execution)).toEqual({
      execId: '0000e0d5.691ff433.01.01',
      permId: 589698919,
      orderId: 1,
      clientId: 1,
      orderRef: null,
      account: 'DU1',
      instrumentId: 'ORCL.STK.SMART.USD',
      symbol: 'ORCL',
      side: 'BUY',
      quantity: '10',
      price: '88.46',
      time: Date.parse('2026-01-05T14:30:00Z'),
    });
  });

  it.each([
    { execId: '' },
    { side: '' },
    { shares: undefined as unknown as number },
    { price: Number.MAX_VALUE },
    { time: 'yesterday' },
    { acctNumber: '' },
  ])('refuses a fill with %j', (change) => {
    expect(() => toExecution(idOf, contract, { ...execution, ...change })).toThrow(RangeError);
  });
});

describe('toCommission', () => {
  it.each([undefined as unknown as number, Number.MAX_VALUE])(
    'takes a realised result of %s for none',
    (unset) => {
      const report = { execId: 'a.01', commission: 1, currency: 'USD', realizedPNL: unset };
      expect(toCommission(report)).toEqual({
        execId: 'a.01',
        commission: '1',
        currency: 'USD',
        realizedPnl: null,
      });
    },
  );

  it('keeps a realised result of 0', () => {
    expect(toCommission({ execId: 'a.01', commission: 1, currency: 'USD', realizedPNL: 0 }).realizedPnl).toBe(
      '0',
    );
  });
});
