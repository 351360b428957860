import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { gatewayConfigSchema } from '../../../src/gateway/config.ts';
import { Market } from '../../../src/gateway/market/market.ts';
import { localDate } from '../../../src/gateway/market/zone.ts';
import { silentLog, testConfig } from './support.ts';

const shipped = gatewayConfigSchema.parse(parse(readFileSync('config/gateway.yaml', 'utf8')));
const open = (config: typeof shipped, log = silentLog()) =>
  new Market({ config, seed: 1, speed: 1, at: undefined, log });

describe('config/gateway.yaml', () => {
  test('names the instruments and a paper account', () => {
    expect(shipped.instruments.map((each) => each.symbol)).toEqual([
      'SP500',
      'SP500-2008',
      'SP500-2011',
      'ORCL',
      'NVDA',
      'KO',
      'PEP',
    ]);
    expect(shipped).toMatchObject({ port: 4002, speed: 23_400, account: { id: 'DU1000001' } });
  });

  test('plays without the files that are not in the package, and says that it is synthetic', () => {
    const log = silentLog();
    const market = open({ ...shipped, dataFolders: ['node_modules/vega-datasets/data'] }, log);
    expect(market.instruments.map((each) => each.longName.endsWith('(synthetic)'))).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(log.lines.filter((line) => line.includes('SYNTHETIC'))).toHaveLength(4);
    for (const instrument of market.instruments) {
      const started = instrument.bars.findIndex((bar) => bar.end > market.now);
      expect(started, `${instrument.config.symbol} has history for 200 bars`).toBeGreaterThan(200);
      expect(instrument.bars.length - started, `${instrument.config.symbol} has a future`).toBeGreaterThan(
        200,
      );
    }
  });
});

describe('the configuration', () => {
  const raw = parse(readFileSync('config/gateway.yaml', 'utf8'));
  test.each([
    ['an unknown key', { ...raw, spead: 1 }, 'spead'],
    ['an account that is not paper', { ...raw, account: { id: 'U123' } }, 'DU1000001'],
    [
      'a currency without a rate',
      {
        ...raw,
        instruments: [{ ...raw.instruments[0], currency: 'EUR' }],
        account: { ...raw.account, rates: {} },
      },
      'expected a rate',
    ],
    [
      'a zone that does not exist',
      { ...raw, instruments: [{ ...raw.instruments[0], timeZone: 'EST5' }] },
      'IANA',
    ],
    [
      'an instrument twice',
      { ...raw, instruments: [raw.instruments[0], raw.instruments[0]] },
      'a second time',
    ],
    [
      'increments that do not begin at 0',
      {
        ...raw,
        instruments: [{ ...raw.instruments[0], priceIncrements: [{ lowEdge: 1, increment: 0.01 }] }],
      },
      'first lowEdge to be 0',
    ],
    [
      'increments out of order',
      {
        ...raw,
        instruments: [
          {
            ...raw.instruments[0],
            priceIncrements: [
              { lowEdge: 0, increment: 0.01 },
              { lowEdge: 0, increment: 0.05 },
            ],
          },
        ],
      },
      'above the one before',
    ],
    [
      'an edge that is no price',
      {
        ...raw,
        instruments: [
          {
            ...raw.instruments[0],
            priceIncrements: [
              { lowEdge: 0, increment: 0.01 },
              { lowEdge: 1.02, increment: 0.05 },
            ],
          },
        ],
      },
      'multiple of its increment',
    ],
  ])('refuses %s', (_, config, message) => {
    expect(JSON.stringify(gatewayConfigSchema.safeParse(config).error?.issues)).toContain(message);
  });

  test('shifts dates by whole weeks so that an instrument starts with the market', () => {
    const config = testConfig();
    const shifted = open({
      ...config,
      instruments: config.instruments.map((each) => ({ ...each, start: '2024-01-10' })),
      marketStart: '2001-01-02',
    });
    const [acme, idx] = shifted.instruments;
    // Wednesday 2024-01-10 is played on the Wednesday of the week of Tuesday 2001-01-02.
    expect(acme?.days[6]?.date).toBe('2001-01-03');
    expect(localDate('Europe/Berlin', idx?.bars[3]?.start ?? 0)).toBe('2001-01-03');
  });

  test('a file that is nowhere, without a fallback, is an error that says where it was looked for', () => {
    const config = testConfig();
    expect(() => open({ ...config, dataFolders: ['/nowhere'] })).toThrow(
      'ACME: file "daily.csv" not found, looked in: /nowhere',
    );
  });
});
