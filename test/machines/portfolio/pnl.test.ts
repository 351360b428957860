import { describe, expect, it } from 'vitest';
import type { AccountValue } from '../../../machines/domain/position.ts';
import { currencyRows, figureIn } from '../../../machines/portfolio/currency.logic.ts';
import { holdingOf } from '../../../machines/portfolio/holding.logic.ts';
import {
  accountRow,
  instrumentRow,
  type SessionHolding,
  sessionRow,
} from '../../../machines/portfolio/pnl.logic.ts';

const value = (key: string, currency: string, told: string | null, at = 10): AccountValue => ({
  ...{ account: 'DU1', key, currency, value: told, at },
});
const base = value('NetLiquidation', 'USD', '1000');
const ledger = (
  currency: string,
  unrealized: string | null,
  realized: string | null,
  rate: string | null,
  at = 10,
) => [
  value('UnrealizedPnL', currency, unrealized, at),
  value('RealizedPnL', currency, realized, at),
  value('ExchangeRate', currency, rate, at),
];

describe('currencyRows', () => {
  it('tells each currency as it is and all of them in the base currency by live rates', () => {
    const rows = currencyRows(
      [
        base,
        ...ledger('BASE', '0', '0', '1'),
        ...ledger('USD', '10', '4', '1'),
        ...ledger('EUR', '100', '-20', '1.1', 7),
      ],
      'DU1',
    );
    expect(rows).toMatchObject([
      {
        scope: 'currency',
        id: 'USD',
        unrealized: '10',
        realized: '4',
        source: 'ibkr',
        at: 10,
        missing: null,
      },
      { scope: 'currency', id: 'EUR', unrealized: '100', realized: '-20', at: 7 },
      {
        scope: 'base',
        id: 'DU1',
        currency: 'USD',
        unrealized: '120',
        realized: '-18',
        source: 'converted',
        at: 7,
      },
    ]);
  });

  it.each([
    ['a rate was not told', ledger('EUR', '100', '1', null), 'IBKR has not told the exchange rate of EUR.'],
    ['a rate is 0', ledger('EUR', '100', '1', '0'), 'IBKR has not told the exchange rate of EUR.'],
    ['a figure was not told', ledger('EUR', null, '1', '1.1'), 'IBKR has not told it.'],
  ])('knows no sum when %s: null, never 0', (_, eur, missing) => {
    const rows = currencyRows([base, ...ledger('USD', '10', '4', '1'), ...eur], 'DU1');
    expect(rows.at(-1)).toMatchObject({ scope: 'base', unrealized: null, missing });
  });

  it('takes BASE for the currency of an account that has one only', () => {
    expect(currencyRows([base, ...ledger('BASE', '5', '2', '1')], 'DU1')).toMatchObject([
      { scope: 'currency', id: 'USD', unrealized: '5', realized: '2' },
      { scope: 'base', currency: 'USD', unrealized: '5', realized: '2' },
    ]);
  });

  it('says nothing of an account of which nothing was told', () => {
    expect(currencyRows([base], 'DU1')).toEqual([]);
    expect(currencyRows(ledger('USD', '1', '1', '1'), 'DU2')).toEqual([]);
  });
});

describe('figureIn', () => {
  const values = [
    base,
    value('ExchangeRate', 'EUR', '1.25'),
    value('ExchangeRate', 'GBP', '0'),
    value('Cash', 'EUR', '7'),
  ];

  it.each([
    ['as told in the currency', 'Cash', 'EUR', '7'],
    ['as told in the base currency', 'NetLiquidation', 'USD', '1000'],
    ['by the live rate', 'NetLiquidation', 'EUR', '800'],
    ['as unknown without a rate', 'NetLiquidation', 'CHF', null],
    ['as unknown with a rate of 0', 'NetLiquidation', 'GBP', null],
    ['as unknown when nobody told it', 'BuyingPower', 'EUR', null],
  ])('gives a figure %s', (_, key, currency, expected) => {
    expect(figureIn(values, 'DU1', key, currency)).toBe(expected);
    expect(figureIn(values, 'DU2', key, currency)).toBeNull();
  });
});

describe('sessionRow', () => {
  const fills = [
    { side: 'BUY', quantity: '10', price: '5', commission: '1', commissionCurrency: 'USD', at: 3 },
  ] as const;
  const held = { multiplier: '2', holding: holdingOf(fills, '2') };
  const holding: SessionHolding = {
    ...{ sessionId: 's', account: 'DU1', instrumentId: 'ACME.STK.SMART.USD', currency: 'USD' },
    ...{ held, price: { value: 5.5, at: 9 } },
  };

  it('values what is held at the newest price, with its age', () => {
    expect(sessionRow(holding)).toMatchObject({
      ...{ realized: '0', unrealized: '10', commission: '1', at: 9, source: 'fills', missing: null },
    });
  });

  it('needs no price when nothing is held', () => {
    const sold = [...fills, { ...fills[0], side: 'SELL', price: '6', at: 4 } as const];
    expect(
      sessionRow({ ...holding, held: { multiplier: '2', holding: holdingOf(sold, '2') }, price: null }),
    ).toMatchObject({
      ...{ realized: '20', unrealized: '0', at: 4, missing: null },
    });
  });

  it.each([
    [
      'price',
      { price: null },
      { realized: '0', unrealized: null, missing: 'No price of ACME.STK.SMART.USD has been told.' },
    ],
    [
      'contract',
      { held: null },
      { realized: null, unrealized: null, missing: 'The contract of ACME.STK.SMART.USD is not known yet.' },
    ],
  ])('knows nothing without a %s, and says so', (_, change, row) => {
    expect(sessionRow({ ...holding, ...change })).toMatchObject(row);
  });

  it('says that a commission is still missing', () => {
    const unpaid = holdingOf([{ ...fills[0], commission: null, commissionCurrency: null }], '2');
    expect(sessionRow({ ...holding, held: { multiplier: '2', holding: unpaid } })).toMatchObject({
      ...{ commission: null, unrealized: '10', missing: 'A commission has not been reported yet.' },
    });
  });
});

describe('what IBKR tells', () => {
  it('is passed on as it is, null where it was not told', () => {
    expect(
      instrumentRow(
        {
          ...{ account: 'DU1', instrumentId: 'A', marketPrice: '1', marketValue: '1', at: 4 },
          ...{ unrealizedPnl: '3', realizedPnl: null },
        },
        'USD',
      ),
    ).toMatchObject({ unrealized: '3', realized: null, at: 4, missing: 'IBKR has not told it.' });
    expect(
      accountRow({ account: 'DU1', daily: '1', unrealized: '2', realized: '3', at: 5 }, 'USD'),
    ).toMatchObject({ daily: '1', unrealized: '2', realized: '3', at: 5, missing: null, source: 'ibkr' });
  });
});
