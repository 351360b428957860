import { setTimeout as pause } from 'node:timers/promises';
import { EventName, IBApi, SecType } from '@stoqey/ib';
import { z } from 'zod';
import type { Instrument } from '../../machines/domain/instrument.ts';
import { singleBand } from '../../machines/domain/price-bands.ts';
import type { Quote } from '../../machines/domain/quote.ts';
import { createConflatedBus, systemTimers } from '../../machines/feed/quote.bus.ts';
import { createIbBroker } from '../../src/broker/ib/ib-broker.ts';
import { AskedServer } from './asked-server.ts';
import { type Benchmark, type Figure, median } from './figure.ts';

const WARM_UP_MS = 1_500;
const MEASURED_MS = 3_000;
const ROUNDS = 3;
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Ticks a second that leave the server once the client reads as fast as it can. */
async function rate(server: AskedServer): Promise<number> {
  await pause(WARM_UP_MS);
  const [before, began] = [await server.ask(z.number()), performance.now()];
  await pause(MEASURED_MS);
  return (((await server.ask(z.number())) - before) * 1_000) / (performance.now() - began);
}

async function bare(): Promise<number> {
  const server = await AskedServer.start('tick-server.ts');
  const ib = new IBApi({ port: server.port, clientId: 1, maxReqPerSec: 1_000 });
  let heard = 0;
  ib.on(EventName.error, () => undefined);
  ib.on(EventName.tickPrice, () => {
    heard += 1;
  });
  ib.on(EventName.nextValidId, () => {
    const contract = { symbol: 'ORCL', secType: SecType.STK, exchange: 'SMART', currency: 'USD' };
    ib.reqMktData(1, contract, '', false, false);
  });
  ib.connect();
  try {
    const perSecond = await rate(server);
    if (heard === 0) throw new Error('the bare client heard no tick');
    return perSecond;
  } finally {
    ib.disconnect();
    await server.stop();
  }
}

async function ours(): Promise<number> {
  const server = await AskedServer.start('tick-server.ts');
  const broker = createIbBroker({ log: silent, now: Date.now });
  const bus = createConflatedBus<Quote>({
    ...{ key: (quote) => quote.instrumentId, intervalMs: 100, clock: systemTimers },
    onFault: (error) => {
      throw error;
    },
  });
  let heard = 0;
  bus.subscribe(() => {
    heard += 1;
  });
  const instrument: Instrument = {
    secType: 'STK',
    ...{ symbol: 'ORCL', exchange: 'SMART', currency: 'USD', id: 'ORCL.STK.SMART.USD' },
    ...{ conId: 7, longName: '', minTick: '0.01', priceBands: singleBand('0.01'), multiplier: '1' },
    ...{ timeZone: 'UTC', tradingHours: '', liquidHours: '' },
  };
  const handle = broker.socket.open({ host: '127.0.0.1', port: server.port, clientId: 1 }, (event) => {
    if (event.type !== 'socket.nextValidId') return;
    broker.marketData.streamQuote(instrument, {
      onQuote: (quote) => bus.publish(quote),
      onInterrupted: () => undefined,
      onError: () => undefined,
    });
  });
  try {
    const perSecond = await rate(server);
    if (heard === 0) throw new Error('no quote was delivered');
    return perSecond;
  } finally {
    handle.close();
    await server.stop();
  }
}

/** How many ticks a second are decoded, made into whole quotes and put on the bus, one instrument, one link. */
export const ticksBench: Benchmark = {
  names: ['ticks.delivered'],
  async run(): Promise<Figure[]> {
    const [theirs, mine]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      theirs.push(await bare());
      mine.push(await ours());
    }
    const ratio = median(mine) / median(theirs);
    return [
      {
        ...{ name: 'ticks.delivered', value: median(mine), unit: 'ticks/s', better: 'higher', ratio },
        baseline: `what a bare @stoqey/ib client decodes: ${Math.round(median(theirs)).toLocaleString('en')} ticks/s`,
        ...{ aim: 'at least 0.5 x', met: ratio >= 0.5 },
      },
    ];
  },
};
