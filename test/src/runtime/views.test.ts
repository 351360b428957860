import { describe, expect, it } from 'vitest';
import type { AccountValue, Position } from '../../../machines/domain/position.ts';
import type { SessionDefinition } from '../../../machines/domain/session.ts';
import { initialContext } from '../../../machines/session/session.logic.ts';
import { viewOf } from '../../../machines/session/session.view.ts';
import { priceViewSchema } from '../../../src/contract/market.schema.ts';
import { accountViewSchema, positionViewSchema } from '../../../src/contract/portfolio.schema.ts';
import { sessionViewSchema } from '../../../src/contract/session.schema.ts';
import { accountViews, positionView, priceView, sessionView } from '../../../src/runtime/views.ts';

const key = { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' } as const;
const id = 'ORCL.STK.SMART.USD';
const value = (changes: Partial<AccountValue>): AccountValue => ({
  ...{ account: 'DU1', key: 'NetLiquidation', value: '1', currency: 'USD', at: 5 },
  ...changes,
});
const position: Position = {
  ...{ account: 'DU1', instrumentId: id, symbol: 'ORCL', quantity: '10', averageCost: '1.5', at: 7 },
};

describe('priceView', () => {
  it('says "not received" with null, never with 0, before the first quote', () => {
    const view = priceView({
      ...{ key, instrument: null, timeframes: ['1d'], quote: null, marketOpen: null },
      feed: { checks: [], state: 'waitingForBroker', cause: 'no broker' },
    });
    expect(priceViewSchema.parse(view)).toEqual(view);
    expect(view).toMatchObject({ instrumentId: id, bid: null, last: null, volume: null, quality: 'none' });
    expect(view.receivedAt).toBeNull();
  });
});

describe('positionView', () => {
  it('carries the age of the position, and no value that the broker did not tell', () => {
    const view = positionView(position, null, null);
    expect(positionViewSchema.parse(view)).toEqual(view);
    expect(view).toMatchObject({ quantity: '10', at: 7, marketValue: null, unrealizedPnl: null });
  });
});

describe('accountViews', () => {
  it.each([
    ['the first currency', [value({}), value({ currency: 'EUR', value: '2' })], '1'],
    ['the base currency, told last', [value({}), value({ currency: 'BASE', value: '3' })], '3'],
    ['the base currency, told first', [value({ currency: 'BASE', value: '3' }), value({})], '3'],
  ])('shows a figure that comes in several currencies in %s', (_, values, expected) => {
    expect(accountViews(values, [])[0]?.values.NetLiquidation?.value).toBe(expected);
  });

  it('shows each account, also one of which only the P&L is known', () => {
    const pnl = { account: 'DU2', daily: '1', unrealized: null, realized: null, at: 6 };
    const views = accountViews([value({})], [pnl]);
    for (const view of views) expect(accountViewSchema.parse(view)).toEqual(view);
    expect(views.map(({ account }) => account)).toEqual(['DU1', 'DU2']);
    expect([views[0]?.pnl, views[1]?.pnl?.daily]).toEqual([null, '1']);
  });
});

describe('sessionView', () => {
  const definition: SessionDefinition = {
    ...{ id: 'oracle', name: 'Oracle', instrument: key, timeframe: '5m', strategy: 'sma' },
    ...{
      sizing: { kind: 'fixed', quantity: '1' },
      orderType: 'MKT',
      limitOffsetBps: 0,
      allowShort: false,
      onDifference: 'adopt',
      thread: 'main',
    },
    ...{ bufferSize: 200, active: true, origin: 'config' },
  };
  const actor = viewOf(initialContext({ definition, startIn: 'running' }));
  const more = { desired: 'running', restarts: 0, error: null, ordersInFlight: 0 } as const;

  it.each([
    ['what the broker listed', position, true, '10'],
    ['0 when it listed all and not this', null, true, '0'],
    ['nothing before it listed any', null, false, null],
  ] as const)('shows as position %s', (_, known, positionsKnown, expected) => {
    const view = sessionView(actor, { ...more, position: known, positionsKnown });
    expect(sessionViewSchema.parse(view)).toEqual(view);
    expect(view.positionQuantity).toBe(expected);
  });

  it('keeps the error that felled it before, and prefers that of now', () => {
    const given = { ...more, position: null, positionsKnown: false, error: 'before' };
    expect(sessionView(actor, given).error).toBe('before');
    expect(sessionView({ ...actor, error: 'now' }, given).error).toBe('now');
  });
});
