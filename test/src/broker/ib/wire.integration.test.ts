import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bar } from '../../../../machines/domain/bar.ts';
import type { InstrumentKey } from '../../../../machines/domain/instrument.ts';
import type { Quote } from '../../../../machines/domain/quote.ts';
import { alone } from '../../../../machines/order/order.logic.ts';
import type { BrokerOrderNews } from '../../../../machines/order/order.ports.ts';
import type { AccountNews } from '../../../../machines/portfolio/portfolio.ports.ts';
import type { RunningGateway } from '../../../../src/gateway/start.ts';
import {
  type Client,
  eventually,
  marketOrder,
  startClient,
  startMarket,
  startProxy,
} from './wire-support.ts';

const orcl: InstrumentKey = { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' };
const daily: InstrumentKey = { ...orcl, symbol: 'DAILY' };
const ref = (n: number): string => `tw.m..01J0000000000000000000000${n}`;

let folder: string;
let gateway: RunningGateway;
let clients: Client[];
let ends: (() => Promise<void>)[];

const client = (...args: Parameters<typeof startClient>): Client => {
  const started = startClient(...args);
  clients.push(started);
  return started;
};
const listen = (to: Client): BrokerOrderNews[] => {
  const news: BrokerOrderNews[] = [];
  to.broker.execution.subscribe((event) => news.push(event));
  return news;
};
const isBar = (bar: Bar): boolean => bar.low <= bar.open && bar.low <= bar.close && bar.high >= bar.low;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tw-broker-'));
  gateway = await startMarket({ stateFile: join(folder, 'state') });
  clients = [];
  ends = [];
});
afterEach(async () => {
  for (const { actor } of clients) actor.stop();
  for (const end of ends) await end();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('over the wire', () => {
  it('becomes ready with what the broker knows', async () => {
    const a = client(gateway.port);
    const facts = await a.ready();
    expect(facts).toMatchObject({
      accounts: ['DU1000001'],
      truth: { open: [], completed: [], executions: [], commissions: [] },
      positions: [],
    });
    expect(facts.nextValidId).toBeGreaterThan(0);
    const status = await a.until(({ roundTripMs }) => roundTripMs !== null);
    expect(Math.abs((status.marketTime ?? 0) - gateway.now())).toBeLessThan(120_000);
    expect(a.complaints).toEqual([]);
  });

  it('finds an instrument, and refuses one that IBKR does not know', async () => {
    const a = client(gateway.port);
    await a.ready();
    const { marketData } = a.broker;
    await expect(marketData.instrument(orcl)).resolves.toMatchObject({
      id: 'ORCL.STK.SMART.USD',
      minTick: '0.01',
      timeZone: 'America/New_York',
    });
    await expect(marketData.instrument({ ...orcl, symbol: 'NOSUCH' })).rejects.toMatchObject({
      code: 'refused',
      brokerCode: 200,
    });
  });

  it('answers histories of closed bars, the newest last, and older ones on request', async () => {
    const a = client(gateway.port);
    await a.ready();
    const { marketData } = a.broker;
    for (const [key, timeframe] of [
      [orcl, '1m'],
      [daily, '1d'],
    ] as const) {
      const instrument = await marketData.instrument(key);
      const bars = await marketData.history({ instrument, timeframe, count: 200 });
      expect(bars, timeframe).toHaveLength(200);
      expect(bars.every(isBar)).toBe(true);
      expect(bars.map(({ time }) => time)).toEqual(bars.map(({ time }) => time).sort((x, y) => x - y));
      const before = bars[0]?.time ?? 0;
      const older = await marketData.history({ instrument, timeframe, count: 20, before });
      expect(older, `${timeframe} before`).toHaveLength(20);
      expect(older.at(-1)?.time).toBeLessThan(before);
    }
  });

  it('streams bars and whole quotes until they are cancelled', async () => {
    const a = client(gateway.port);
    await a.ready();
    const instrument = await a.broker.marketData.instrument(orcl);
    const quotes: Quote[] = [];
    const updates: Bar[] = [];
    let history: readonly Bar[] = [];
    const onError = (message: string): never => {
      throw new Error(message);
    };
    const cancelQuote = a.broker.marketData.streamQuote(instrument, {
      onInterrupted: () => undefined,
      onQuote: (q) => quotes.push(q),
      onError,
    });
    const cancelBars = a.broker.marketData.streamBars(
      { instrument, timeframe: '1m', count: 50 },
      {
        onHistory: (bars) => {
          history = bars;
        },
        onUpdate: (bar) => updates.push(bar),
        onError,
      },
    );
    const quote = await eventually(() => {
      const last = quotes.at(-1);
      if (last?.bid == null || last.marketTime === null) throw new Error(`no quote: ${JSON.stringify(last)}`);
      return last;
    });
    expect(quote).toMatchObject({ quality: 'live', bidSize: 500, askSize: 500 });
    expect(quote.ask).toBeGreaterThan(quote.bid ?? Number.POSITIVE_INFINITY);
    await eventually(() => expect(new Set(updates.map(({ time }) => time)).size).toBeGreaterThan(1));
    expect(history).toHaveLength(51);
    cancelQuote();
    cancelBars();
    const told = quotes.length + updates.length;
    // Two round trips later everything that was under way has arrived.
    await a.broker.socket.currentTime();
    await a.broker.socket.currentTime();
    expect(quotes.length + updates.length).toBe(told);
    expect(a.complaints).toEqual([]);
  });

  it('places an order, hears of its life, and finds it again by asking', async () => {
    const a = client(gateway.port);
    const { nextValidId: orderId } = await a.ready();
    await a.broker.marketData.instrument(orcl);
    const news = listen(a);
    const account: AccountNews[] = [];
    a.broker.account.stream(['DU1000001'], (event) => account.push(event));
    a.broker.execution.place({ ...alone, orderId, intent: marketOrder(ref(1)), account: 'DU1000001' });
    await eventually(() => expect(news.map(({ type }) => type)).toContain('broker.commission'));
    const fills = news.flatMap((event) => (event.type === 'broker.execution' ? [event.execution] : []));
    expect(fills[0]).toMatchObject({
      orderRef: ref(1),
      instrumentId: 'ORCL.STK.SMART.USD',
      side: 'BUY',
      orderId,
      clientId: 1,
    });
    const [truth, again, positions] = await Promise.all([
      a.broker.execution.ask(),
      a.broker.execution.ask(),
      a.broker.account.positions(),
    ]);
    expect(truth.executions.map(({ execId }) => execId)).toEqual(fills.map(({ execId }) => execId));
    expect(truth.commissions).toHaveLength(fills.length);
    expect(truth.completed).toMatchObject([{ ref: ref(1), status: 'Filled', quantity: '10', filled: '10' }]);
    expect(again.executions).toEqual(truth.executions);
    expect(positions).toMatchObject([{ instrumentId: 'ORCL.STK.SMART.USD', quantity: '10' }]);
    await eventually(() =>
      expect(new Set(account.map(({ type }) => type))).toEqual(
        new Set(['account.position', 'account.value', 'account.positionValue', 'account.pnl']),
      ),
    );
    expect(a.complaints).toEqual([]);
  });

  it('names a future by the key that found it, and after a restart by what it remembers', async () => {
    const a = client(gateway.port);
    const { nextValidId: orderId } = await a.ready();
    const key = {
      symbol: 'ESTX50',
      secType: 'FUT',
      exchange: 'EUREX',
      currency: 'EUR',
      expiry: '202603',
    } as const;
    const future = await a.broker.marketData.instrument(key);
    expect(future).toMatchObject({ id: 'ESTX50-202603.FUT.EUREX.EUR', multiplier: '10', minTick: '1' });
    const news = listen(a);
    const intent = marketOrder(ref(1), { instrumentId: future.id, quantity: '1', side: 'SELL' });
    a.broker.execution.place({ ...alone, orderId, intent, account: 'DU1000001' });
    await eventually(() => expect(news.map(({ type }) => type)).toContain('broker.commission'));
    expect(await a.broker.account.positions()).toMatchObject([{ instrumentId: future.id, quantity: '-1' }]);
    a.actor.stop();
    const b = client(gateway.port, { instruments: [future] });
    const { positions, truth } = await b.ready();
    expect(positions).toMatchObject([{ instrumentId: future.id, quantity: '-1' }]);
    expect(truth.executions).toMatchObject([{ instrumentId: future.id, orderRef: ref(1) }]);
  });

  it('hears a rejection and a cancel of its own orders', async () => {
    const a = client(gateway.port);
    const { nextValidId: orderId } = await a.ready();
    const news = listen(a);
    const resting = marketOrder(ref(1), { orderType: 'LMT', limitPrice: '1' });
    a.broker.execution.place({ ...alone, orderId, intent: resting, account: 'DU1000001' });
    await eventually(() =>
      expect(news).toContainEqual(expect.objectContaining({ type: 'broker.orderStatus', orderId })),
    );
    a.broker.execution.cancel(orderId);
    await eventually(() =>
      expect(news).toContainEqual(expect.objectContaining({ type: 'broker.orderError', orderId, code: 202 })),
    );
    const offTick = marketOrder(ref(2), { orderType: 'LMT', limitPrice: '1.0001' });
    a.broker.execution.place({ ...alone, orderId: orderId + 1, intent: offTick, account: 'DU1000001' });
    await eventually(() =>
      expect(news).toContainEqual(
        expect.objectContaining({ type: 'broker.orderError', orderId: orderId + 1, code: 110 }),
      ),
    );
  });

  it("sees another client's order when it asks", async () => {
    const a = client(gateway.port);
    const b = client(gateway.port, { clientId: 2 });
    const { nextValidId: orderId } = await b.ready();
    await a.ready();
    const resting = marketOrder(ref(1), { orderType: 'LMT', limitPrice: '1' });
    b.broker.execution.place({ ...alone, orderId, intent: resting, account: 'DU1000001' });
    await b.broker.execution.ask();
    const { open } = await a.broker.execution.ask();
    expect(open).toMatchObject([{ ref: ref(1), clientId: 2, orderId, filled: '0', limitPrice: '1' }]);
  });

  it('waits for a client id that another holds, and takes it when it is free', async () => {
    const a = client(gateway.port);
    await a.ready();
    const b = client(gateway.port);
    const status = await b.until(({ phase }) => phase === 'clientIdHeld');
    expect(status).toMatchObject({ clientId: 1, cause: 'client id 1 is in use by another client' });
    expect(a.status().phase, 'the holder').toBe('ready');
    a.actor.stop();
    await b.ready();
  });
});

describe('a gateway that is killed', () => {
  it('comes back with a fresh client, the same truth, and nothing sent that was refused meanwhile', async () => {
    const a = client(gateway.port);
    const { nextValidId: orderId } = await a.ready();
    const instrument = await a.broker.marketData.instrument(orcl);
    const news = listen(a);
    a.broker.execution.place({ ...alone, orderId, intent: marketOrder(ref(1)), account: 'DU1000001' });
    await eventually(() => expect(news.map(({ type }) => type)).toContain('broker.commission'));
    const ended: string[] = [];
    a.broker.marketData.streamQuote(instrument, {
      onInterrupted: () => undefined,
      onQuote: () => {},
      onError: (message) => ended.push(message),
    });

    const { port } = gateway;
    await gateway.kill();
    const lost = await a.until(({ phase }) => phase === 'backingOff');
    expect(lost.cause).toMatch(/gateway (closed the socket|cut the connection)|connection refused/);
    expect(ended).toHaveLength(1);
    expect(a.news.map(({ type }) => type)).toContain('connection.lost');
    expect(() =>
      a.broker.execution.place({
        ...alone,
        orderId: orderId + 1,
        intent: marketOrder(ref(2)),
        account: 'DU1000001',
      }),
    ).toThrow('there is no connection to the gateway');
    await expect(a.broker.execution.ask()).rejects.toMatchObject({ code: 'unavailable' });

    gateway = await startMarket({ port, stateFile: join(folder, 'state') });
    const facts = await a.ready();
    expect(facts.truth.executions.map(({ orderRef }) => orderRef)).toEqual([ref(1)]);
    expect(facts.positions).toMatchObject([{ instrumentId: 'ORCL.STK.SMART.USD', quantity: '10' }]);
    expect(facts.nextValidId).toBeGreaterThan(orderId);
    const truth = await a.broker.execution.ask();
    expect([...truth.open, ...truth.completed].map((order) => order.ref)).toEqual([ref(1)]);
    expect(a.complaints).toEqual([]);
  });
});

const impatient = { timing: { heartbeatDeadlineMs: 200 } };

describe('a gateway that goes silent with its port open', () => {
  it('is noticed by the heartbeat; open questions are lost, and a new socket is built', async () => {
    const proxy = await startProxy(gateway.port);
    ends.push(proxy.stop);
    const a = client(proxy.port, impatient);
    await a.ready();
    proxy.freeze();
    const question = a.broker.account.positions();
    const [status] = await Promise.all([
      a.until(({ phase }) => phase === 'backingOff'),
      expect(question).rejects.toMatchObject({ code: 'lost' }),
    ]);
    expect(status.cause).toBe('the gateway did not answer 2 heartbeats in a row, 0.2 s each');
    proxy.thaw();
    await a.ready();
  });

  it('never hears later of an order that was placed into the silence', async () => {
    const proxy = await startProxy(gateway.port);
    ends.push(proxy.stop);
    const a = client(proxy.port, impatient);
    const { nextValidId: orderId } = await a.ready();
    proxy.freeze();
    a.broker.execution.place({ ...alone, orderId, intent: marketOrder(ref(1)), account: 'DU1000001' });
    await a.until(({ phase }) => phase === 'backingOff');
    proxy.thaw();
    const { truth } = await a.ready();
    expect([...truth.open, ...truth.completed]).toEqual([]);
    const later = await a.broker.execution.ask();
    expect([...later.open, ...later.completed]).toEqual([]);
  });
});
