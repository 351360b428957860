import { describe, expect, it } from 'vitest';
import type { Execution } from '../../../machines/domain/execution.ts';
import type { Instrument } from '../../../machines/domain/instrument.ts';
import type { Order } from '../../../machines/domain/order.ts';
import type { Quote } from '../../../machines/domain/quote.ts';
import type { PortfolioView } from '../../../machines/portfolio/portfolio.events.ts';
import type { Limits } from '../../../machines/risk/limits.ts';
import { RiskGate, type RiskGateOptions } from '../../../src/runtime/risk-gate.ts';

const id = 'ORCL.STK.SMART.EUR';

function world(limits: Limits, change: Record<string, unknown> = {}) {
  const state = {
    ...{
      last: 20 as number | null,
      quality: 'live',
      rate: '1.25' as string | null,
      net: '10000' as string | null,
    },
    ...{ held: '10', told: 100, now: 1_000_000, sent: [] as RiskGateOptions['sent'], ...change },
  };
  const warnings: string[] = [];
  const value = (key: string, currency: string, told: string | null) => ({
    ...{ account: 'DU1', key, currency, value: told, at: 1 },
  });
  const gate = new RiskGate({
    limits: [{ scope: { kind: 'whole' }, limits }],
    hub: {
      instrument: () => ({ currency: 'EUR', multiplier: '1' }) as Instrument,
      quote: () =>
        ({
          ...{ last: state.last, quality: state.quality, receivedAt: state.now - 400 },
          ...{ bid: 19.99, ask: 20.01, bidSize: 30, askSize: 8 },
        }) as Quote,
      marketTime: () => 25 * 60_000,
      openSpan: () => ({ from: 20 * 60_000, to: 60 * 60_000 }),
    },
    portfolio: {
      snapshot: () =>
        ({
          positions: [{ account: 'DU1', instrumentId: id, quantity: state.held, at: state.told }],
          values: [value('NetLiquidation', 'USD', state.net), value('ExchangeRate', 'EUR', state.rate)],
          ...{ positionValues: [], pnl: [], asOf: state.told, synced: true },
        }) as unknown as PortfolioView,
    },
    known: [],
    sent: state.sent,
    ...{ maxQuoteAgeMs: 1_000, now: () => state.now, onWarning: (words) => warnings.push(words) },
  });
  const ask = (
    of: {
      side?: 'BUY' | 'SELL';
      quantity?: string;
      limitPrice?: string | null;
      purpose?: 'entry' | 'exit';
    } = {},
  ) =>
    gate.refusal(
      {
        ...{
          instrumentId: id,
          sessionId: 's',
          side: 'BUY',
          quantity: '10',
          limitPrice: null,
          purpose: 'entry',
        },
        ...of,
      },
      { account: 'DU1', inFlight: [] },
    );
  return { state, gate, ask, warnings };
}
const hard = (allowed: string) => ({ soft: null, hard: allowed });

describe('the gate of risk', () => {
  it('lets everything through where nothing is limited', () => {
    expect(world({}).ask({ quantity: '1000000' })).toBeNull();
  });

  it('counts money in the base currency, by the live rate', () => {
    const { ask } = world({ orderNotional: hard('250') });
    expect(ask({ quantity: '10' })).toBeNull();
    expect(ask({ quantity: '11' })).toBe(
      'The worth of the order would be 275, allowed up to 250 for all together (orderNotional).',
    );
  });

  it.each([
    ['a price', { last: null }],
    ['an exchange rate', { rate: null }],
    ['a rate above 0', { rate: '0' }],
    ['the base currency', { net: null }],
  ])('lets no entry through without %s', (_, unknown) => {
    expect(world({ orderNotional: hard('1000000') }, unknown).ask()).toMatch(
      /^The worth of the order would be not known/,
    );
  });

  it('counts a fill that may not be in its position yet, until the broker tells it anew', () => {
    const { ask, gate, state } = world({ position: hard('25') });
    state.now = 200;
    expect(ask()).toBeNull();
    const execution = {
      ...{ execId: 'a.1', account: 'DU1', instrumentId: id, orderRef: null },
      side: 'BUY',
      quantity: '6',
    };
    gate.noteExecution(execution as Execution);
    gate.noteExecution(execution as Execution);
    expect(ask()).toMatch(/could come of it would be 26, allowed up to 25/);
    expect(ask({ side: 'SELL', purpose: 'exit' })).toBeNull();
    state.told = 201;
    expect(ask()).toBeNull();
  });

  it('keeps nobody from getting out, but for a price far from the market', () => {
    const { ask } = world({ orderQuantity: hard('1'), ordersPerDay: hard('0'), priceCollar: hard('100') });
    const out = { side: 'SELL', purpose: 'exit' } as const;
    expect(ask(out)).toBeNull();
    expect(ask({ ...out, limitPrice: '19.8' })).toBeNull();
    expect(ask({ ...out, limitPrice: '19.7' })).toMatch(/would be 150, allowed up to 100/);
  });

  it('trusts no price that is not fresh as the middle of the collar', () => {
    const { ask } = world({ priceCollar: hard('100') }, { quality: 'stale' });
    expect(ask({ limitPrice: '20' })).toMatch(/not known/);
    expect(ask()).toBeNull();
  });

  it('counts orders of the last day over a restart, each once', () => {
    const recent = { ref: 'old', at: 999_999, instrumentId: id, sessionId: 's' };
    const { ask, gate, state } = world({ ordersPerDay: hard('2') }, { sent: [recent] });
    expect(ask()).toBeNull();
    const order = { ref: 'new', state: 'sent', instrumentId: id, sessionId: 's', parentRef: null } as Order;
    gate.noteOrder({ ...order, state: 'intended' });
    expect(ask()).toBeNull();
    gate.noteOrder(order);
    gate.noteOrder({ ...order, state: 'working' });
    expect(ask()).toMatch(/The number of orders in a day would be 3, allowed up to 2/);
    state.now += 86_400_000;
    state.told = state.now;
    expect(ask()).toBeNull();
  });

  it('warns of a soft level once a minute', () => {
    const { ask, warnings, state } = world({ orderQuantity: { soft: '5', hard: null } });
    expect([ask(), ask()]).toEqual([null, null]);
    expect(warnings).toEqual([
      'The quantity of the order would be 10, warned of above 5 for all together (orderQuantity).',
    ]);
    state.now += 60_000;
    ask();
    expect(warnings).toHaveLength(2);
  });

  it.each<[keyof Limits, string, 'BUY' | 'SELL', string]>([
    ['spread', '9.9', 'BUY', 'The spread in basis points would be 10, allowed up to 9.9'],
    ['quoteAge', '0.3', 'BUY', 'The age of the price in seconds would be 0.4, allowed up to 0.3'],
    ['bookSize', '9', 'BUY', 'The size in the book would be 8, allowed from 9'],
    ['bookSize', '31', 'SELL', 'The size in the book would be 30, allowed from 31'],
    ['afterOpen', '6', 'BUY', 'The minutes since the open would be 5, allowed from 6'],
    ['beforeClose', '36', 'BUY', 'The minutes until the close would be 35, allowed from 36'],
  ])('holds %s at %s of a %s to how the market is', (limit, allowed, side, words) => {
    const entry = world({ [limit]: hard(allowed) }).ask({ side, quantity: '1' });
    expect(entry).toBe(`${words} for all together (${limit}).`);
    expect(world({ [limit]: hard(allowed) }).ask({ side, quantity: '1', purpose: 'exit' })).toBeNull();
    const other = { spread: '10', quoteAge: '0.4', bookSize: '8', afterOpen: '5', beforeClose: '35' };
    const kept = other[limit as keyof typeof other];
    expect(world({ [limit]: hard(kept) }).ask({ side, quantity: '1' })).toBeNull();
  });
});
