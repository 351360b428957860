import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Instrument } from '../../../../machines/domain/instrument.ts';
import { singleBand } from '../../../../machines/domain/price-bands.ts';
import type { Quote } from '../../../../machines/domain/quote.ts';
import { alone } from '../../../../machines/order/order.logic.ts';
import { createContracts } from '../../../../src/broker/ib/contracts.ts';
import { createExecution } from '../../../../src/broker/ib/execution.ts';
import { createIbBroker, type IbBroker } from '../../../../src/broker/ib/ib-broker.ts';
import { createLinkHolder } from '../../../../src/broker/ib/link-holder.ts';
import { silentLog } from './support.ts';
import { eventually, frame, greeting, marketOrder, startTcp } from './wire-support.ts';

const orcl: Instrument = {
  symbol: 'ORCL',
  secType: 'STK',
  exchange: 'SMART',
  currency: 'USD',
  id: 'ORCL.STK.SMART.USD',
  conId: 7,
  longName: 'ORACLE CORP',
  minTick: '0.01',
  priceBands: singleBand('0.01'),
  multiplier: '1',
  timeZone: 'America/New_York',
  tradingHours: '',
  liquidHours: '',
};
/** The first request of a link. */
const FIRST = 1_500_000_000;

let peer: Socket;
let received: string;
let broker: IbBroker;
let causes: string[];
let alarms: string[];
let handle: { close(): void };
let stop: () => Promise<void>;

beforeEach(async () => {
  received = '';
  causes = [];
  alarms = [];
  const server = await startTcp((socket) => {
    peer = socket;
    socket.on('data', (data: Buffer) => {
      received += data.toString('latin1');
    });
    socket.once('data', () => socket.write(greeting));
  });
  stop = server.stop;
  broker = createIbBroker({
    ...{ log: silentLog, now: Date.now, instruments: [orcl] },
    onAlarm: (message) => alarms.push(message),
  });
  await new Promise<void>((resolve) => {
    handle = broker.socket.open({ host: '127.0.0.1', port: server.port, clientId: 1 }, (event) => {
      if (event.type === 'socket.closed') causes.push(event.cause);
      if (event.type === 'socket.nextValidId') resolve();
    });
  });
});
afterEach(async () => {
  handle.close();
  await stop();
});

const place = (): void =>
  broker.execution.place({
    ...alone,
    orderId: 1,
    account: 'DU1',
    intent: marketOrder('tw.m..01J00000000000000000000001'),
  });
const error = (id: number, code: number): Buffer => frame(4, 2, id, code, `words of ${code}`, '');

describe('place', () => {
  it('writes to the socket at once', async () => {
    place();
    await eventually(() => expect(received).toContain('tw.m..01J00000000000000000000001'));
  });

  it.each([1100, 2110])('refuses while the gateway has lost IBKR (%i), until it is back', async (code) => {
    peer.write(error(-1, code));
    await eventually(() => expect(place).toThrow('the gateway has lost IBKR'));
    peer.write(error(-1, 1102));
    await eventually(place);
    expect(causes).toEqual([]);
  });

  it('refuses what cannot be said in doubles, and sends nothing', async () => {
    const intent = marketOrder('tw.m..01J00000000000000000000002', { quantity: '9007199254740993' });
    expect(() => broker.execution.place({ ...alone, orderId: 1, account: 'DU1', intent })).toThrow(
      'was not sent',
    );
    place();
    await eventually(() => expect(received).toContain('tw.m..01J00000000000000000000001'));
    expect(received).not.toContain('tw.m..01J00000000000000000000002');
  });

  it('refuses before there is a connection and after its end', async () => {
    handle.close();
    expect(place).toThrow('there is no connection to the gateway');
    expect(createIbBroker({ log: silentLog, now: Date.now }).execution.cancel).toThrow('no connection');
  });
});

describe('the load', () => {
  it('counts what has left in the last second and what is subscribed to', async () => {
    const before = broker.load();
    expect(before).toMatchObject({ subscriptions: 0, requestsWaiting: 0, historiesWaiting: 0 });
    const cancel = broker.marketData.streamQuote(orcl, {
      ...{ onQuote: () => {}, onInterrupted: () => {}, onError: () => {} },
    });
    place();
    expect(broker.load()).toMatchObject({
      messagesInLastSecond: before.messagesInLastSecond + 2,
      mostMessages: 48,
      subscriptions: 1,
    });
    cancel();
    expect(broker.load().subscriptions).toBe(0);
  });

  it('counts what waits because the limit is kept, and is nothing without a connection', () => {
    const quotes = { onQuote: () => {}, onInterrupted: () => {}, onError: () => {} };
    for (let at = 0; at < 60; at += 1) broker.marketData.streamQuote(orcl, quotes);
    const { messagesInLastSecond, requestsWaiting } = broker.load();
    expect(messagesInLastSecond).toBe(30);
    expect(requestsWaiting).toBeGreaterThanOrEqual(30);
    handle.close();
    expect(broker.load()).toMatchObject({ messagesInLastSecond: 0, requestsWaiting: 0, subscriptions: 0 });
  });
});

describe('a code that is not known', () => {
  it.each([
    ['of the system', -1, 2_199],
    ['of the system, said as an error', -1, 4_711],
    ['of a request', FIRST, 4_712],
  ])('%s alarms with its words and changes nothing', async (_, id, code) => {
    const quotes: Quote[] = [];
    const errors: string[] = [];
    broker.marketData.streamQuote(orcl, {
      onQuote: (quote) => quotes.push(quote),
      onInterrupted: (cause) => errors.push(cause),
      onError: (cause) => errors.push(cause),
    });
    peer.write(error(id, code));
    peer.write(frame(1, 6, FIRST, 4, 88.5, 300, 0));
    await eventually(() => expect(quotes.at(-1)?.last).toBe(88.5));
    expect(alarms).toEqual([
      `IBKR sent code ${code}, which is not known here and changes nothing: words of ${code}`,
    ]);
    expect(errors).toEqual([]);
    expect(causes).toEqual([]);
  });

  it('raises no alarm when it is known', async () => {
    peer.write(error(-1, 2_104));
    peer.write(error(-1, 1_102));
    place();
    await eventually(() => expect(received).toContain('tw.m..01J00000000000000000000001'));
    expect(alarms).toEqual([]);
  });
});

describe('a client library that holds an order back', () => {
  it('is thrown away with the order, which is not sent', async () => {
    const links = createLinkHolder(silentLog);
    const execution = createExecution({
      links,
      contracts: createContracts([orcl]),
      log: silentLog,
      now: Date.now,
    });
    const port = peer.localPort ?? 0;
    const other = await new Promise<{ close(): void }>((resolve) => {
      const opened = links.open({ host: '127.0.0.1', port, clientId: 2 }, (event) => {
        if (event.type === 'socket.closed') causes.push(event.cause);
        if (event.type === 'socket.nextValidId') queueMicrotask(() => resolve(opened));
      });
    });
    // As it does by itself between the loss of a connection and the next one.
    links
      .session()
      .link.send((api) => (api as unknown as { controller: { pause(): void } }).controller.pause());
    const intent = marketOrder('tw.m..01J00000000000000000000003');
    expect(() => execution.place({ ...alone, orderId: 1, account: 'DU1', intent })).toThrow('was not sent');
    expect(causes).toEqual([`order ${intent.ref} was held back by the client library`]);
    expect(() => links.session()).toThrow('there is no connection');
    other.close();
    expect(received).not.toContain(intent.ref);
  });
});

describe('news', () => {
  it.each([201, 202, 399, 4711])(
    'tells error %i of an order with its code, whatever it means',
    async (code) => {
      const news: unknown[] = [];
      broker.execution.subscribe((event) => news.push(event));
      peer.write(error(1, code));
      await eventually(() =>
        expect(news).toEqual([{ type: 'broker.orderError', orderId: 1, code, message: `words of ${code}` }]),
      );
      expect(causes).toEqual([]);
    },
  );

  it('reaches the other listeners when one fails, and the link ends with the cause', async () => {
    const news: unknown[] = [];
    broker.execution.subscribe(() => {
      throw new Error('desk on fire');
    });
    broker.execution.subscribe((event) => news.push(event));
    peer.write(error(1, 201));
    await eventually(() => expect(causes).toHaveLength(1));
    expect(causes[0]).toBe('a message of the gateway could not be handled (error): desk on fire');
    expect(news).toHaveLength(1);
  });

  it('ends the link on a position that cannot be read', async () => {
    peer.write(
      frame(61, 3, 'DU1', 7, 'ORCL', 'STK', '', 0, '', '', 'NYSE', 'USD', 'ORCL', 'NMS', 'many', 88.5),
    );
    const positions = broker.account.positions();
    await expect(positions).rejects.toMatchObject({ code: 'lost' });
    expect(causes[0]).toMatch(/position: found "NaN"/);
  });
});

describe('quotes', () => {
  let quotes: Quote[];
  let errors: string[];
  let cancel: () => void;
  beforeEach(() => {
    quotes = [];
    errors = [];
    cancel = broker.marketData.streamQuote(orcl, {
      onInterrupted: () => undefined,
      onQuote: (quote) => quotes.push(quote),
      onError: (message) => errors.push(message),
    });
  });
  const live = (): void => {
    peer.write(frame(58, 1, FIRST, 1));
  };
  const quality = (expected: Quote['quality']): Promise<void> =>
    eventually(() => expect(quotes.at(-1)?.quality).toBe(expected));

  it.each([
    [1, 'live'],
    [2, 'frozen'],
    [3, 'delayed'],
    [4, 'delayedFrozen'],
  ] as const)('of market data type %i are %s', async (type, expected) => {
    peer.write(frame(58, 1, FIRST, type));
    await quality(expected);
  });

  it('lose their quality on 10197 and get it back with the next word on it', async () => {
    live();
    await quality('live');
    peer.write(error(FIRST, 10197));
    await quality('none');
    live();
    await quality('live');
    expect(errors).toEqual([]);
  });

  it('are delayed after 10167', async () => {
    peer.write(error(FIRST, 10167));
    await quality('delayed');
    expect(errors).toEqual([]);
  });

  it.each([101, 200, 354, 10089, 10168, 10186, 10225])('end on %i with its words', async (code) => {
    peer.write(error(FIRST, code));
    await eventually(() => expect(errors).toEqual([`words of ${code} (${code})`]));
    expect(causes).toEqual([]);
  });

  it.each([2109, 10090])('go on after %i', async (code) => {
    peer.write(error(FIRST, code));
    live();
    await quality('live');
    expect(errors).toEqual([]);
  });

  it('arrive one by one, in order: whoever is slow conflates them', async () => {
    peer.write(Buffer.concat(Array.from({ length: 2_000 }, (_, n) => frame(1, 6, FIRST, 4, 100 + n, 1, 0))));
    await eventually(() => expect(quotes.at(-1)?.last).toBe(2_099));
    const lasts = quotes.map(({ last }) => last);
    expect(lasts.filter((last, at) => last !== lasts[at - 1])).toEqual(
      Array.from({ length: 2_000 }, (_, n) => 100 + n),
    );
  });

  it('are told no more once cancelled', async () => {
    live();
    await quality('live');
    const told = quotes.length;
    cancel();
    live();
    peer.write(frame(49, 1, 1767623400));
    await broker.socket.currentTime();
    expect(quotes).toHaveLength(told);
    expect(errors).toEqual([]);
  });

  it('end with the connection', async () => {
    peer.end();
    await eventually(() => expect(errors).toEqual(['the gateway closed the socket']));
  });

  it('end when IBKR has dropped the subscriptions (1101), not when it has kept them (1102)', async () => {
    peer.write(error(-1, 1102));
    live();
    await quality('live');
    expect(errors).toEqual([]);
    peer.write(error(-1, 1101));
    await eventually(() => expect(errors).toEqual(['IBKR dropped the subscriptions (1101): words of 1101']));
  });
});

describe('bytes that are no message', () => {
  it.each([-1, -4, 0])('with a length of %i end the link with a cause, and nothing hangs', async (length) => {
    const header = Buffer.alloc(4);
    header.writeInt32BE(length);
    peer.write(Buffer.concat([header, Buffer.alloc(64, 7)]));
    await eventually(() =>
      expect(causes).toEqual([`what came is no message of a gateway: found a length of ${length} bytes`]),
    );
    expect(place).toThrow('there is no connection');
  });
});
