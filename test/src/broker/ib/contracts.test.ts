import { SecType } from '@stoqey/ib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Instrument, instrumentId } from '../../../../machines/domain/instrument.ts';
import {
  createContracts,
  guessInstrumentId,
  instrumentOf,
  keyOfInstrumentId,
} from '../../../../src/broker/ib/contracts.ts';
import { silentLog } from './support.ts';

const key = { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' } as const;
const details = {
  contract: { conId: 7, symbol: 'ORCL', secType: SecType.STK, exchange: 'SMART', currency: 'USD' },
  minTick: 0.01,
  longName: 'ORACLE CORP',
  timeZoneId: 'US/Eastern',
  tradingHours: '20260105:0400-20260105:2000',
  liquidHours: '20260105:0930-20260105:1600',
};

describe('guessInstrumentId', () => {
  it.each([
    [{ symbol: 'ORCL', secType: SecType.STK, currency: 'USD' }, 'ORCL.STK.SMART.USD'],
    // A fill names the exchange on which it happened.
    [
      { symbol: 'ORCL', secType: SecType.STK, exchange: 'NASDAQ', primaryExch: 'NYSE', currency: 'USD' },
      'ORCL.STK.SMART.USD',
    ],
    [{ symbol: 'EUR', secType: SecType.CASH, currency: 'USD' }, 'EUR.CASH.IDEALPRO.USD'],
    [
      {
        symbol: 'ESTX50',
        secType: SecType.FUT,
        exchange: 'EUREX',
        currency: 'EUR',
        lastTradeDateOrContractMonth: '20200320',
      },
      'ESTX50-20200320.FUT.EUREX.EUR',
    ],
    [
      { symbol: 'AAPL', secType: SecType.OPT, localSymbol: 'AAPL  260116C00200000', currency: 'USD' },
      'AAPL  260116C00200000.OPT.SMART.USD',
    ],
  ])('names %j', (contract, id) => {
    expect(guessInstrumentId(contract)).toBe(id);
  });
});

describe('keyOfInstrumentId', () => {
  it('takes every id of a key apart again', () => {
    const word = fc.stringMatching(/^[A-Z][A-Z0-9 .]{0,6}$/).filter((symbol) => !/-\d+$/.test(symbol));
    fc.assert(
      fc.property(
        word,
        fc.constantFrom('STK', 'FUT', 'CASH', 'IND', 'CFD', 'CRYPTO'),
        fc.constantFrom('SMART', 'EUREX', 'IDEALPRO'),
        fc.option(fc.constantFrom('202003', '20200320'), { nil: undefined }),
        (symbol, secType, exchange, expiry) => {
          const original = {
            symbol,
            secType,
            exchange,
            currency: 'USD',
            ...(expiry === undefined ? {} : { expiry }),
          };
          expect(keyOfInstrumentId(instrumentId(original))).toEqual(original);
        },
      ),
    );
  });

  it.each(['', 'ORCL', 'ORCL.OPT.SMART.USD'])('refuses "%s"', (id) => {
    expect(() => keyOfInstrumentId(id)).toThrow('expected "SYMBOL.SECTYPE.EXCHANGE.CURRENCY"');
  });
});

describe('instrumentOf', () => {
  it('names the instrument as its key does', () => {
    expect(instrumentOf({ ...key, exchange: 'NYSE' }, details, null, silentLog)).toMatchObject({
      id: 'ORCL.STK.NYSE.USD',
      conId: 7,
      minTick: '0.01',
      multiplier: '1',
      timeZone: 'US/Eastern',
    });
  });

  it('takes hours in a zone that it cannot compute with for unknown', () => {
    const odd = { ...details, timeZoneId: 'EST (Eastern Standard Time)' };
    expect(instrumentOf(key, odd, null, silentLog)).toMatchObject({
      timeZone: 'UTC',
      tradingHours: '',
      liquidHours: '',
    });
  });

  it.each([{ minTick: 0 }, { contract: { ...details.contract, conId: 0 } }])('refuses %j', (change) => {
    expect(() => instrumentOf(key, { ...details, ...change }, null, silentLog)).toThrow(RangeError);
  });
});

describe('createContracts', () => {
  it('names a message about a known contract by its key, whatever its exchange', () => {
    const instrument: Instrument = instrumentOf({ ...key, exchange: 'NYSE' }, details, null, silentLog);
    const contracts = createContracts([instrument]);
    expect(contracts.idOf({ conId: 7, symbol: 'ORCL', secType: SecType.STK, currency: 'USD' })).toBe(
      'ORCL.STK.NYSE.USD',
    );
    expect(contracts.contract('ORCL.STK.NYSE.USD')).toMatchObject({ conId: 7, exchange: 'NYSE' });
  });

  it('finds a contract that was never looked up by its id', () => {
    expect(createContracts().contract('ORCL.STK.SMART.USD')).toEqual(key);
  });
});
