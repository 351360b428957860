import { SecType } from '@stoqey/ib';
import { expect } from 'vitest';
import { type InstrumentConfig, instrumentSchema } from '../../../../src/gateway/config.ts';
import { conformance, type World } from './harness.ts';
import { order, status } from './order-story.ts';

const day = { timeframe: '5m' as const, days: 10, historyDays: 2 };
const make = (config: object): InstrumentConfig => instrumentSchema.parse(config);
const instruments = [
  make({
    symbol: 'FUND',
    calendar: 'NASDAQ',
    primaryExchange: 'NASDAQ',
    stockType: 'ETF',
    source: { synthetic: day },
  }),
  make({
    symbol: 'HALT',
    calendar: 'NYSE',
    primaryExchange: 'NYSE',
    source: { synthetic: { ...day, kind: 'halted', haltsPerDay: 3 } },
  }),
  make({
    symbol: 'PARIS',
    exchange: 'SBF',
    currency: 'EUR',
    calendar: 'SBF',
    timeZone: 'Europe/Paris',
    source: { synthetic: day },
  }),
  make({
    symbol: 'XETRA',
    exchange: 'IBIS',
    currency: 'EUR',
    calendar: 'IBIS',
    timeZone: 'Europe/Berlin',
    source: { synthetic: day },
  }),
  make({
    symbol: 'LONDON',
    exchange: 'LSE',
    currency: 'GBP',
    calendar: 'LSE',
    timeZone: 'Europe/London',
    source: { synthetic: day },
  }),
  make({
    ...{ symbol: 'EUR', secType: 'CASH', exchange: 'IDEALPRO', currency: 'USD', calendar: 'IDEALPRO' },
    ...{ minTick: 0.00005, source: { synthetic: { ...day, startPrice: 1.1, annualVolatility: 0.08 } } },
  }),
];
const config = {
  marketStart: '2024-12-23',
  speed: 60,
  account: { rates: { EUR: 1.1, GBP: 1.25 } },
  instruments,
};
const EUR = { symbol: 'EUR', secType: SecType.CASH, exchange: 'IDEALPRO', currency: 'USD' };

async function details({ client }: World, contract: object) {
  client.ib.reqContractDetails(1, contract);
  await client.next('contractDetailsEnd');
  return client.all('contractDetails')[0]?.[1];
}
const stock = (symbol: string, exchange: string, currency: string) => ({
  symbol,
  secType: SecType.STK,
  exchange,
  currency,
});

conformance(
  'markets',
  {
    'a half day and a holiday of New York stand in its hours': async (world) => {
      const { liquidHours, tradingHours, timeZoneId, stockType } = await details(
        world,
        stock('FUND', 'SMART', 'USD'),
      );
      expect(liquidHours).toContain(
        '20241224:0930-20241224:1300;20241225:CLOSED;20241226:0930-20241226:1600',
      );
      expect(tradingHours).toContain('20241224:0400-20241224:1700;20241225:CLOSED');
      expect([timeZoneId, stockType]).toEqual(['America/New_York', 'ETF']);
    },
    'Paris has half days where Frankfurt is closed': async (world) => {
      const paris = await details(world, stock('PARIS', 'SBF', 'EUR'));
      expect(paris.liquidHours).toContain(
        '20241224:0900-20241224:1405;20241225:CLOSED;20241226:CLOSED;20241227:0900-20241227:1730',
      );
      world.client.forget();
      const xetra = await details(world, stock('XETRA', 'IBIS', 'EUR'));
      expect(xetra.liquidHours).toContain(
        '20241223:0900-20241223:1730;20241224:CLOSED;20241225:CLOSED;20241226:CLOSED',
      );
      expect(xetra.timeZoneId).toBe('Europe/Berlin');
    },
    'London closes early before Christmas': async (world) => {
      const { liquidHours, contract } = await details(world, stock('LONDON', 'LSE', 'GBP'));
      expect(liquidHours).toContain(
        '20241223:0800-20241223:1630;20241224:0800-20241224:1230;20241225:CLOSED',
      );
      expect(contract.currency).toBe('GBP');
    },
    'a currency pair trades from the evening before': async (world) => {
      const pair = await details(world, EUR);
      expect(pair.liquidHours).toContain('20241222:1715-20241223:1700');
      expect(pair.contract).toMatchObject({
        localSymbol: 'EUR.USD',
        tradingClass: 'EUR.USD',
        secType: 'CASH',
      });
      expect(pair.minTick).toBe(0.00005);
    },
    'a currency pair has bid and ask, no trades and no volume': async (world) => {
      const { client, gateway } = world;
      gateway.pass(60_000 * 60);
      client.ib.reqMktData(1, EUR, '', false, false);
      await client.settled();
      const types = new Set([...client.all('tickPrice'), ...client.all('tickSize')].map(([, type]) => type));
      expect(types.has(1) && types.has(2)).toBe(true);
      expect(types.has(4) || types.has(8) || types.has(5)).toBe(false);
      client.ib.reqHistoricalData(2, EUR, '', '1 D', '1 hour' as never, 'TRADES' as never, 0, 1, false);
      await client.settled();
      expect(client.errors(2)).toEqual([162]);
      client.ib.reqHistoricalData(3, EUR, '', '1 D', '1 hour' as never, 'MIDPOINT' as never, 0, 1, false);
      await client.next('historicalData', (id, date) => id === 3 && String(date).startsWith('finished'));
    },
    'a currency pair is traded on its quote': async (world) => {
      const { client, gateway } = world;
      gateway.pass(60_000 * 60);
      client.ib.placeOrder(1, EUR, order({ totalQuantity: 400 }));
      await client.next('commissionReport');
      expect(status(client, 1)).toMatchObject({ name: 'Filled', filled: 400 });
    },
    'a halt is seen in tick 49 and ends': async (world) => {
      const { client, gateway } = world;
      client.ib.reqMktData(1, stock('HALT', 'SMART', 'USD'), '', false, false);
      await client.settled();
      for (let hour = 0; hour < 30; hour += 1) gateway.pass(60_000);
      await client.settled();
      const halted = client.all('tickGeneric').flatMap(([, type, value]) => (type === 49 ? [value] : []));
      expect(halted.slice(0, 3)).toEqual([0, 2, 0]);
    },
  },
  { config },
);
