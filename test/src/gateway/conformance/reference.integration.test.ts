import { OrderAction, OrderType, SecType } from '@stoqey/ib';
import { expect } from 'vitest';
import { ACME, IDX } from '../support.ts';
import { conformance } from './harness.ts';
import { play } from './order-story.ts';

const PENNY = { symbol: 'PENNY', secType: SecType.STK, exchange: 'SMART', currency: 'USD' };
const scan = { numberOfRows: 5, instrument: 'STK', locationCode: 'STK.US.MAJOR', scanCode: 0 };

conformance('contracts and symbols', {
  'are told with everything that an order needs': async ({ client }) => {
    client.ib.reqContractDetails(1, ACME);
    await client.next('contractDetailsEnd');
    const [, details] = client.all('contractDetails')[0] ?? [];
    expect(details).toMatchObject({
      ...{ minTick: 0.01, longName: 'Acmé Corp', timeZoneId: 'America/New_York', stockType: 'COMMON' },
      contract: { symbol: 'ACME', secType: 'STK', exchange: 'SMART', primaryExch: 'NYSE', currency: 'USD' },
    });
    expect(details.validExchanges).toBe('SMART,NYSE');
    expect(details.orderTypes).toMatch(/LIT,LMT,LOC/);
    expect(details.liquidHours).toMatch(/20240108:0930-20240108:1600/);
  },
  'are found by their id': async ({ client }) => {
    client.ib.reqContractDetails(1, ACME);
    await client.next('contractDetailsEnd');
    const { conId } = client.all('contractDetails')[0]?.[1].contract ?? {};
    client.ib.reqContractDetails(2, { conId });
    await client.next('contractDetailsEnd', (id) => id === 2);
    expect(client.all('contractDetails')[1]?.[1].contract.symbol).toBe('ACME');
  },
  'of a future have multiplier and expiry': async ({ client }) => {
    client.ib.reqContractDetails(1, IDX);
    await client.next('contractDetailsEnd');
    const [, details] = client.all('contractDetails')[0] ?? [];
    expect(details.contract).toMatchObject({
      ...{ secType: 'FUT', multiplier: 10, localSymbol: 'IDX MAR 24' },
      lastTradeDateOrContractMonth: '20240315',
    });
    expect(details).toMatchObject({ contractMonth: '202403', minTick: 0.5 });
  },
  'that nobody knows are 200': async ({ client }) => {
    client.ib.reqContractDetails(1, { ...ACME, symbol: 'NOPE' });
    await client.settled();
    expect(client.errors(1)).toEqual([200]);
  },
  'are found by a part of their name': async ({ client }) => {
    client.ib.reqMatchingSymbols(1, 'acm');
    const [, found] = (await client.next('symbolSamples')).args;
    expect(found).toMatchObject([{ contract: { symbol: 'ACME', primaryExch: 'NYSE' } }]);
  },
  'reach IBApiNext': async ({ next }) => {
    const api = await next();
    const [details] = await api.getContractDetails(ACME);
    expect(details?.longName).toBe('Acmé Corp');
  },
  'have market rules': async ({ client }) => {
    client.ib.reqContractDetails(1, ACME);
    await client.next('contractDetailsEnd');
    const rule = Number(String(client.all('contractDetails')[0]?.[1].marketRuleIds).split(',')[0]);
    client.ib.reqMarketRule(rule);
    const [id, increments] = (await client.next('marketRule')).args;
    expect([id, increments]).toEqual([rule, [{ lowEdge: 0, increment: 0.01 }]]);
  },
  'have no options, and that is an answer': async ({ client }) => {
    client.ib.reqSecDefOptParams(1, 'ACME', '', 'STK' as never, 1);
    await client.next('securityDefinitionOptionParameterEnd', (id) => id === 1);
    expect(client.all('securityDefinitionOptionParameter')).toEqual([]);
  },
});

conformance('reference data', {
  'smart components name the exchanges': async ({ client }) => {
    client.ib.reqSmartComponents(1, 'SMART');
    const [, components] = (await client.next('smartComponents')).args;
    expect([...components.values()]).toContainEqual(['NYSE', 'N']);
  },
  'news providers are listed': async ({ client }) => {
    client.ib.reqNewsProviders();
    const [providers] = (await client.next('newsProviders')).args;
    expect(providers[0].providerCode).toBe('BRFG');
  },
  'scanner parameters are XML': async ({ client }) => {
    client.ib.reqScannerParameters();
    const [xml] = (await client.next('scannerParameters')).args;
    expect(xml).toMatch(/^<\?xml.*<scanCode>MOST_ACTIVE<\/scanCode>.*<\/ScanParameterResponse>$/);
  },
  'a scanner ranks the instruments': async (world) => {
    const { client } = world;
    await play(world, 1.5);
    client.ib.reqScannerSubscription(1, scan as never);
    await client.next('scannerDataEnd', (id) => id === 1);
    expect(client.all('scannerData')[0]?.slice(0, 3)).toMatchObject([
      ...[1, 0],
      { contract: { symbol: 'ACME' } },
    ]);
  },
  'a histogram adds up to the volume': async (world) => {
    const { client } = world;
    await play(world, 1);
    client.ib.reqHistogramData(1, ACME, true, 1, 'week' as never);
    const [, items] = (await client.next('histogramData')).args;
    expect(items.length).toBeGreaterThan(10);
  },
  'bulletins of the day are told to who asks for all': async ({ client }) => {
    client.ib.reqNewsBulletins(true);
    await client.settled();
    expect(client.errors(-1)).toEqual([]);
    client.ib.cancelNewsBulletins();
    await client.settled();
  },
});

conformance(
  'prices of several increments',
  {
    'are told as a market rule, its smallest increment as minTick': async ({ client }) => {
      client.ib.reqContractDetails(1, PENNY);
      await client.next('contractDetailsEnd');
      const [, details] = client.all('contractDetails')[0] ?? [];
      expect(details.minTick).toBe(0.0001);
      const rule = Number(String(details.marketRuleIds).split(',')[0]);
      client.ib.reqMarketRule(rule);
      expect((await client.next('marketRule')).args).toEqual([
        rule,
        [
          { lowEdge: 0, increment: 0.0001 },
          { lowEdge: 1, increment: 0.01 },
        ],
      ]);
    },
    'hold an order to the increment at its own price': async ({ client }) => {
      for (const [id, lmtPrice] of [
        [1, 0.9876],
        [2, 1.0234],
        [3, 1.02],
      ] as const)
        client.ib.placeOrder(id, PENNY, {
          ...{
            action: OrderAction.BUY,
            orderType: OrderType.LMT,
            totalQuantity: 10,
            tif: 'GTC',
            transmit: true,
          },
          lmtPrice,
        });
      await client.settled();
      expect([1, 2, 3].map((id) => client.errors(id).filter((code) => code !== 399))).toEqual([
        [],
        [110],
        [],
      ]);
    },
    'are what it is quoted in': async ({ client, gateway }) => {
      client.ib.reqMktData(1, PENNY, '', false, false);
      for (let second = 0; second < 12; second += 1) {
        gateway.pass(1000);
        await client.settled();
      }
      const quoted = client
        .all('tickPrice')
        .map(([, , price]) => Number(price))
        .filter((price) => price > 0);
      expect(quoted.length).toBeGreaterThan(10);
      for (const price of quoted) {
        const increment = price < 1 ? 0.0001 : 0.01;
        expect(Math.abs(price / increment - Math.round(price / increment))).toBeLessThan(1e-6);
      }
      expect(quoted.some((price) => price < 1)).toBe(true);
      expect(quoted.some((price) => price >= 1)).toBe(true);
    },
  },
  {
    config: {
      speed: 23_400,
      instruments: [
        {
          symbol: 'PENNY',
          priceIncrements: [
            { lowEdge: 0, increment: 0.0001 },
            { lowEdge: 1, increment: 0.01 },
          ],
          source: {
            synthetic: {
              startPrice: 1,
              kind: 'meanReverting',
              halfLifeDays: 0.2,
              annualVolatility: 0.6,
              timeframe: '5m',
              historyDays: 5,
              days: 40,
            },
          },
        },
      ],
    },
  },
);
