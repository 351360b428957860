import { describe, expect, it } from 'vitest';
import { instrumentId, instrumentKeyOf } from '../../machines/domain/instrument.ts';

describe('instrumentId', () => {
  it('names symbol, type, exchange and currency in capitals', () => {
    const key = { symbol: 'orcl', secType: 'STK', exchange: 'smart', currency: 'usd' } as const;
    expect(instrumentId(key)).toBe('ORCL.STK.SMART.USD');
  });

  it('tells apart the expiries of a future', () => {
    const key = { symbol: 'ESTX50', secType: 'FUT', exchange: 'EUREX', currency: 'EUR' } as const;
    expect(instrumentId({ ...key, expiry: '200603' })).toBe('ESTX50-200603.FUT.EUREX.EUR');
    expect(instrumentId({ ...key, expiry: '200606' })).not.toBe(instrumentId({ ...key, expiry: '200603' }));
  });

  it('does not depend on the primary exchange, which only helps to find the contract', () => {
    const key = { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' } as const;
    expect(instrumentId({ ...key, primaryExchange: 'NYSE' })).toBe(instrumentId(key));
  });
});

describe('instrumentKeyOf', () => {
  it.each([
    { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' },
    { symbol: 'BRK.B', secType: 'STK', exchange: 'NYSE', currency: 'USD' },
    { symbol: 'SP500-2008', secType: 'STK', exchange: 'SMART', currency: 'USD' },
    { symbol: 'ESTX50', secType: 'FUT', exchange: 'EUREX', currency: 'EUR', expiry: '200603' },
  ] as const)('reads back what names $symbol', (key) => {
    expect(instrumentKeyOf(instrumentId(key))).toEqual(key);
  });

  it.each(['', 'ORCL', 'ORCL.OPT.SMART.USD', 'ORCL.STK.USD'])('knows nothing of "%s"', (id) => {
    expect(instrumentKeyOf(id)).toBeNull();
  });
});
