import { Decimal } from 'decimal.js';
import { expect, test } from 'vitest';
import { Broker } from '../../../src/gateway/broker.ts';
import { gatewayConfigSchema } from '../../../src/gateway/config.ts';
import { seededRandom } from '../../../src/gateway/market/random.ts';
import { isLive, quantityOf } from '../../../src/gateway/matching/order.ts';
import type { OrderTicket } from '../../../src/gateway/messages/place-order.ts';
import { silentLog } from './support.ts';
import { ticketOf } from './tickets.ts';

const ORDERS = 100_000;
const CHECK_EVERY = 5_000;
const SEED = 20_240_108;
const D = (value: number): Decimal => new Decimal(value);

/** Four instruments in two currencies, a future and a pair among them; money enough that orders are taken. */
const config = gatewayConfigSchema.parse({
  ...{ marketStart: '2024-01-08', skipClosed: true },
  commission: { plan: 'tiered' },
  account: { cash: 1e10, currencies: { EUR: 1e10 }, rates: { EUR: 1.1 } },
  instruments: [
    {
      symbol: 'ACME',
      primaryExchange: 'NYSE',
      source: { synthetic: { timeframe: '1m', days: 20, historyDays: 0 } },
    },
    {
      ...{ symbol: 'PARIS', exchange: 'SBF', currency: 'EUR' },
      source: { synthetic: { kind: 'jumpy', timeframe: '1m', days: 20, historyDays: 0 } },
    },
    {
      ...{ symbol: 'IDX', secType: 'FUT', exchange: 'EUREX', currency: 'EUR', multiplier: 10, minTick: 0.5 },
      ...{
        expiry: '2025-03-15',
        source: { synthetic: { timeframe: '1m', days: 20, historyDays: 0, startPrice: 4000 } },
      },
    },
    {
      ...{ symbol: 'EUR', secType: 'CASH', exchange: 'IDEALPRO', minTick: 0.00005 },
      source: { synthetic: { timeframe: '1m', days: 20, historyDays: 0, startPrice: 1.1 } },
    },
  ],
});

interface Flow {
  readonly broker: Broker;
  readonly random: () => number;
}

function randomTicket({ broker, random }: Flow, conId: number): Partial<OrderTicket> {
  const feed = broker.market.feed(conId);
  const tick = feed?.instrument.minTick ?? D(0.01);
  const last = D(feed?.quote.last ?? 100);
  const near = last
    .times(1 + (random() - 0.5) * 0.004)
    .div(tick)
    .round()
    .times(tick);
  const action = random() < 0.5 ? 'BUY' : 'SELL';
  const totalQuantity = D(1 + Math.floor(random() * 900));
  const tif = ['DAY', 'GTC', 'IOC', 'FOK'][Math.floor(random() * 4)] ?? 'DAY';
  const kind = random();
  const common = { action, totalQuantity };
  if (kind < 0.35) return { ...common, orderType: 'MKT', tif };
  if (kind < 0.8) return { ...common, orderType: 'LMT', lmtPrice: near, tif };
  if (kind < 0.9) return { ...common, orderType: 'STP', auxPrice: near, tif: 'DAY' };
  return { ...common, orderType: 'TRAIL', auxPrice: tick.times(20), tif: 'DAY' };
}

/** Cash, positions and commissions as the executions alone say. */
class Books {
  readonly cash: Record<string, Decimal> = { USD: D(1e10), EUR: D(1e10) };
  readonly positions = new Map<number, Decimal>();
  readonly filled = new Map<number, Decimal>();
  /** Of futures: what their open contracts were bought for, commissions included. */
  readonly paid = new Map<number, Decimal>();
  /** What the executions say they have realised, net of commissions; and what pairs brought in. */
  readonly realized: Record<string, Decimal> = { USD: D(0), EUR: D(0) };
  readonly exchanged: Record<string, Decimal> = { USD: D(0), EUR: D(0) };
  #counted = 0;

  follow(broker: Broker): void {
    const all = broker.desk.executions();
    for (const e of all.slice(this.#counted)) {
      const instrument = broker.instrument(e.conId);
      if (instrument === undefined) throw new Error('an execution of no instrument');
      const { currency, symbol, secType } = instrument.config;
      const signed = e.side === 'BOT' ? e.shares : e.shares.neg();
      const value = signed.times(e.price).times(instrument.multiplier);
      this.positions.set(e.conId, (this.positions.get(e.conId) ?? D(0)).plus(signed));
      this.filled.set(e.permId, (this.filled.get(e.permId) ?? D(0)).plus(e.shares));
      if (secType === 'FUT')
        this.paid.set(e.conId, (this.paid.get(e.conId) ?? D(0)).plus(value).plus(e.commission));
      else this.#move(currency, value.plus(e.commission).neg());
      this.realized[currency] = (this.realized[currency] ?? D(0)).plus(e.realizedPnl ?? 0);
      if (secType !== 'CASH') continue;
      this.#move(symbol, signed);
      this.exchanged[symbol] = (this.exchanged[symbol] ?? D(0)).plus(signed);
    }
    this.#counted = all.length;
  }

  #move(currency: string, amount: Decimal): void {
    this.cash[currency] = (this.cash[currency] ?? D(0)).plus(amount);
  }
}

function balance(broker: Broker, books: Books): void {
  books.follow(broker);
  const { ledger } = broker.state;
  if (ledger === undefined) throw new Error('no ledger');
  const cash = { ...books.cash };
  for (const [conId, quantity] of books.positions) {
    const holding = ledger.holdings[conId];
    expect(holding?.quantity.toString()).toBe(quantity.toString());
    // A future's cash is what it has realised: what was paid for its contracts, less what the open ones stand for.
    const paid = books.paid.get(conId);
    const instrument = broker.instrument(conId);
    if (paid === undefined || holding === undefined || instrument === undefined) continue;
    const { currency } = instrument.config;
    cash[currency] = (cash[currency] ?? D(0)).minus(paid).plus(holding.avgCost.times(holding.quantity));
  }
  for (const [currency, amount] of Object.entries(cash))
    expect(
      (ledger.cash[currency] ?? D(0)).minus(amount).abs().toNumber(),
      `${currency} balances to the cent (seed ${SEED})`,
    ).toBeLessThan(0.01);
  // The same from the other side: start, plus profit realised, less what the open positions cost.
  for (const currency of ['USD', 'EUR']) {
    let expected = D(1e10)
      .plus(books.realized[currency] ?? 0)
      .plus(books.exchanged[currency] ?? 0);
    for (const conId of books.positions.keys()) {
      const { config: of } = broker.instrument(conId) ?? {};
      const holding = ledger.holdings[conId];
      if (of?.currency === currency && of.secType !== 'FUT' && holding !== undefined)
        expected = expected.minus(holding.avgCost.times(holding.quantity));
    }
    expect(
      (ledger.cash[currency] ?? D(0)).minus(expected).abs().toNumber(),
      `${currency}: cash, cost and profit balance to the cent (seed ${SEED})`,
    ).toBeLessThan(0.01);
  }
  for (const order of broker.desk.orders()) {
    const filled = books.filled.get(order.permId) ?? D(0);
    expect(order.filled.toString(), `order ${order.permId} (seed ${SEED})`).toBe(filled.toString());
    expect(order.filled.lte(quantityOf(order))).toBe(true);
    // What has ended has ended in one way.
    if (!isLive(order)) expect(order.status === 'Filled').toBe(order.filled.eq(quantityOf(order)));
  }
  for (const permId of books.filled.keys())
    expect(broker.state.orders.has(permId), `an execution of no order (seed ${SEED})`).toBe(true);
}

test('100,000 random orders leave money, positions, commissions and profit in balance to the cent', () => {
  const broker = new Broker({ config, speed: 60, seed: SEED, stateFile: undefined, log: silentLog() });
  const random = seededRandom(SEED, 'accounting');
  const flow: Flow = { broker, random };
  const books = new Books();
  broker.pass(1000);
  for (let orderId = 1; orderId <= ORDERS; orderId += 1) {
    const instrument = broker.market.instruments[Math.floor(random() * broker.market.instruments.length)];
    if (instrument === undefined) throw new Error('no instrument');
    const ticket = ticketOf(randomTicket(flow, instrument.conId));
    broker.desk.place({ clientId: 1, orderId, exchange: instrument.config.exchange, ticket, instrument });
    // Cancels race with fills: some hit what is done already.
    if (random() < 0.6) broker.desk.cancel(1, Math.max(1, orderId - Math.floor(random() * 6)));
    if (broker.desk.openCount() > 150) broker.desk.cancelAll();
    if (orderId % 10 === 0) broker.pass(20);
    if (orderId % CHECK_EVERY === 0) balance(broker, books);
  }
  expect(broker.desk.executions().length).toBeGreaterThan(ORDERS / 2);
}, 120_000);
