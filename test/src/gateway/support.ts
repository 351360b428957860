import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contract, EventName, IBApi, SecType } from '@stoqey/ib';
import { expect, onTestFinished } from 'vitest';
import {
  type GatewayConfig,
  type GatewayConfigInput,
  gatewayConfigSchema,
} from '../../../src/gateway/config.ts';
import type { GatewayLog } from '../../../src/gateway/errors.ts';
import { type GatewayOptions, type RunningGateway, startGateway } from '../../../src/gateway/start.ts';

/** Twelve daily bars, Tuesday 2024-01-02 to Thursday 2024-01-18, with a holiday on Monday the 15th. */
export const DAILY_ROWS = [
  '2024-01-02,100.00,101.00,99.00,100.50,1000000',
  '2024-01-03,100.50,102.00,100.00,101.75,1100000',
  '2024-01-04,101.75,103.10,101.20,102.40,900000',
  '2024-01-05,102.40,102.90,100.10,100.90,1200000',
  '2024-01-08,100.90,101.50,98.70,99.30,1300000',
  '2024-01-09,99.30,100.20,98.10,98.60,1000000',
  '2024-01-10,98.60,99.90,98.00,99.70,950000',
  '2024-01-11,99.70,104.20,99.50,103.80,2000000',
  '2024-01-12,103.80,105.00,103.10,104.60,1500000',
  '2024-01-16,104.60,104.90,102.20,102.70,1100000',
  '2024-01-17,102.70,103.30,101.40,101.90,1000000',
  '2024-01-18,101.90,106.00,101.80,105.60,1800000',
];

/** Two days of 5-minute bars stamped at their end, three bars a day. */
export const INTRADAY_ROWS = [
  '2024-01-09,09:05:00,4000.0,4005.0,3998.0,4004.0,500',
  '2024-01-09,09:10:00,4004.0,4006.0,4001.0,4002.0,400',
  '2024-01-09,09:15:00,4002.0,4003.0,3990.0,3991.0,700',
  '2024-01-10,09:05:00,3991.0,3999.0,3991.0,3998.0,500',
  '2024-01-10,09:10:00,3998.0,4010.0,3997.0,4009.0,800',
  '2024-01-10,09:15:00,4009.0,4009.0,4001.0,4003.0,300',
];

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'gateway-'));

/** A gateway on the rows above; live from Monday 2024-01-08 on. 23,400 makes one US session of each wall second. */
export function testConfig(change: Partial<GatewayConfigInput> = {}): GatewayConfig {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'daily.csv'), ['date,open,high,low,close,volume', ...DAILY_ROWS, ''].join('\n'));
  writeFileSync(
    join(folder, 'intraday.csv'),
    ['Date,Time,Open,High,Low,Close,Volume', ...INTRADAY_ROWS, ''].join('\n'),
  );
  return gatewayConfigSchema.parse({
    marketStart: '2024-01-08',
    speed: 23_400,
    dataFolders: [folder],
    account: { rates: { EUR: 2 } },
    instruments: [
      {
        symbol: 'ACME',
        primaryExchange: 'NYSE',
        longName: 'Acmé Corp',
        source: { file: 'daily.csv', timeframe: '1d' },
      },
      {
        symbol: 'IDX',
        secType: 'FUT',
        exchange: 'EUREX',
        currency: 'EUR',
        multiplier: 10,
        minTick: 0.5,
        expiry: '2024-03-15',
        timeZone: 'Europe/Berlin',
        liquidHours: '09:00-17:30',
        quoteSize: 3,
        source: { file: 'intraday.csv', timeframe: '5m', stamp: 'end' },
      },
    ],
    ...change,
  });
}

/** Only ACME, so that a wall second is exactly one of its sessions. */
export function acmeConfig(): GatewayConfig {
  const config = testConfig();
  return { ...config, instruments: config.instruments.filter((each) => each.symbol === 'ACME') };
}

export const silentLog = (): GatewayLog & { lines: string[] } => {
  const lines: string[] = [];
  const write = (line: string): void => {
    lines.push(line);
  };
  return { lines, info: write, warn: write, error: write };
};

/** A gateway whose clock moves only by `pass`, stopped when the test ends. */
export async function testGateway(options: Partial<GatewayOptions> = {}): Promise<RunningGateway> {
  const gateway = await startGateway({
    port: 0,
    config: testConfig(),
    log: silentLog(),
    autoplay: false,
    ...options,
  });
  onTestFinished(() => gateway.stop());
  return gateway;
}

export const ACME: Contract = { symbol: 'ACME', secType: SecType.STK, exchange: 'SMART', currency: 'USD' };
export const IDX: Contract = { symbol: 'IDX', secType: SecType.FUT, exchange: 'EUREX', currency: 'EUR' };

export interface Heard {
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the library's events have no common type
  args: any[];
}

/** Codes of errors that @stoqey/ib raises itself when it cannot decode what it got. */
const DECODE_ERRORS = [505, 506];

/** An IBApi client that remembers everything it heard and fails the test when anything could not be decoded. */
export class TestClient {
  readonly ib: IBApi;
  readonly heard: Heard[] = [];
  #waiting: (() => void)[] = [];

  constructor(port: number, clientId: number) {
    this.ib = new IBApi({ port, clientId, maxReqPerSec: 10_000 });
    this.ib.on(EventName.all, (name: string, args: unknown[]) => {
      if (name === 'sent' || name === 'received') return;
      this.heard.push({ name, args });
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.ib.on(EventName.error, () => undefined);
    onTestFinished(() => {
      this.ib.disconnect();
      expect(this.errors().filter((code) => DECODE_ERRORS.includes(code))).toEqual([]);
    });
  }

  /** Connects and answers the next valid id. */
  async connect(): Promise<number> {
    this.ib.connect();
    return (await this.next('nextValidId')).args[0];
  }

  /** The first event of a name, past or to come, that passes. */
  async next(name: string, passes: (...args: Heard['args']) => boolean = () => true): Promise<Heard> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const found = this.heard.find((each) => each.name === name && passes(...each.args));
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`${name} not heard; heard: ${this.names().join(' ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Waits until the server has answered everything that was asked before. */
  async settled(): Promise<void> {
    const before = this.all('currentTime').length;
    this.ib.reqCurrentTime();
    while (this.all('currentTime').length === before)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
  }

  all(name: string): Heard['args'][] {
    return this.heard.filter((each) => each.name === name).map((each) => each.args);
  }

  names(): string[] {
    return this.heard.map((each) => each.name);
  }

  /** Codes of the errors heard, of one request or of all. */
  errors(id?: number): number[] {
    return this.all('error')
      .filter((args) => id === undefined || args[2] === id)
      .map((args) => args[1]);
  }

  forget(): void {
    this.heard.length = 0;
  }
}

export async function connected(port: number, clientId = 1): Promise<TestClient> {
  const client = new TestClient(port, clientId);
  await client.connect();
  return client;
}

/** Wall milliseconds that one market session of ACME lasts in `testConfig`. */
export const SESSION_MS = 1000;
